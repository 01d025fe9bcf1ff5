"""The WebSocket of speech: who may speak, what comes back, what is written down."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from serving_fakes import API
from starlette.websockets import WebSocketDisconnect

from cmps.gallery.accounts import Role
from cmps.server.routes import speech
from cmps.speech.decoding import decode
from cmps.speech.errors import SpeechError

AUDIO = Path(__file__).parent.parent / "data" / "audio"
CHUNK = 3200


@pytest.fixture(scope="module")
def sound():
    """Four seconds of somebody who speaks, as PCM."""
    return (decode(AUDIO / "man-red-hoodie.ogg") * 32767).astype("<i2").tobytes()


@pytest.fixture
def case(client):
    return client.post(f"{API}/cases", json={"purpose": "a boy, lost at noon"}).json()["id"]


def connect(client, case, **query):
    query = "&".join(f"{name}={value}" for name, value in {"case": case, **query}.items())
    return client.websocket_connect(f"ws://localhost{API}/speech?{query}")


def speak(socket, sound):
    for at in range(0, len(sound), CHUNK):
        socket.send_bytes(sound[at : at + CHUNK])


def until(socket, kind):
    """Return the messages up to one of a kind."""
    seen = []
    while True:
        seen.append(socket.receive_json())
        if seen[-1]["type"] in (kind, "error"):
            return seen


def rows(served):
    return [row.as_dict() for row in served.store.audit.walk() if '"listened"' in row.body]


def test_speech_becomes_words_and_a_row_without_them(client, served, case, sound):
    with connect(client, case) as socket:
        assert socket.receive_json() == {"type": "ready"}
        speak(socket, sound)
        socket.send_json({"type": "end"})
        *before, final = until(socket, "final")
    assert before[0] == {"type": "speech", "on": True}
    assert final["type"] == "final"
    assert final["text"] == "red shirt and blue jeans"
    assert final["readings"] == ["bed shirt and blue jeans"]
    assert final["seconds"] == pytest.approx(4.6, abs=0.6)
    assert final["milliseconds"] >= 0
    (row,) = rows(served)
    assert (row["case"], row["by"]) == (case, "ana")
    assert row["detail"] == {"language": "en", "live": True}
    assert "jeans" not in str(row)


def test_hands_free_silence_ends_an_utterance(client, case, sound):
    with connect(client, case, hands_free="true") as socket:
        speak(socket, sound + bytes(2 * 16000))
        *_, final = until(socket, "final")
    assert final["text"] == "red shirt and blue jeans"


def test_two_utterances_are_two_rows(client, served, case, sound):
    with connect(client, case) as socket:
        for _ in range(2):
            speak(socket, sound)
            socket.send_json({"type": "end"})
            assert until(socket, "final")[-1]["type"] == "final"
    assert len(rows(served)) == 2


def test_a_key_without_words_is_told_and_the_next_one_works(client, served, case, sound):
    with connect(client, case) as socket:
        socket.receive_json()
        speak(socket, bytes(32000))
        socket.send_json({"type": "end"})
        message = socket.receive_json()
        assert message["kind"] == "silence"
        assert "check the microphone" in message["error"]
        speak(socket, sound)
        socket.send_json({"type": "end"})
        assert until(socket, "final")[-1]["text"]
    assert len(rows(served)) == 1


def test_invented_words_are_no_description(client, served, case, sound):
    served.recogniser.text = "Thank you."
    with connect(client, case) as socket:
        speak(socket, sound)
        socket.send_json({"type": "end"})
        message = until(socket, "error")[-1]
    assert (message["kind"], message["heard"]) == ("nobody", "Thank you.")
    assert "'Thank you.'" in message["error"]
    assert "type it" in message["error"]


def test_invented_words_are_dropped_hands_free(client, served, case, sound):
    served.recogniser.text = "Thank you."
    with connect(client, case, hands_free="true") as socket:
        speak(socket, sound + bytes(2 * 16000))
        assert until(socket, "final")[-1]["text"] == ""


@pytest.mark.parametrize("text", ["older", "yes", "without the bag"])
def test_corrections_and_answers_count(client, served, case, sound, text):
    served.recogniser.text = text
    with connect(client, case) as socket:
        speak(socket, sound)
        socket.send_json({"type": "end"})
        assert until(socket, "final")[-1]["text"] == text


def test_a_word_that_answers_the_open_question_counts(client, served, case, sound):
    served.recogniser.text = "long"
    for about, kind in (("hair", "final"), ("", "error")):
        with connect(client, case, about=about) as socket:
            speak(socket, sound)
            socket.send_json({"type": "end"})
            assert until(socket, "final")[-1]["type"] == kind


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"abc", "16 bits"),
        (bytes(speech.LARGEST_FRAME + 2), "at most"),
        ("stop", '"end"'),
        ("[1]", '"end"'),
        ('{"type": "sing"}', '"end"'),
    ],
)
def test_what_cannot_be_meant_is_refused(client, case, sent, reason):
    with connect(client, case) as socket:
        socket.receive_json()
        (socket.send_bytes if isinstance(sent, bytes) else socket.send_text)(sent)
        assert reason in socket.receive_json()["error"]
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == speech.REFUSED


def test_sound_that_comes_too_fast_is_refused(client, case):
    with connect(client, case) as socket:
        socket.receive_json()
        for _ in range(10):
            socket.send_bytes(bytes(64_000))
        assert "send a recording as a file" in socket.receive_json()["error"]


def test_who_speaks_while_the_recogniser_is_opened_is_not_too_fast(
    client, app, case, sound, monkeypatch
):
    monkeypatch.setattr(speech, "AHEAD", 1.0)
    shared = app.state.services.speech
    opener, opened = shared._opener, threading.Event()

    def slowly():
        opened.wait(30)
        return opener()

    shared._opener = slowly
    with connect(client, case) as socket:
        time.sleep(4.2)
        # four seconds of it, all of which were spoken by now
        speak(socket, sound)
        opened.set()
        assert socket.receive_json() == {"type": "ready"}
        socket.send_json({"type": "end"})
        assert until(socket, "final")[-1]["text"] == "red shirt and blue jeans"


def test_who_sends_nothing_for_long_is_let_go(client, served, case, monkeypatch):
    monkeypatch.setattr(speech, "QUIET", 0.2)
    with connect(client, case) as socket:
        socket.receive_json()
        message = socket.receive_json()
        assert message["kind"] == "quiet"
        assert "no sound came" in message["error"]


def test_an_unknown_or_closed_case_is_named(client, case):
    with connect(client, "nothing") as socket:
        assert "nothing" in socket.receive_json()["error"]
    client.post(f"{API}/cases/{case}/close")
    with connect(client, case) as socket:
        assert "was closed" in socket.receive_json()["error"]


def test_a_language_that_is_not_heard_is_told_plainly(client, case):
    with connect(client, case, language="de") as socket:
        error = socket.receive_json()["error"]
    assert "hears English only, not 'de'" in error
    assert "CMPS_RECOGNISER=base" in error


def test_a_recogniser_that_is_missing_is_told(client, app, case):
    def missing():
        raise SpeechError("recogniser base: its weights are not installed")

    app.state.services.speech._opener = missing
    with connect(client, case) as socket:
        assert "not installed" in socket.receive_json()["error"]


def test_too_many_speakers_wait(client, case, monkeypatch):
    monkeypatch.setattr(speech, "MOST_SPEAKERS", 1)
    with connect(client, case) as first:
        first.receive_json()
        with connect(client, case) as second:
            message = second.receive_json()
            assert message["kind"] == "busy"
            assert "too many people" in message["error"]


def test_a_client_that_goes_leaves_nobody_behind(client, app, case, sound):
    with connect(client, case) as socket:
        speak(socket, sound)
    for _ in range(1500):
        if not app.state.services.speech.speakers:
            break
        time.sleep(0.02)
    assert app.state.services.speech.speakers == 0


def test_only_operators_of_this_page_speak(client_as, anybody, case, client):
    with pytest.raises(WebSocketDisconnect), connect(anybody, case):
        pass
    with pytest.raises(WebSocketDisconnect), connect(client_as(Role.VIEWER), case):
        pass
    client.headers["Origin"] = "https://elsewhere.example"
    with pytest.raises(WebSocketDisconnect), connect(client, case):
        pass


def test_partial_texts_replace_each_other_for_a_slow_client():
    import asyncio

    from cmps.server.outbox import Outbox, SlowError
    from cmps.speech.streaming import Final, Partial

    class Slow:
        def __init__(self):
            self.sent = []

        async def send_json(self, message):
            self.sent.append(message)
            await asyncio.sleep(0.05)

    async def run():
        socket = Slow()
        outbox = Outbox(socket, asyncio.get_running_loop(), most=3, seconds=1)

        async def message(one):
            return {"text": one.text}

        outbox.put_events([Partial(str(number)) for number in range(50)])
        outbox.put_events([Final("all", 1, 0, True)])
        sending = asyncio.create_task(outbox.send(message))
        await asyncio.sleep(0.3)
        assert socket.sent == [{"text": "49"}, {"text": "all"}]
        outbox.put_events([Final(str(number), 1, 0, True) for number in range(9)])
        with pytest.raises(SlowError):
            await sending

    asyncio.run(run())


def test_samples_are_little_endian():
    assert list(speech._samples(np.array([1, -2], "<i2").tobytes())) == [1, -2]
