"""``cmps retain``: nothing is kept for longer than was said."""

from __future__ import annotations

from typing import Annotated

import typer

from cmps.cli.options import DataOption, JsonOption

retain = typer.Typer(help="Say how long things are kept; erase what is older.")

DaysArgument = Annotated[
    int, typer.Argument(metavar="DAYS", help="For how many days; 0 for as the settings say.")
]


@retain.command()
def run(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Erase what was kept long enough; the server does it by itself, every hour.

    Sightings go when they are older than their camera's days or CMPS_KEEP_SIGHTING_DAYS, cases when
    they were closed for longer than their own days or CMPS_KEEP_CASE_DAYS. What stays although it
    may be old, sightings without a time and cases that nobody closed, is named.
    """
    from cmps.cli.errors import warn
    from cmps.cli.running import doer, opened
    from cmps.cli.terminal import counted, print_json
    from cmps.gallery.retention import limits_of, overdue, undated
    from cmps.gallery.retention import retain as erase

    with opened(data) as program:
        program.require_gallery()
        limits = limits_of(program.settings)
        done = list(erase(program.store, doer(), limits))
        timeless = undated(program.store, limits)
        waiting = [case.id for case in overdue(program.store, limits)]
    for camera, count in timeless.items():
        warn(f"camera {camera} stays with what has no time ({counted(count, 'sighting')})")
    for id in waiting:
        warn(f"case {id} stays, since nobody closed it; close it with: cmps case close {id}")
    if as_json:
        erased = [one.as_dict() for one in done]
        print_json({"erased": erased, "undated": timeless, "unclosed": waiting})
        return
    for one in done:
        print(f"{one.what.capitalize()} {one.id}: {one.done}.")
    if not done:
        print("Nothing was kept for longer than was said.")


@retain.command()
def camera(
    id: Annotated[str, typer.Argument(metavar="CAMERA", help="Id of a camera.")],
    days: DaysArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say for how long a camera's sightings are kept."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json

    detail = {"camera": id, "keep_days": days or None}
    with opened(data, "camera changed", detail=detail) as program:
        program.require_gallery()
        kept = program.store.keep(id, days or None)
    if as_json:
        print_json({"camera": kept.id, "keep_days": kept.keep_days})
    else:
        print(f"Sightings of camera {kept.id} are kept {_words(kept.keep_days)}.")


@retain.command(name="case")
def case_(
    id: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case.")],
    days: DaysArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say for how long a case is kept after it was closed."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json

    detail = {"keep_days": days or None}
    with opened(data, "case retention changed", detail=detail) as program:
        program.require_gallery()
        kept = program.store.cases.keep(id, days or None)
    if as_json:
        print_json({"case": kept.id, "keep_days": kept.keep_days})
    else:
        print(f"Case {kept.id} is kept {_words(kept.keep_days)} after it was closed.")


def _words(days: int | None) -> str:
    return "as the settings say" if days is None else f"for {days:,} days"
