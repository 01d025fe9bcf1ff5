"""How long does a search take, from a typed sentence to ranked sightings?

``python benchmarks/search.py [--sightings 20000] [--queries 200]`` fills an embedded gallery with
synthetic encodings (clusters of people, so that the ranking has work to do) and searches it with
sentences through the shipped networks. Medians and 95th percentiles in milliseconds, and the
memory of the whole program, PostgreSQL included.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from cmps.gallery.records import Encoding, Filter, Sighting
from cmps.program import Program, running
from cmps.search.query import Query
from cmps.settings import Settings, Variant

PER_PERSON = 5
WHO = ("a woman", "a man", "a girl about six years old", "an elderly man", "a boy", "an old lady")
TOPS = ("white shirt", "black jacket", "grey hoodie", "red coat", "blue striped T-shirt")
REST = (
    "black trousers and carrying a backpack",
    "a dark skirt and white shoes",
    "blue jeans, holding a white plastic bag",
    "shorts and sandals, short hair",
)
SENTENCES = [f"{who} wearing a {top}, {rest}." for who in WHO for top in TOPS for rest in REST]


def unit(values: np.ndarray) -> np.ndarray:
    """Scale rows to unit length."""
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def fill(program: Program, count: int) -> float:
    """Store synthetic sightings; return rows per second."""
    random = np.random.default_rng(0)
    started = time.perf_counter()
    for start in range(0, count, 1000):
        people = np.repeat(random.normal(size=(1000 // PER_PERSON, 256)), PER_PERSON, 0)
        embeddings = unit(people + 0.5 * random.normal(size=people.shape)).astype(np.float32)
        pyramids = unit(random.normal(size=(1000, 28, 128))).astype(np.float16)
        program.store.upsert(
            [
                Sighting(
                    id=f"{start + row:020x}",
                    camera=f"camera-{row % 8}",
                    encoding=Encoding(embeddings[row], pyramids[row], np.ones(28, np.float32)),
                    picture=b"\xff\xd8",
                )
                for row in range(1000)
            ]
        )
    return count / (time.perf_counter() - started)


def measure(program: Program, variant: Variant, where: Filter, queries: int) -> list[str]:
    """Return the cells of one row: median and 95th percentile in all, medians per stage."""
    totals: list[float] = []
    stages: dict[str, list[float]] = {}
    for number in range(queries + 5):
        sentence = SENTENCES[number % len(SENTENCES)]
        started = time.perf_counter()
        answer = program.engine.search(Query(texts=(sentence,), where=where), variant)
        if number < 5:  # the first ones load networks and warm caches
            continue
        totals.append(1000 * (time.perf_counter() - started))
        for stage, spent in answer.timings.stages.items():
            stages.setdefault(stage, []).append(spent)
    parts = "  ".join(f"{stage} {np.median(spent):.1f}" for stage, spent in stages.items())
    return [f"{np.median(totals):.1f}", f"{np.percentile(totals, 95):.1f}", parts]


def resident_megabytes(folder: Path) -> float:
    """Return the peak of this process and the resident memory of the embedded server."""
    total = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for status in Path("/proc").glob("[0-9]*/smaps_rollup"):
        try:
            command = (status.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if command.startswith("postgres:") or str(folder) in command:
                lines = status.read_text().splitlines()
                total += next(int(one.split()[1]) for one in lines if one.startswith("Pss:")) / 1024
        except (OSError, StopIteration):  # it ended meanwhile, or is not ours to read
            continue
    return total


def main() -> None:
    """Fill, search, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sightings", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    table = Table(title=f"search among {options.sightings} sightings, milliseconds")
    for column in ("variant", "cameras", "median", "p95", "medians per stage"):
        table.add_column(column)
    with tempfile.TemporaryDirectory() as folder:  # noqa: SIM117 - the program must end first
        with running(Settings(data=Path(folder))) as program:
            pace = fill(program, options.sightings)
            program.store.count()
            variants: tuple[Variant, ...] = ("fast", "accurate")
            for variant in variants:
                for name, where in (("all", Filter()), ("1 of 8", Filter.of(["camera-3"]))):
                    table.add_row(variant, name, *measure(program, variant, where, options.queries))
            memory = resident_megabytes(Path(folder))
    console = Console()
    console.print(table)
    console.print(f"stored {pace:.0f} sightings/s; memory with PostgreSQL {memory:.0f} MB")


if __name__ == "__main__":
    main()
