"""How long does one refinement take, once the sentence is recognised?

``python benchmarks/session.py [--sightings 100000] [--steps 60]`` fills a gallery in memory with
synthetic people and takes steps as an operator does: say (typed, and heard in several readings),
answer, tick, reject, mark, undo. Each figure is the whole way from the step to ranked people with
reasons; wall-clock and CPU time, for other work on the machine shows in the first only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from cmps.encoders.text import TextEncoder, open_text_encoder
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import Encoding, Sighting
from cmps.search.calibration import shipped_curves
from cmps.search.desk import Desk
from cmps.search.refining import Refiner
from cmps.settings import Variant
from cmps.speech.whisper import READINGS
from cmps.understanding.chips import Chip

PER_PERSON = 5
SENTENCES = (
    "a woman in a red coat and black trousers",
    "a man with a grey hoodie and blue jeans, carrying a black backpack",
    "a girl about six, pink jacket, yellow backpack",
    "an elderly man in a brown coat with a hat",
)
MOVES = ("say", "say, heard", "answer", "tick", "reject", "mark", "undo")
CHIPS = ("upper:top red", "bag:backpack black", "hat:hat", "lower:jeans", "shoes:shoes white")


def unit(values: np.ndarray) -> np.ndarray:
    """Scale rows to unit length."""
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def filled(count: int) -> MemoryGallery:
    """Return a gallery of synthetic sightings, five a person."""
    random = np.random.default_rng(0)
    gallery = MemoryGallery()
    # one block of pyramids for all: 100,000 of their own would not fit many machines
    pyramids = unit(random.normal(size=(1000, 28, 128))).astype(np.float16)
    weights = np.ones(28, np.float32)
    sightings = []
    for start in range(0, count, 1000):
        people = np.repeat(random.normal(size=(1000 // PER_PERSON, 256)), PER_PERSON, 0)
        embeddings = unit(people + 0.5 * random.normal(size=people.shape)).astype(np.float32)
        sightings += [
            Sighting(
                f"{start + row:020x}",
                f"camera-{row % 8}",
                Encoding(embeddings[row], pyramids[row], weights),
            )
            for row in range(1000)
        ]
    gallery.upsert(sightings)
    return gallery


class Steps:
    """Takes steps on one gallery and notes how long each took, wall-clock and CPU, milliseconds."""

    def __init__(self, store: MemoryGallery, threads: int) -> None:
        kept: dict[Variant, TextEncoder] = {}

        def text(variant: Variant) -> TextEncoder:
            if variant not in kept:
                kept[variant] = open_text_encoder(variant, threads)
            return kept[variant]

        refiner = Refiner(store, text, shipped_curves())
        self.desk = Desk(store, refiner, lambda: None)  # type: ignore[arg-type,return-value]
        self.case = self.desk.open_case("benchmark").id
        self.session = ""
        self.spent: dict[str, list[tuple[float, float]]] = {}
        self._random = np.random.default_rng(1)
        self._count = store.count()

    def begin(self, number: int) -> None:
        """Begin another session."""
        self.session = self.desk.new_session(self.case).id
        self.desk.say(self.session, SENTENCES[number % len(SENTENCES)])

    def take(self, name: str, number: int) -> None:
        """Take one step and rank."""
        desk, session = self.desk, self.session
        chip = Chip.read(CHIPS[number % len(CHIPS)])
        some = f"{self._random.integers(self._count):020x}"
        sentence = f"{SENTENCES[number % 4]} number {number}"
        readings = [f"{sentence} {other}" for other in range(1, READINGS)]
        moves: dict[str, Callable[[], object]] = {
            "say": lambda: desk.say(session, sentence),
            "say, heard": lambda: desk.say(session, sentence, readings=readings, spoken=True),
            "answer": lambda: desk.answer(session, chip, "yes"),
            "tick": lambda: desk.click(session, "tick", some),
            "reject": lambda: desk.click(session, "reject", some),
            "mark": lambda: desk.mark(session, chip, "maybe"),
            "undo": lambda: desk.undo(session),
        }

        if name == "say, heard":
            # as the server does before it tells the words
            desk.refiner.prepare([sentence, *readings])

        def refine() -> None:
            moves[name]()
            desk.results(desk.session(session))

        taken = timed(refine)
        for what in (name, "all refinements"):
            self.spent.setdefault(what, []).append(taken)
        asked = timed(lambda: desk.ask(desk.session(session)))
        self.spent.setdefault("ask, ranking included", []).append(asked)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall-clock and CPU time of some work, milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def main() -> None:
    """Fill, refine, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sightings", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    steps = Steps(filled(options.sightings), options.threads)
    steps.begin(0)
    steps.desk.ask(steps.desk.session(steps.session))  # encodes the catalogue of questions once
    for number in range(options.steps):
        if number % 8 == 0:
            steps.begin(number)
        steps.take(MOVES[number % len(MOVES)], number)
    table = Table(title=f"one refinement among {options.sightings:,} sightings, milliseconds")
    for column in ("step", "times", "median", "p95", "CPU median", "CPU p95"):
        table.add_column(column)
    for name, taken in steps.spent.items():
        figures = [
            f"{np.percentile([one[kind] for one in taken], share):.0f}"
            for kind in (0, 1)
            for share in (50, 95)
        ]
        table.add_row(name, str(len(taken)), *figures)
    Console().print(table)


if __name__ == "__main__":
    main()
