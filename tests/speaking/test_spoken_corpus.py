from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from hashlib import sha256

import pytest
from speaking_fakes import PER_PERSON, SENTENCES, VOICES

from cmps.datasets.picture import DatasetError
from cmps.speaking.corpus import plan, read_manifest, speak
from cmps.speaking.voices import SpeakingError


def contents(folder):
    """Every file's path and bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def once(root, flite, tmp_path):
    """The data set, spoken without a break."""
    speak(root, tmp_path / "once", "val", VOICES)
    return tmp_path / "once"


def test_every_sentence_is_spoken(root, once):
    from cmps.speech.decoding import decode

    lines = read_manifest(once)
    records = json.loads((root / "reid_raw.json").read_text())
    said = [(one["file_path"], text) for one in records[:-1] for text in one["captions"]]
    assert [(line["file_path"], line["text"]) for line in lines] == said
    assert len(lines) == SENTENCES
    for line in lines:
        path = once / line["audio"]
        assert line["sha256"] == sha256(path.read_bytes()).hexdigest()
        assert line["duration"] == pytest.approx(len(decode(path)) / 16000, abs=0.01)
        assert line["split"] == "val"
        assert line["id"] == line["file_path"][len("CUHK01/")]
    counts = Counter(f"{line['engine']}:{line['voice']}" for line in lines)
    assert set(counts) == set(VOICES)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_a_beginning_of_the_plan_is_a_fair_sample(root):
    tasks = plan(root, "val", VOICES)
    assert {task.id for task in tasks[:3]} == {"0", "1", "2"}
    assert {task.voice for task in tasks[:3]} == set(VOICES)
    assert tasks == plan(root, "val", VOICES[::-1])
    assert tasks == [task for task in plan(root, "all", VOICES) if task.split == "val"]
    assert any(plan(root, "val", VOICES, seed) != tasks for seed in range(1, 4))
    assert len({task.audio for task in plan(root, "all", VOICES)}) == SENTENCES + 1


def test_pictures_that_differ_in_their_ending_get_files_of_their_own(root):
    path = root / "reid_raw.json"
    records = json.loads(path.read_text())
    records.append(records[0] | {"file_path": "CUHK01/0_0.png"})
    path.write_text(json.dumps(records))
    tasks = plan(root, "val", VOICES)
    assert len({task.audio for task in tasks}) == len(tasks) == SENTENCES + 2


def test_more_can_be_added_later(root, once, tmp_path):
    out = tmp_path / "parts"
    seen = []
    assert speak(root, out, "val", VOICES, limit=3).made == 3
    assert speak(root, out, "val", VOICES, limit=2).made == 0
    assert len(read_manifest(out)) == 3
    spoken = speak(root, out, "val", VOICES, progress=lambda *step: seen.append(step))
    assert (spoken.made, spoken.damaged) == (SENTENCES - 3, 0)
    assert seen == [(number, SENTENCES) for number in range(3, SENTENCES + 1)]
    assert contents(out) == contents(once)
    speak(root, out, "train", VOICES)
    assert len(read_manifest(out)) == SENTENCES + 1


def test_processes_give_the_same_bytes(root, once, tmp_path):
    out = tmp_path / "parallel"
    assert speak(root, out, "val", VOICES, workers=2).made == SENTENCES
    assert contents(out) == contents(once)


def test_what_is_damaged_is_spoken_again(root, once):
    whole = contents(once)
    lines = read_manifest(once)
    first, second, third = (once / line["audio"] for line in lines[:3])
    first.write_bytes(first.read_bytes()[:-100])
    second.unlink()
    third.write_bytes(b"another")
    spoken = speak(root, once, "val", VOICES)
    assert (spoken.made, spoken.damaged) == (3, 3)
    assert contents(once) == whole


def test_a_line_that_was_cut_off_is_spoken_again(root, once):
    whole = contents(once)
    manifest = once / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert speak(root, once, "val", VOICES).made == 1
    assert contents(once) == whole
    manifest.write_text('["no object"]\n')
    with pytest.raises(SpeakingError, match=r"manifest\.jsonl line 1 is not usable"):
        speak(root, once, "val", VOICES)


def test_a_sentence_that_changed_is_spoken_again(root, once):
    path = root / "reid_raw.json"
    path.write_text(path.read_text().replace("Again 1, 0.", "Once more."))
    assert speak(root, once, "val", VOICES).made == 1
    assert "Once more." in {line["text"] for line in read_manifest(once)}


def test_a_killed_run_is_gone_on_with_and_leaves_nobody_behind(root, once, flite, tmp_path):
    out = tmp_path / "killed"
    program = (
        "import sys; from pathlib import Path; from cmps.speaking.corpus import speak\n"
        "if __name__ == '__main__':\n"
        "    speak(Path(sys.argv[1]), Path(sys.argv[2]), 'val', sys.argv[3:], workers=2)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(program)
    process = subprocess.Popen(
        [sys.executable, str(script), str(root), str(out), *VOICES], start_new_session=True
    )
    deadline = time.monotonic() + 60
    while len(read_lines(out)) < 2 and process.poll() is None:
        assert time.monotonic() < deadline, "nothing was spoken"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while living(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not living(process.pid)
    for path in out.rglob("*.part"):
        path.unlink()
    speak(root, out, "val", VOICES)
    assert contents(out) == contents(once)


def read_lines(out):
    path = out / "manifest.jsonl"
    return path.read_bytes().splitlines() if path.is_file() else []


def living(group):
    """Tell whether a process of this group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_other_choices_need_another_folder(root, once):
    for voices, options, message in (
        (VOICES[:2], {}, "was spoken with voices flite:kal16, flite:rms, flite:slt, not"),
        (VOICES, {"seed": 1}, "was spoken with seed 0, not 1"),
        (VOICES, {"format": "opus"}, "was spoken with format flac, not opus"),
    ):
        with pytest.raises(SpeakingError, match=message):
            speak(root, once, "val", voices, **options)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_voice_that_fails_ends_it_and_keeps_the_rest(root, flite, tmp_path, workers):
    path = root / "reid_raw.json"
    path.write_text(path.read_text().replace("Again 0, 3.", "fail"))
    out = tmp_path / "out"
    with pytest.raises(SpeakingError, match="no breath"):
        speak(root, out, "val", VOICES, workers=workers)
    for line in read_manifest(out):
        assert (out / line["audio"]).is_file()
    assert not list(out.rglob("*.part"))
    path.write_text(path.read_text().replace("fail", "Again 0, 3."))
    speak(root, out, "val", VOICES)
    assert len(read_manifest(out)) == SENTENCES


def test_nothing_to_speak_with_and_nothing_to_read(root, flite, tmp_path):
    with pytest.raises(SpeakingError, match="no voice"):
        speak(root, tmp_path / "out", "val", [])
    with pytest.raises(DatasetError):
        speak(tmp_path / "gone", tmp_path / "out", "val", VOICES)
    with pytest.raises(DatasetError, match="no sentence in split 'test'; it has train, val"):
        speak(root, tmp_path / "out", "test", VOICES)


def test_people_have_as_many_pictures_as_the_fixture_says(root):
    assert Counter(task.id for task in plan(root, "val", VOICES)) == {
        str(person): 2 * count for person, count in enumerate(PER_PERSON)
    }
