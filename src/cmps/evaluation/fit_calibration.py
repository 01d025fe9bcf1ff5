"""Fit the shipped calibration: how every probe kind ranks again, and its probability curve.

Half of the val people choose FPR's share, the look-alikes' part and the curve, the other half
measure ranking and expected calibration error.
``python -m cmps.evaluation.fit_calibration --root DIR`` writes ``calibration.json`` into
``encoders/files`` and lists it in the manifest.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.datasets.picture import Picture
from cmps.encoders.image import OnnxImageEncoder
from cmps.encoders.text import OnnxTextEncoder
from cmps.encoders.weights import FOLDER, write_manifest
from cmps.evaluation.metrics import Metrics, judge, summarise
from cmps.evaluation.pictures import EncodedGallery, encode_pictures
from cmps.evaluation.reranking import best_places
from cmps.search.calibration import Curve, ProbeKind, probability
from cmps.search.neighbours import likeness, share_evidence
from cmps.search.reconstruction import fpr_distances, rerank
from cmps.settings import Variant

PARTS = (0.0, 0.3, 0.5, 0.8)
WIDTHS = (0.03, 0.05, 0.08)
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
BEST = 100
SHOWN = 20
FITTED = (3, 5, 10, 20, BEST)
BINS = 15


@dataclass(frozen=True, slots=True)
class Way:
    """How candidates are ranked again: FPR's share, look-alikes' part and width."""

    share: float = 0.0
    part: float = 0.0
    width: float = 0.05


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The best pictures of one query, as the search sees them.

    Attributes:
        fitting: Whether the query's person belongs to the half that fits.
        similarities, distances: ``(K,)`` cosines and FPR distances.
        right: ``(K,)`` bool.
        missed: Right pictures that are not among the K.
        cosines: ``(K, K)`` between the pictures; needed for look-alikes to count.
    """

    fitting: bool
    similarities: NDArray[np.float32]
    distances: NDArray[np.float32]
    right: NDArray[np.bool_]
    missed: int
    cosines: NDArray[np.float32] | None = None

    def scores(self, way: Way) -> NDArray[np.float32]:
        """Return the scores ``(K,)`` that the search ranks by."""
        mixed = rerank(self.similarities, self.distances, way.share)
        if self.cosines is None:
            return mixed
        return share_evidence(mixed, self.cosines, way.part, way.width)


def fits(person: str) -> bool:
    """Tell which half a person belongs to; the same on every machine."""
    return crc32(person.encode()) % 2 == 0


def retrieve(kind: ProbeKind, gallery: EncodedGallery) -> Iterator[Retrieved]:
    """Yield what every val query of a kind retrieves."""
    encoder = None if kind == "image" else OnnxTextEncoder.open(_variant(kind))
    people = gallery.people
    for row, picture in enumerate(gallery.pictures):
        if encoder is None:
            local = gallery.pyramids[row], gallery.foregrounds[row]
            yield _retrieved(gallery, people, picture, gallery.embeddings[row], *local, row)
            continue
        for caption in picture.captions:
            text = encoder.encode(caption)
            parts = text.embedding, text.words, text.attention
            yield _retrieved(gallery, people, picture, *parts, None)


def _variant(kind: ProbeKind) -> Variant:
    return "fast" if kind == "fast" else "accurate"


def _retrieved(
    gallery: EncodedGallery,
    people: NDArray[np.object_],
    picture: Picture,
    embedding: NDArray[np.float32],
    local: NDArray[np.floating],
    weights: NDArray[np.float32],
    itself: int | None,
) -> Retrieved:
    similarities = gallery.embeddings @ embedding
    right = people == picture.person
    if itself is not None:  # a picture does not search for itself
        similarities[itself] = -np.inf
        right[itself] = False
    best = best_places(similarities, min(BEST, len(similarities) - 1))
    return Retrieved(
        fits(str(picture.person)),
        similarities[best],
        fpr_distances(local, weights, gallery.pyramids[best]),
        right[best],
        int(right.sum() - right[best].sum()),
        likeness(gallery.embeddings[best]),
    )


def metrics(queries: list[Retrieved], way: Way) -> Metrics:
    """Return the metrics over the retrieved pictures, with missed ones counted as last."""
    scores = []
    for query in queries:
        padding = np.full(query.missed, -np.inf)
        mixed = np.concatenate([query.scores(way), padding])
        right = np.concatenate([query.right, np.ones(query.missed, bool)])
        scores.append(judge(mixed, right))
    return summarise(scores)


def best_way(queries: list[Retrieved]) -> Way:
    """Choose share, then part and width, then the share again, by rank-1 and mAP together."""

    def gain(way: Way) -> float:
        found = metrics(queries, way)
        return found.ranks[1] + found.mean_precision

    way = max((Way(share) for share in SHARES), key=gain)
    ways = [Way(way.share, part, width) for part in PARTS for width in WIDTHS]
    way = max(ways, key=gain)
    return max((Way(share, way.part, way.width) for share in SHARES), key=gain)


def fit_line(scores: NDArray[np.floating], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit slope and intercept of the log-odds by Newton's method on the logistic loss.

    Example:
        >>> slope, intercept = fit_line(np.repeat([0., 1.], 4), np.array([0,0,0,1,0,1,1,1], bool))
        >>> print(f"{slope:.3f} {intercept:.3f}")
        2.197 -1.099
    """
    inputs = np.stack([scores.astype(np.float64), np.ones(len(scores))], 1)
    centre, scale = inputs[:, 0].mean(), inputs[:, 0].std()
    inputs[:, 0] = (inputs[:, 0] - centre) / scale
    line = np.zeros(2)
    for _ in range(50):
        chances = probability(inputs @ line)
        gradient = inputs.T @ (right - chances)
        curvature = (inputs * (chances * (1 - chances))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        line += step
        if np.abs(step).max() < 1e-9:
            break
    slope = float(line[0] / scale)
    return slope, float(line[1] - slope * centre)


def calibration_error(chances: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over 15 equal bins (Guo et al., ICML 2017).

    Example:
        >>> calibration_error(np.array([0.75, 0.75]), np.array([True, False]))
        0.25
    """
    bins = np.minimum((chances * BINS).astype(int), BINS - 1)
    gaps = [
        abs(chances[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
        for one in np.unique(bins)
    ]
    return float(sum(gaps))


def fit(kind: ProbeKind, gallery: EncodedGallery) -> tuple[Curve, dict[str, float]]:
    """Choose share and curve on one half of the people; measure on the other.

    The line is fitted on each query's first few candidates: those are what an operator looks at,
    and thousands of easy strangers below them would bend it. How many is chosen, on the same
    half, by the calibration error of the first and of the 20 that are shown.
    """
    queries = list(retrieve(kind, gallery))
    fitting = [query for query in queries if query.fitting]
    held_out = [query for query in queries if not query.fitting]
    way = best_way(fitting)

    def error(line: tuple[float, float], part: list[Retrieved], count: int) -> float:
        scores, right = firsts(part, way, count)
        return calibration_error(probability(line[0] * scores + line[1]), right)

    lines = [fit_line(*firsts(fitting, way, count)) for count in FITTED]
    line = min(lines, key=lambda one: error(one, fitting, 1) + error(one, fitting, SHOWN))
    plain, again = metrics(held_out, Way()), metrics(held_out, way)
    curve = Curve(way.share, *line, len(gallery.pictures), way.part, way.width)
    return curve, {
        "calibration_error_first": round(error(line, held_out, 1), 4),
        "calibration_error_best_20": round(error(line, held_out, SHOWN), 4),
        "calibration_error_best_100": round(error(line, held_out, BEST), 4),
        "rank1_global": round(plain.ranks[1], 2),
        "rank1_fpr": round(metrics(held_out, Way(way.share)).ranks[1], 2),
        "rank1": round(again.ranks[1], 2),
        "mAP_global": round(plain.mean_precision, 2),
        "mAP_fpr": round(metrics(held_out, Way(way.share)).mean_precision, 2),
        "mAP": round(again.mean_precision, 2),
    }


def firsts(
    queries: list[Retrieved], way: Way, count: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return scores and truth of the first ``count`` candidates of every query, joined."""
    scores, right = [], []
    for query in queries:
        found = query.scores(way)
        top = np.argsort(-found)[:count]
        scores.append(found[top])
        right.append(query.right[top])
    return np.concatenate(scores), np.concatenate(right)


def main() -> None:
    """Fit every kind, print what was found, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="CUHK-PEDES layout")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the networks")
    options = parser.parse_args()
    pictures = list(read_cuhk_pedes(options.root, "val"))
    gallery = encode_pictures(pictures, OnnxImageEncoder.open())
    kinds: tuple[ProbeKind, ...] = ("fast", "accurate", "image")
    curves = {}
    for kind in kinds:
        curve, measured = fit(kind, gallery)
        curves[kind] = {
            "share": curve.share,
            "slope": round(curve.slope, 4),
            "intercept": round(curve.intercept, 4),
            "gallery": curve.gallery,
            "part": curve.part,
            "width": curve.width,
        }
        print(kind, curves[kind], measured, flush=True)
    path = options.out / "calibration.json"
    path.write_text(json.dumps({"curves": curves}, indent=2) + "\n")
    write_manifest(options.out)


if __name__ == "__main__":
    main()
