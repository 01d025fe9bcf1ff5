"""``cmps track``: every sighting of one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import DataOption, JsonOption

if TYPE_CHECKING:
    from cmps.search.track import Track


def track(
    sighting: Annotated[
        str, typer.Argument(metavar="SIGHTING", help="Id of a sighting, from cmps search.")
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where and when a person was seen.

    Every sighting that probably shows the person of SIGHTING, camera by camera in order of time;
    CMPS_SAME_PERSON says how probable it must be.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, waiting
    from cmps.search.track import track as follow
    from cmps.timings import Timings

    timings = Timings()
    with opened(data) as program, waiting("following"):
        program.require_gallery()
        with timings.measure("open"):
            engine = program.engine
        with timings.measure("track"):
            found = follow(engine, sighting.removeprefix("sighting:"), program.settings.same_person)
    if as_json:
        print_json(_as_dict(found) | {"milliseconds": timings.rounded()})
    else:
        _print(found)


def _as_dict(found: Track) -> dict[str, Any]:
    from cmps.search.wording import HUMAN_DECIDES, iso

    return {
        "sighting": found.sighting,
        "sightings": found.count,
        "stops": [
            {
                "camera": stop.camera,
                "from": iso(stop.start),
                "to": iso(stop.end),
                "probability": round(stop.probability, 6),
                "sightings": [one.as_dict() for one in stop.sightings],
            }
            for stop in found.stops
        ],
        "note": HUMAN_DECIDES,
    }


def _print(found: Track) -> None:
    from cmps.cli.terminal import counted, results, shown, table
    from cmps.search.wording import HUMAN_DECIDES, moment, percent

    rows = table("camera", "from", "to", "sightings", "score", right=("sightings", "score"))
    for stop in found.stops:
        rows.add_row(
            shown(stop.camera),
            moment(stop.start),
            moment(stop.end),
            f"{len(stop.sightings):,}",
            percent(stop.probability),
        )
    console = results()
    console.print(rows)
    cameras = len({stop.camera for stop in found.stops})
    console.print(f"{counted(found.count, 'sighting')} by {counted(cameras, 'camera')}.")
    console.print(HUMAN_DECIDES)
