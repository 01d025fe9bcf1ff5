"""How long does a track take, and how long until it is right again after a click?

``python -m benchmarks.track [--sightings 100000] [--tracks 20]`` draws a day of that many sightings
(people as vectors, with pyramids of the real size), keeps it in memory, and follows people over it.
Medians and 95th percentiles in milliseconds, by the clock and of the processor's time (which other
programs do not lengthen): ``first`` from a sighting to its stops, ``again``
after a stop was confirmed, and after one was rejected. The gallery's own pairs are compared once
per gallery, not per track; ``once`` says how long that takes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from cmps.encoders.weights import image_network
from cmps.evaluation.drawn_days import Day, Recipe, draw_day
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import Encoding
from cmps.search.calibration import COSINE
from cmps.search.ranking import SearchEngine
from cmps.search.track import Track, Tracker, Ways
from cmps.search.tracks.follow import Pursuit

CELLS, WIDTH = 28, 128
PER_PERSON = 34  # sightings of one person on a drawn day


def with_pyramids(day: Day) -> MemoryGallery:
    """Return a gallery whose pyramids have the size of the shipped network's."""
    random = np.random.default_rng(0)
    blank = random.standard_normal((64, CELLS, WIDTH)).astype(np.float32)
    store = MemoryGallery()
    store.use(image_network())  # so that the shipped head is asked, as in a real gallery
    batch = []
    for number, one in enumerate(day.sightings):
        vector = one.encoding.embedding
        cells = blank[number % 64] * 0.02 + np.resize(vector, (CELLS, WIDTH))
        cells /= np.linalg.norm(cells, axis=1, keepdims=True)
        encoding = Encoding(vector, cells.astype(np.float16), np.ones(CELLS, np.float32))
        batch.append(replace(one, encoding=encoding))
    store.upsert(batch)
    return store


class Watch:
    """Takes the time of steps, by the clock and of the processor."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float]] = []

    def take(self, work: Callable[[], Track]) -> Track:
        """Run a step and return what it returned."""
        clock, processor = time.perf_counter(), time.process_time()
        found = work()
        self.rows.append((time.perf_counter() - clock, time.process_time() - processor))
        return found


def measure(tracker: Tracker, probe: str) -> np.ndarray:
    """Return milliseconds ``(3, 2)`` of a track, after a confirmation, and after a rejection."""
    watch = Watch()
    pursuits: list[Pursuit] = []

    def follow() -> Track:
        pursuits.append(tracker.pursue([probe]))
        return tracker.track(pursuits[0], 0.5)

    def click(change: Callable[[list[str]], None], id: str) -> Track:
        change([id])
        return tracker.track(pursuits[0], 0.5)

    stops = [stop for stop in watch.take(follow).stops if not stop.confirmed]
    pursuit = pursuits[0]
    for change, stop in zip((pursuit.confirm, pursuit.reject), stops * 2, strict=False):
        watch.take(partial(click, change, stop.best.sighting.id))
    watch.rows += [(np.nan, np.nan)] * (3 - len(watch.rows))
    return 1000 * np.array(watch.rows)


def main() -> None:
    """Draw, follow, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sightings", type=int, default=100_000)
    parser.add_argument("--tracks", type=int, default=20)
    options = parser.parse_args()
    people = max(10, options.sightings // PER_PERSON)
    recipe = Recipe(people=people, cameras=20, hours=10, outfits=max(10, people // 4))
    day = draw_day(recipe)
    store = with_pyramids(day)
    engine = SearchEngine(store, None, None, {COSINE: day.curve})  # type: ignore[arg-type]
    tracker = Tracker(engine, Ways(day.plan))
    started = time.perf_counter()
    tracker.follower.traffic()
    once = 1000 * (time.perf_counter() - started)
    chosen = np.linspace(0, len(day.sightings) - 1, options.tracks + 2).astype(int)
    # the first two warm caches
    rows = np.array([measure(tracker, day.sightings[place].id) for place in chosen][2:])
    table = Table(title=f"tracks over {store.count():,} sightings, milliseconds")
    table.add_column("what")
    for column in ("p50", "p95", "processor p50", "processor p95"):
        table.add_column(column, justify="right")
    for number, name in enumerate(("first", "again, confirmed", "again, rejected")):
        found = [np.nanpercentile(rows[:, number, kind], [50, 95]) for kind in (0, 1)]
        table.add_row(name, *(f"{value:.0f}" for value in np.concatenate(found)))
    console = Console()
    console.print(table)
    console.print(f"once per gallery: {once:.0f} ms")


if __name__ == "__main__":
    main()
