from __future__ import annotations

import pytest

from cmps.evaluation.interfaces import EvaluationError
from cmps.evaluation.protocols import evaluate_pedes
from cmps.evaluation.recordings import Recording, hear_all
from cmps.speech.words import Words


def test_all_recordings_are_heard_in_order(tmp_path):
    said = ["a red hat", "green shoes", "blue"]
    recordings = [
        Recording(tmp_path / f"{number}.wav", text, "somebody", "picture")
        for number, text in enumerate(said)
    ]
    steps = []
    answers = {"0.wav": Words("a red hat"), "1.wav": Words(), "2.wav": Words("glue", ("blue",))}
    heard = hear_all(
        recordings,
        lambda path: answers[path.name],
        lambda stage, done, total: steps.append((done, total)),
    )
    assert heard.words == [answers["0.wav"], answers["1.wav"], answers["2.wav"]]
    assert heard.empty == 1
    assert heard.word_error_rate == pytest.approx(100 * 3 / 6)
    assert heard.seconds >= 0
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_the_speech_probe_needs_a_recogniser(pedes, encoders, reranking, tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "manifest.jsonl").write_text('{"audio": "a.wav", "text": "red", "id": 1}')
    with pytest.raises(EvaluationError, match="needs a recogniser"):
        evaluate_pedes(pedes, "val", encoders, probe="speech", audios=tmp_path, reranking=reranking)
