"""``cmps reindex``: an older gallery, encoded with the present image network."""

from __future__ import annotations

import typer

from cmps.cli.options import DataOption, JsonOption


def reindex(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Encode a gallery again with a new image network.

    It takes the stored pictures: the files that were indexed are not needed. Sightings keep their
    ids, cameras, times and tracklets. Given again, the command goes on where it broke off; until
    it is through, search and index refuse.
    """
    from cmps.cli.errors import FAILED, warn
    from cmps.cli.running import opened
    from cmps.cli.terminal import bar, counted, milliseconds, print_json, results
    from cmps.ingest.reindex import reindex as encode_again

    with opened(data, "indexed") as program:
        program.require_gallery()
        store = program.store
        ids = store.stale()
        with bar("encoding", len(ids)) as advance:
            report = encode_again(ids, store, program.image, advance)
        for line in report.failures:
            warn(line)
        answer = {
            "encoded": report.done,
            "refused": report.failures,
            "gallery": store.count(),
            "network": str(store.network() or "none named"),
            "crops_per_second": round(report.per_second, 1),
            "milliseconds": report.timings.rounded(),
        }
    if as_json:
        print_json(answer)
    else:
        console = results()
        console.print(
            f"{counted(report.done, 'sighting')} of {answer['gallery']:,} encoded again with image "
            f"network {answer['network']}, {len(report.failures):,} refused"
        )
        if report.timings.stages:
            console.print(f"Took {milliseconds(report.timings.stages)}")
    if report.failures:
        raise typer.Exit(FAILED)
