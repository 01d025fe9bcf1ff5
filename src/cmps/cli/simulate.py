"""``cmps simulate``: a synthetic gallery with its ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmps.cli.options import DataOption, JsonOption


def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write it.")],
    people: Annotated[
        int, typer.Option("--people", metavar="N", min=1, help="How many people walk through.")
    ] = 64,
    cameras: Annotated[
        int, typer.Option("--cameras", metavar="N", min=1, help="How many cameras watch.")
    ] = 4,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="The same seed, the same pictures.")
    ] = 7,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a synthetic gallery with its ground truth.

    People who do not exist, seen by several cameras. Writes one folder of pictures per camera,
    pictures.csv for cmps index, and truth.json. The gallery of --data is left as it is.
    """
    from cmps.cli.terminal import bar, counted, print_json, shown
    from cmps.demo import draw
    from cmps.timings import Timings

    timings = Timings()
    with bar("drawing people", 1) as advance, timings.measure("draw"):
        truth = draw(out, people, cameras, seed, lambda done, total: advance(1 / total))
    listing = out / "pictures.csv"
    if as_json:
        print_json(
            {
                "pictures": len(truth["pictures"]),
                "people": len(truth["people"]),
                "cameras": truth["cameras"],
                "seed": truth["seed"],
                "list": str(listing),
                "truth": str(out / "truth.json"),
                "milliseconds": timings.rounded(),
            }
        )
    else:
        print(
            f"{counted(len(truth['pictures']), 'picture')} "
            f"of {counted(people, 'person', 'people')} by {counted(cameras, 'camera')} "
            f"in {timings.total / 1000:.1f} s; index them with: cmps index {shown(str(listing))}"
        )
