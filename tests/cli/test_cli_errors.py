"""Every bad input: one line that names the thing, exit code 2, no traceback."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import wave

import pytest
from command_line import id_of
from fakes import FakeRecogniser

from cmps import __version__
from cmps.cli.errors import describe
from cmps.gallery.records import GalleryError


def refused(answer, *parts):
    """The answer is one line on standard error that holds every part."""
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("cmps: ")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    for part in parts:
        assert str(part) in answer.err


@pytest.fixture
def silence(tmp_path):
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000))
    return path


@pytest.fixture
def garbage(tmp_path):
    path = tmp_path / "garbage.bin"
    path.write_bytes(os.urandom(999) + b"\0")
    return path


def test_a_picture_that_does_not_decode(cmps, filled, garbage):
    refused(cmps("search", "--image", garbage), garbage, "not a picture")


def test_a_picture_that_is_missing(cmps, filled):
    refused(cmps("search", "--image", "gone.jpg"), "gone.jpg: No such file or directory")


def test_a_recording_without_speech(cmps, filled, silence):
    refused(cmps("search", "--audio", silence), "silence.wav: no speech was heard", "microphone")
    refused(cmps("transcribe", silence), "silence.wav: no speech was heard")


def test_a_recording_in_which_nothing_is_understood(cmps, filled, spoken):
    filled.recogniser = FakeRecogniser("")
    refused(cmps("search", "--audio", spoken), spoken.name, "no speech was heard")


def test_a_recording_that_does_not_decode(cmps, filled, garbage):
    refused(cmps("search", "--audio", garbage), "garbage.bin")
    refused(cmps("transcribe", "gone.wav"), "gone.wav")


def test_a_recording_that_is_too_long(cmps, filled, spoken, monkeypatch):
    monkeypatch.setenv("CMPS_RECORDING_MINUTES", "0.01")
    refused(cmps("search", "--audio", spoken), spoken.name)
    refused(cmps("transcribe", spoken), spoken.name)


def test_an_empty_gallery(cmps, world):
    refused(cmps("search", "--text", "red top"), "gallery is empty", "cmps index PATH")


@pytest.mark.parametrize(
    "arguments", [("search", "--text", "red top"), ("track", "feed"), ("delete", "feed")]
)
def test_a_data_folder_without_a_gallery_stays_untouched(cmps, tmp_path, arguments):
    answer = cmps(*arguments, "--data", "mistyped")
    refused(answer, "there is no gallery in mistyped; make one with: cmps index PATH")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_camera(cmps, filled):
    refused(cmps("search", "--text", "red top", "--camera", "attic"), "attic", "gate, hall")


def test_an_unknown_sighting(cmps, filled):
    refused(cmps("search", "--image", "sighting:feed"), "sighting feed is not in the gallery")


@pytest.mark.parametrize("option", ["--after", "--before"])
def test_a_time_without_a_zone(cmps, filled, option):
    answer = cmps("search", "--text", "red top", option, "2026-05-01T14:30")
    refused(answer, "no zone", "2026-05-01T14:30:00Z")


def test_times_in_the_wrong_order(cmps, filled):
    times = ("--after", "2026-05-02T00:00Z", "--before", "2026-05-01T00:00Z")
    refused(cmps("search", "--text", "red top", *times), "no time lies after")


def test_nothing_to_search_for(cmps, filled):
    refused(cmps("search"), "give --text, --audio or --image")


@pytest.mark.parametrize("text", ["", "  ", "?!"])
def test_a_description_without_a_word(cmps, filled, text):
    refused(cmps("search", "--text", text), "holds no word")


def test_no_candidates_asked_for(cmps, filled):
    refused(cmps("search", "--text", "red top", "--top", 0), "--top must be at least 1, not 0")


def test_a_csv_without_its_header(cmps, world, tmp_path):
    (tmp_path / "list.csv").write_text("file;place\na.png;gate\n")
    refused(cmps("index", "list.csv"), "list.csv", "file", "allowed: path, camera, time")


def test_a_missing_path(cmps, world):
    refused(cmps("index", "nowhere"), "nowhere does not exist")


def test_a_folder_without_pictures(cmps, world, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(cmps("index", "empty"), "empty holds no pictures")


def test_a_camera_for_a_list(cmps, world, crops):
    refused(cmps("index", crops, "--camera", "door"), "--camera is for plain folders")


def test_a_sheet_into_a_missing_folder(cmps, filled):
    refused(
        cmps("search", "--text", "red top", "--sheet", "no/out.png"), "folder no does not exist"
    )


def test_a_full_disk_while_the_sheet_is_written(cmps, filled, monkeypatch):
    from PIL import Image

    def full(self, path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Image.Image, "save", full)
    answer = cmps("search", "--text", "red top", "--sheet", "out.png")
    refused(answer, "out.png: No space left on device; free some space")


def test_a_data_set_that_is_not_there(cmps, world, tmp_path):
    refused(cmps("evaluate", "pedes", "--root", tmp_path), "reid_raw.json")
    refused(cmps("evaluate", "market1501", "--root", tmp_path), "bounding_box_test")


def test_speech_without_recordings(cmps, world, tmp_path):
    arguments = ("evaluate", "pedes", "--root", tmp_path, "--probe", "speech")
    refused(cmps(*arguments), "--audios DIR")


def test_a_setting_that_does_not_fit(cmps, world, monkeypatch):
    monkeypatch.setenv("CMPS_THREADS", "many")
    refused(cmps("search", "--text", "red top"), "CMPS_THREADS=many", "valid integer")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["serch"], "Did you mean search"),
        (["search", "--colour", "red"], "No such option: --colour"),
        (["search", "--top", "many"], "--top"),
        (["search", "--variant", "slow"], "slow is not one of fast, accurate"),
        (["search", "--text"], "--text"),
        (["index", "x", "--dataset", "zip"], "zip"),
        (["track"], "Missing argument SIGHTING"),
        (["evaluate"], "Missing command"),
        (["evaluate", "pedes"], "--root"),
        (["simulate"], "--out"),
        (["simulate", "--out", "x", "--people", "0"], "--people"),
        (["--wrong"], "No such option: --wrong"),
    ],
)
def test_a_command_line_that_does_not_fit(cmps, world, arguments, part):
    refused(cmps(*arguments), part, "see cmps --help")


def test_a_message_of_several_lines_becomes_one(cmps, filled, monkeypatch):
    def fail(*_):
        raise GalleryError("first\n  second\x1b[31m")

    monkeypatch.setattr(filled.store, "delete", fail)
    answer = cmps("delete", id_of(filled, "1.bmp"))
    refused(answer, "first second")
    assert "\x1b" not in answer.err


def test_a_fault_of_the_program_is_one_line_too(cmps, filled, monkeypatch):
    def fail(*_):
        raise KeyError("boom")

    monkeypatch.setattr(filled.store, "search", fail)
    answer = cmps("search", "--text", "red top")
    refused(answer, "unexpected KeyError: 'boom'", "CMPS_DEBUG=1")


def test_debug_shows_the_traceback(cmps, world, monkeypatch):
    monkeypatch.setenv("CMPS_DEBUG", "1")
    answer = cmps("search", "--text", "red top")
    assert answer.code == 2
    assert "Traceback" in answer.err
    assert answer.err.splitlines()[-1].startswith("cmps: the gallery is empty")


def test_ctrl_c_ends_quietly(cmps, filled, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(filled.store, "search", interrupt)
    answer = cmps("search", "--text", "red top")
    assert (answer.code, answer.out, answer.err) == (130, "", "")


def test_the_program_is_closed_whatever_happens(cmps, filled, monkeypatch):
    from cmps import program

    closed = []
    monkeypatch.setattr(program.Program, "close", lambda self: closed.append(self))
    assert cmps("track", "feed").code == 2
    assert len(closed) == 1


def test_a_reader_that_has_seen_enough_ends_the_program_quietly():
    code = "from cmps.cli import main; raise SystemExit(main(['search', '--help']))"
    program = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    program.stdout.close()
    errors = program.stderr.read()
    program.stderr.close()
    assert program.wait() in (1, 141)
    assert errors == b""


def test_ctrl_c_from_the_keyboard_ends_quietly_while_it_works(tmp_path):
    code = """
import os, signal
from cmps import program
from cmps.cli import main
def interrupted(self):
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("went on")
program.Program.require_gallery = interrupted
raise SystemExit(main(["track", "feed"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        cwd=tmp_path,
        # a shell in the background lets its children ignore Ctrl-C; who sits before one does not
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_version(cmps):
    answer = cmps("--version")
    assert (answer.code, answer.out) == (0, f"cmps {__version__}\n")


def test_without_a_command_the_help_is_shown(cmps):
    answer = cmps()
    assert answer.code == 0
    assert "Usage: cmps" in answer.out


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PermissionError(13, "Permission denied", "a.jpg"), "a.jpg: Permission denied; check who"),
        (OSError(errno.EROFS, "Read-only file system", "x"), "choose another folder with --data"),
        (MemoryError(), "out of memory"),
        (ValueError(), "unexpected ValueError"),
        (ZeroDivisionError("division by zero"), "unexpected ZeroDivisionError: division by zero"),
    ],
)
def test_errors_in_words(error, line):
    assert line in describe(error)
