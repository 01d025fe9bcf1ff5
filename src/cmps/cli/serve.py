"""``cmps serve``: the page and its API."""

from __future__ import annotations

from typing import Annotated

import typer

from cmps.cli.options import DataOption, VariantOption


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port to listen on; 0 for any free one.")
    ] = 8765,
    tls: Annotated[
        bool,
        typer.Option("--tls", help="Speak https with a certificate of its own, made at need."),
    ] = False,
    proxy: Annotated[
        str,
        typer.Option(
            "--proxy",
            metavar="ADDRESS",
            help="A proxy that speaks https in front; what it says of who asks is believed.",
        ),
    ] = "",
    variant: VariantOption = None,
    data: DataOption = None,
) -> None:
    """Serve the page and its API until Ctrl-C.

    The first start prints a link that makes the first account; there is no default password.
    Without --host only this machine can reach it. Browsers give the microphone on localhost or over
    https only, so other machines need --tls.
    """
    import os

    # before numpy is loaded: many requests share the cores, and small products that are split
    # among threads wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from cmps.cli.running import opened
    from cmps.server.serving import Listening, run

    with opened(data, variant=variant) as program:
        run(program, Listening(host, port, tls, proxy))
