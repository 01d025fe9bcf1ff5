"""What a score means in this very gallery, learned from people who cannot be one person.

The shipped curve was fitted on other people in other light. Where many wear the same (a school
trip, uniforms), it takes look-alikes for one person. A gallery holds pairs of which the truth is
known without anybody's help: nobody is seen by two distant cameras at once. Their scores show how
alike *different* people are here; the scores of all other pairs are a mixture of these and of the
few pairs that show one person. With r(s) = π p(s | same) / p(s | different) = exp(a s + b),

    p(s | any pair) / p(s | seen at once) = 1 - π + r(s),

so a logistic regression between both sets of pairs, with one constant term, gives a and b (learning
from positive and unlabelled pairs: Elkan and Noto, KDD 2008, with the roles exchanged).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.resident import UNKNOWN, Resident
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import Curve
from cmps.search.reconstruction import BETA, rerank
from cmps.search.tracks.travel import Floats, Places, Travel

MOMENTS, AT_ONCE = 50, 40
FEWEST = 100
_TOP, _MOST = 0.1, 1500


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of pictures by different cameras, among n sampled ones.

    Attributes:
        rows: ``(n,)`` places in the gallery's resident part.
        apart: ``(m, 2)`` pairs that show two people for sure.
        any: ``(k, 2)`` other pairs.
    """

    rows: Places
    apart: Places
    any: Places


def adapted(
    store: GalleryStore, curve: Curve, travel: Travel, cameras: list[str], seed: int = 0
) -> Curve:
    """Return the curve for pictures of this gallery; the given one where it is too small.

    Args:
        store: The gallery.
        curve: The shipped curve; its share of FPR stays.
        travel: Says who cannot be one person.
        cameras: Those that ``travel`` knows, in its order.
        seed: Of the sample.
    """
    resident = store.snapshot().resident
    pairs = sample(resident, travel, cameras, np.random.default_rng(seed))
    if len(pairs.apart) < FEWEST:
        return curve
    vectors = resident.vectors[pairs.rows].astype(np.float32)
    apart, others = (_cosines(vectors, both) for both in (pairs.apart, pairs.any))
    # far below the look-alikes nobody is the same person; only the upper end needs a close look
    edge = float(np.quantile(apart, 1 - _TOP))
    near, far = pairs.apart[apart >= edge], pairs.any[others >= edge]
    kept = np.random.default_rng(seed).permutation(len(far))[:_MOST]
    scores = [
        one.astype(np.float64) for one in (apart[apart >= edge], others[others >= edge][kept])
    ]
    if curve.share:
        ids = resident.ids[pairs.rows]
        scores = [
            _mixed(store, ids, both, score, curve.share)
            for both, score in zip((near, far[kept]), scores, strict=True)
        ]
    times = len(others) / len(apart) * len(kept) / max(len(far), 1)
    line = fit(scores[0], scores[1], times, curve.slope)
    if line is None:
        return curve
    slope, start = line
    chance = 1 / (1 + np.exp(-np.clip(slope * scores[1] + start, -60, 60)))
    same = chance.sum() / max(len(kept), 1) * len(far) / len(others)
    if not same > 0:
        return curve
    size = max(len(resident.ids), 2)
    intercept = start - math.log(same) - math.log(size - 1)
    return replace(
        curve, slope=slope, intercept=intercept, gallery=size, part=0.0, crowd=0.0, shift=1.0
    )


def sample(
    resident: Resident, travel: Travel, cameras: list[str], rng: np.random.Generator
) -> Pairs:
    """Draw moments of the day, and at each of them pictures near in time."""
    known = np.flatnonzero(resident.times != UNKNOWN)
    order = known[np.argsort(resident.times[known], kind="stable")]
    blank = np.empty((0, 2), np.intp)
    if len(order) < 2:
        return Pairs(order, blank, blank)
    first = rng.integers(max(len(order) - AT_ONCE, 1), size=MOMENTS)
    rows = np.unique((first[:, None] + np.arange(AT_ONCE)).ravel().clip(0, len(order) - 1))
    rows = order[rows]
    places = {camera: place for place, camera in enumerate(cameras)}
    camera = np.array([places[one] for one in resident.cameras[rows]], np.intp)
    seconds = resident.times[rows] / 1e6
    one, other = np.triu_indices(len(rows), 1)
    between = camera[one] != camera[other]
    one, other = one[between], other[between]
    apart = travel.apart(camera[one], camera[other], np.abs(seconds[one] - seconds[other]))
    both = np.stack([one, other], 1)
    return Pairs(rows, both[apart], both[~apart])


def fit(apart: Floats, others: Floats, times: float, slope: float) -> tuple[float, float] | None:
    """Return slope a and intercept b of log r(s), or ``None`` where nobody comes twice.

    Args:
        apart: ``(m,)`` scores of different people.
        others: ``(k,)`` scores of any pairs.
        times: How many other pairs there are for each pair of different people.
        slope: Where to begin; the result is at most this steep.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> different, same = rng.normal(0.5, 0.1, 4000), rng.normal(0.8, 0.05, 200)
        >>> any_pairs = np.concatenate([rng.normal(0.5, 0.1, 4000), same])
        >>> a, b = fit(different, any_pairs, 4200 / 4000, 100)
        >>> a * 0.8 + b > 0, a * 0.6 + b < 0
        (True, True)
    """
    best: tuple[float, float, float] | None = None
    scores = np.concatenate([apart, others]).astype(np.float64)
    label = np.repeat([False, True], [len(apart), len(others)])
    nothing = _loss(np.full(len(scores), -np.inf), label, times)
    top = float(scores.max())
    for steep in slope * np.geomspace(0.05, 1, 14):
        for reach in np.linspace(-4, 14, 37):
            line = steep * (scores - top) + reach
            loss = _loss(line, label, times)
            if best is None or loss < best[0]:
                best = loss, float(steep), float(reach - steep * top)
    assert best is not None
    return None if best[0] > nothing - 3 else best[1:]


def _loss(line: Floats, label: NDArray[np.bool_], times: float) -> float:
    odds = math.log(times) + np.logaddexp(0.0, line)
    return float(np.where(label, np.logaddexp(0.0, -odds), np.logaddexp(0.0, odds)).sum())


def _cosines(vectors: NDArray[np.float32], pairs: Places) -> NDArray[np.float32]:
    every = vectors @ vectors.T
    return np.asarray(every[pairs[:, 0], pairs[:, 1]])


def _mixed(
    store: GalleryStore,
    ids: NDArray[np.object_],
    pairs: Places,
    cosines: Floats,
    share: float,
) -> Floats:
    """Return scores with FPR, the first of each pair being the probe."""
    needed = np.unique(pairs)
    found = store.get([str(one) for one in ids[needed]])
    place = {int(row): number for number, row in enumerate(needed)}
    distances = np.empty(len(pairs), np.float32)
    for number, (one, other) in enumerate(pairs):
        probe, picture = (found[place[int(row)]].encoding for row in (one, other))
        cells = picture.pyramid.astype(np.float32)
        seen = cells @ probe.pyramid.astype(np.float32).T
        code = np.linalg.solve(cells @ cells.T + BETA * np.eye(len(cells), dtype=np.float32), seen)
        errors = 1 - (seen * code).sum(0) - BETA * np.square(code).sum(0)
        weight = probe.foreground / max(float(probe.foreground.sum()), 1e-4)
        distances[number] = errors @ weight
    return np.asarray(rerank(cosines, distances, share), np.float64)
