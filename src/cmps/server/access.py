"""Who may do what, and that it is written down: every route says both.

```python
@router.get("/sightings/{id}/picture")
def picture(
    id: str,
    case: str,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(SawPicture)],
) -> Response:
    with acting.of(case=case, sightings=[id]):
        …
```

A route that is open to anybody depends on ``PUBLIC``, one that leaves no row on
``unaudited("why")``; a test walks over all routes and fails where one says neither. An audited
route that answers without having entered ``acting.of`` fails: nothing leaves unrecorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from cmps.gallery.accounts import AccountStore, Role, User
from cmps.gallery.audit import recording
from cmps.gallery.audit_events import AuditEvent
from cmps.gallery.records import Camera, Filter, UnknownError
from cmps.gallery.store import GalleryStore
from cmps.server.security.secrets import (
    COOKIE,
    CSRF_HEADER,
    IDLE_LOGIN,
    NOTED,
    csrf_of,
    key_of,
    same,
)
from cmps.server.state import ProgramDep

__all__ = [
    "PUBLIC",
    "Acting",
    "Caller",
    "Role",
    "allow",
    "audited",
    "hidden",
    "rights_end",
    "unaudited",
]

SAFE = ("GET", "HEAD", "OPTIONS")
RECHECK = 30.0
"""Seconds after which an open WebSocket learns that its owner was locked out."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: The account's name.
        role: What they may do.
        cameras: What they may see; ``None`` for all cameras.
        program: Whether a program asks with their token, not they themselves.
    """

    name: str
    role: Role
    cameras: frozenset[str] | None = None
    program: bool = False

    def sees(self, camera: str) -> bool:
        """Whether they may see anything of a camera."""
        return self.cameras is None or camera in self.cameras

    def narrow(self, where: Filter) -> Filter:
        """Return a filter that passes what this one does and they may see."""
        if self.cameras is None:
            return where
        asked = where.cameras
        seen = self.cameras if asked is None else asked & self.cameras
        return Filter(seen, where.after, where.before, where.spans)

    def require_themselves(self) -> None:
        """Make sure that no program asks: a token that leaked must not make itself at home.

        Raises:
            HTTPException: 403 if one does.
        """
        if self.program:
            raise HTTPException(403, "a token cannot do this; log in with name and password")

    def cameras_of(self, cameras: Collection[Camera]) -> list[Camera]:
        """Return those of some cameras that they may see."""
        return [one for one in cameras if self.sees(one.id)]

    def require(self, camera: str, sighting: str) -> None:
        """Make sure that they may see a sighting of a camera.

        Raises:
            UnknownError: As for a sighting that is not there, so that nobody learns of it.
        """
        if not self.sees(camera):
            raise UnknownError(f"sighting {sighting} is not in the gallery; cmps search shows ids")


def hidden(store: GalleryStore, caller: Caller, ids: Collection[str]) -> set[str]:
    """Return those of some sightings that a caller may not see.

    One that was deleted is hidden from whoever may not see every camera: nobody knows whose it was.
    """
    if caller.cameras is None or not ids:
        return set()
    known = store.get(sorted(store.known(ids)))
    return set(ids) - {one.id for one in known if caller.sees(one.camera)}


def caller_of(user: User, *, program: bool = False) -> Caller:
    """Return a user, or a program with their token, as the one who asks."""
    return Caller(user.name, user.role, user.cameras, program)


@cache
def allow(role: Role) -> Any:
    """Return the dependency of a route for this role and those above it; it gives the caller."""

    def caller(connection: HTTPConnection, program: ProgramDep) -> Caller:
        found = _identify(connection, program.store.accounts)
        if not found.role.may(role):
            raise HTTPException(
                403, f"this takes the role {role}, and {found.name} is {found.role}; ask an admin"
            )
        connection.state.caller = found
        return found

    # the same object for the same role: a request looks its caller up once
    caller.role = role  # type: ignore[attr-defined]
    return Depends(caller)


async def _public() -> None:
    """Anybody may."""


_public.role = None  # type: ignore[attr-defined]
PUBLIC = Depends(_public)
"""The dependency of a route that is open to anybody."""


class Acting:
    """What a route does, for the audit.

    Args:
        connection: The request.
        log: Where rows go.
        event: What sort of deed it is.
    """

    def __init__(self, connection: HTTPConnection, program: Any, event: type[AuditEvent]) -> None:
        self._connection = connection
        self._program = program
        self._event = event
        self.said = False

    def of(
        self,
        *,
        case: str | None = None,
        session: str | None = None,
        sightings: Sequence[str] = (),
        detail: Mapping[str, Any] | None = None,
        by: str | None = None,
        event: type[AuditEvent] | None = None,
    ) -> AbstractContextManager[None]:
        """Name the deed; the first write inside carries its row, or leaving writes it.

        Args:
            case: What it is about.
            session: What it is about.
            sightings: What is seen or changed.
            detail: As the event's ``keys`` allow.
            by: Who, where nobody is logged in yet.
            event: Another event than the route's, where it turned out so.
        """
        self.said = True
        who = by or self._connection.state.caller.name
        made = (event or self._event)(who, case, session, tuple(sightings), detail or {})
        return recording(self._program.store.audit, made)

    def nothing(self) -> None:
        """Say that nothing was done or shown after all."""
        self.said = True


def audited(event: type[AuditEvent]) -> Any:
    """Return the dependency of a route whose deed is written down; it gives :class:`Acting`."""

    async def acting(connection: HTTPConnection, program: ProgramDep) -> Any:
        found = Acting(connection, program, event)
        yield found
        if not found.said:
            raise RuntimeError(f"{connection.url.path} answered without an audit row")

    acting.event = event  # type: ignore[attr-defined]
    return Depends(acting, scope="function")


def unaudited(why: str) -> Any:
    """Return the dependency of a route that leaves no row, and why not."""

    async def nothing() -> None:
        """Leave no row."""

    nothing.why = why  # type: ignore[attr-defined]
    return Depends(nothing)


async def rights_end(connection: HTTPConnection, caller: Caller, every: float = RECHECK) -> None:
    """Return when somebody who has a WebSocket open may no longer have it so.

    They logged out, were removed, or their role or cameras are others now; the page connects anew.

    Args:
        connection: The socket.
        caller: Who opened it.
        every: Seconds between two looks.
    """
    accounts = connection.app.state.program.store.accounts
    while await run_in_threadpool(_still, connection, accounts, caller):
        await anyio.sleep(every)


def _still(connection: HTTPConnection, accounts: AccountStore, caller: Caller) -> bool:
    try:
        return _identify(connection, accounts, using=False) == caller
    except HTTPException:
        return False


def _identify(connection: HTTPConnection, accounts: AccountStore, *, using: bool = True) -> Caller:
    """Return who sent a token or a cookie.

    Args:
        connection: The request.
        accounts: Who is known.
        using: Whether this counts as using the login, which else ends by itself.

    Raises:
        HTTPException: 401 without a valid one, 403 for a page of another site.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = _bearer(token.strip(), accounts)
    else:
        found = _cookie(connection, accounts, using)
    if connection.scope["type"] == "websocket":
        _require_own_origin(connection)
    return found


def _bearer(token: str, accounts: AccountStore) -> Caller:
    found = accounts.token(key_of(token))
    if found is None or found[0].expires <= datetime.now(UTC):
        raise _login_first("the token is not valid, or no longer; ask for another")
    return caller_of(found[1], program=True)


def _cookie(connection: HTTPConnection, accounts: AccountStore, using: bool) -> Caller:
    cookie = connection.cookies.get(COOKIE, "")
    found = accounts.login(key_of(cookie)) if cookie else None
    now = datetime.now(UTC)
    if found is None:
        raise _login_first("log in first")
    login, user = found
    if login.expires <= now or login.seen + IDLE_LOGIN <= now:
        raise _login_first("the login has ended; log in again")
    if connection.scope["type"] == "http" and connection.scope["method"] not in SAFE:
        sent = connection.headers.get(CSRF_HEADER, "")
        if not same(sent, csrf_of(cookie)):
            raise HTTPException(403, f"send {CSRF_HEADER} with what GET /api/v1/me says as csrf")
    if using and login.seen + NOTED <= now:
        accounts.touch(login.key, now)
    return caller_of(user)


def _require_own_origin(connection: HTTPConnection) -> None:
    """Refuse a page of another site; programs send no Origin, browsers always do."""
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise HTTPException(403, "this page belongs to another site")


def _login_first(why: str) -> HTTPException:
    return HTTPException(401, why, headers={"WWW-Authenticate": "Bearer"})
