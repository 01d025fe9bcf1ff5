from __future__ import annotations

import json
import wave

import numpy as np
import pytest

from cmps.evaluation.hearing import HEARD, Listener
from cmps.evaluation.noise import Noise
from cmps.evaluation.protocols import evaluate_pedes
from cmps.speech.recogniser import Transcript
from cmps.speech.words import Words

HAT = Words("a red hat")


class Recogniser:
    """Says how often it was asked, and keeps what it was given."""

    def __init__(self, name="fake", text="a red hat", readings=()):
        self.name = name
        self.words = Words(text, readings)
        self.given = []

    def transcribe(self, audio, language="en", quick=False, readings=True):
        self.given.append(audio)
        text, readings = self.words.text, self.words.readings
        return Transcript(text, "en", len(audio) / 16000, 0.0, (), self.name, readings)


def record(path, samples):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(autouse=True)
def all_is_speech(monkeypatch):
    """Voice activity takes tones for silence."""
    monkeypatch.setattr("cmps.speech.listening.trim", lambda audio: (audio, ((0.0, 1.0),)))


@pytest.fixture
def tones(tmp_path):
    time = np.arange(8000) / 16000
    return [
        record(tmp_path / f"{hertz}.wav", 0.3 * np.sin(2 * np.pi * hertz * time))
        for hertz in (200, 300, 500)
    ]


def test_nothing_is_recognised_twice(tones, tmp_path):
    recogniser = Recogniser()
    first = Listener(recogniser, tmp_path)
    assert [first(path) for path in tones] == [HAT] * 3
    assert (len(recogniser.given), first.recalled) == (3, 0)
    again = Listener(recogniser, tmp_path)
    assert [again(path) for path in tones] == [HAT] * 3
    assert (len(recogniser.given), again.recalled) == (3, 3)
    # what it took is known, too, to the millisecond that is written
    assert again.seconds == pytest.approx(first.seconds, abs=0.002)
    tones[0].rename(tmp_path / "other.wav")
    assert Listener(recogniser, tmp_path)(tmp_path / "other.wav") == HAT
    assert len(recogniser.given) == 3


def test_another_file_recogniser_noise_or_prompt_is_recognised(tones, tmp_path, monkeypatch):
    recogniser = Recogniser()
    audio, *others = tones
    Listener(recogniser, tmp_path)(audio)
    Listener(recogniser, tmp_path, Noise("hall", 10))(audio)
    Listener(recogniser, tmp_path, Noise("hall", 5))(audio)
    Listener(recogniser, tmp_path, Noise("babble", 5), tones)(audio)
    Listener(recogniser, tmp_path, Noise("babble", 5), tones[:2])(audio)
    assert len(recogniser.given) == 5
    assert len({given.tobytes() for given in recogniser.given}) == 5
    other = Recogniser("another", "green shoes")
    assert Listener(other, tmp_path)(audio) == Words("green shoes")
    audio.write_bytes(others[0].read_bytes()[:-1000])
    Listener(recogniser, tmp_path)(audio)
    assert len(recogniser.given) == 6
    monkeypatch.setattr("cmps.speech.vocabulary.prompt", lambda: "other words")
    Listener(recogniser, tmp_path)(audio)
    assert len(recogniser.given) == 7


def test_words_that_describe_nobody_are_kept_but_do_not_count(tones, tmp_path):
    recogniser = Recogniser(text="Thank you for watching!")
    assert Listener(recogniser, tmp_path)(tones[0]) == Words()
    line = json.loads((tmp_path / HEARD).read_text())
    assert line["text"] == "Thank you for watching!"


def test_what_else_was_heard_is_kept(tones, tmp_path):
    recogniser = Recogniser(readings=("a red cat", "a bread hat"))
    for _ in range(2):
        assert Listener(recogniser, tmp_path)(tones[0]) == recogniser.words
    assert len(recogniser.given) == 1


def test_a_line_of_a_version_without_readings_is_heard_anew(tones, tmp_path):
    recogniser = Recogniser(readings=("a red cat",))
    Listener(recogniser, tmp_path)(tones[0])
    kept = tmp_path / HEARD
    line = json.loads(kept.read_text())
    del line["readings"]
    kept.write_text(json.dumps(line) + "\n")
    assert Listener(recogniser, tmp_path)(tones[0]).readings == ("a red cat",)
    assert len(recogniser.given) == 2


def test_silence_and_broken_sound_are_heard_as_nothing(tmp_path, monkeypatch):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound at all")
    silent = record(tmp_path / "silent.wav", np.zeros(8000))
    monkeypatch.setattr("cmps.speech.listening.trim", lambda audio: (audio[:0], ()))
    recogniser = Recogniser()
    listener = Listener(recogniser, tmp_path)
    assert [listener(broken), listener(silent), listener(silent)] == [Words()] * 3
    assert (recogniser.given, listener.recalled) == ([], 1)


def test_a_file_that_was_cut_off_is_gone_on_with(tones, tmp_path):
    recogniser = Recogniser()
    for path in tones:
        Listener(recogniser, tmp_path)(path)
    kept = tmp_path / HEARD
    kept.write_bytes(b'["none of ours"]\n' + kept.read_bytes()[:-30])
    listener = Listener(recogniser, tmp_path)
    assert [listener(path) for path in tones] == [HAT] * 3
    assert (listener.recalled, len(recogniser.given)) == (2, 4)
    whole = Listener(recogniser, tmp_path)
    assert whole(tones[2]) == HAT
    assert whole.recalled == 1


def test_a_folder_that_cannot_be_written_is_heard_all_the_same(tones, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / HEARD).mkdir()
    recogniser = Recogniser()
    for folder in (tmp_path / "here", None):
        assert Listener(recogniser, folder)(tones[0]) == HAT
    assert len(recogniser.given) == 2


def test_a_second_evaluation_recalls_the_first(pedes, encoders, reranking, tones, tmp_path):
    (tmp_path / "manifest.jsonl").write_text(
        "".join(
            json.dumps({"audio": path.name, "text": "a red hat", "id": 1}) + "\n" for path in tones
        )
    )
    reranking.shares["fast"] = 0.5
    recogniser = Recogniser()
    reports = [
        evaluate_pedes(
            *(pedes, "val", encoders),
            probe="speech",
            audios=tmp_path,
            recogniser=recogniser,
            noise=Noise("babble", 10),
            reranking=reranking,
        )
        for _ in range(2)
    ]
    facts = [report.details["recordings"] for report in reports]
    assert [one["recalled"] for one in facts] == [0, 3]
    assert [one["word_error_rate"] for one in facts] == [0, 0]
    assert (facts[0]["recogniser"], facts[0]["noise"]) == ("fake", "babble:10")
    assert reports[0].results == reports[1].results
    assert len(recogniser.given) == 3
