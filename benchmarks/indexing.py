"""How many crops are indexed in a second, and where does the time go?

``python benchmarks/indexing.py [--pictures DIR] [--count 1000]`` indexes pictures of a folder, or
synthetic people where none is given, into an empty embedded gallery.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cmps.ingest.index import index
from cmps.ingest.reader import read_pictures
from cmps.program import running
from cmps.settings import Settings
from cmps.simulator.gallery import draw_gallery


def main() -> None:
    """Index, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder or data set; default: simulated")
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = options.pictures
        if source is None:
            source = Path(folder) / "people"
            draw_gallery(source, people=64, cameras=4, seed=7)
            source = source / "pictures.csv"
        pictures = list(islice(read_pictures(source), options.count))
        with running(Settings(data=Path(folder) / "data")) as program:
            program.store.count()  # starting PostgreSQL is not indexing
            _ = program.image
            started = time.perf_counter()
            report = index(pictures, program.store, program.image)
            seconds = time.perf_counter() - started
    table = Table(title=f"indexing {report.pictures} pictures of {source.name}")
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    for stage, spent in report.timings.stages.items():
        table.add_row(stage, f"{spent / 1000:.2f}")
    table.add_row("in all", f"{seconds:.2f}")
    console = Console()
    console.print(table)
    console.print(f"{report.pictures / seconds:.0f} crops/s, {report.new} new")


if __name__ == "__main__":
    main()
