"""Getting in and out, and who one is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from cmps.gallery.accounts import Login, User, not_first
from cmps.gallery.audit_events import LoggedIn, LoggedOut, LoginFailed, UserAdded, UserChanged
from cmps.program import Program
from cmps.server.access import PUBLIC, Acting, Caller, Role, allow, audited, caller_of, unaudited
from cmps.server.errors import refuse
from cmps.server.security.secrets import (
    COOKIE,
    LONGEST_LOGIN,
    csrf_of,
    key_of,
    new_secret,
    same,
)
from cmps.server.state import Gate, GateDep, ProgramDep

router = APIRouter(tags=["auth"])


class Me(BaseModel):
    """Who is logged in; without a name, nobody is."""

    name: str
    role: Role
    cameras: list[str] | None = Field(description="What they may see; null for all cameras.")
    csrf: str = Field(description="To send as X-CSRF-Token with every request that changes.")
    first_start: bool = False


class Credentials(BaseModel):
    """A name and a password."""

    name: str = Field(max_length=64)
    password: str = Field(max_length=200)


class First(Credentials):
    """The first account: an admin."""

    link: str = Field(max_length=200, description="From the link that the server printed.")


class NewPassword(BaseModel):
    """A password in the place of another."""

    old: str = Field(max_length=200)
    new: str = Field(max_length=200)


@router.post("/setup", dependencies=[PUBLIC])
def setup(
    body: First,
    request: Request,
    response: Response,
    program: ProgramDep,
    gate: GateDep,
    acting: Annotated[Acting, audited(UserAdded)],
) -> Me:
    """Make the first admin, with the link that the server printed at its first start."""
    name = body.name.strip().lower()
    _wait(gate, "setup", request)
    if program.store.accounts.listing():
        raise not_first()
    if not gate.first_link or not same(key_of(body.link), gate.first_link):
        raise refuse(403, "this link is not the one that the server printed last; use that one")
    hashed = gate.passwords.hash(body.password)
    user = User(name, Role.ADMIN, hashed, None, datetime.now(UTC))
    with acting.of(by=name, detail={"user": name, "role": str(Role.ADMIN)}):
        program.store.accounts.add(user, first=True)
    gate.first_link = ""
    with acting.of(by=name, event=LoggedIn, detail={"address": _address(request)}):
        return _let_in(user, response, program, gate)


@router.post("/login", dependencies=[PUBLIC])
def login(
    body: Credentials,
    request: Request,
    response: Response,
    program: ProgramDep,
    gate: GateDep,
    acting: Annotated[Acting, audited(LoggedIn)],
) -> Me:
    """Log in; the answer sets the cookie."""
    name = body.name.strip().lower()
    _wait(gate, name, request)
    user = program.store.accounts.find(name)
    where = {"address": _address(request)}
    if not gate.passwords.fits(user.password if user else None, body.password) or user is None:
        # people type passwords where names belong: what nobody is called is not kept
        with acting.of(by=user.name if user else "somebody", event=LoginFailed, detail=where):
            pass
        raise refuse(401, "name and password do not fit; try again")
    gate.attempts.forget(name, _address(request))
    if before := request.cookies.get(COOKIE):
        # whoever was logged in on this browser is not any more
        program.store.accounts.end(key_of(before))
    with acting.of(by=name, detail=where):
        return _let_in(user, response, program, gate)


@router.post("/logout", status_code=204)
def logout(
    request: Request,
    response: Response,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(LoggedOut)],
) -> None:
    """Log out here."""
    with acting.of():
        program.store.accounts.end(key_of(request.cookies.get(COOKIE, "")))
    _forget(response)


@router.get("/me", dependencies=[unaudited("people may know who they are")])
def me(request: Request, caller: Annotated[Caller, allow(Role.VIEWER)]) -> Me:
    """Say who is logged in."""
    return _me(caller, request.cookies.get(COOKIE, ""))


@router.post("/me/password", status_code=204)
def change_password(
    body: NewPassword,
    request: Request,
    response: Response,
    program: ProgramDep,
    gate: GateDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(UserChanged)],
) -> None:
    """Change one's own password; every other login of the account ends, and this one too."""
    caller.require_themselves()
    _wait(gate, caller.name, request)
    user = program.store.accounts.get(caller.name)
    if not gate.passwords.fits(user.password, body.old):
        raise refuse(403, "the old password is not right; try again")
    changed = replace(user, password=gate.passwords.hash(body.new))
    with acting.of(detail={"user": caller.name, "password": True}):
        program.store.accounts.write(changed, end_logins=True)
    _forget(response)


def _let_in(user: User, response: Response, program: Program, gate: Gate) -> Me:
    secret, now = new_secret(), datetime.now(UTC)
    program.store.accounts.begin(Login(key_of(secret), user.name, now, now + LONGEST_LOGIN, now))
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=gate.tls, path="/")
    return _me(caller_of(user), secret)


def _forget(response: Response) -> None:
    """Let a browser forget who was logged in, and the pictures that it may keep for an hour."""
    response.delete_cookie(COOKIE, path="/")
    response.headers["Clear-Site-Data"] = '"cache"'


def _me(caller: Caller, cookie: str) -> Me:
    cameras = None if caller.cameras is None else sorted(caller.cameras)
    return Me(name=caller.name, role=caller.role, cameras=cameras, csrf=csrf_of(cookie))


def _wait(gate: Gate, name: str, request: Request) -> None:
    seconds = gate.attempts.wait(name, _address(request))
    if seconds:
        raise refuse(429, f"too many tries; wait {seconds} s", **{"Retry-After": str(seconds)})


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
