"""``cmps erase``: a person, a case or what is old, out of every corner of the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import DataOption, JsonOption

if TYPE_CHECKING:
    from cmps.gallery.erasing import Erasure
    from cmps.program import Program

erase = typer.Typer(help="Erase a person, a case, or what is old, for good.")

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


@erase.command()
def person(
    sightings: Annotated[
        list[str], typer.Argument(metavar="SIGHTING…", help="Ids of sightings that show them.")
    ],
    reject: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A sighting of somebody else; may be repeated."),
    ] = None,
    only: Annotated[
        bool,
        typer.Option("--only", help="These sightings and their tracklets; do not follow the way."),
    ] = False,
    yes: YesOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase all sightings of a person, and the searches for them.

    Their way over the cameras is followed and shown first; what is missing there is added by
    another SIGHTING, what is somebody else's taken out by --reject. Crops and vectors go, with
    steps, events, confirmations and photos of the sessions in which the person was ticked, and of
    cases in which they were taken for the person sought.
    """
    from cmps.cli.running import opened

    named = list(dict.fromkeys(one.removeprefix("sighting:") for one in sightings))
    others = [one.removeprefix("sighting:") for one in reject or ()]
    with opened(data, "erased", detail={"what": "person"}) as program:
        program.require_gallery()
        program.store.get(named)  # names an unknown one before anything happens
        ids = _tracklets(program, named) if only else _followed(program, named, others)
        ids -= set(others)
        _ask(yes, as_json, f"{len(ids):,} sightings, and the searches for this person")
        done = program.store.erase(sorted(ids), person=True)
        _compact(program)
    _say(done, as_json)


@erase.command(name="case")
def case_(
    id: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case, from cmps case list.")],
    yes: YesOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a case with its purpose, sessions, photos, watches and confirmations.

    Sightings stay: they belong to their cameras.
    """
    from cmps.cli.running import opened

    with opened(data, "erased", detail={"what": "case"}, case=id) as program:
        program.require_gallery()
        found = program.store.cases.get(id)
        _ask(yes, as_json, f"case {found.id} ({found.purpose}) and all that belongs to it")
        done = program.store.erase(cases=[id])
        _compact(program)
    _say(done, as_json)


@erase.command()
def before(
    date: Annotated[
        str, typer.Argument(metavar="DATE", help="A day (in UTC) or a time with its zone.")
    ],
    yes: YesOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase sightings from before a date, and cases that were closed before it.

    Sightings without a time stay: nobody knows how old they are.
    """
    from cmps.cli.running import opened
    from cmps.gallery.records import Filter
    from cmps.search.query import parse_time

    time = parse_time(f"{date}T00:00:00Z" if len(date) == len("2026-05-01") else date)
    detail = {"what": "before", "before": time.isoformat()}
    with opened(data, "erased", detail=detail) as program:
        program.require_gallery()
        ids = program.store.listing(Filter(before=time))
        cases = [
            one.id
            for one in program.store.cases.listing()
            if one.closed_at is not None and one.closed_at < time
        ]
        _ask(yes, as_json, f"{len(ids):,} sightings and {len(cases):,} closed cases")
        done = program.store.erase(ids, cases)
        _compact(program)
    _say(done, as_json)


def _tracklets(program: Program, named: list[str]) -> set[str]:
    """Return sightings with all others of their tracklets."""
    runs = {one.tracklet for one in program.store.get(named)} - {None}
    members = program.store.members([one for one in runs if one is not None])
    return {*named, *(id for group in members.values() for id in group)}


def _followed(program: Program, named: list[str], others: list[str]) -> set[str]:
    """Return the sightings of a person's way, after showing it."""
    from cmps.cli.terminal import notes, shown, table
    from cmps.search.track import Tracker, ways_in
    from cmps.search.whole_person import stops_of
    from cmps.search.wording import moment, percent

    tracker = Tracker(program.engine, ways_in(program.settings.data))
    stops = stops_of(tracker, named, others, program.settings.same_person)
    rows = table("camera", "from", "to", "sightings", "score", "best sighting",
                 right=("sightings", "score"))  # fmt: skip
    for stop in stops:
        score = "given" if stop.confirmed else percent(stop.probability)
        rows.add_row(shown(stop.camera), moment(stop.start), moment(stop.end),
                     f"{len(stop.ids):,}", score, stop.best.sighting.id)  # fmt: skip
    notes().print(rows)
    found = {id for stop in stops for id in stop.ids}
    return _tracklets(program, sorted({*named, *found}))


def _ask(yes: bool, as_json: bool, what: str) -> None:
    """Let somebody think again.

    Raises:
        typer.Abort: If they do.
    """
    if not yes:
        typer.confirm(f"Erase {what}? It cannot be undone.", abort=True, err=as_json)


def _compact(program: Program) -> None:
    """Free the room of what is gone, so that the database's files hold it no longer."""
    free = getattr(program.store, "compact", None)
    if free is not None:
        free()


def _say(done: Erasure, as_json: bool) -> None:
    from cmps.cli.terminal import print_json

    plain: dict[str, Any] = {"erased": done.as_dict()}
    print_json(plain) if as_json else print(f"Erased: {done}.")
