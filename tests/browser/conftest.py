"""A server in a thread, Debian's Chromium, and pages of people who are logged in."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

# what the server's tests share lies in their folder
sys.path.insert(0, str(Path(__file__).parents[1] / "server"))

from hands import PATIENCE, describe, open_case
from serving_fakes import API, PASSWORD, add_user

from cmps.gallery.accounts import Role
from cmps.server.security.limits import Attempts


@dataclass
class Site:
    """A served program."""

    url: str
    program: Any
    gate: Any
    services: Any
    foreign: list[str] = field(default_factory=list)
    _users: set[str] = field(default_factory=set)

    def add(self, name: str, role: str, cameras=None) -> None:
        if name not in self._users:
            add_user(self.program, self.gate, name, Role(role), cameras)
            self._users.add(name)


@pytest.fixture(scope="session")
def mall(tmp_path_factory):
    import mall

    return mall.program(tmp_path_factory.mktemp("mall"))


@pytest.fixture(scope="session")
def site(mall):
    import uvicorn
    from argon2 import PasswordHasher

    from cmps.server.app import create_app
    from cmps.server.security.passwords import Passwords
    from cmps.server.serving import bind
    from cmps.server.state import Gate

    gate = Gate(passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    listening = bind("127.0.0.1", 0)
    app = create_app(mall, gate)
    config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    yield Site(f"http://localhost:{listening.getsockname()[1]}/", mall, gate, app.state.services)
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE / 3)
    path = os.environ.get("CMPS_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("no chromium; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page_as(chromium, site):
    """Open a page: ``page_as("operator")``; ``None`` is not logged in.

    Whatever a page asks of another host than the server is gathered in ``site.foreign``; an error
    of a script fails the test.
    """
    opened, broken = [], []

    def make(role: str | None = "operator", *, name: str = "", cameras=None, **options: Any):
        options.setdefault("viewport", {"width": 1600, "height": 900})
        options.setdefault("reduced_motion", "reduce")
        context = chromium.new_context(base_url=site.url, **options)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        site.gate.attempts = Attempts()  # so many never log in within a minute from one address
        if role:
            name = name or f"{role}-one"
            site.add(name, role, cameras)
            given = {"name": name, "password": PASSWORD}
            answer = context.request.post(f"{site.url[:-1]}{API}/login", data=given)
            assert answer.ok, answer.text()
        page = context.new_page()
        page.on("request", lambda one: one.url.startswith((site.url, "data:", "blob:"))
                or site.foreign.append(one.url))  # fmt: skip
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto("/")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield make
    for context in opened:
        context.close()
    assert broken == [], "a script of the page failed"


@pytest.fixture
def searching(page_as):
    """Open a page with a new case: ``searching("red shirt")``; without words nothing was said."""

    def make(text: str = "", role: str = "operator", **options: Any):
        page = page_as(role, **options)
        open_case(page)
        if text:
            describe(page, text)
        return page

    return make
