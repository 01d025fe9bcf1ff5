"""``cmps user``: who may use the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import DataOption, JsonOption

if TYPE_CHECKING:
    from cmps.gallery.accounts import User
    from cmps.program import Program

user = typer.Typer(help="Make, list, change and remove the accounts of the server.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
CamerasOption = Annotated[
    list[str] | None,
    typer.Option(
        "--camera",
        metavar="ID",
        help="A camera that they may see; repeatable.",
        show_default="all cameras",
    ),
]
ROLES = "viewer|operator|reviewer|admin"


@user.command()
def add(
    name: NameArgument,
    role: Annotated[
        str, typer.Option("--role", metavar=ROLES, help="What they may do.")
    ] = "operator",
    cameras: CamerasOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    from datetime import UTC, datetime

    from cmps.cli.running import opened
    from cmps.gallery.accounts import User

    wanted = _role(role)
    detail = {"user": name.lower(), "role": role, "cameras": cameras}
    with opened(data, "user added", detail=detail) as program:
        program.require_gallery()
        seen = _cameras(program, cameras)
        made = User(name.lower(), wanted, _new_password(), seen, datetime.now(UTC))
        program.store.accounts.add(made)
    _say(made, as_json, f"{made.name} may log in as {made.role}.")


@user.command(name="list")
def listing(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List all accounts, by name."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, shown, table
    from cmps.search.wording import moment

    with opened(data, "accounts read") as program:
        program.require_gallery()
        found = program.store.accounts.listing()
    if as_json:
        print_json({"users": [as_dict(one) for one in found]})
        return
    rows = table("user", "role", "made", "cameras", folding="cameras")
    for one in found:
        cameras = "all" if one.cameras is None else ", ".join(sorted(one.cameras)) or "none"
        rows.add_row(one.name, str(one.role), moment(one.made_at), shown(cameras))
    results().print(rows)


@user.command()
def role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(metavar=ROLES, help="What they may do from now on.")],
    cameras: CamerasOption = None,
    every: Annotated[
        bool, typer.Option("--all-cameras", help="They may see every camera again.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what somebody may do, and which cameras they may see."""
    from dataclasses import replace

    from cmps.cli.running import opened

    wanted = _role(role)
    detail: dict[str, Any] = {"user": name.lower(), "role": role}
    if cameras or every:
        detail["cameras"] = None if every else cameras
    with opened(data, "user changed", detail=detail) as program:
        program.require_gallery()
        changed = replace(program.store.accounts.get(name.lower()), role=wanted)
        if cameras or every:
            seen = None if every else _cameras(program, cameras)
            changed = replace(changed, cameras=seen)
        program.store.accounts.write(changed)
    _say(changed, as_json, f"{changed.name} is {changed.role} now.")


@user.command()
def password(name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Set a new password, which is asked for or read from standard input.

    It logs the account out everywhere.
    """
    from dataclasses import replace

    from cmps.cli.running import opened

    detail = {"user": name.lower(), "password": True}
    with opened(data, "user changed", detail=detail) as program:
        program.require_gallery()
        kept = program.store.accounts.get(name.lower())
        changed = replace(kept, password=_new_password())
        program.store.accounts.write(changed, end_logins=True)
    _say(changed, as_json, f"{changed.name} has a new password and is logged out everywhere.")


@user.command()
def remove(name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Remove an account with its logins and tokens; what it did stays in the audit."""
    from cmps.cli.running import opened

    with opened(data, "user removed", detail={"user": name.lower()}) as program:
        program.require_gallery()
        gone = program.store.accounts.get(name.lower())
        program.store.accounts.remove(gone.name)
    _say(gone, as_json, f"{gone.name} is removed.")


def as_dict(found: User) -> dict[str, Any]:
    """Return an account in plain values, without its password."""
    from cmps.search.wording import iso

    return {
        "user": found.name,
        "role": str(found.role),
        "cameras": None if found.cameras is None else sorted(found.cameras),
        "made_at": iso(found.made_at),
    }


def _say(found: User, as_json: bool, words: str) -> None:
    from cmps.cli.terminal import print_json

    print_json(as_dict(found)) if as_json else print(words)


def _role(text: str) -> Any:
    from cmps.gallery.accounts import Role
    from cmps.gallery.records import GalleryError

    try:
        return Role(text.lower())
    except ValueError as error:
        raise GalleryError(f"{text!r} is no role; choose one of {', '.join(Role)}") from error


def _cameras(program: Program, given: list[str] | None) -> frozenset[str] | None:
    from cmps.gallery.records import Filter
    from cmps.gallery.refusals import require_cameras

    if not given:
        return None
    require_cameras(Filter.of(given), [camera.id for camera in program.store.cameras()])
    return frozenset(given)


def _new_password() -> str:
    """Return the hash of a password that is typed twice, or is the first line that is piped in."""
    import getpass
    import sys

    from cmps.gallery.records import GalleryError
    from cmps.server.security.passwords import Passwords

    if sys.stdin.isatty():
        typed = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != typed:
            raise GalleryError("the two passwords differ; run it again")
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    return Passwords().hash(typed)
