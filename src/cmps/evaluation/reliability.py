"""How honest the shipped probabilities are: calibration error by gallery size, and a plot.

The curves were fitted on half of the val people (:mod:`cmps.evaluation.fit_calibration`); on val
only the other half is asked for, on other splits everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.datasets.picture import DatasetError
from cmps.evaluation.fit_calibration import (
    BINS,
    SHOWN,
    Asked,
    ask,
    calibration_error,
    chances,
    fits,
    retrieve,
)
from cmps.evaluation.interfaces import Encoders, EvaluationError, Progress, silent
from cmps.evaluation.pictures import EncodedGallery, encode_pictures
from cmps.search.calibration import Curve

if TYPE_CHECKING:
    from rich.table import Table

    from cmps.search.calibration import ProbeKind

SIZES: tuple[int | None, ...] = (100, 300, None)
COLOURS = {"fast": "#0072b2", "accurate": "#d55e00", "image": "#009e73"}


@dataclass(frozen=True, slots=True)
class Honesty:
    """What one kind of probe measures in galleries of one size.

    Attributes:
        kind: Of the probe.
        gallery: Pictures searched, the mean where a split was parted.
        queries: How many were asked.
        first, best_20: Expected calibration error over the first candidate and the first 20.
        points: Said and found share of right candidates, and how many, by bin of the first 20.
    """

    kind: str
    gallery: int
    queries: int
    first: float
    best_20: float
    points: tuple[tuple[float, float, int], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "probe": self.kind,
            "gallery": self.gallery,
            "queries": self.queries,
            "calibration_error_first": round(self.first, 4),
            "calibration_error_best_20": round(self.best_20, 4),
            "points": [[round(said, 4), round(found, 4), n] for said, found, n in self.points],
        }


def evaluate_calibration(
    root: Path,
    split: str,
    encoders: Encoders,
    curves: Mapping[str, Curve],
    progress: Progress = silent,
) -> list[Honesty]:
    """Measure every kind in galleries of 100, 300 and all pictures of the split.

    Raises:
        DatasetError: If the data set cannot be read or the split is empty.
        EvaluationError: If nobody is left to be asked for.
    """
    pictures = list(read_cuhk_pedes(root, split))
    if not pictures:
        raise DatasetError(f"{root} has no pictures in split {split!r}; pass another --split")
    gallery = encode_pictures(pictures, encoders.image, "encoding the gallery", progress)
    found: list[Honesty] = []
    kinds: tuple[ProbeKind, ...] = ("fast", "accurate", "image")
    for number, kind in enumerate(kinds):
        progress("judging probabilities", number, len(kinds))
        encoder = None if kind == "image" else encoders.text[kind]
        asked = ask(kind, gallery, encoder)
        if split == "val":
            asked = [one for one in asked if not fits(str(pictures[one.row].person))]
        found += judge_kind(kind, asked, gallery, curves[kind])
    progress("judging probabilities", len(kinds), len(kinds))
    if not found:
        raise EvaluationError(f"split {split!r} has nobody whom the curves were not fitted on")
    return found


def judge_kind(
    kind: ProbeKind,
    asked: Sequence[Asked],
    gallery: EncodedGallery,
    curve: Curve,
    sizes: Sequence[int | None] = SIZES,
) -> list[Honesty]:
    """Measure one kind; sizes that are not below the gallery's own are left out."""
    found = []
    for size in sizes:
        if not asked or (size is not None and size >= len(gallery.pictures)):
            continue
        queries = list(retrieve(kind, asked, gallery, size))
        said, right, places = chances(queries, curve, SHOWN)
        first = places == 0
        found.append(
            Honesty(
                kind,
                round(float(np.mean([query.gallery for query in queries]))),
                len(queries),
                calibration_error(said[first], right[first]),
                calibration_error(said, right),
                _points(said, right),
            )
        )
    return found


def _points(
    said: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[tuple[float, float, int], ...]:
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    return tuple(
        (
            float(said[bins == one].mean()),
            float(right[bins == one].mean()),
            int((bins == one).sum()),
        )
        for one in np.unique(bins)
    )


def table(found: Sequence[Honesty]) -> Table:
    """Return a Rich table, a row per kind and size."""
    from rich.table import Table

    shown = Table("probe", "gallery", "queries", "ECE first", "ECE first 20", title="Calibration")
    for one in found:
        figures = f"{one.first:.3f}", f"{one.best_20:.3f}"
        shown.add_row(one.kind, f"{one.gallery:,}", f"{one.queries:,}", *figures)
    return shown


def reliability_plot(found: Sequence[Honesty]) -> str:
    """Return an SVG of said against found probability, per kind in its largest gallery.

    Honest probabilities lie on the diagonal; the area of a dot tells how many candidates it
    stands for.
    """
    side, edge = 360, 56
    largest = {one.kind: one for one in sorted(found, key=lambda one: one.gallery)}

    def place(said: float, right: float) -> tuple[float, float]:
        return round(edge + side * said, 1), round(20 + side * (1 - right), 1)

    total = side + 2 * edge
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {side + 72}" '
        'font-family="sans-serif" font-size="13">',
        "<title>Reliability of probabilities</title>",
        f'<rect width="{total}" height="{side + 72}" fill="white"/>',
        f'<rect x="{edge}" y="20" width="{side}" height="{side}" fill="none" stroke="#888"/>',
        f'<path d="M{edge} {20 + side}L{edge + side} 20" stroke="#888" stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = place(tick, tick)
        lines += [
            f'<text x="{x}" y="{side + 38}" text-anchor="middle">{tick:g}</text>',
            f'<text x="{edge - 8}" y="{y + 4}" text-anchor="end">{tick:g}</text>',
        ]
    middle = 20 + side / 2
    lines += [
        f'<text x="{edge + side / 2}" y="{side + 60}" text-anchor="middle">said</text>',
        f'<text transform="rotate(-90 14 {middle})" x="14" y="{middle}" text-anchor="middle">'
        "found right</text>",
    ]
    for number, (kind, one) in enumerate(largest.items()):
        colour = COLOURS.get(kind, "black")
        places = [place(said, right) for said, right, _ in one.points]
        path = "L".join(f"{x} {y}" for x, y in places)
        lines.append(f'<path d="M{path}" fill="none" stroke="{colour}"/>')
        most = max(count for *_, count in one.points)
        for (x, y), (*_, count) in zip(places, one.points, strict=True):
            radius = round(2 + 6 * (count / most) ** 0.5, 1)
            lines.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>')
        words = f"{kind}, {one.gallery:,} pictures"
        lines.append(f'<text x="{edge + 10}" y="{40 + 18 * number}" fill="{colour}">{words}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"
