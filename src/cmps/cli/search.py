"""``cmps search``: from words, recordings and pictures to ranked sightings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmps.cli.options import CaseOption, DataOption, JsonOption, VariantOption

if TYPE_CHECKING:
    from cmps.program import Program
    from cmps.search.query import Query
    from cmps.search.ranking import Answer
    from cmps.speech.recogniser import Transcript
    from cmps.timings import Timings

SIGHTING = "sighting:"


def search(
    texts: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="T", help="A description in words; repeatable."),
    ] = None,
    audios: Annotated[
        list[Path] | None,
        typer.Option("--audio", metavar="FILE", help="A spoken description; repeatable."),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--image",
            metavar="FILE|sighting:ID",
            help="A picture of the person, or a sighting of the gallery; repeatable.",
        ),
    ] = None,
    cameras: Annotated[
        list[str] | None,
        typer.Option("--camera", metavar="ID", help="Only this camera; repeatable."),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="TIME", help="Not before this time, e.g. 2026-05-01T14:30:00Z."
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="TIME", help="Before this time; ISO 8601 with its zone."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", metavar="K", help="How many candidates to show.")
    ] = 10,
    case: CaseOption = None,
    variant: VariantOption = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet", metavar="FILE", help="Write a contact sheet with the query above it."
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the person in the gallery.

    Any mix of words, recordings and pictures; candidates are ranked by how well all of them fit.
    """
    from cmps.cli.running import opened, require_case
    from cmps.cli.terminal import print_json, waiting
    from cmps.gallery.audit import found
    from cmps.gallery.records import Filter
    from cmps.search.query import Query, parse_time
    from cmps.search.sheet import check_sheet
    from cmps.timings import Timings

    where = Filter.of(
        cameras or (),
        None if after is None else parse_time(after),
        None if before is None else parse_time(before),
    )
    named = [one.removeprefix(SIGHTING) for one in images or () if one.startswith(SIGHTING)]
    files = [Path(one) for one in images or () if not one.startswith(SIGHTING)]
    if sheet is not None:
        check_sheet(sheet)
    timings = Timings()
    asked = {"texts": len(texts or ()) + len(audios or ()), "pictures": len(images or ())}
    with (
        opened(data, "searched", sightings=named, detail=asked, variant=variant) as program,
        waiting("searching"),
    ):
        program.require_gallery()
        require_case(program, case)
        heard = {path: _hear(program, path, timings) for path in audios or ()}
        query = Query(
            texts=(*(texts or ()), *(one.text for one in heard.values())),
            readings={one.text: one.readings for one in heard.values()},
            pictures=tuple(_open(path) for path in files),
            sightings=tuple(named),
            where=where,
            top=top,
        )
        _warm(program, query, timings)
        answer = program.engine.search(query, program.settings.variant)
        timings.stages.update(answer.timings.stages)
        if sheet is not None:
            _write_sheet(program, query, answer, sheet)
            # its pictures leave the gallery
            found({"sheet": True}, [one.sighting.id for one in answer.candidates])
        chosen = program.settings.variant
    if as_json:
        print_json(_as_dict(query, chosen, heard, answer, timings, sheet))
    else:
        _print(heard, answer, timings, sheet)


def _hear(program: Program, path: Path, timings: Timings) -> Transcript:
    with timings.measure("open"):
        _ = program.recogniser
    with timings.measure("listen"):
        return program.hear(path)


def _open(path: Path) -> Any:
    import numpy as np

    from cmps.datasets.decoding import open_image

    return np.asarray(open_image(path.read_bytes(), str(path)))


def _warm(program: Program, query: Query, timings: Timings) -> None:
    """Open what the search needs, so that the time of the search itself shows."""
    with timings.measure("open"):
        if query.texts:
            program.text(program.settings.variant)
        if query.pictures:
            _ = program.image
        _ = program.engine


def _write_sheet(program: Program, query: Query, answer: Answer, path: Path) -> None:
    from cmps.search.sheet import query_sheet

    query_sheet(query, answer, program.store, program.settings.variant).save(path)


def _as_dict(
    query: Query,
    variant: str,
    heard: dict[Path, Transcript],
    answer: Answer,
    timings: Timings,
    sheet: Path | None,
) -> dict[str, Any]:
    from cmps.search.wording import HUMAN_DECIDES

    return {
        "transcripts": [
            {
                "audio": str(path),
                "text": one.text,
                "readings": list(one.readings),
                "seconds": round(one.audio_seconds, 2),
            }
            for path, one in heard.items()
        ],
        "texts": list(query.texts),
        "variant": variant,
        "gallery": answer.gallery,
        "candidates": [candidate.as_dict() for candidate in answer.candidates],
        "milliseconds": timings.rounded(),
        "sheet": None if sheet is None else str(sheet),
        "note": HUMAN_DECIDES,
    }


def _print(
    heard: dict[Path, Transcript], answer: Answer, timings: Timings, sheet: Path | None
) -> None:
    from cmps.cli.terminal import candidate_table, counted, milliseconds, results, shown
    from cmps.search.wording import HUMAN_DECIDES

    console = results()
    for path, one in heard.items():
        console.print(f"Heard in {shown(str(path))}: {shown(one.text)}")
    if answer.candidates:
        console.print(candidate_table(answer.candidates, console.width))
        console.print(HUMAN_DECIDES)
    else:
        console.print("No sighting passes the cameras and times asked for.")
    searched = counted(answer.gallery, "sighting")
    console.print(f"{searched} searched in {milliseconds(answer.timings.stages)}")
    first: dict[str, float] = {
        stage: timings.stages[stage] for stage in ("open", "listen") if stage in timings.stages
    }
    console.print(f"Before that {milliseconds(first)}")
    if sheet is not None:
        console.print(f"Contact sheet: {shown(str(sheet))}")
