"""What does the audit cost a picture? ``python -m benchmarks.audit --rows 2000`` prints a table.

A private server in a temporary folder; each row is that of a picture that was seen. "alone" writes
one row after the other, "together" from many threads at once, as the pictures of a page come.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cmps.gallery.audit_check import verify
from cmps.gallery.audit_events import SawPicture
from cmps.gallery.postgres import open_gallery


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=20)
    asked = parser.parse_args()
    found = Table("rows", "threads", "rows/s", "ms a row", "processor ms a row")
    with tempfile.TemporaryDirectory(prefix="cmps-bench-") as folder:
        gallery = open_gallery(Path(folder))
        for threads in (1, asked.threads):
            wall, processor = time.perf_counter(), time.process_time()

            def write(number: int) -> None:
                gallery.audit.append(SawPicture("ana", case="c1", sightings=(f"{number:020x}",)))

            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(write, range(asked.rows)))
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            found.add_row(
                f"{asked.rows:,}",
                str(threads),
                f"{asked.rows / wall:,.0f}",
                f"{1000 * wall / asked.rows:.2f}",
                f"{1000 * processor / asked.rows:.2f}",
            )
        start = time.perf_counter()
        verdict = verify(gallery.audit)
        taken = time.perf_counter() - start
        gallery.close()
    Console().print(found)
    state = "sound" if verdict.sound else "BENT"
    print(f"{verdict.rows:,} rows verified in {taken:.2f} s: {state}")


if __name__ == "__main__":
    main()
