"""What a measurement found, as JSON and as a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmps.evaluation.interfaces import Progress
from cmps.evaluation.metrics import Metrics

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one measurement.

    Attributes:
        dataset: Which data set, e.g. ``cuhk-pedes``.
        split: Which part of it.
        probe: What was searched with: ``text``, ``speech`` or ``image``.
        gallery: How many pictures were searched.
        results: Metrics by setting: ``fast``, ``accurate``, ``image``, ``global``, ``fpr``.
        milliseconds_per_query: Median time from query to ranking, by setting.
        hardware: Where it ran; see :func:`hardware`.
        details: Further facts, written beside the others.
    """

    dataset: str
    split: str
    probe: str
    gallery: int
    results: dict[str, Metrics]
    milliseconds_per_query: dict[str, float]
    hardware: dict[str, str | int]
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def queries(self) -> int:
        """How many queries were judged."""
        return next(iter(self.results.values())).queries

    @property
    def left_out(self) -> int:
        """How many queries had no right picture in the gallery."""
        return next(iter(self.results.values())).left_out

    def as_dict(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints; figures in percent, 2 decimals."""
        return {
            "dataset": self.dataset,
            "split": self.split,
            "probe": self.probe,
            "gallery": self.gallery,
            "queries": self.queries,
            "queries_left_out": self.left_out,
            "results": {name: metrics.as_dict() for name, metrics in self.results.items()},
            "milliseconds_per_query": {
                name: round(value, 2) for name, value in self.milliseconds_per_query.items()
            },
            "hardware": self.hardware,
            **self.details,
        }

    def table(self) -> Table:
        """Return a Rich table, a row per setting."""
        from rich.table import Table

        title = (
            f"{self.dataset} {self.split}, {self.probe} probe: {self.queries:,} queries, "
            f"gallery of {self.gallery:,} pictures"
        )
        caption = f"{self.hardware['processor']}, {self.hardware['cores']} cores"
        rows = {name: metrics.as_dict() for name, metrics in self.results.items()}
        # the alias is for programs; two rows of the same figures would only puzzle a reader
        if "fpr" in rows:
            rows.pop("image", None)
        table = Table(title=title, caption=caption)
        table.add_column("setting")
        for name in next(iter(rows.values())):
            table.add_column(name, justify="right")
        table.add_column("ms per query", justify="right")
        for name, figures in rows.items():
            time = f"{self.milliseconds_per_query[name]:.1f}"
            table.add_row(name, *(f"{value:.2f}" for value in figures.values()), time)
        return table


def hardware() -> dict[str, str | int]:
    """Describe this machine: processor, cores, system.

    Example:
        >>> sorted(hardware())
        ['cores', 'processor', 'system']
    """
    processor = platform.processor() or platform.machine()
    # Linux only; elsewhere platform knows the name
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return {
        "processor": processor,
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
    }


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """Show a Rich bar for every stage of a measurement.

    Args:
        console: Where; use standard error, so that ``--json`` stays clean.

    Yields:
        The callback to pass as ``progress``.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def progressive_table(found: dict[str, Any]) -> Table:
    """Return what :func:`cmps.evaluation.progressive.evaluate_progressive` found as a table."""
    from rich.table import Table

    table = Table(
        title=f"{found['witnesses']} witnesses of {found['split']}, gallery {found['gallery']:,}"
    )
    table.add_column("witness")
    for column in ("turn", "rank-1", "rank-5", "rank-10", "BRI"):
        table.add_column(column, justify="right")
    for name, one in found["settings"].items():
        for turn, row in one["turns"].items():
            figures = [f"{row[key]:.1f}" for key in ("rank1", "rank5", "rank10")]
            table.add_row(name, turn, *figures, f"{row['bri']:.2f}")
    return table
