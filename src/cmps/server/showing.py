"""Serving the demo: a user, a case and a session that are ready, and a door that opens once."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request

from cmps.gallery.accounts import Login, Role, User
from cmps.gallery.audit import recording
from cmps.gallery.audit_events import CaseOpened, LoggedIn, SessionBegun, UserAdded
from cmps.gallery.records import GalleryError
from cmps.program import Program
from cmps.server.access import PUBLIC, unaudited
from cmps.server.app import create_app
from cmps.server.errors import refuse
from cmps.server.security.secrets import COOKIE, key_of, new_secret, same
from cmps.server.serving import Listening, Server, bind, serve_to_the_end, server_config, url
from cmps.server.state import Gate

USER = "demo"
PURPOSE = "Demo: people who do not exist, lost in a mall that does not exist"
LOGIN_HOURS = 12


class Door:
    """Lets one browser in as a user, once.

    Args:
        program: Whose user it is.
        name: The user.
    """

    def __init__(self, program: Program, name: str) -> None:
        self.secret = new_secret()
        self._key = key_of(self.secret)
        self._program = program
        self._name = name
        self._turn = threading.Lock()

    def enter(self, secret: str) -> str:
        """Return the cookie of a new login.

        Raises:
            HTTPException: If somebody came in already, or the secret is not this one's.
        """
        with self._turn:
            if not self._key or not same(key_of(secret), self._key):
                raise refuse(403, "this link worked once and does no more; start the demo again")
            self._key = ""
        cookie, now = new_secret(), datetime.now(UTC)
        login = Login(key_of(cookie), self._name, now, now + timedelta(hours=LOGIN_HOURS), now)
        store = self._program.store
        with recording(store.audit, LoggedIn(self._name, detail={"address": "demo"})):
            store.accounts.begin(login)
        return cookie


def ready(program: Program) -> str:
    """Make sure of the demo's user, of an open case and a session in it.

    Returns:
        The page's address of the session, from ``#`` on.
    """
    store = program.store
    if USER not in {one.name for one in store.accounts.listing()}:
        # nobody knows the password: the door is the only way in
        hashed = Gate().passwords.hash(new_secret())
        user = User(USER, Role.ADMIN, hashed, None, datetime.now(UTC))
        with recording(store.audit, UserAdded(USER, detail={"user": USER, "role": "admin"})):
            store.accounts.add(user)
    case = next(
        (one for one in store.cases.listing() if one.purpose == PURPOSE and not one.closed_at), None
    )
    if case is None:
        case = program.desk.new_case(PURPOSE, USER)
        with recording(store.audit, CaseOpened(USER, case.id)):
            store.cases.open(case)
    # a session in which somebody searched stays as it is, for them to come back to
    fresh = next((one for one in store.cases.sessions(case.id) if not one.steps), None)
    if fresh is not None:
        return f"#/case/{case.id}/{fresh.id}"
    with recording(store.audit, SessionBegun(USER, case.id)):
        made = program.desk.new_session(case.id)
    return f"#/case/{case.id}/{made.id}"


def demo_app(program: Program, door: Door, place: str) -> FastAPI:
    """Return the server with a door in it: ``GET /enter/SECRET`` logs in and shows the case."""
    app = create_app(program, Gate())

    @app.get(
        "/enter/{secret}",
        include_in_schema=False,
        dependencies=[PUBLIC, unaudited("the door writes its own row")],
    )
    def enter(secret: str, request: Request) -> Response:
        """Come in, once."""
        answer = RedirectResponse(f"/{place}", 303)
        answer.set_cookie(COOKIE, door.enter(secret), httponly=True, samesite="strict", path="/")
        return answer

    return app


def show(program: Program, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the demo until Ctrl-C.

    Args:
        program: With the demo's gallery.
        port: Where; another one if it is taken.
        browser: Whether to open a browser, where there is one.
        say: Is told where the page is.
    """
    how = Listening(port=port)
    try:
        listening = bind(how.host, port)
    except GalleryError:
        listening = bind(how.host, 0)
    door = Door(program, USER)
    app = demo_app(program, door, ready(program))
    address = f"{url(how.host, listening.getsockname()[1], False)}enter/{door.secret}"
    server = Server(server_config(app, how))
    threading.Thread(target=_warm, args=(app,), name="warming", daemon=True).start()
    say(address)
    if browser and _has_screen():
        threading.Timer(0.5, webbrowser.open, [address]).start()
    serve_to_the_end(server, listening)


def _has_screen() -> bool:
    """Whether a browser can show something; without a screen, one would fill the terminal."""
    linux = sys.platform.startswith("linux")
    return not linux or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _warm(app: FastAPI) -> None:
    """Load the networks while the browser loads the page."""
    program: Program = app.state.program
    # whoever asks first is told what is wrong with them
    with suppress(Exception):
        program.text(program.settings.variant)
        app.state.services.speech.open()
