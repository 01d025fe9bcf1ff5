"""``cmps transcribe``: what was said in a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmps.cli.options import DataOption, JsonOption


def transcribe(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A recording: wav, flac, ogg, webm, mp3 or m4a."),
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the words of a spoken description."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import notes, print_json, shown, waiting

    with opened(data) as program, waiting("listening"):
        heard = program.hear(file)
    if as_json:
        print_json(
            {
                "audio": str(file),
                "text": heard.text,
                "readings": list(heard.readings),
                "language": heard.language,
                "audio_seconds": round(heard.audio_seconds, 2),
                "seconds": round(heard.seconds, 3),
                "spans": [[round(start, 2), round(end, 2)] for start, end in heard.spans],
                "recogniser": heard.recogniser,
            }
        )
        return
    print(shown(heard.text))
    notes().print(
        f"{heard.audio_seconds:.1f} s of sound in {heard.seconds:.1f} s by {heard.recogniser}"
    )
