from __future__ import annotations

import json
import sys

import pytest

# says every sentence in the same way
FLITE = f"""#!{sys.executable}
import sys, wave
if sys.argv[1] == '-lv':
    print('Voices available: kal16 slt ')
    sys.exit()
with wave.open(sys.argv[6], 'wb') as sound:
    sound.setparams((1, 2, 16000, 0, 'NONE', ''))
    sound.writeframes(bytes(32000))
"""


@pytest.fixture
def flite(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "flite").write_text(FLITE)
    (folder / "flite").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "CUHK-PEDES"
    folder.mkdir()
    records = [
        {"id": number, "file_path": f"a/{number}.jpg", "captions": ["Red.", "Hat."], "split": "val"}
        for number in range(3)
    ]
    (folder / "reid_raw.json").write_text(json.dumps(records))
    return folder


VOICES = ("--voice", "flite:slt", "--voice", "flite:kal16")


def test_a_data_set_is_spoken(cmps, flite, root, tmp_path):
    options = ("--root", root, "--out", tmp_path / "out", "--workers", 1, *VOICES)
    answer = cmps("data", "speak", *options, "--limit", 4, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json == {
        "recordings": 4,
        "made": 4,
        "damaged": 0,
        "hours": 0.001,
        "voices": {"flite:kal16": 2, "flite:slt": 2},
        "manifest": str(tmp_path / "out" / "manifest.jsonl"),
    }
    answer = cmps("data", "speak", *options)
    assert answer.out.startswith("6 sentences by 2 voices, 0.0 hours, in ")
    assert answer.out.endswith("; 2 spoken now\n")
    recording = next((tmp_path / "out" / "a").iterdir())
    recording.write_bytes(b"")
    assert cmps("data", "speak", *options).out.endswith("; 1 spoken now, 1 of them again\n")


def test_too_few_voices_name_what_to_install(cmps, flite, root, tmp_path):
    answer = cmps("data", "speak", "--root", root, "--out", tmp_path / "out")
    assert (answer.code, answer.out) == (2, "")
    assert "apt install flite festival" in answer.err
    assert not (tmp_path / "out").exists()


def test_an_unknown_voice_is_named(cmps, flite, root, tmp_path):
    answer = cmps(
        *("data", "speak", "--root", root, "--out", tmp_path / "out", "--voice", "flite:hal")
    )
    assert answer.code == 2
    assert "flite has no voice hal; it has kal16 slt" in answer.err
