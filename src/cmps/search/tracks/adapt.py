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
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Encoding, Sighting
from cmps.gallery.resident import UNKNOWN, Resident
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import Curve
from cmps.search.fusion import prior
from cmps.search.reconstruction import fpr_distances, rerank
from cmps.search.tracks.passes import complete
from cmps.search.tracks.travel import Floats, Places, Travel

MOMENTS, AT_ONCE = 50, 40
FEWEST = 100
FAINTEST = 0.05
"""Least factor of a curve's log ratios."""
_TOP, _MOST, _PICTURES = 0.1, 800, 2


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


@dataclass(frozen=True, slots=True)
class Own:
    """What scores mean in one gallery.

    Attributes:
        passes: The curve for scores of passes.
        cosines: The same for cosines without FPR, to compare passes with each other; ``None``
            where the gallery does not tell.
    """

    passes: Curve
    cosines: Curve | None = None


def adapted(
    store: GalleryStore, curve: Curve, travel: Travel, cameras: list[str], seed: int = 0
) -> Own:
    """Return the curves of this gallery; the given one where it is too small.

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
        return Own(curve)
    vectors = resident.vectors[pairs.rows].astype(np.float32)
    apart, others = (_cosines(vectors, both) for both in (pairs.apart, pairs.any))
    # far below the look-alikes nobody is the same person; only the upper end needs a close look
    edge = float(np.quantile(apart, 1 - _TOP))
    random = np.random.default_rng(seed)
    near, far = pairs.apart[apart >= edge], pairs.any[others >= edge]
    chosen = [random.permutation(len(one))[:_MOST] for one in (near, far)]
    kept = [len(one) / max(len(all), 1) for one, all in zip(chosen, (near, far), strict=True)]
    times = len(others) / len(apart) * kept[1] / kept[0]
    close = len(far) / len(others)
    scores = _scores(store, resident.ids[pairs.rows], near[chosen[0]], far[chosen[1]], curve.share)
    found = [
        _curve(replace(curve, share=share), *both, times, close, len(resident.ids))
        for share, both in scores
    ]
    return Own(found[0] or tempered(curve, scores[0][1][0], len(near) / len(apart)), found[-1])


def tempered(curve: Curve, apart: Floats, share: float) -> Curve:
    """Return a curve that believes no more of strangers than can be.

    A likelihood ratio of "same person" against "different people" has a mean of 1 over different
    people. Where that of a curve is greater here, its log ratios are made fainter, all by the same
    factor, until it is 1; their sign stays.

    Args:
        curve: As it was fitted elsewhere.
        apart: The highest scores of people who are different for sure.
        share: Which part of all such scores they are.

    Example:
        >>> stern = tempered(Curve(0.0, 20.0, -5.0, 101), np.array([0.6]), 0.001)
        >>> ratio = stern.log_odds(np.array([0.6]), 101)[0] - prior(101)
        >>> round(float(np.exp(ratio)) * 0.001, 3)
        1.0
    """
    start = prior(curve.gallery)
    ratios = curve.log_odds(apart, curve.gallery) - start

    def excess(part: float) -> float:
        mean = float(np.logaddexp.reduce(part * ratios)) - math.log(len(ratios))
        return mean + math.log(share)

    if excess(1.0) <= 0:
        return curve
    low, high = FAINTEST, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) <= 0 else (low, middle)
    fainter = low * (curve.intercept - start) + start
    return replace(curve, slope=curve.slope * low, intercept=fainter)


def _curve(
    curve: Curve, apart: Floats, others: Floats, times: float, close: float, size: int
) -> Curve | None:
    """Return the curve of some scores, or ``None`` where they do not tell.

    Args:
        curve: Where to begin.
        apart: Scores of different people.
        others: Scores of any pairs.
        times: How many of these there are for each of those.
        close: Share of all pairs from which ``others`` are drawn.
        size: Of the gallery.
    """
    line = fit(apart, others, times, curve.slope)
    if line is None:
        return None
    slope, start = line
    chance = 1 / (1 + np.exp(-np.clip(slope * others + start, -60, 60)))
    intercept = start - math.log(float(chance.mean()) * close) - math.log(max(size, 2) - 1)
    return replace(
        curve,
        slope=slope,
        intercept=intercept,
        gallery=max(size, 2),
        part=0.0,
        crowd=0.0,
        shift=1.0,
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


def _scores(
    store: GalleryStore, ids: NDArray[np.object_], apart: Places, others: Places, share: float
) -> list[tuple[float, tuple[Floats, Floats]]]:
    """Return the scores of pairs of passes, with FPR where it has a share, and without.

    A pair of passes scores the mean of its pairs of pictures, as in
    :class:`~cmps.search.tracks.looks.Looks`. That tells more than one of these: a curve fitted to
    single pictures would be too flat.
    """
    needed = np.unique(np.concatenate([apart.ravel(), others.ravel()]))
    passes = complete(store, store.get([str(one) for one in ids[needed]]))
    of_picture = {id: place for place, one in enumerate(passes) for id in one.ids}
    pictures = [_spread(one.sightings) for one in passes]
    place = {int(row): of_picture[str(ids[row])] for row in needed}
    found = []
    for part in dict.fromkeys((share, 0.0)):
        rows = [
            np.array(
                [
                    _mean_score(pictures[place[int(one)]], pictures[place[int(other)]], part)
                    for one, other in pairs
                ]
            )
            for pairs in (apart, others)
        ]
        found.append((part, (rows[0], rows[1])))
    return found


def _spread(pictures: Sequence[Sighting]) -> list[Encoding]:
    """Return a few pictures of a pass, spread over it."""
    count = min(_PICTURES, len(pictures))
    places = np.linspace(0, len(pictures) - 1, count + 2)[1:-1].round().astype(int)
    return [pictures[place].encoding for place in dict.fromkeys(places.tolist())]


def _mean_score(probes: Sequence[Encoding], pictures: Sequence[Encoding], share: float) -> float:
    cosines = (
        np.stack([one.embedding for one in probes])
        @ np.stack([one.embedding for one in pictures]).astype(np.float32).T
    )
    if not share:
        return float(cosines.mean())
    pyramids = np.stack([one.pyramid for one in pictures])
    distances = np.stack([fpr_distances(one.pyramid, one.foreground, pyramids) for one in probes])
    return float(rerank(cosines, distances, share).mean())
