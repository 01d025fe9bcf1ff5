"""``cmps index``: pictures into the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cmps.cli.options import DataOption, JsonOption, choices
from cmps.ingest.reader import Layout


def index(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…", help="Folders, pictures, CSV lists or data sets.", show_default=False
        ),
    ],
    camera: Annotated[
        str | None,
        typer.Option("--camera", metavar="ID", help="Camera of plain folders and pictures."),
    ] = None,
    dataset: Annotated[
        Layout | None,
        typer.Option(
            "--dataset",
            metavar=choices(Layout),
            help="How to read each PATH.",
            show_default="told from what lies there",
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring pictures into the gallery. The same picture twice is one sighting.

    A CSV needs the columns path, camera and time; x, y, w, h, tracklet, person and caption may
    follow. A folder that holds index.csv is read by that list. A floorplan.json in a folder is
    kept with the gallery, and a tracklets.csv tells where on the floor each tracklet begins and
    ends, which tracks use. What cannot be read is named on standard error, everything else is
    indexed, and the exit code is 2.
    """
    from cmps.cli.errors import FAILED, warn
    from cmps.cli.running import opened
    from cmps.cli.terminal import bar, print_json, waiting
    from cmps.gallery.plan_files import keep_floorplan, passages_beside
    from cmps.ingest.index import index as index_pictures
    from cmps.ingest.reader import read_all

    refused: list[str] = []
    with waiting("looking for pictures"):
        pictures = read_all(paths, dataset, camera, lambda error: refused.append(str(error)))
    for line in refused:
        warn(line)
    passages = passages_beside(paths)
    with opened(data, "indexed") as program:
        plans = [keep_floorplan(path, program.settings.data) for path in paths]
        with bar("indexing", len(pictures)) as advance:
            report = index_pictures(pictures, program.store, program.image, advance, passages)
        for line in report.failures:
            warn(line)
        refused += report.failures
        answer = {
            "pictures": report.pictures,
            "new": report.new,
            "known": report.known,
            "refused": refused,
            "crops_per_second": round(report.per_second, 1),
            "milliseconds": {
                stage: round(value, 1) for stage, value in report.timings.stages.items()
            },
            "gallery": program.store.count(),
            "cameras": [one.id for one in program.store.cameras()],
            "floorplan": next((plan.name for plan in reversed(plans) if plan), None),
            "data": str(program.settings.data),
        }
    print_json(answer) if as_json else _print(answer)
    if refused:
        raise typer.Exit(FAILED)


def _print(answer: dict[str, Any]) -> None:
    from cmps.cli.terminal import counted, milliseconds, results

    console = results()
    console.print(
        f"{counted(answer['pictures'], 'picture')}: "
        f"{answer['new']:,} new, {answer['known']:,} known, "
        f"{len(answer['refused']):,} refused; {answer['crops_per_second']:.1f} crops/s"
    )
    if answer["milliseconds"]:
        console.print(f"Took {milliseconds(answer['milliseconds'])}")
    console.print(
        f"The gallery in {answer['data']} holds "
        f"{counted(answer['gallery'], 'sighting')} by {counted(len(answer['cameras']), 'camera')}."
    )
    if answer["floorplan"]:
        console.print(f"Its floor plan: {answer['floorplan']}")
