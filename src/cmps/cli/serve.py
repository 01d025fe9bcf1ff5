"""``cmps serve``: the page and its API."""

from __future__ import annotations

from typing import Annotated

import typer

from cmps.cli.options import DataOption, VariantOption


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port; 0 for any free one.")] = (
        8765
    ),
    variant: VariantOption = None,
    data: DataOption = None,
) -> None:
    """Serve the page and its API until Ctrl-C.

    The first start prints a link that makes the first account; there is no default password.
    """
    from cmps.cli.running import opened
    from cmps.server.serving import run

    with opened(data, variant=variant) as program:
        run(program, host, port)
