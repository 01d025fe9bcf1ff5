"""What the commands print, compared with stored outputs.

``CMPS_UPDATE_GOLDEN=1 pytest tests/cli/test_cli_golden.py`` stores what they print now.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from command_line import id_of, normalised

FOLDER = Path(__file__).parent / "golden"
UPDATE = os.environ.get("CMPS_UPDATE_GOLDEN") == "1"
TEXT = "a person in a red top and blue trousers"


@pytest.fixture
def golden(cmps, tmp_path):
    """Compare a command's whole output with the stored one."""

    def check(name, *arguments):
        answer = cmps(*arguments)
        found = normalised(
            f"exit code {answer.code}\n--- stdout\n{answer.out}--- stderr\n{answer.err}", tmp_path
        )
        path = FOLDER / f"{name}.txt"
        if UPDATE:
            path.write_text(found, encoding="utf-8")
        assert found == path.read_text(encoding="utf-8")

    return check


def test_index(golden, world, crops):
    golden("index", "index", crops)


def test_index_with_refusals(golden, world, crops):
    (crops.parent / "2.bmp").write_bytes(b"not a picture")
    with crops.open("a") as file:
        file.write("3.bmp,hall,yesterday\n")
    golden("index-refusals", "index", crops)


def test_index_json(golden, world, crops):
    golden("index-json", "index", crops, "--json")


def test_search(golden, filled):
    golden("search", "search", "--text", TEXT)


def test_search_with_a_recording_and_a_filter(golden, filled, spoken, tmp_path):
    here = tmp_path / "mother.ogg"
    shutil.copyfile(spoken, here)
    golden("search-audio", "search", "--audio", "mother.ogg", "--camera", "hall", "--top", 2)


def test_search_in_a_narrow_terminal(golden, filled, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    golden("search-narrow", "search", "--text", TEXT, "--top", 2)


def test_search_json(golden, filled):
    golden("search-json", "search", "--text", TEXT, "--top", 2, "--json")


def test_search_without_a_match(golden, filled):
    golden("search-nothing", "search", "--text", TEXT, "--before", "2020-01-01T00:00:00Z")


def test_track(golden, filled):
    golden("track", "track", id_of(filled, "1.bmp"))


def test_track_json(golden, filled):
    golden("track-json", "track", id_of(filled, "4.bmp"), "--json")


def test_transcribe(golden, world, spoken, tmp_path):
    shutil.copyfile(spoken, tmp_path / "mother.ogg")
    golden("transcribe", "transcribe", "mother.ogg")


def test_delete(golden, filled):
    golden("delete", "delete", id_of(filled, "1.bmp"))


def test_errors(golden, world):
    golden("empty-gallery", "search", "--text", TEXT)
    golden("wrong-option", "search", "--colour", "red")


def test_help(golden, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    golden("help", "--help")
