"""``cmps demo``: the whole chain on people who do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import data_option

if TYPE_CHECKING:
    from cmps.demo import Gallery, Played
    from cmps.ingest.index import IndexReport
    from cmps.program import Program
    from cmps.timings import Timings


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where pictures and sheets are written.")
    ] = Path("demo"),
    check: Annotated[
        bool,
        typer.Option("--check", help="Search for the three people here and now; open no page."),
    ] = False,
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port of the page; if taken, another one.")
    ] = 8765,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print where the page is and open no browser.")
    ] = False,
    data: Annotated[Path | None, data_option("data in the folder of --out")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --check: print one JSON object.")
    ] = False,
) -> None:
    """Find synthetic people from spoken descriptions, on the page.

    Draws a day in a mall with people who do not exist, indexes it into its own folder, and opens
    the page on it with a case that is ready: press the microphone, or play one of three recorded
    witnesses. The link logs in as the user demo, once. With --check, the three recordings go
    through recogniser and search at once, and the truth is laid beside the answers.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import bar
    from cmps.demo import prepare

    quiet = as_json and check
    with bar("drawing people", 1) as advance:
        gallery, drawing = prepare(out, lambda done, total: advance(1 / total))
    if not quiet:
        _print_drawing(gallery, drawing)
    with opened(data or out / "data") as program:
        report = _index(gallery, program)
        if not quiet:
            _print_indexing(report)
        if check:
            _check(gallery, drawing, report, program, out / "sheets", as_json)
        else:
            _show(program, port, not no_browser)


def _index(gallery: Gallery, program: Program) -> IndexReport:
    from cmps.cli.running import doer
    from cmps.cli.terminal import bar
    from cmps.demo import fill
    from cmps.gallery.audit import recording
    from cmps.gallery.audit_events import Indexed

    with (
        bar("indexing", gallery.pictures) as advance,
        recording(program.store.audit, Indexed(doer(), detail={"count": gallery.pictures})),
    ):
        return fill(gallery, program, advance)


def _show(program: Program, port: int, browser: bool) -> None:
    from cmps.server.showing import show

    def say(address: str) -> None:
        print("\nThe page is ready. This link opens it, once:", flush=True)
        print(f"\n    {address}\n", flush=True)
        print("Hold the space bar and describe somebody, or play a witness. Ctrl-C ends it.")

    show(program, port, browser, say)


def _check(
    gallery: Gallery,
    drawing: Timings,
    report: IndexReport,
    program: Program,
    sheets: Path,
    as_json: bool,
) -> None:
    from cmps.cli.terminal import print_json, results, waiting
    from cmps.demo import play

    played: list[Played] = []
    searches = play(gallery, program, sheets)
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
            f"{found} of {len(played)} people are in first place. Contact sheets: {sheets}"
        )


def _print_drawing(gallery: Gallery, drawing: Timings) -> None:
    from cmps.cli.terminal import counted, results, shown

    time = f", drawn in {drawing.total / 1000:.1f} s" if gallery.fresh else ", drawn before"
    results().print(
        f"{counted(len(gallery.people), 'person', 'people')} before "
        f"{counted(gallery.cameras, 'camera')}, "
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
        f"{counted(one.passages, 'passage')} in the gallery, {place}."
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
        "people": len(gallery.people),
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
                "passages": one.passages,
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
