"""``cmps models``: which networks are loaded, and from where."""

from __future__ import annotations

from cmps.cli.options import DataOption, JsonOption


def models(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the networks that are used.

    With file, SHA-256, size and origin of each; the bytes of the files are checked.
    """
    from dataclasses import asdict

    from cmps.cli.running import settings_of
    from cmps.cli.terminal import print_json, results, table
    from cmps.models import list_models

    listed = list_models(settings_of(data))
    if as_json:
        print_json({"models": [asdict(one) for one in listed]})
        return
    rows = table(
        "network", "file", "SHA-256", "bytes", "origin", right=("bytes",), folding="origin"
    )
    for one in listed:
        rows.add_row(one.name, one.file, one.sha256[:16], f"{one.bytes:,}", one.origin)
    results().print(rows)
