"""``cmps simulate``: a synthetic gallery, or a day in a mall, with ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cmps.cli.options import DataOption, JsonOption

What = Literal["crowd", "day"]


def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write it.")],
    what: Annotated[
        What,
        typer.Argument(metavar="WHAT", help="Either crowd (single pictures, the default) or day."),
    ] = "crowd",
    people: Annotated[
        int | None,
        typer.Option(
            "--people",
            metavar="N",
            min=1,
            help="How many people walk through.",
            show_default="64; day: 500",
        ),
    ] = None,
    hours: Annotated[
        float, typer.Option("--hours", metavar="N", min=0.05, help="How long the day is.")
    ] = 3.0,
    cameras: Annotated[
        int | None,
        typer.Option(
            "--cameras",
            metavar="N",
            min=1,
            help="How many cameras watch.",
            show_default="4; day: 8",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="The same seed, the same pictures.")
    ] = 7,
    led_away: Annotated[
        int,
        typer.Option(
            "--led-away", metavar="N", min=0, help="Children whom somebody leads away in a day."
        ),
    ] = 0,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a synthetic gallery with its ground truth.

    A crowd is people who do not exist, seen by several cameras: one folder of pictures per camera,
    pictures.csv for cmps index, and truth.json. A day is people who walk through a mall for
    hours: folders of pictures, index.csv, floorplan.json and more; docs/simulator.md says what
    is in them. The gallery of --data is left as it is.
    """
    if what == "day":
        _day(out, people or 500, hours, cameras or 8, seed, led_away, as_json)
    else:
        _crowd(out, people or 64, cameras or 4, seed, as_json)


def _crowd(out: Path, people: int, cameras: int, seed: int, as_json: bool) -> None:
    from cmps.cli.terminal import bar
    from cmps.demo import draw
    from cmps.timings import Timings

    timings = Timings()
    with bar("drawing people", 1) as advance, timings.measure("draw"):
        truth = draw(out, people, cameras, seed, lambda done, total: advance(1 / total))
    answer = {
        "pictures": len(truth["pictures"]),
        "people": len(truth["people"]),
        "cameras": truth["cameras"],
        "seed": truth["seed"],
        "list": str(out / "pictures.csv"),
        "truth": str(out / "truth.json"),
        "milliseconds": timings.rounded(),
    }
    _print(answer, answer["list"], timings.total, as_json)


def _day(
    out: Path, people: int, hours: float, cameras: int, seed: int, led_away: int, as_json: bool
) -> None:
    from cmps.cli.terminal import bar
    from cmps.demo import draw_day
    from cmps.timings import Timings

    timings = Timings()
    with bar("drawing a day", 1) as advance, timings.measure("draw"):
        written = draw_day(
            out, people, hours, cameras, seed, led_away, lambda done, total: advance(1 / total)
        )
    answer = {
        "pictures": written.pictures,
        "people": written.people,
        "tracklets": written.tracklets,
        "cameras": list(written.cameras),
        "seed": written.seed,
        "list": str(out / "index.csv"),
        "truth": str(out / "truth.jsonl"),
        "milliseconds": timings.rounded(),
    }
    _print(answer, str(out), timings.total, as_json)


def _print(answer: dict[str, Any], path: str, milliseconds: float, as_json: bool) -> None:
    from cmps.cli.terminal import counted, print_json, shown

    if as_json:
        print_json(answer)
        return
    print(
        f"{counted(answer['pictures'], 'picture')} "
        f"of {counted(answer['people'], 'person', 'people')} "
        f"by {counted(len(answer['cameras']), 'camera')} "
        f"in {milliseconds / 1000:.1f} s; index them with: cmps index {shown(path)}"
    )
