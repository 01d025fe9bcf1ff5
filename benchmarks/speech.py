"""How well and how fast are spoken descriptions recognised?

``python benchmarks/speech.py [--recogniser tiny.en] [--recordings DIR] [--voice flite:slt]``
recognises the recordings that ``DIR/manifest.jsonl`` lists (the shipped ones by default); with
``--voice`` the same sentences are spoken anew first. Word error rate, and time per second of
sound for all of decoding, trimming and recognising: wall clock, which other programs lengthen,
and CPU time over all threads, which they hardly do.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cmps.evaluation.metrics import word_error_rate
from cmps.speaking.sound import write_audio
from cmps.speaking.voices import open_voice
from cmps.speech.errors import SpeechError
from cmps.speech.listening import listen
from cmps.speech.recogniser import Recogniser, open_recogniser

SHIPPED = Path(__file__).parent.parent / "tests" / "data" / "audio"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording, what is said in it, and by which engine."""

    audio: Path
    text: str
    engine: str


@dataclass(slots=True)
class Tally:
    """What was measured on the recordings of one engine."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    sound: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        self.pairs += other.pairs
        self.sound += other.sound
        self.wall += other.wall
        self.cpu += other.cpu

    def cells(self) -> list[str]:
        """Return recordings, word error rate, wall and CPU seconds per second of sound."""
        return [
            str(len(self.pairs)),
            f"{word_error_rate(self.pairs):.1f}",
            f"{self.wall / self.sound:.3f}",
            f"{self.cpu / self.sound:.3f}",
        ]


def listed(folder: Path) -> list[Spoken]:
    """Read the manifest; of one sentence in several formats the first is taken."""
    found: dict[tuple[object, ...], Spoken] = {}
    for line in map(json.loads, (folder / "manifest.jsonl").read_text("utf-8").splitlines()):
        key = (line["text"], line["voice"], line.get("file_path"))
        found.setdefault(key, Spoken(folder / line["audio"], line["text"], line["engine"]))
    return list(found.values())


def spoken_anew(recordings: list[Spoken], specs: list[str], folder: Path) -> list[Spoken]:
    """Let every voice say every sentence."""
    anew = []
    for spec in specs:
        voice = open_voice(spec)
        for number, recording in enumerate(recordings):
            path = folder / f"{voice.engine}-{voice.name}-{number}.flac"
            write_audio(path, *voice.say(recording.text))
            anew.append(Spoken(path, recording.text, f"{voice.engine}:{voice.name}"))
    return anew


def measure(recogniser: Recogniser, recordings: list[Spoken]) -> dict[str, Tally]:
    """Recognise every recording; a refused one counts as nothing heard."""
    tallies: dict[str, Tally] = {}
    listen(recordings[0].audio, recogniser, guard=False)  # loads the networks
    for recording in recordings:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            heard = listen(recording.audio, recogniser)
            text, sound = heard.text, heard.audio_seconds
        except SpeechError as error:
            Console(stderr=True).print(f"{error}", highlight=False)
            text, sound = "", 0.0
        one = Tally(
            [(recording.text, text)], sound, time.perf_counter() - wall, time.process_time() - cpu
        )
        tallies.setdefault(recording.engine, Tally()).add(one)
    return tallies


def main() -> None:
    """Speak where asked, recognise, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recogniser", action="append", help="may be repeated; tiny.en by default")
    parser.add_argument("--recordings", type=Path, default=SHIPPED)
    parser.add_argument("--voice", action="append", default=[], metavar="ENGINE:VOICE")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, help="how many recordings; all of them by default")
    options = parser.parse_args()
    table = Table(title=f"recognition, {options.threads} threads, per second of sound")
    for column in ("recogniser", "voices", "recordings", "WER %", "wall s", "CPU s"):
        table.add_column(column, justify="left" if column in ("recogniser", "voices") else "right")
    with tempfile.TemporaryDirectory() as folder:
        recordings = listed(options.recordings)[: options.limit]
        if options.voice:
            recordings = spoken_anew(recordings, options.voice, Path(folder))
        for name in options.recogniser or ["tiny.en"]:
            tallies = measure(open_recogniser(name, options.threads), recordings)
            total = Tally()
            for engine, tally in tallies.items():
                table.add_row(name, engine, *tally.cells())
                total.add(tally)
            table.add_row(name, "all", *total.cells(), end_section=True)
    console = Console()
    console.print(table)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory of this process {memory:.0f} MB")


if __name__ == "__main__":
    main()
