"""Runs command lines in this process, with networks that see and read colours."""

from __future__ import annotations

import contextlib
import io
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import Result
from fakes import FakeImageEncoder, FakeRecogniser, FakeTextEncoder, draw, fake_curves

from cmps import program
from cmps.cli import main
from cmps.gallery.memory import MemoryGallery

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """No settings from outside, and a working folder of its own."""
    for name in list(os.environ):
        if name.startswith("CMPS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cmps():
    """Run a command line: ``cmps("search", "--text", "a red top")``."""

    def run(*arguments: object) -> Result:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
        return Result(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def world(monkeypatch):
    """A gallery in memory that outlives the commands, and fake networks."""
    state = SimpleNamespace(
        store=MemoryGallery(), image=FakeImageEncoder(), recogniser=FakeRecogniser()
    )

    class FakeProgram(program.Program):
        store = property(lambda self: state.store)
        image = property(lambda self: state.image)
        recogniser = property(lambda self: state.recogniser)
        curves = property(lambda self: fake_curves())

        def require_gallery(self):
            """There is one in memory."""

        def text(self, variant):
            return FakeTextEncoder()

    monkeypatch.setattr(program, "Program", FakeProgram)
    return state


@pytest.fixture
def crops(tmp_path):
    """A list of six pictures: one person three times by two cameras, and three strangers."""
    folder = tmp_path / "crops"
    # bmp: no encoder between the pixels and the bytes that ids are made of
    rows = [
        ("1.bmp", "gate", 0, "red", "blue", 0),
        ("2.bmp", "gate", 1, "red", "blue", 3),
        ("3.bmp", "hall", 5, "red", "blue", 6),
        ("4.bmp", "hall", 6, "green", "white", 0),
        ("5.bmp", "gate", 9, "yellow", "blue", 0),
        ("6.bmp", "hall", None, "white", "purple", 3),
    ]
    lines = ["path,camera,time"]
    for number, (name, camera, minute, upper, lower, shoes) in enumerate(rows):
        draw(folder / name, upper, lower, seed=number, shoes=shoes)
        time = "" if minute is None else NOON.replace(minute=minute).isoformat()
        lines.append(f"{name},{camera},{time}")
    listing = folder / "list.csv"
    listing.write_text("\n".join(lines) + "\n")
    return listing


@pytest.fixture
def filled(cmps, world, crops):
    """The gallery of ``crops``."""
    assert cmps("index", crops).code == 0
    return world


@pytest.fixture
def spoken(tmp_path):
    """A recording that holds speech, from the shipped test sounds."""
    return next((Path(__file__).parent.parent / "data" / "audio").glob("*.*"))
