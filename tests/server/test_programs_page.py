"""docs/programs.md: its examples run against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from desks import pixels
from PIL import Image

from cmps.gallery.accounts import Role

API = "/api/v1"
PAGE = Path(__file__).parents[2] / "docs" / "programs.md"


def examples(language):
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def environment(app, client_as, tmp_path):
    """What the examples read from the environment, with a server that listens."""
    client = client_as(Role.OPERATOR, name="ana")
    token = client.post(f"{API}/tokens", json={"label": "example", "days": 1}).json()["token"]
    case = client.post(f"{API}/cases", json={"purpose": "an example"}).json()["id"]
    session = client.post(f"{API}/cases/{case}/sessions").json()["id"]
    photo = tmp_path / "photo.jpg"
    Image.fromarray(pixels("purple", "green", 1)).save(photo)
    # the client's context has begun what runs beside the routes
    config = uvicorn.Config(
        app, port=0, log_level="warning", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    yield os.environ | {
        "CMPS_URL": f"http://127.0.0.1:{port}",
        "CMPS_TOKEN": token,
        "CMPS_CASE": case,
        "CMPS_SESSION": session,
        "PHOTO": str(photo),
    }
    server.should_exit = True
    thread.join(20)


def run(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_examples_do_what_they_say(environment):
    search, events = examples("python")
    said = run([sys.executable, "-c", search], environment)
    assert "understood: wearing a red shirt, wearing blue jeans" in said
    assert re.search(r"^1\. \d+% (gate|hall) 2026-05-01T12:", said, re.MULTILINE), said
    assert "picture: True" in said
    assert re.search(r"^stop: gate 2026-05-01T12:0\dZ? 100%|^stop: gate ", said, re.MULTILINE), said
    assert run([sys.executable, "-c", events], environment) == "here ['ana']\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_examples_do_what_they_say(environment):
    cameras, photo = (run(["sh", "-c", one], environment) for one in examples("sh"))
    assert '"id":"gate"' in cameras
    assert '"id":"purple"' in photo


def test_every_step_that_the_page_names_is_there(app):
    paths = app.openapi()["paths"]
    for name in ("say", "click", "mark", "look", "answer", "photo", "undo", "redo"):
        assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
        assert f"{API}/sessions/{{id}}/{name}" in paths
