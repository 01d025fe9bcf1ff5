"""How quick is the gallery? ``python -m benchmarks.gallery --n 20000`` prints a table.

Vectors are made up, some ten a person, with the spectrum of a re-identification network's: on
26,287 crops the k-th singular value of person-reidentification-retail-0277 is about 1 / (1 + k/45)
of the first after the mean. By default a private server in a temporary folder is measured;
``--database-url`` names another one, whose tables it fills.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cmps.gallery.postgres import PostgresGallery, open_gallery
from cmps.gallery.records import Encoding, Filter, Sighting
from cmps.gallery.segments import Limits

CAMERAS = 50
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
K = 100
JPEG_BYTES = 6000


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows of length one."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def vectors(n: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return ``(n, 256)`` unit vectors around n / 10 identities."""
    spectrum = 1 / (1 + np.arange(256) / 45)
    people = random.standard_normal((max(n // 10, 1), 256)) * spectrum
    people[:, 0] += 2.0
    nearby = 0.5 * random.standard_normal((n, 256)) * spectrum
    return unit(people[random.integers(len(people), size=n)] + nearby)


def sightings(embeddings: NDArray[np.float32], random: np.random.Generator) -> Iterator[Sighting]:
    """Yield sightings by many cameras over one day, with pyramids and pictures of real size."""
    pyramid = unit(random.standard_normal((28, 128))).astype(np.float16)
    foreground = random.random(28, np.float32)
    picture = random.bytes(JPEG_BYTES)
    for number, embedding in enumerate(embeddings):
        yield Sighting(
            id=f"{number:020x}",
            camera=f"camera {number % CAMERAS}",
            encoding=Encoding(embedding, pyramid, foreground),
            picture=picture,
            time=START + DAY * (number / len(embeddings)),
            tracklet=f"tracklet {number % CAMERAS} {number // (CAMERAS * 10)}",
            source=f"/videos/{number}.jpg",
        )


def measure(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Return median and 95th percentile in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), sorted(taken)[int(0.95 * times)]


def recall(
    gallery: PostgresGallery, embeddings: NDArray[np.float32], queries: NDArray[np.float32]
) -> float:
    """Return the share of the true best 100 that unfiltered search finds.

    The truth is that of the vectors as they are stored, in half precision.
    """
    embeddings = embeddings.astype(np.float16).astype(np.float32)
    found = []
    for query in queries[:20]:
        truth = set(np.argsort(-np.vecdot(embeddings, query))[:K].tolist())
        hits = {int(hit.sighting, 16) for hit in gallery.search(query, K)}
        found.append(len(truth & hits) / len(truth))
    return statistics.mean(found)


def run(n: int, times: int, batch: int, database_url: str, limits: Limits) -> Table:
    """Fill a gallery and measure it."""
    random = np.random.default_rng(7)
    embeddings = vectors(n, random)
    queries = unit(
        embeddings[random.integers(n, size=times)] + 0.02 * random.standard_normal((times, 256))
    )
    table = Table("what", "median ms", "p95 ms", "note", title=f"{n:,} sightings, k = {K}")
    with tempfile.TemporaryDirectory(prefix="cmps-benchmark-") as folder:
        gallery = open_gallery(Path(folder), database_url, limits)
        start, waiting = time.perf_counter(), []
        for sighting in sightings(embeddings, random):
            waiting.append(sighting)
            if len(waiting) == batch:
                gallery.upsert(waiting)
                waiting = []
        gallery.upsert(waiting)
        rate = n / (time.perf_counter() - start)
        table.add_row(f"insert, {batch} at a time", "", "", f"{rate:,.0f} rows/s")
        start = time.perf_counter()
        gallery.search(queries[0], K)
        table.add_row("first search", f"{(time.perf_counter() - start) * 1000:.1f}", "", "")
        filters = {
            "unfiltered": Filter(),
            f"one camera of {CAMERAS}": Filter.of(["camera 7"]),
            "1 % by time": Filter(after=START + DAY * 0.5, before=START + DAY * 0.51),
            "half by time": Filter(after=START + DAY * 0.5),
        }
        for name, where in filters.items():
            each = iter(queries)
            middle, slow = measure(lambda: gallery.search(next(each), K, where), times)  # noqa: B023
            table.add_row(f"search, {name}", f"{middle:.2f}", f"{slow:.2f}", "")
        share = recall(gallery, embeddings, queries)
        table.add_row("recall, unfiltered", "", "", f"{share:.4f}")
        ids = [hit.sighting for hit in gallery.search(queries[0], K)]
        for name, pictures in {"get 100": False, "get 100 with pictures": True}.items():
            middle, slow = measure(lambda: gallery.get(ids, pictures=pictures), times)  # noqa: B023
            table.add_row(name, f"{middle:.2f}", f"{slow:.2f}", "")
        gallery.close()
    return table


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20_000, help="how many sightings")
    parser.add_argument("--times", type=int, default=100, help="how many searches of a kind")
    parser.add_argument("--batch", type=int, default=64, help="sightings in one upsert")
    parser.add_argument("--database-url", default="", help="another PostgreSQL")
    parser.add_argument(
        "--in-database", action="store_true", help="keep no vectors in memory, however few"
    )
    options = parser.parse_args()
    limits = Limits(resident=0) if options.in_database else Limits()
    table = run(options.n, options.times, options.batch, options.database_url, limits)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
