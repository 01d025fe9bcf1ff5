"""Accounts: who may do what, and which cameras they may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field

from cmps.gallery.accounts import User
from cmps.gallery.audit_events import AccountsRead, UserAdded, UserChanged, UserRemoved
from cmps.gallery.records import GalleryError
from cmps.program import Program
from cmps.server.access import Acting, Caller, Role, allow, audited
from cmps.server.state import GateDep, ProgramDep

router = APIRouter(prefix="/users", tags=["users"])
CAMERAS = "Ids of cameras that they may see; null for all cameras."
Name = Annotated[str, Path(max_length=64)]


class Account(BaseModel):
    """An account."""

    name: str
    role: Role
    cameras: list[str] | None = Field(description=CAMERAS)
    made_at: AwareDatetime

    @classmethod
    def of(cls, user: User) -> Account:
        """Return what others may know of a user."""
        cameras = None if user.cameras is None else sorted(user.cameras)
        return cls(name=user.name, role=user.role, cameras=cameras, made_at=user.made_at)


class NewAccount(BaseModel):
    """An account to make."""

    name: str = Field(max_length=64, description="Small letters, digits, or ._@-")
    password: str = Field(max_length=200)
    role: Role
    cameras: list[str] | None = Field(default=None, description=CAMERAS, max_length=10_000)


class Change(BaseModel):
    """What shall be different; what is left out stays."""

    role: Role | None = None
    cameras: list[str] | None = Field(default=None, description=CAMERAS, max_length=10_000)
    password: str | None = Field(default=None, max_length=200)


@router.get("")
def listing(
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.ADMIN)],
    acting: Annotated[Acting, audited(AccountsRead)],
) -> list[Account]:
    """List all accounts."""
    with acting.of():
        return [Account.of(one) for one in program.store.accounts.listing()]


@router.post("", status_code=201)
def add(
    body: NewAccount,
    program: ProgramDep,
    gate: GateDep,
    caller: Annotated[Caller, allow(Role.ADMIN)],
    acting: Annotated[Acting, audited(UserAdded)],
) -> Account:
    """Make an account."""
    caller.require_themselves()
    name = body.name.strip().lower()
    cameras = _cameras(program, body.cameras)
    user = User(name, body.role, gate.passwords.hash(body.password), cameras, datetime.now(UTC))
    with acting.of(detail={"user": name, "role": str(body.role), "cameras": body.cameras}):
        program.store.accounts.add(user)
    return Account.of(user)


@router.patch("/{name}")
def change(
    name: Name,
    body: Change,
    program: ProgramDep,
    gate: GateDep,
    caller: Annotated[Caller, allow(Role.ADMIN)],
    acting: Annotated[Acting, audited(UserChanged)],
) -> Account:
    """Change role, cameras or password; a new password logs the account out everywhere."""
    caller.require_themselves()
    user = program.store.accounts.get(name.lower())
    detail: dict[str, Any] = {"user": user.name}
    if body.role is not None:
        user, detail["role"] = replace(user, role=body.role), str(body.role)
    if "cameras" in body.model_fields_set:
        user = replace(user, cameras=_cameras(program, body.cameras))
        detail["cameras"] = body.cameras
    if body.password is not None:
        user = replace(user, password=gate.passwords.hash(body.password))
        detail["password"] = True
    with acting.of(detail=detail):
        program.store.accounts.write(user, end_logins=body.password is not None)
    return Account.of(user)


@router.delete("/{name}", status_code=204)
def remove(
    name: Name,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.ADMIN)],
    acting: Annotated[Acting, audited(UserRemoved)],
) -> None:
    """Remove an account, and with it its logins and tokens; what it did stays in the audit."""
    caller.require_themselves()
    with acting.of(detail={"user": name.lower()}):
        program.store.accounts.remove(name.lower())


def _cameras(program: Program, given: list[str] | None) -> frozenset[str] | None:
    if given is None:
        return None
    known = {camera.id for camera in program.store.cameras()}
    if odd := sorted(set(given) - known):
        listed = ", ".join(sorted(known)) or "none; index pictures first"
        raise GalleryError(f"camera {odd[0]} is unknown; the gallery's cameras: {listed}")
    return frozenset(given)
