from __future__ import annotations

import wave
from types import SimpleNamespace

import pytest

from cmps.evaluation.interfaces import EvaluationError
from cmps.evaluation.protocols import evaluate_pedes
from cmps.evaluation.recordings import Recording, hear_all, shipped_hear


class DeafRecogniser:
    """Must never be asked: there is no speech in these recordings."""

    name = "deaf"

    def transcribe(self, audio):
        raise AssertionError("silence was recognised")


def test_silence_and_broken_sound_are_heard_as_nothing(tmp_path):
    silent = tmp_path / "silent.wav"
    with wave.open(str(silent), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(32_000))
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound at all")
    hear = shipped_hear(DeafRecogniser())
    assert hear(silent) == ""
    assert hear(broken) == ""


def test_words_heard_are_passed_on(monkeypatch, tmp_path):
    asked = []

    def listen(source, recogniser):
        asked.append((source, recogniser))
        return SimpleNamespace(text="a red hat")

    monkeypatch.setattr("cmps.speech.listening.listen", listen)
    assert shipped_hear("recogniser")(tmp_path / "a.wav") == "a red hat"
    assert asked == [(tmp_path / "a.wav", "recogniser")]


def test_all_recordings_are_heard_in_order(tmp_path):
    said = ["a red hat", "green shoes", "blue"]
    recordings = [
        Recording(tmp_path / f"{number}.wav", text, "somebody", "picture")
        for number, text in enumerate(said)
    ]
    steps = []
    answers = {"0.wav": " a red hat ", "1.wav": "  ", "2.wav": "glue"}
    heard = hear_all(
        recordings,
        lambda path: answers[path.name],
        lambda stage, done, total: steps.append((done, total)),
    )
    assert heard.texts == ["a red hat", "", "glue"]
    assert heard.empty == 1
    assert heard.word_error_rate == pytest.approx(100 * 3 / 6)
    assert heard.seconds >= 0
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_the_speech_probe_needs_a_recogniser(pedes, encoders, reranking, tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "manifest.jsonl").write_text('{"audio": "a.wav", "text": "red", "id": 1}')
    with pytest.raises(EvaluationError, match="needs a recogniser"):
        evaluate_pedes(pedes, "val", encoders, probe="speech", audios=tmp_path, reranking=reranking)
