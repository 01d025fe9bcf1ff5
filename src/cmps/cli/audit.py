"""``cmps audit``: who did what, and that nobody bent the record of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmps.cli.options import DataOption, JsonOption

if TYPE_CHECKING:
    from cmps.gallery.audit_check import Verdict

audit = typer.Typer(help="Read, check and export the record of who did what.")


@audit.command(name="list")
def listing(
    case: Annotated[
        str | None, typer.Option("--case", metavar="CASE", help="Of this case.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="Done by this user.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Such as 'saw picture'.")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="TIME", help="Not before this time, with zone.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="How many at most.")] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was done, newest first."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, shown, table
    from cmps.search.query import parse_time

    since = None if after is None else parse_time(after)
    with opened(data, "audit read", detail={"what": "rows", "user": user}) as program:
        program.require_gallery()
        found = program.store.audit.find(case=case, by=user, kind=kind, after=since, limit=limit)
    rows = [row.as_dict() for row in found]
    if as_json:
        print_json({"rows": rows})
        return
    listed = table("row", "at", "who", "did", "case", "about", right=("row",), folding="about")
    for row in rows:
        about = [f"{key} {value}" for key, value in row["detail"].items() if value is not None]
        about += row["sightings"]
        who, at = shown(row["by"]), row["at"][:19].replace("T", " ")
        case_id = row["case"] or ""
        listed.add_row(str(row["number"]), at, who, row["kind"], case_id, shown(", ".join(about)))
    results().print(listed)


@audit.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="NUMBER:HASH",
            help="The end of the chain as this command printed it once, from a place that nobody "
            "could change.",
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that no row was changed, removed, moved or cut off; the exit code is 2 if one was.

    Every row is hashed again, and the ends of the chain that were sealed are looked for. What this
    cannot see: that somebody who may write the database and the file of seals made all anew.
    Against that, keep what it prints elsewhere and give it as --head.
    """
    from cmps.cli.errors import FAILED, warn
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json
    from cmps.gallery.audit_check import Seals, parse_head
    from cmps.gallery.audit_check import verify as check

    noted = [] if head is None else [parse_head(head)]
    with opened(data, "audit read", detail={"what": "verified"}) as program:
        program.require_gallery()
        seals = Seals(program.settings.data).read()
        found = check(program.store.audit, [*seals, *noted])
    if as_json:
        print_json(_as_dict(found))
    else:
        _print(found)
        if found.rows and not seals:
            # no failure: a gallery that was only just copied has none
            warn("no seal is there; that the newest rows were cut off would not be seen")
    if not found.sound:
        raise typer.Exit(FAILED)


@audit.command()
def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to.", show_default="standard output"),
    ] = None,
    data: DataOption = None,
) -> None:
    """Write every row as a line of JSON, oldest first.

    A line holds the row's body as it was hashed and its hash, so that others can check the chain:
    each hash is the SHA-256 of the 32 bytes of the hash before it and the body in UTF-8.
    """
    import json
    import sys
    from contextlib import nullcontext

    from cmps.cli.running import opened

    with opened(data, "audit read", detail={"what": "exported"}) as program:
        program.require_gallery()
        target = nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8")
        count = 0
        with target as file:
            for row in program.store.audit.walk():
                file.write(json.dumps({"hash": row.hash.hex(), "body": row.body}) + "\n")
                count += 1
    if out is not None:
        print(f"{count:,} rows are in {out}.")


def _as_dict(found: Verdict) -> dict[str, object]:
    return {
        "sound": found.sound,
        "rows": found.rows,
        "head": f"{found.head.number}:{found.head.hash.hex()}",
        "seals": found.seals,
        "problems": found.problems,
    }


def _print(found: Verdict) -> None:
    from cmps.cli.errors import warn

    for problem in found.problems:
        warn(problem)
    state = "sound" if found.sound else "NOT as it was written"
    print(f"{found.rows:,} rows, {found.seals:,} sealed ends found; the chain is {state}.")
    print(f"Its end, to write down elsewhere: {found.head.number}:{found.head.hash.hex()}")
