from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cmps.datasets.cuhk_pedes import read_records
from cmps.datasets.picture import DatasetError
from cmps.training import speech_data
from cmps.training.speech_data import (
    SpeakingError,
    main,
    open_voice,
    plan,
    read_manifest,
    speak,
    write_audio,
)

PER_PERSON = (4, 1, 2)


class Tone:
    """A voice that hums, longer for longer sentences."""

    engine = "tone"

    def __init__(self, name: str = "low", fails_after: int = 10**9) -> None:
        self.name = name
        self.said: list[str] = []
        self.fails_after = fails_after

    def say(self, text: str) -> tuple[np.ndarray, int]:
        if len(self.said) == self.fails_after:
            raise SpeakingError("tone: out of breath")
        self.said.append(text)
        count = 220 * len(text)
        return (0.3 * np.sin(np.arange(count) / 20)).astype(np.float32), 22050


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three people in the val split and one outside it."""
    records = [
        {
            "id": person,
            "file_path": f"CUHK01/{person}_{number}.jpg",
            "captions": [f"Person {person}, picture {number}.", f"Again {person}, {number}."],
            "split": "val",
        }
        for person, pictures in enumerate(PER_PERSON)
        for number in range(pictures)
    ]
    records.append({"id": 9, "file_path": "CUHK01/9_0.jpg", "captions": ["No."], "split": "train"})
    (tmp_path / "reid_raw.json").write_text(json.dumps(records))
    return tmp_path


def test_every_picture_is_spoken_once(root: Path, tmp_path: Path) -> None:
    import av

    out = tmp_path / "audios"
    voices = [Tone("low"), Tone("high")]
    lines = list(speak(root, out, "val", voices))
    assert lines == read_manifest(out)
    assert len(lines) == len({line["file_path"] for line in lines}) == sum(PER_PERSON)
    assert Counter(line["voice"] for line in lines) == {"low": 4, "high": 3}
    for line in lines:
        number = Path(line["file_path"]).stem
        assert line["text"] in (
            f"Person {number.replace('_', ', picture ')}.",
            f"Again {number.replace('_', ', ')}.",
        )
        assert line["id"] == number.split("_")[0]
        with av.open(str(out / line["audio"])) as file:
            stream = file.streams.audio[0]
            assert (stream.rate, stream.channels, stream.codec_context.name) == (16000, 1, "flac")
            assert file.duration / 1e6 == pytest.approx(line["duration"], abs=0.01)


def test_people_come_in_turn(root: Path) -> None:
    records = [record for record in read_records(root) if record.picture.split == "val"]
    tasks = plan(records, voices=2, limit=None, seed=0)
    assert {task.id for task in tasks[:3]} == {"0", "1", "2"}
    assert {task.id for task in tasks[3:5]} == {"0", "2"}
    assert tasks == plan(records, voices=2, limit=None, seed=0)
    assert tasks[:4] == plan(records, voices=2, limit=4, seed=0)
    assert any(plan(records, 2, None, seed) != tasks for seed in range(1, 5))


def test_a_second_run_goes_on(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "audios"
    with pytest.raises(SpeakingError, match="out of breath"):
        list(speak(root, out, "val", [Tone(fails_after=3)]))
    assert len(read_manifest(out)) == 3
    voice = Tone()
    assert len(list(speak(root, out, "val", [voice]))) == len(voice.said) == sum(PER_PERSON) - 3
    assert len({line["audio"] for line in read_manifest(out)}) == sum(PER_PERSON)
    assert list(speak(root, out, "val", [voice])) == []


def test_a_line_that_was_cut_off_is_spoken_again(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "audios"
    list(speak(root, out, "val", [Tone()], limit=3))
    manifest = out / "manifest.jsonl"
    manifest.write_text(manifest.read_text()[:-20])
    list(speak(root, out, "val", [Tone()], limit=3))
    assert len(read_manifest(out)) == 3


def test_no_partial_file_stays_under_the_final_name(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with pytest.raises((ValueError, TypeError)):
        write_audio(path, np.zeros((3, 3, 3), np.float32), 16000)
    assert not path.exists()


def test_loud_samples_are_clipped(tmp_path: Path) -> None:
    from cmps.speech.decoding import decode

    seconds = write_audio(tmp_path / "a.flac", np.full(16000, 3, np.float32), 16000)
    assert seconds == 1
    assert decode(tmp_path / "a.flac").min() > 0.9


@pytest.mark.parametrize("spec", ["flite", "flite:", "parrot:polly", ""])
def test_a_spec_must_name_engine_and_voice(spec: str) -> None:
    with pytest.raises(SpeakingError, match="name a voice as engine:voice, of flite, piper"):
        open_voice(spec)


def test_an_engine_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SpeakingError, match=r"^piper:a\.onnx: the engine is not installed"):
        open_voice("piper:a.onnx")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpeakingError, match="flite is not installed; apt install flite"):
        open_voice("flite:slt")


def test_flite_speaks_through_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "flite"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys, wave\n"
        "if sys.argv[1] == '-lv':\n"
        "    print('Voices available: kal slt ')\n"
        "else:\n"
        "    _, _, voice, _, text, _, out = sys.argv\n"
        "    if text == 'fail': sys.exit('no breath')\n"
        "    with wave.open(out, 'wb') as sound:\n"
        "        sound.setparams((1, 2, 8000, 0, 'NONE', ''))\n"
        "        sound.writeframes(b'\\x00\\x40' * len(text))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    samples, rate = open_voice("flite:slt").say("hello")
    assert rate == 8000
    assert samples.tolist() == [0.5] * 5
    with pytest.raises(SpeakingError, match="no breath"):
        open_voice("flite:slt").say("fail")
    with pytest.raises(SpeakingError, match=r"^flite has no voice slt2; .*kal slt"):
        open_voice("flite:slt2")


def test_nothing_to_speak_with_and_nothing_to_read(root: Path, tmp_path: Path) -> None:
    with pytest.raises(SpeakingError, match="no voice"):
        list(speak(root, tmp_path / "out", "val", []))
    with pytest.raises(DatasetError):
        list(speak(tmp_path / "gone", tmp_path / "out", "val", [Tone()]))


def test_the_command_speaks(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(speech_data.ENGINES, "tone", Tone)
    out = tmp_path / "audios"
    monkeypatch.setattr(
        sys, "argv", ["speech_data", str(root), str(out), "--voice", "tone:low", "--limit", "2"]
    )
    main()
    assert capsys.readouterr().out.count(" s\n") == 2
    assert len(read_manifest(out)) == 2
