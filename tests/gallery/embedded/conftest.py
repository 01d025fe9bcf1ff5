"""Data folders with a private server, and other processes that use them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cmps.gallery import embedded
from cmps.gallery.embedded import EmbeddedServer
from cmps.gallery.postgres import open_gallery

HERE = Path(__file__).parent.parent
# What another process does; it says a word when it is ready and goes on when it hears one.
PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from people import sighting
from cmps.gallery import embedded, rows
from cmps.gallery.postgres import open_gallery
embedded.OPTIONS["fsync"] = "off"
gallery = open_gallery(Path({data!r}))
def ready():
    print("ready", flush=True)
    sys.stdin.readline()
{work}
gallery.close()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """These servers need not survive a loss of power."""
    monkeypatch.setitem(embedded.OPTIONS, "fsync", "off")


@pytest.fixture
def other(tmp_path):
    """Starts processes that open the gallery in ``tmp_path / "data"``; none outlives the test."""
    started = []

    def start(work: str) -> subprocess.Popen:
        text = PROGRAM.format(here=str(HERE), data=str(tmp_path / "data"), work=work)
        process = subprocess.Popen(
            [sys.executable, "-c", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def tmp_path(gallery_folder):
    """In place of pytest's own."""
    return gallery_folder


@pytest.fixture(scope="session")
def empty_gallery():
    """A data folder with an empty gallery, to be copied: making one takes seconds."""
    with tempfile.TemporaryDirectory(prefix="cmps-test-") as folder:
        open_gallery(Path(folder)).close()
        yield Path(folder)


@pytest.fixture
def data(tmp_path, empty_gallery):
    """A data folder with an empty gallery; its server, if any, is stopped at the end."""
    subprocess.run(["cp", "-a", str(empty_gallery), str(tmp_path / "data")], check=True)
    yield tmp_path / "data"
    if (tmp_path / "data" / "postgres" / "PG_VERSION").exists():
        EmbeddedServer(tmp_path / "data").close()
