"""``cmps case``: why somebody is searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import ByOption, DataOption, JsonOption

if TYPE_CHECKING:
    from cmps.gallery.cases import Case

case = typer.Typer(help="Open, list, show and close cases: every search belongs to one.")

CaseArgument = Annotated[
    str, typer.Argument(metavar="CASE", help="Id of a case, from cmps case list.")
]


@case.command()
def new(
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="T", help="Why this person is searched for.")
    ],
    by: ByOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a case with its purpose.

    Sessions, photos and watches belong to a case.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json

    with opened(data, "case opened") as program:
        program.require_gallery()
        made = program.desk.open_case(purpose, by)
    if as_json:
        print_json(as_dict(made))
    else:
        print(f"Case {made.id}. Begin with: cmps session new {made.id}")


@case.command(name="list")
def listing(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List all cases, newest first."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, shown, table
    from cmps.search.wording import moment

    with opened(data, "case read", detail={"what": "cases"}) as program:
        program.require_gallery()
        found = program.store.cases.listing()
    if as_json:
        print_json({"cases": [as_dict(one) for one in found]})
        return
    rows = table("case", "opened", "closed", "by", "purpose", folding="purpose")
    for one in found:
        opened_at, closed_at = moment(one.opened_at), moment(one.closed_at)
        rows.add_row(one.id, opened_at, closed_at, shown(one.opened_by), shown(one.purpose))
    results().print(rows)


@case.command()
def show(id: CaseArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show a case with its sessions."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, shown
    from cmps.search.wording import moment

    with opened(data, "case read") as program:
        program.require_gallery()
        found = program.store.cases.get(id)
        sessions = program.store.cases.sessions(id)
    if as_json:
        listed = [{"session": one.id, "steps": one.cursor} for one in sessions]
        print_json(as_dict(found) | {"sessions": listed})
        return
    console = results()
    console.print(f"Case {found.id}, opened {moment(found.opened_at)} {shown(found.opened_by)}")
    if found.closed_at is not None:
        console.print(f"Closed {moment(found.closed_at)}")
    console.print(f"Purpose: {shown(found.purpose)}")
    for one in sessions:
        console.print(f"Session {one.id}: {one.cursor} steps")


@case.command()
def close(id: CaseArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Close a case: it can be read and no longer changed.

    Its armed sessions are disarmed.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json

    with opened(data, "case closed") as program:
        program.require_gallery()
        found = program.desk.close_case(id)
    if as_json:
        print_json(as_dict(found))
    else:
        print(f"Case {found.id} is closed.")


def as_dict(found: Case) -> dict[str, Any]:
    """Return a case in plain values."""
    from cmps.search.wording import iso

    return {
        "case": found.id,
        "purpose": found.purpose,
        "opened_by": found.opened_by,
        "opened_at": iso(found.opened_at),
        "closed_at": iso(found.closed_at),
    }
