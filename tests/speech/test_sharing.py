from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from sounds import AUDIO

from cmps.evaluation.metrics import word_error_rate
from cmps.speech.decoding import decode
from cmps.speech.errors import SpeechError
from cmps.speech.recogniser import Recogniser, Transcript
from cmps.speech.sharing import SharedRecogniser
from cmps.speech.streaming import Event, Failed, Final, Partial, Spoke
from cmps.speech.words import Words

LOUD = np.full(512, 9000, np.int16)
QUIET = np.zeros(512, np.int16)


class Echo:
    """Says how many seconds it heard; notes how many recognitions run at once."""

    name = "echo"
    languages = frozenset({"en", "fr"})

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.quick: list[bool] = []
        self.readings: list[bool] = []
        self.broken = False
        self.most = 0
        self._running = 0
        self._gate = threading.Lock()

    def transcribe(
        self,
        audio: np.ndarray,
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        with self._gate:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(self.takes)
        if self.broken:
            raise RuntimeError("out of memory")
        with self._gate:
            self._running -= 1
            self.quick.append(quick)
            self.readings.append(readings)
        seconds = len(audio) / 16000
        return Transcript(f"{language} {seconds:.1f} s", language, seconds, 0.0, (), self.name)


def loudness(frames: np.ndarray) -> np.ndarray:
    return (np.abs(frames).max(1) > 0.1).astype(np.float32)


class Client:
    """Somebody who speaks, with a key."""

    def __init__(self, shared: SharedRecogniser, **options: object) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()
        self.speaker = shared.join(self._tell, chances=loudness, **options)

    def _tell(self, events) -> None:
        with self._changed:
            self.events += events
            self._changed.notify_all()

    def say(self, seconds: float, what: np.ndarray = LOUD) -> Client:
        for _ in range(round(seconds / 0.032)):
            self.speaker.feed(what)
        return self

    def finals(self, count: int = 1) -> list[Final]:
        def found() -> list[Final]:
            return [one for one in self.events if isinstance(one, Final)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, 30), self.events
        return found()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def shared(echo: Echo):
    made = SharedRecogniser(lambda: echo)
    yield made
    made.close()


def test_what_is_said_comes_back(shared: SharedRecogniser) -> None:
    client = Client(shared).say(2)
    client.speaker.end()
    assert client.finals()[0].text == "en 2.0 s"
    assert client.events[0] == Spoke(True)


def test_sound_in_pieces_of_any_length(shared: SharedRecogniser) -> None:
    client = Client(shared)
    sound = np.full(32000, 9000, np.int16)
    for at in range(0, len(sound), 700):
        client.speaker.feed(sound[at : at + 700])
    client.speaker.end()
    assert client.finals()[0].seconds == pytest.approx(2, abs=0.04)


def test_many_speak_and_one_recognition_runs(echo: Echo, shared: SharedRecogniser) -> None:
    echo.takes = 0.02
    clients = [Client(shared, hands_free=bool(n % 2)) for n in range(6)]
    threads = [threading.Thread(target=client.say, args=(2,)) for client in clients]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for client in clients:
        client.speaker.end()
    assert [client.finals()[0].text for client in clients] == ["en 2.0 s"] * 6
    assert echo.most == 1


def test_finals_come_before_partials_and_recordings(echo: Echo) -> None:
    shared = SharedRecogniser(lambda: echo, clock=iter(np.arange(0, 1e4, 0.05)).__next__)
    shared._start = lambda: None  # nobody works: who is next is asked by hand
    first, second = Client(shared).say(1), Client(shared).say(1)
    second.speaker.end()
    waiting = threading.Thread(target=shared.transcribe, args=(np.ones(16000, np.float32),))
    waiting.start()
    while not shared._recordings:
        time.sleep(0.01)
    chosen, job = shared._next()
    assert (chosen, job.kind) == (second.speaker, "final")
    second.speaker.leave()
    shared._hear_recording(shared._next())
    waiting.join()
    chosen, job = shared._next()
    assert (chosen, job.kind) == (first.speaker, "partial")


def test_who_left_hears_nothing(shared: SharedRecogniser) -> None:
    client = Client(shared).say(1)
    client.speaker.leave()
    seen = len(client.events)
    client.say(1).speaker.end()
    time.sleep(0.1)
    assert len(client.events) == seen
    assert shared.speakers == 0


def test_a_recogniser_that_fails_says_so_and_others_are_heard(
    echo: Echo, shared: SharedRecogniser
) -> None:
    client = Client(shared)
    echo.broken = True
    client.say(1).speaker.end()
    client.finals()
    assert any(isinstance(one, Failed) for one in client.events)
    echo.broken = False
    client.say(1).speaker.end()
    assert client.finals(2)[1].text.startswith("en ")


def test_another_language_is_asked_for(shared: SharedRecogniser) -> None:
    client = Client(shared, language="fr").say(1)
    client.speaker.end()
    assert client.finals()[0].text.startswith("fr ")
    with pytest.raises(SpeechError, match=r"echo hears en, fr, not 'de'; .*CMPS_RECOGNISER"):
        Client(shared, language="de")


def test_finals_are_quick_where_the_machine_is_slow_and_exact_when_it_is_not(echo: Echo) -> None:
    shared = SharedRecogniser(lambda: echo)
    client = Client(shared)
    echo.takes = 0.6
    for count in range(1, 6):
        client.say(1).speaker.end()
        client.finals(count)
    slow = len(echo.quick)
    assert echo.quick[-1] is True
    echo.takes = 0.0
    for count in range(6, 20):
        client.say(1).speaker.end()
        client.finals(count)
    shared.close()
    assert slow < len(echo.quick)
    assert echo.quick[-1] is False


def test_only_partial_texts_are_heard_without_other_readings(
    echo: Echo, shared: SharedRecogniser
) -> None:
    client = Client(shared).say(3)
    client.speaker.end()
    client.finals(1)
    *partial, last = echo.readings[1:]  # the first is the warming up
    assert last is True
    assert not any(partial)
    shared.transcribe(np.ones(16000, np.float32))
    assert echo.readings[-1] is True


def test_words_are_prepared_before_they_are_told_and_partial_ones_never(echo: Echo) -> None:
    prepared: list[str] = []

    def prepare(words: Words) -> None:
        assert not [one for one in client.events if isinstance(one, Final)]
        prepared.append(words.text)

    shared = SharedRecogniser(lambda: echo, prepare=prepare)
    client = Client(shared).say(3)
    client.speaker.end()
    (final,) = client.finals(1)
    shared.close()
    assert prepared[-1] == final.text
    assert len(prepared) == sum(echo.readings) - 1  # without the warming up


def test_words_come_though_they_could_not_be_prepared(echo: Echo) -> None:
    def prepare(words: Words) -> None:
        raise OSError("no weights")

    shared = SharedRecogniser(lambda: echo, prepare=prepare)
    client = Client(shared).say(1)
    client.speaker.end()
    (final,) = client.finals(1)
    shared.close()
    assert final.text.startswith("en")
    assert not [one for one in client.events if isinstance(one, Failed)]


def test_a_recording_is_heard_piece_by_piece(echo: Echo, shared: SharedRecogniser) -> None:
    heard = shared.transcribe(np.ones(16000 * 60, np.float32) * 0.1, "fr")
    lengths = [float(part.split()[0]) for part in heard.text.split("fr ")[1:]]
    assert sum(lengths) == pytest.approx(60, abs=0.3)
    assert max(lengths) <= 25.1
    assert (heard.recogniser, heard.language) == ("echo", "fr")
    assert shared.transcribe(np.empty(0, np.float32)).text == ""


def test_a_recogniser_that_does_not_open_is_named_each_time() -> None:
    tries = []

    def opener() -> Recogniser:
        tries.append(1)
        raise SpeechError("recogniser base: its weights are not installed")

    shared = SharedRecogniser(opener)
    for _ in range(2):
        with pytest.raises(SpeechError, match="not installed"):
            shared.join(lambda events: None)
    assert len(tries) == 2


def test_after_closing_nobody_waits(shared: SharedRecogniser) -> None:
    Client(shared)
    shared.close()
    with pytest.raises(SpeechError, match="stopping"):
        shared.transcribe(np.ones(16000, np.float32))


@pytest.mark.parametrize("name", ["man-red-hoodie", "girl-yellow-backpack"])
def test_a_real_recogniser_hears_a_recording_as_it_is_played(
    tiny_en: Recogniser, manifest: list[dict[str, str]], name: str
) -> None:
    said = next(line["text"] for line in manifest if line["audio"] == f"{name}.ogg")
    sound = (decode(AUDIO / f"{name}.ogg") * 32767).astype(np.int16)
    shared = SharedRecogniser(lambda: tiny_en)
    events: list[Event] = []
    done = threading.Event()

    def tell(new) -> None:
        events.extend(new)
        if any(isinstance(one, Final) for one in new):
            done.set()

    speaker = shared.join(tell)
    for at in range(0, len(sound), 1600):
        speaker.feed(sound[at : at + 1600])
        time.sleep(0.1)
    speaker.end()
    assert done.wait(20)
    shared.close()
    final = next(one for one in events if isinstance(one, Final))
    assert word_error_rate([(said, final.text)]) < 20
    partials = [one.text for one in events if isinstance(one, Partial)]
    assert partials
    assert events[0] == Spoke(True)
