"""``cmps models``, ``cmps doctor`` and ``cmps transcribe``."""

from __future__ import annotations

import pytest

from cmps import doctor, models
from cmps.doctor import Finding
from cmps.models import Model

GOOD = Finding("python", True, "3.11.7")
BAD = Finding("networks", False, "image.onnx is missing", "reinstall it")


@pytest.fixture
def findings(monkeypatch):
    listed = [GOOD]
    monkeypatch.setattr(doctor, "examine", lambda settings: iter(listed))
    return listed


def test_a_sound_installation_is_ok(cmps, findings):
    answer = cmps("doctor")
    assert (answer.code, answer.out) == (0, "ok      python: 3.11.7\n")
    assert cmps("doctor", "--json").json == {
        "ok": True,
        "checks": [{"name": "python", "ok": True, "found": "3.11.7", "mend": ""}],
    }


def test_a_problem_says_how_to_mend_it(cmps, findings):
    findings.append(BAD)
    answer = cmps("doctor")
    assert answer.code == 2
    assert answer.out.splitlines() == [
        "ok      python: 3.11.7",
        "problem networks: image.onnx is missing",
        "        reinstall it",
    ]
    answer = cmps("doctor", "--json")
    assert answer.code == 2
    assert answer.json["ok"] is False
    assert answer.json["checks"][1]["mend"] == "reinstall it"


def test_the_data_folder_is_that_of_the_option(cmps, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(doctor, "examine", lambda settings: seen.append(settings.data) or iter([]))
    cmps("doctor", "--data", tmp_path / "one")
    monkeypatch.setenv("CMPS_DATA", str(tmp_path / "two"))
    cmps("doctor")
    cmps("doctor", "--data", tmp_path / "three")
    assert [path.name for path in seen] == ["one", "two", "three"]


def test_models_are_listed(cmps, monkeypatch):
    network = Model("image", "/files/image.onnx", "ab" * 32, 2_500_000, "trained by CMPS")
    monkeypatch.setattr(models, "list_models", lambda settings: [network])
    shown = cmps("models").out
    for part in ("image", "/files/image.onnx", "ab" * 8, "2,500,000", "trained by CMPS"):
        assert part in shown
    assert cmps("models", "--json").json["models"] == [
        {
            "name": "image",
            "file": "/files/image.onnx",
            "sha256": "ab" * 32,
            "bytes": 2_500_000,
            "origin": "trained by CMPS",
        }
    ]


def test_a_recording_is_transcribed(cmps, world, spoken):
    world.recogniser.readings = ("a person in a bread top and blue trousers",)
    answer = cmps("transcribe", spoken, "--json").json
    assert answer["text"] == "a person in a red top and blue trousers"
    assert answer["audio"] == str(spoken)
    assert answer["readings"] == ["a person in a bread top and blue trousers"]
    assert answer["recogniser"] == "fake"
    assert answer["language"] == "en"
    assert answer["audio_seconds"] > 1
    assert all(0 <= start < end <= answer["audio_seconds"] for start, end in answer["spans"])
