"""How soon do words come while somebody speaks, and how soon after they stop?

``python benchmarks/live_speech.py [--recogniser tiny.en] [--recordings DIR] [--limit 8]`` plays
recordings into the live recogniser as a microphone would, with a key that is let go 0.2 seconds
after the end, and hands-free. The sound comes by a clock of its own, on which each recognition
takes as long as it really does: on this machine as it is now (``--clock wall``), or by processor
time as if nothing else ran (``--clock cpu``, the default: two threads share it, nine tenths of
each are used), which other programs do not lengthen much.

Printed: seconds from the end of speech (hands-free) or from letting go the key to the final text,
seconds between two updates of the partial text (the words may be the same), seconds from the
beginning of speech to the first of them, and the word error rate of the finals beside that of exact
recognition of the whole recording.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cmps.evaluation.metrics import word_error_rate
from cmps.speech.activity import Activity
from cmps.speech.decoding import SAMPLE_RATE, decode
from cmps.speech.listening import hear
from cmps.speech.recogniser import Recogniser, open_recogniser
from cmps.speech.sharing import PROMISED, SMOOTHING, as_exact
from cmps.speech.streaming import (
    FRAME,
    FRAME_SECONDS,
    Event,
    Final,
    Job,
    Partial,
    Spoke,
    Utterances,
)
from cmps.speech.words import Words

SHIPPED = Path(__file__).parent.parent / "tests" / "data" / "audio"
USED = 0.9
KEY_SECONDS = 0.2
AFTER_SECONDS = 3.0


@dataclass
class Run:
    """One recording, played."""

    finals: list[Final] = field(default_factory=list)
    partials: list[float] = field(default_factory=list)
    updates: list[float] = field(default_factory=list)
    began: float = 0.0
    waited: list[float] = field(default_factory=list)
    quick: int = 0


class Machine:
    """Recognises; tells how long each takes by a clock that others do not lengthen.

    Args:
        recogniser: What recognises.
        clock: ``wall`` or ``cpu``.
        threads: That it uses.
    """

    def __init__(self, recogniser: Recogniser, clock: str, threads: int) -> None:
        self._recogniser = recogniser
        self._clock = time.perf_counter if clock == "wall" else time.process_time
        self._share = 1.0 if clock == "wall" else threads * USED
        self.exact_seconds = 0.0

    def hear(self, job: Job) -> tuple[Words, float, bool]:
        """Return the words, the seconds they took, and whether it was the quick way."""
        readings = job.kind != "partial"
        quick = not readings or self.exact_seconds > PROMISED
        started = self._clock()
        words = self._recogniser.transcribe(job.audio, "en", quick, readings).words
        took = (self._clock() - started) / self._share
        exact = as_exact(took, job.audio, quick, readings)
        self.exact_seconds += SMOOTHING * (exact - self.exact_seconds)
        return words, took, quick


def play(sound: NDArray[np.float32], machine: Machine, hands_free: bool) -> Run:
    """Play a recording on a clock of its own."""
    chances = _chances(sound, hands_free)
    frames = np.pad(sound, (0, len(chances) * FRAME))[: len(chances) * FRAME].reshape(-1, FRAME)
    end = KEY_SECONDS + _last_speech(chances)
    one, run, busy = Utterances(hands_free), Run(), None
    now, told = 0.0, hands_free
    for frame, chance in zip(frames, chances, strict=True):
        now += FRAME_SECONDS
        if not told and now >= end:
            _note(run, one.end(now), now)
            told = True
        _note(run, one.take(frame, float(chance), now), now)
        if busy is not None and busy[0] <= now:
            at, job, words = busy
            busy = None
            if job.kind != "final":
                run.updates.append(at)
            _note(run, one.heard(job, words, at), at)
        if busy is None and (due := one.due(now)) is not None:
            job = one.begin(due, now)
            words, took, quick = machine.hear(job)
            run.quick += quick and job.kind != "partial"
            busy = now + took, job, words
    return run


def _chances(sound: NDArray[np.float32], hands_free: bool) -> NDArray[np.float32]:
    silence = np.zeros(int(AFTER_SECONDS * SAMPLE_RATE), np.float32)
    # a room is never quite silent
    heard = np.concatenate([sound, silence]) + np.random.default_rng(1).normal(
        0, 2e-4, len(sound) + len(silence)
    ).astype(np.float32)
    whole = len(heard) // FRAME
    return Activity().chances(heard[: whole * FRAME].reshape(-1, FRAME))


def _last_speech(chances: NDArray[np.float32]) -> float:
    return (int(np.flatnonzero(chances >= 0.5)[-1]) + 1) * FRAME_SECONDS


def _note(run: Run, events: list[Event], at: float) -> None:
    for event in events:
        if isinstance(event, Spoke) and event.on:
            run.began = at
        elif isinstance(event, Partial):
            run.partials.append(at)
        elif isinstance(event, Final) and event.text:
            run.finals.append(event)
            run.waited.append(event.wait)


def main() -> None:
    """Play, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recogniser", default="tiny.en")
    parser.add_argument("--recordings", type=Path, default=SHIPPED)
    parser.add_argument("--limit", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu")
    options = parser.parse_args()
    recogniser = open_recogniser(options.recogniser, options.threads)
    lines = (options.recordings / "manifest.jsonl").read_text("utf-8").splitlines()
    texts = {line["text"]: line["audio"] for line in reversed(list(map(json.loads, lines)))}
    sounds = [
        (text, decode(options.recordings / audio))
        for text, audio in list(texts.items())[: options.limit]
    ]
    recogniser.transcribe(sounds[0][1])  # the first one is slow
    exact = [(text, hear(sound, recogniser, text, guard=False).text) for text, sound in sounds]
    table = Table(title=f"live speech, {options.recogniser}, seconds by {options.clock} clock")
    columns = ("end told by", "final: median", "largest", "updates: median", "largest",
               "first partial", "quick finals", "WER %")  # fmt: skip
    for column in columns:
        table.add_column(column, justify="left" if column == "end told by" else "right")
    for hands_free in (False, True):
        machine = Machine(recogniser, options.clock, options.threads)
        runs = [play(sound, machine, hands_free) for _, sound in sounds]
        waits = [wait for run in runs for wait in run.waited]
        gaps = [gap for run in runs for gap in np.diff(run.updates)]
        first = [run.partials[0] - run.began for run in runs if run.partials]
        pairs = [
            (text, " ".join(one.text for one in run.finals))
            for (text, _), run in zip(sounds, runs, strict=True)
        ]
        table.add_row(
            "silence" if hands_free else "key",
            f"{np.median(waits):.2f}",
            f"{max(waits):.2f}",
            f"{np.median(gaps):.2f}",
            f"{max(gaps):.2f}",
            f"{np.median(first):.2f}",
            f"{sum(run.quick for run in runs)}",
            f"{word_error_rate(pairs):.1f}",
        )
    console, rate = Console(), word_error_rate(exact)
    console.print(table)
    console.print(f"{len(sounds)} recordings; exact recognition of the whole: WER {rate:.1f} %")


if __name__ == "__main__":
    main()
