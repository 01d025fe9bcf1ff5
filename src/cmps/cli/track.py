"""``cmps track``: the way of one person over the cameras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import CaseOption, DataOption, JsonOption

if TYPE_CHECKING:
    from cmps.program import Program
    from cmps.search.ranking import Probe
    from cmps.search.track import Companion, Gap, Stop, Track


def track(
    person: Annotated[
        str,
        typer.Argument(
            metavar="SIGHTING|PICTURE", help="Id of a sighting, from cmps search, or a photo."
        ),
    ],
    confirm: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A sighting that shows the person; may be repeated."),
    ] = None,
    reject: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A sighting that shows somebody else; may be repeated."),
    ] = None,
    near: Annotated[
        bool, typer.Option("--near", help="Also show who was near the person, most often first.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Floor plan.", show_default="floorplan.json of the gallery"
        ),
    ] = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Learn travel times from SIGHTING and what --confirm names, for a gallery without "
            "a floor plan.",
        ),
    ] = False,
    case: CaseOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where and when a person was seen.

    The most probable way over the cameras, in order of time, and where the person may have been in
    between: it weighs looks against walking times, puts nobody at two places at once, and keeps to
    what a human confirmed or rejected. CMPS_SAME_PERSON says how probable a stop must be.
    """
    from cmps.cli.running import opened, require_case
    from cmps.cli.terminal import print_json, waiting
    from cmps.search.track import Tracker, learn_times, ways_in
    from cmps.timings import Timings

    timings = Timings()
    marked = {"confirm": len(confirm or ()), "reject": len(reject or ()), "near": near}
    with opened(data, "tracked", detail=marked) as program, waiting("following"):
        program.require_gallery()
        require_case(program, case)
        with timings.measure("open"):
            tracker = Tracker(program.engine, ways_in(program.settings.data, plan))
            ids, photos = _asked(person, program)
        with timings.measure("gather"):
            pursuit = tracker.pursue(ids, photos, _ids(confirm), _ids(reject))
        with timings.measure("track"):
            found = tracker.track(pursuit, program.settings.same_person, _id(person))
        company: list[Companion] | None = None
        if near:
            with timings.measure("near"):
                company = tracker.near(pursuit, found)
        if learn:
            learn_times(program.settings.data, found)
    if as_json:
        answer = found.as_dict()
        if company is not None:
            answer["near"] = [one.as_dict() for one in company]
        print_json(answer | {"milliseconds": timings.rounded()})
    else:
        _print(found, company)


def _id(text: str) -> str:
    return text.removeprefix("sighting:")


def _ids(texts: list[str] | None) -> list[str]:
    return [_id(one) for one in texts or ()]


def _asked(person: str, program: Program) -> tuple[list[str], list[Probe]]:
    """Return the sighting that is named, or else the photo."""
    path = Path(person)
    if person.startswith("sighting:") or not (path.suffix or path.is_file()):
        return [_id(person)], []
    import numpy as np

    from cmps.datasets.decoding import open_image
    from cmps.search.tracks.looks import probe_of

    pixels = np.asarray(open_image(path.read_bytes(), str(path)))
    return [], [probe_of(one) for one in program.image.encode([pixels])]


def _print(found: Track, company: list[Companion] | None) -> None:
    from cmps.cli.terminal import counted, results
    from cmps.search.wording import HUMAN_DECIDES

    console = results()
    console.print(_stops(found))
    cameras = len({stop.camera for stop in found.stops})
    console.print(f"{counted(found.count, 'sighting')} by {counted(cameras, 'camera')}.")
    if not found.travel_times:
        console.print("Without a floor plan or learned times: walking times did not count.")
    if company is not None:
        console.print(_company(company, found) if company else "Nobody was near.")
    console.print(HUMAN_DECIDES)


def _stops(found: Track) -> Any:
    from cmps.cli.terminal import shown, table
    from cmps.search.wording import moment, percent

    rows = table(
        "camera", "from", "to", "sightings", "score", "best sighting", "then",
        right=("sightings", "score"), folding="then",
    )  # fmt: skip
    gaps = {gap.after: gap for gap in found.gaps}
    for number, stop in enumerate(found.stops):
        rows.add_row(
            shown(stop.camera),
            moment(stop.start),
            moment(stop.end),
            f"{len(stop.ids):,}",
            percent(stop.probability) + _mark(stop),
            stop.best.sighting.id,
            _then(gaps[number]) if number in gaps else "",
        )
    return rows


def _mark(stop: Stop) -> str:
    return (" ✓" if stop.confirmed else "") + (" ?" if stop.unreachable else "")


def _then(gap: Gap) -> str:
    from cmps.cli.terminal import counted, shown

    seconds = round(gap.seconds)
    words = f"{seconds // 60} min {seconds % 60:02d} s" if seconds >= 60 else f"{seconds} s"
    if gap.metres is not None:
        words += f", {gap.metres:.0f} m"
    if gap.cameras:
        words += ", maybe by " + ", ".join(map(shown, gap.cameras))
    if gap.maybe:
        words += f", {counted(len(gap.maybe), 'doubtful sighting')}"
    return words


def _company(company: list[Companion], found: Track) -> Any:
    from cmps.cli.terminal import shown, table
    from cmps.search.wording import percent

    numbers = ("near at", "again")
    rows = table(*numbers, "best sighting", "at", right=numbers, folding="at")
    for one in company:
        rows.add_row(
            f"{one.stops:.1f} stops",
            percent(one.probability),
            one.sightings[0].sighting.id,
            ", ".join(shown(found.stops[stop].camera) for stop in one.at),
        )
    return rows
