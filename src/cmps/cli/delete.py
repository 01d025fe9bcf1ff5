"""``cmps delete``: sightings out of the gallery."""

from __future__ import annotations

from typing import Annotated

import typer

from cmps.cli.options import DataOption, JsonOption


def delete(
    sightings: Annotated[
        list[str], typer.Argument(metavar="SIGHTING…", help="Ids of sightings, from cmps search.")
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove sightings from the gallery.

    Their pictures and vectors go with them. If one id is unknown, nothing is removed.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import counted, print_json

    ids = list(dict.fromkeys(one.removeprefix("sighting:") for one in sightings))
    with opened(data, "deleted", sightings=ids) as program:
        program.require_gallery()
        program.store.get(ids)  # names an unknown one before anything is removed
        removed = program.store.delete(ids)
        left = program.store.count()
    if as_json:
        print_json({"removed": removed, "gallery": left})
    else:
        print(f"{removed:,} removed; the gallery holds {counted(left, 'sighting')}.")
