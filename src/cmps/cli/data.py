"""``cmps data``: data sets made from others."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal

import typer

from cmps.cli.options import DataOption, JsonOption, choices

data = typer.Typer(help="Make data sets from others.")

Split = Literal["train", "val", "test", "all"]
Format = Literal["flac", "opus"]


@data.callback()
def group() -> None:
    """Make data sets from others."""


@data.command()
def speak(
    root: Annotated[
        Path,
        typer.Option(metavar="DIR", help="CUHK-PEDES, ICFG-PEDES or RSTPReid as unpacked."),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the recordings go.")],
    split: Annotated[
        Split, typer.Option(metavar=choices(Split), help="Whose sentences are spoken.")
    ] = "all",
    voice: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENGINE:VOICE",
            help="A voice of flite, festival, piper (file), kokoro (file) or espeak; repeatable.",
            show_default="all found here",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Chooses a voice for each sentence.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Processes that speak at once.", show_default="one a core"
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="At most N sentences, people in turn."),
    ] = None,
    format: Annotated[
        Format, typer.Option(metavar=choices(Format), help="Of the recordings: 16 kHz, mono.")
    ] = "flac",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Speak every sentence of a data set (CUHK-PEDES-AUDIOS).

    Writes recordings and manifest.jsonl for cmps evaluate pedes --probe speech --audios. Stopped
    and run again it goes on; recordings that are damaged or missing are spoken again. The gallery
    of --data is left as it is.
    """
    from cmps.cli.terminal import counted, notes, print_json, shown
    from cmps.evaluation.interfaces import silent
    from cmps.evaluation.report import progress_bar
    from cmps.speaking.corpus import speak as speak_all
    from cmps.speaking.installed import default_voices

    voices = voice or default_voices()
    console = notes()
    with progress_bar(console) if console.is_terminal else nullcontext(silent) as progress:
        spoken = speak_all(
            root,
            out,
            split,
            voices,
            seed=seed,
            format=format,
            limit=limit,
            workers=workers or os.cpu_count() or 1,
            progress=lambda done, total: progress("speaking", done, total),
        )
    by_voice = Counter(f"{line['engine']}:{line['voice']}" for line in spoken.lines)
    seconds = sum(line["duration"] for line in spoken.lines)
    if as_json:
        print_json(
            {
                "recordings": len(spoken.lines),
                "made": spoken.made,
                "damaged": spoken.damaged,
                "hours": round(seconds / 3600, 3),
                "voices": dict(sorted(by_voice.items())),
                "manifest": str(out / "manifest.jsonl"),
            }
        )
        return
    again = f", {spoken.damaged} of them again" if spoken.damaged else ""
    print(
        f"{counted(len(spoken.lines), 'sentence')} by {counted(len(by_voice), 'voice')}, "
        f"{seconds / 3600:.1f} hours, in {shown(str(out))}; {spoken.made:,} spoken now{again}"
    )
