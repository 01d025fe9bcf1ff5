"""Fit the shipped calibration: how every probe kind ranks again, and its probability curve.

A further curve is of pairs of pictures: what the cosine of their embeddings says, for tracks.

Half of the val people choose FPR's share, the look-alikes' part and the curve, the other half
measures ranking and expected calibration error. Pictures choose how they are ranked by covered
probes too: somebody who is wanted is seldom seen whole.
``python -m cmps.evaluation.fit_calibration --root DIR`` writes ``calibration.json`` into
``encoders/files`` and lists it in the manifest.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.encoders.image import OnnxImageEncoder
from cmps.encoders.text import TextEncoder, open_text_encoder
from cmps.encoders.weights import FOLDER, write_manifest
from cmps.evaluation.logistic import fit_logistic
from cmps.evaluation.metrics import Metrics, judge, summarise
from cmps.evaluation.occlusion import Occluding
from cmps.evaluation.pictures import EncodedGallery, encode_pictures
from cmps.evaluation.reranking import best_places
from cmps.search.calibration import COSINE, Curve, ProbeKind, probability
from cmps.search.hubs import hubness, shipped_bank
from cmps.search.neighbours import level, likeness, share_evidence
from cmps.search.reconstruction import fpr_distances, rerank

PARTS = (0.0, 0.3, 0.5, 0.8)
WIDTHS = (0.03, 0.05, 0.08)
HUBS = (0.0, 0.2, 0.4, 0.6)  # more wins nothing certain here, and costs among drawn people
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
SMALLER = (100, 300)  # galleries that tell what the size counts
BEST = 100
SHOWN = 20
BINS = 15
COVERED = (0.3, 0.5)  # shares of probe pictures that are hidden, beside whole ones


@dataclass(frozen=True, slots=True)
class Way:
    """How candidates are ranked again: FPR's share, look-alikes' part and width, what hubs lose."""

    share: float = 0.0
    part: float = 0.0
    width: float = 0.05
    hubs: float = 0.0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The best pictures of one query, as the search sees them.

    Attributes:
        fitting: Whether the query's person belongs to the half that fits.
        similarities, distances: ``(K,)`` cosines and FPR distances.
        right: ``(K,)`` bool.
        missed: Right pictures that are not among the K.
        cosines: ``(K, K)`` between the pictures; needed for look-alikes to count.
        gallery: How many pictures were searched.
        hubness: ``(K,)`` of the pictures, for sentences; see :mod:`cmps.search.hubs`.
    """

    fitting: bool
    similarities: NDArray[np.float32]
    distances: NDArray[np.float32]
    right: NDArray[np.bool_]
    missed: int
    cosines: NDArray[np.float32] | None = None
    gallery: int = 1
    hubness: NDArray[np.float32] | None = None

    def scores(self, way: Way) -> NDArray[np.float32]:
        """Return the scores ``(K,)`` that the search ranks by."""
        near = self.similarities
        if self.hubness is not None:
            near = near - np.float32(way.hubs) * self.hubness
        mixed = rerank(near, self.distances, way.share)
        if self.cosines is None:
            return mixed
        return share_evidence(mixed, self.cosines, way.part, way.width)

    def level(self, way: Way) -> float:
        """Return how high the best of them score; see :func:`cmps.search.neighbours.level`."""
        if self.cosines is None:
            return 0.0
        return level(self.scores(way), self.cosines, way.width)


@dataclass(frozen=True, slots=True)
class Asked:
    """An encoded query.

    Attributes:
        row: The picture that it describes or, for a picture, is.
        embedding, local, weights: See :class:`cmps.search.ranking.Probe`.
        excluded: Whether the picture itself is left out of what is searched.
    """

    row: int
    embedding: NDArray[np.float32]
    local: NDArray[np.floating]
    weights: NDArray[np.float32]
    excluded: bool


def fits(person: str) -> bool:
    """Tell which half a person belongs to; the same on every machine."""
    return crc32(person.encode()) % 2 == 0


def ask(kind: ProbeKind, gallery: EncodedGallery, encoder: TextEncoder | None) -> list[Asked]:
    """Return every query of a kind: the captions of all pictures, or the pictures themselves."""
    if encoder is None or kind == "image":
        return ask_pictures(gallery)
    asked = []
    for row, picture in enumerate(gallery.pictures):
        for text in map(encoder.encode, picture.captions):
            asked.append(Asked(row, text.embedding, text.words, text.attention, False))
    return asked


def ask_pictures(seen: EncodedGallery) -> list[Asked]:
    """Return pictures as queries, as they are in the gallery or as they are seen covered."""
    columns = zip(seen.embeddings, seen.pyramids, seen.foregrounds, strict=True)
    return [Asked(row, *one, True) for row, one in enumerate(columns)]


def parts(people: NDArray[np.object_], size: int | None) -> list[NDArray[np.intp]]:
    """Split a gallery by person into galleries of about ``size`` pictures.

    Every picture is in one of them, and so are all pictures of its person: a query has as many
    right answers as before, among fewer strangers.

    Args:
        people: ``(N,)`` identities.
        size: Pictures; ``None`` for all in one.

    Example:
        >>> sorted(rows.tolist() for rows in parts(np.array(["a", "a", "b", "b"], object), 2))
        [[0, 1], [2, 3]]
    """
    count = 1 if size is None else max(1, round(len(people) / size))
    members: list[list[NDArray[np.intp]]] = [[] for _ in range(count)]
    filled = [0] * count
    for person in sorted(set(people), key=lambda one: crc32(str(one).encode())):
        rows = np.flatnonzero(people == person)
        least = filled.index(min(filled))
        members[least].append(rows)
        filled[least] += len(rows)
    return [np.sort(np.concatenate(one)) for one in members if one]


def retrieve(
    kind: ProbeKind, asked: Sequence[Asked], gallery: EncodedGallery, size: int | None = None
) -> Iterator[Retrieved]:
    """Yield what queries of a kind retrieve from the gallery, or from its parts of some size."""
    people = gallery.people
    suits = hubness(gallery.embeddings, shipped_bank(kind))
    for rows in parts(people, size):
        within = set(rows.tolist())
        here, who = gallery.embeddings[rows], people[rows]
        for query in asked:
            if query.row not in within:
                continue
            similarities = here @ query.embedding
            right = who == people[query.row]
            if query.excluded:  # a picture does not search for itself
                itself = int(np.searchsorted(rows, query.row))
                similarities[itself] = -np.inf
                right[itself] = False
            best = best_places(similarities, min(BEST, len(rows) - query.excluded))
            best = best[np.isfinite(similarities[best])]
            pyramids = gallery.pyramids[rows[best]]
            yield Retrieved(
                fits(str(people[query.row])),
                similarities[best],
                fpr_distances(query.local, query.weights, pyramids),
                right[best],
                int(right.sum() - right[best].sum()),
                likeness(here[best]),
                len(rows),
                suits[rows[best]],
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
    """Choose one after another, twice, by rank-1, rank-10 (twice) and mAP together.

    Look-alikes win rank-1 and mAP and cost rank-10: who stands at the top brings their likes along.
    But an operator looks at ten people, and whoever is not among them is not found.
    """

    @cache
    def gain(way: Way) -> float:
        found = metrics(queries, way)
        return found.ranks[1] + 2 * found.ranks[10] + found.mean_precision

    way = Way()
    for _ in range(2):
        way = max((replace(way, share=share) for share in SHARES), key=gain)
        way = max((replace(way, hubs=hubs) for hubs in HUBS), key=gain)
        ways = [replace(way, part=part, width=width) for part in PARTS for width in WIDTHS]
        way = max(ways, key=gain)
    return way


def fit_curve(queries: Sequence[Retrieved], way: Way, gallery: int) -> Curve:
    """Fit the curve on the candidates that an operator sees.

    Those are each query's first 20; thousands of easy strangers below them would bend the line.
    The first one counts as much as the other 19 together. The level rises with the gallery's size,
    faster than the prior odds sink: galleries of several sizes tell by how much
    (docs/calibration.md); with one size alone, the level is taken for all of it.

    Args:
        queries: In galleries of one size or several; those of another than ``gallery`` count half.
        way: How candidates are ranked again.
        gallery: The size that matters most.
    """
    found = [_shown(query, way, SHOWN) for query in queries]
    scores = np.concatenate([one[0] for one in found])
    right = np.concatenate([one[1] for one in found])
    counts = np.array([len(one[0]) for one in found])
    main = np.array([query.gallery == gallery for query in queries])
    weights = np.concatenate(
        [
            np.where(np.arange(count) == 0, max(1, count - 1), 1) * (1.0 if whole else 0.5)
            for count, whole in zip(counts, main, strict=True)
        ]
    )
    heights = np.array([query.level(way) for query in queries])
    sizes = np.log(gallery / np.array([query.gallery for query in queries]))
    usual = float(heights[main].mean())
    columns = [scores, np.repeat(usual - heights, counts), np.repeat(sizes, counts)]
    inputs = np.stack(columns[: 3 if np.ptp(sizes) else 2], 1)
    slopes, intercept = fit_logistic(inputs, right, weights)
    crowd = float(slopes[1])
    if crowd <= 0 or not np.ptp(heights):  # rivals tell nothing here
        slopes, intercept = fit_logistic(inputs[:, :1], right, weights)
        return Curve(way.share, float(slopes[0]), intercept, gallery, way.part, way.width, way.hubs)
    return Curve(
        share=way.share,
        slope=float(slopes[0]),
        intercept=intercept,
        gallery=gallery,
        part=way.part,
        width=way.width,
        hubs=way.hubs,
        crowd=crowd,
        usual=usual,
        shift=float(slopes[2]) if len(slopes) == 3 else 0.0,
    )


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


def fit(
    kind: ProbeKind,
    gallery: EncodedGallery,
    encoder: TextEncoder | None,
    covered: Sequence[EncodedGallery] = (),
) -> tuple[Curve, dict[str, float]]:
    """Choose share and curve on one half of the people; measure on the other.

    The halves then change their parts; ``cross`` figures are over all people, each judged by the
    curve that they did not fit.

    Args:
        kind: Of the probes.
        gallery: Of the val pictures.
        encoder: Of sentences; ``None`` for pictures.
        covered: The same pictures with a part hidden; they help to choose how to rank, and the
            curve is of whole ones.
    """
    asked, size = ask(kind, gallery, encoder), len(gallery.pictures)
    queries = list(retrieve(kind, asked, gallery))
    smaller = [one for part in SMALLER for one in retrieve(kind, asked, gallery, part)]
    hidden = [one for seen in covered for one in retrieve(kind, ask_pictures(seen), gallery)]
    halves = [[one for one in queries if one.fitting is half] for half in (True, False)]
    choosing = [
        [one for one in [*queries, *hidden] if one.fitting is half] for half in (True, False)
    ]
    more = [[one for one in smaller if one.fitting is half] for half in (True, False)]
    curves = [
        fit_curve([*half, *others], best_way(chosen), size)
        for half, others, chosen in zip(halves, more, choosing, strict=True)
    ]
    curve, held_out = curves[0], halves[1]
    way = way_of(curve)
    steps = {
        "_global": Way(),
        "_hubs": Way(hubs=way.hubs),
        "_fpr": Way(way.share, hubs=way.hubs),
        "": way,
    }
    judged = [chances(held_out, curve, SHOWN), chances(halves[0], curves[1], SHOWN)]
    figures = {}
    for name, found in (("", judged[:1]), ("_cross", judged)):
        shown = np.concatenate([one[0] for one in found])
        right = np.concatenate([one[1] for one in found])
        first = np.concatenate([one[2] for one in found]) == 0
        figures[f"calibration_error_first{name}"] = calibration_error(shown[first], right[first])
        figures[f"calibration_error_best_20{name}"] = calibration_error(shown, right)
    for name, step in steps.items():
        ranked = metrics(held_out, step)
        figures |= {f"rank1{name}": ranked.ranks[1], f"rank10{name}": ranked.ranks[10]}
        figures[f"mAP{name}"] = ranked.mean_precision
    return curve, {name: round(value, 4) for name, value in figures.items()}


def way_of(curve: Curve) -> Way:
    """Return how a curve's candidates are ranked."""
    return Way(curve.share, curve.part, curve.width, curve.hubs)


def chances(
    queries: Sequence[Retrieved], curve: Curve, count: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.intp]]:
    """Return probabilities, truth and place of each query's first ``count`` candidates, joined."""
    found, right, places = [], [], []
    way = way_of(curve)
    for query in queries:
        scores, truth = _shown(query, way, count)
        height = None if query.cosines is None else query.level(way)
        found.append(probability(curve.log_odds(scores, query.gallery, height)))
        right.append(truth)
        places.append(np.arange(len(truth)))
    return np.concatenate(found), np.concatenate(right), np.concatenate(places)


def _shown(query: Retrieved, way: Way, count: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return scores and truth of a query's first ``count`` candidates, best first."""
    scores = query.scores(way)
    top = np.argsort(-scores, kind="stable")[:count]
    return scores[top], query.right[top]


def main() -> None:
    """Fit every kind, print what was found, write the file."""
    from cmps.evaluation.fit_cosines import fit_cosines

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="CUHK-PEDES layout")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the networks")
    options = parser.parse_args()
    pictures = list(read_cuhk_pedes(options.root, "val"))
    eyes = OnnxImageEncoder.open()
    gallery = encode_pictures(pictures, eyes)
    covered = [encode_pictures(pictures, Occluding(eyes, share)) for share in COVERED]
    encoders: dict[ProbeKind, TextEncoder | None] = {
        "fast": open_text_encoder("fast"),
        "accurate": open_text_encoder("accurate"),
        "image": None,
    }
    curves: dict[str, dict[str, float]] = {}
    fitted = {
        kind: partial(fit, kind, gallery, encoder, () if encoder else covered)
        for kind, encoder in encoders.items()
    }
    for kind, fitting in [*fitted.items(), (COSINE, partial(fit_cosines, gallery))]:
        curve, measured = fitting()
        curves[kind] = {name: round(value, 4) for name, value in asdict(curve).items()}
        print(kind, curves[kind], measured, flush=True)
    path = options.out / "calibration.json"
    path.write_text(json.dumps({"curves": curves}, indent=2) + "\n")
    write_manifest(options.out)


if __name__ == "__main__":
    main()
