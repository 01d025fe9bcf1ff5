"""What a score says: this person, against anybody.

In a gallery, the scores of passes that show two people for sure give the density of strangers'
scores; those of any pairs near in time are a mixture of it and of a few pairs that show one person.
Their distances from 1 are taken for gamma distributed: somebody seen from behind or half hidden can
look far less like themselves, but not much more. Expectation maximisation (Dempster et al., 1977)
finds their mean, deviation and share; no pair needs to be known to show one person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product
from typing import Protocol

import numpy as np

from cmps.search.calibration import Curve
from cmps.search.fusion import prior
from cmps.search.tracks.travel import Floats, Places

FEWEST = 100
"""Pairs of strangers from which something can be learned."""

SPOILT = 0.05
"""Share of passes on which somebody looks like anybody: hidden, or cut off."""

_TAIL, _BINS, _MOST, _STEADY, _TOGETHER = 0.03, 200, 9.0, 8, 0.5


class Says(Protocol):
    """What scores say of groups of passes."""

    def ratios(self, scores: Floats, one: int, others: Places) -> Floats:
        """Return log ratios: one person, against two.

        Args:
            scores: ``(n,)`` mean cosines between the passes of a group and those of n others.
            one: Passes in the group.
            others: ``(n,)`` passes in the others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the shipped curve makes of a cosine; for galleries too small to tell for themselves.

    Attributes:
        curve: The curve.
    """

    curve: Curve

    def ratios(self, scores: Floats, one: int, others: Places) -> Floats:
        """Return log ratios; see :class:`Says`."""
        size = self.curve.gallery
        return np.minimum(self.curve.log_odds(scores, size) - prior(size), _MOST)


@dataclass(frozen=True)
class Meaning:
    """What scores say in one gallery.

    Attributes:
        scores: ``(bins,)`` at which the density is known.
        strangers: ``(bins,)`` log density of two people's scores.
        mean, deviation: Of one person's scores.
        share: Which part of pairs near in time shows one person.
    """

    scores: Floats
    strangers: Floats
    mean: float
    deviation: float
    share: float
    _tables: dict[tuple[int, int], Floats] = field(default_factory=dict, repr=False)

    def ratios(self, scores: Floats, one: int, others: Places) -> Floats:
        """Return log ratios; see :class:`Says`.

        A group is compared by the mean of its vectors, from which each pass's own changes
        cancel out: it comes nearer to the person, but not nearer to strangers.
        """
        found = np.empty(len(scores))
        first = min(one, _STEADY)
        sizes = np.minimum(others, _STEADY)
        for size in np.flatnonzero(np.bincount(sizes)):
            rows = sizes == size
            nearer = self._nearer(first) * self._nearer(int(size))
            found[rows] = np.interp(
                scores[rows] * nearer, self.scores, self._table(first, int(size))
            )
        return found

    def _nearer(self, count: int) -> float:
        """Return by what a mean of unit vectors, made a unit vector, is nearer to the person."""
        return math.sqrt(count / (1 + (count - 1) * max(self.mean, 0.0)))

    def _table(self, one: int, other: int) -> Floats:
        key = min(one, other), max(one, other)
        if key not in self._tables:
            mean = self.mean * self._nearer(one) * self._nearer(other)
            # who is near has less room to stray; but a group's passes err together
            deviation = self.deviation * max((1 - mean) / (1 - self.mean), _TOGETHER)
            ratio = _skewed(self.scores, mean, deviation) - self.strangers
            # far below everybody's scores both densities are guesses: no score says less than the
            # lowest point, and a higher score never says less than a lower one
            low = int(np.where(self.scores < mean, ratio, np.inf).argmin())
            ratio[:low] = ratio[low]
            ratio = np.minimum(np.maximum.accumulate(ratio), _MOST)
            self._tables[key] = np.log((1 - SPOILT) * np.exp(ratio) + SPOILT)
        return self._tables[key]

    @classmethod
    def learned(cls, apart: Floats, near: Floats) -> Meaning | None:
        """Return what scores say in a gallery, or ``None`` where it does not tell.

        Args:
            apart: Scores of pairs that show two people.
            near: Scores of pairs near in time.

        Example:
            >>> rng = np.random.default_rng(0)
            >>> strangers, same = rng.normal(0, 0.1, (2, 9000)), rng.normal(0.6, 0.1, 200)
            >>> found = Meaning.learned(strangers[0], np.concatenate([strangers[1], same]))
            >>> round(found.mean, 1), round(found.share, 2)
            (0.6, 0.02)
        """
        if len(apart) < FEWEST or len(near) < FEWEST:
            return None
        edges = np.linspace(min(apart.min(), near.min()) - 0.02, 1.02, _BINS + 1)
        middles = (edges[1:] + edges[:-1]) / 2
        strangers, tail = _density(apart, near, edges)
        counts = np.stack([np.histogram(one, edges)[0] for one in (apart, near)]).astype(float)
        room = float(near.max()) - tail
        highest = float(np.quantile(apart, 0.99))
        lookalikes = (tail, room / 6), (highest, room / 12)
        starts = product(lookalikes, ((0.5, 3), (0.75, 3), (0.9, 12)))
        found = [
            _mixed(middles, counts, strangers, alike, (tail + at * room, room / narrow))
            for alike, (at, narrow) in starts
        ]
        best = max(found, key=lambda one: one.likelihood)
        nobody = [
            _mixed(middles, counts, strangers, alike, (tail, room), 0.0).likelihood
            for alike in lookalikes
        ]
        # Schwarz, 1978: what three more numbers must explain to be believed
        if best.likelihood < max(nobody) + 1.5 * math.log(len(near)) or best.mean <= tail:
            return None
        return cls(middles, best.strangers, best.mean, best.deviation, best.share)


@dataclass(frozen=True, slots=True)
class _Mixture:
    """What expectation maximisation found: see :class:`Meaning`, and how likely it makes pairs.

    Attributes:
        likelihood: Its logarithm.
    """

    likelihood: float
    strangers: Floats
    mean: float
    deviation: float
    share: float


def _normal(scores: Floats, mean: float, deviation: float) -> Floats:
    around = (scores - mean) / deviation
    return np.asarray(-0.5 * around**2 - math.log(deviation * math.sqrt(2 * math.pi)))


def _skewed(scores: Floats, mean: float, deviation: float) -> Floats:
    """Return the log density of scores whose distance from 1 is gamma distributed."""
    far, expected = np.maximum(1 - scores, 1e-3), max(1 - mean, 0.02)
    shape, scale = (expected / deviation) ** 2, deviation**2 / expected
    level = math.lgamma(shape) + shape * math.log(scale)
    return np.asarray((shape - 1) * np.log(far) - far / scale - level)


def _density(apart: Floats, near: Floats, edges: Floats) -> tuple[Floats, float]:
    """Return the density of strangers' scores in each bin, and from where on it is a tail.

    Below the tail nearly all pairs are strangers, and those near in time are many. The highest
    scores, which matter most, are few: an exponential tail through them knows more than counts.
    """
    width = float(edges[1] - edges[0])
    middles = (edges[1:] + edges[:-1]) / 2
    share = max(_TAIL, min(10 / len(apart), 0.5))
    tail = float(np.quantile(apart, 1 - share))
    length = max(float((apart[apart > tail] - tail).mean()), width)
    low = np.concatenate([apart[apart <= tail], near[near <= tail]])
    reach = max(0.9 * float(low.std()) * len(low) ** -0.2, width)
    kernel = np.exp(-0.5 * (np.arange(-60, 61) * width / reach) ** 2)
    bulk = np.convolve(np.histogram(low, edges)[0], kernel / kernel.sum(), "same")
    bulk = np.where(middles <= tail, bulk, 0.0)
    end = np.where(middles > tail, np.exp(-(middles - tail) / length), 0.0)
    density = (1 - share) * bulk / bulk.sum() + share * end / end.sum()
    density = np.maximum(density, 1e-12)
    return density / (density.sum() * width), tail


def _mixed(
    middles: Floats,
    counts: Floats,
    strangers: Floats,
    alike: tuple[float, float],
    same: tuple[float, float],
    share: float = 0.01,
) -> _Mixture:
    """Return the mixture that explains both kinds of pairs, by expectation maximisation.

    Strangers who wear the same are a mode of their own. Too few pairs are strangers for sure to
    show its shape, but the others do: what is seen in both is no mark of one person.

    Args:
        middles: ``(bins,)`` scores.
        counts: ``(2, bins)`` strangers, and pairs near in time.
        strangers: ``(bins,)`` density of the former.
        alike: Mean and deviation of look-alikes' scores to begin with.
        same: The same of one person's.
        share: How many of the latter there are to begin with; from 0 on it stays 0.
    """
    width = float(middles[1] - middles[0])
    often = _TAIL
    for _ in range(150):
        like = often * np.exp(_normal(middles, *alike))
        apart = like + (1 - often) * strangers
        one = share * np.exp(_skewed(middles, *same))
        both = one + (1 - share) * apart
        theirs = counts[1] * one / both
        others = counts[0] + counts[1] - theirs
        lookalikes = others * like / apart
        share = float(theirs.sum() / counts[1].sum())
        often = float(lookalikes.sum() / others.sum())
        same, alike = _moments(middles, theirs, width), _moments(middles, lookalikes, width)
    likelihood = float((counts[0] * np.log(apart) + counts[1] * np.log(both)).sum())
    return _Mixture(likelihood, np.log(apart), *same, share)


def _moments(middles: Floats, weights: Floats, width: float) -> tuple[float, float]:
    """Return mean and deviation; the latter no less than a bin."""
    many = max(float(weights.sum()), 1e-9)
    mean = float((weights * middles).sum()) / many
    spread = float((weights * (middles - mean) ** 2).sum()) / many
    return mean, max(math.sqrt(spread), 2 * width)
