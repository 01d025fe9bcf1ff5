"""``cmps demo``: the whole chain on people who do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import JsonOption, data_option

if TYPE_CHECKING:
    from cmps.demo import Gallery, Played
    from cmps.ingest.index import IndexReport
    from cmps.timings import Timings


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where pictures and sheets are written.")
    ] = Path("demo"),
    data: Annotated[Path | None, data_option("data in the folder of --out")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find three synthetic people from spoken descriptions.

    Draws a gallery of people who do not exist, indexes it into its own folder, plays three
    recordings through recogniser and search, and lays the truth beside the answers.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import bar, print_json, results, waiting
    from cmps.demo import fill, play, prepare

    with bar("drawing people", 1) as advance:
        gallery, drawing = prepare(out, lambda done, total: advance(1 / total))
    if not as_json:
        _print_drawing(gallery, drawing)
    played = []
    with opened(data or out / "data") as program:
        with bar("indexing", gallery.pictures) as advance:
            report = fill(gallery, program, advance)
        if not as_json:
            _print_indexing(report)
        searches = play(gallery, program, out / "sheets")
        while True:
            with waiting("listening and searching"):
                one = next(searches, None)
            if one is None:
                break
            played.append(one)
            if not as_json:
                _print_played(len(played), one, gallery)
    if as_json:
        print_json(_as_dict(gallery, drawing, report, played))
    else:
        found = sum(one.first == 1 for one in played)
        results().print(
            f"{found} of {len(played)} people are in first place. Contact sheets: {out / 'sheets'}"
        )


def _print_drawing(gallery: Gallery, drawing: Timings) -> None:
    from cmps.cli.terminal import counted, results, shown

    people, cameras = len(gallery.truth["people"]), len(gallery.truth["cameras"])
    time = f", drawn in {drawing.total / 1000:.1f} s" if gallery.fresh else ", drawn before"
    results().print(
        f"{counted(people, 'person', 'people')} before {counted(cameras, 'camera')}, "
        f"{counted(gallery.pictures, 'picture')} in {shown(str(gallery.folder))}{time}"
    )


def _print_indexing(report: IndexReport) -> None:
    from cmps.cli.terminal import milliseconds, results

    results().print(
        f"{report.new:,} new in the gallery, {report.known:,} known, "
        f"{report.per_second:.0f} crops/s; took {milliseconds(report.timings.stages)}"
    )


def _print_played(number: int, one: Played, gallery: Gallery) -> None:
    from cmps.cli.terminal import candidate_table, counted, milliseconds, results, shown

    console = results()
    console.print()
    console.print(f"{number}. Said:  {one.description.text}", style="bold")
    console.print(f"   Heard: {shown(one.heard)}")
    console.print(candidate_table(one.answer.candidates, console.width, one.right))
    place = "not among them" if one.first is None else f"first at rank {one.first}"
    console.print(
        f"Truth: {_who(gallery.person(one.description.person))}; "
        f"{counted(one.pictures, 'picture')} in the gallery, {place}."
    )
    console.print(f"Took {milliseconds(one.timings.stages)}; contact sheet {shown(str(one.sheet))}")


def _who(person: dict[str, Any]) -> str:
    looks = person.get("descriptions", {}).get("short", person["gender"])
    return f"{person['id']}, {person['years']} years: {looks.rstrip('.')}"


def _as_dict(
    gallery: Gallery, drawing: Timings, report: IndexReport, played: list[Played]
) -> dict[str, Any]:
    return {
        "gallery": str(gallery.folder),
        "people": len(gallery.truth["people"]),
        "pictures": gallery.pictures,
        "drawn": gallery.fresh,
        "new": report.new,
        "known": report.known,
        "milliseconds": drawing.rounded() | report.timings.rounded(),
        "searches": [
            {
                "audio": str(one.description.audio),
                "said": one.description.text,
                "heard": one.heard,
                "person": one.description.person,
                "pictures": one.pictures,
                "first_right": one.first,
                "candidates": [
                    candidate.as_dict() | {"right": candidate.sighting.id in one.right}
                    for candidate in one.answer.candidates
                ],
                "milliseconds": one.timings.rounded(),
                "sheet": str(one.sheet),
            }
            for one in played
        ],
    }
