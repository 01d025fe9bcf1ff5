"""All that a session knows, as log-odds of every sighting.

Each kind of evidence becomes a log ratio: how much more probable it is for the person than for
anybody. Sentences and pictures go through the calibrated curves of their networks, chips through
:mod:`cmps.search.evidence`; their sum, on top of the prior, is the log-odds. All sightings that
pass the filter get them from the global similarities; the best K again from FPR.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cmps.search.calibration import Curve
from cmps.search.evidence import Evidence, log_ratio
from cmps.search.neighbours import BEST, ITSELF, level, likeness, share_evidence
from cmps.search.ranking import Probe
from cmps.search.reconstruction import Rebuilt, rerank
from cmps.understanding.chips import Chip

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts; chosen by judgement, not yet fitted on data.

    Attributes:
        repeated: Several sentences tell much the same: their sum is divided by their number to
            this power.
        told: Weight of a chip that a sentence tells already.
        chip: Weight of a chip by itself, such as an answer.
        doubt: Probability that a picture given for the person does not help: other clothes.
        right: How often what a witness says is right.
        maybe: The same for what they think possible.
    """

    repeated: float = 0.5
    told: float = 0.3
    chip: float = 1.0
    doubt: float = 0.02
    right: float = 0.9
    maybe: float = 0.7


@dataclass(frozen=True, slots=True)
class Claim:
    """A chip with its weight: less where a sentence tells it already."""

    chip: Chip
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """All that the sightings are compared with.

    Attributes:
        texts: Sentences.
        pictures: Photos, and liked or ticked sightings.
        rejected: Sightings of somebody else.
        claims: Chips.
    """

    texts: tuple[Probe, ...] = ()
    pictures: tuple[Probe, ...] = ()
    rejected: tuple[Probe, ...] = ()
    claims: tuple[Claim, ...] = ()


def prior(size: int) -> float:
    """Return the log-odds that one of so many sightings is a right one, with nothing known."""
    return -float(np.log(max(size, 2) - 1.0))


class Fusion:
    """Log-odds of n sightings.

    Args:
        asked: What they are compared with.
        vectors: ``(n, 256)`` their embeddings.
        shown: ``(claims, n)`` how probably each shows each claim's chip.
        evidence: Knows how frequent chips are.
        curves: Calibration by probe kind.
        weights: Of the kinds of evidence.
        size: Of the gallery.
    """

    def __init__(
        self,
        asked: Asked,
        vectors: NDArray[np.float32],
        shown: NDArray[np.floating],
        evidence: Evidence,
        curves: Mapping[str, Curve],
        weights: Weights,
        size: int,
    ) -> None:
        self._asked = asked
        self._curves = curves
        self._weights = weights
        self._size = size
        self._vectors = vectors
        self._cosines = [_cosines(vectors, probe) for probe in (*asked.texts, *asked.pictures)]
        self.shown = shown
        self._chips = np.zeros(len(vectors))
        for claim, row in zip(asked.claims, shown, strict=True):
            self._chips += claim.weight * self.ratio(claim.chip, row, evidence.share(claim.chip))

    def ratio(self, chip: Chip, shown: NDArray[np.floating], share: float) -> Floats:
        """Return the log ratio of a chip, its modality minded."""
        reliable = self._weights.maybe if chip.modality == "maybe" else self._weights.right
        return log_ratio(shown, share, reliable, chip.modality != "not")

    def coarse(self, closeness: Sequence[float] = ()) -> Floats:
        """Return log-odds ``(n,)`` from global similarities.

        Args:
            closeness: For each probe, how near FPR finds a stranger (1 − distance): without it
                the odds are good for an order only.
        """
        near = closeness or [0.0] * len(self._cosines)
        scores = [
            self._share(number, cosines) + self._curve(number).share * near[number]
            for number, cosines in enumerate(self._cosines)
        ]
        levels = [self._level(number, score) for number, score in enumerate(scores)]
        return self._sum(scores, self._chips, levels)

    def fine(self, rows: NDArray[np.intp], ready: Rebuilt) -> tuple[Floats, list[float]]:
        """Return log-odds of some rows with FPR, and each probe's closeness to strangers.

        Args:
            rows: Places of K sightings.
            ready: Their pyramids.
        """
        scores, closeness = [], []
        for number, probe in enumerate((*self._asked.texts, *self._asked.pictures)):
            cosines, share = self._cosines[number][rows], self._curve(number).share
            if not share:
                scores.append(cosines)
                closeness.append(0.0)
                continue
            distances = ready.distances(probe.local, probe.weights)
            scores.append(rerank(cosines, distances, share))
            # the worse half stands for those whom FPR does not look at
            closeness.append(float(1 - np.sort(distances)[len(distances) // 2 :].mean()))
        between = likeness(self._vectors[rows])
        curves = [self._curve(number) for number in range(len(scores))]
        scores = [
            share_evidence(score, between, curve.part, curve.width)
            for score, curve in zip(scores, curves, strict=True)
        ]
        levels = [
            level(score, between, curve.width, cosines[rows] > ITSELF)
            for score, curve, cosines in zip(scores, curves, self._cosines, strict=True)
        ]
        odds = self._sum(scores, self._chips[rows], levels)
        for probe in self._asked.rejected:
            odds += log_not_same(same_odds(probe, ready, self._curves["image"]))
        return odds, closeness

    def cosines(self, rows: NDArray[np.intp]) -> Floats:
        """Return the cosines of some rows to each sentence and picture, ``(probes, rows)``."""
        if not self._cosines:
            return np.empty((0, len(rows)))
        return np.stack([one[rows] for one in self._cosines]).astype(np.float64)

    def _level(self, number: int, scores: NDArray[np.floating]) -> float:
        """Return the level of the best of all sightings for one probe."""
        best = np.argpartition(-scores, min(BEST, len(scores) - 1))[:BEST]
        itself = self._cosines[number][best] > ITSELF
        between = likeness(self._vectors[best])
        return level(scores[best], between, self._curve(number).width, itself)

    def _sum(
        self, scores: Sequence[NDArray[np.floating]], chips: Floats, levels: Sequence[float]
    ) -> Floats:
        texts = len(self._asked.texts)
        start = prior(self._size)
        ratios = [
            self._curve(number).log_odds(score, self._size, height) - start
            for number, (score, height) in enumerate(zip(scores, levels, strict=True))
        ]
        odds = start + chips
        if texts:
            odds = odds + np.sum(ratios[:texts], axis=0) / texts**self._weights.repeated
        if ratios[texts:]:
            # any one of the pictures may be the one that looks like them today
            best = np.logaddexp.reduce(ratios[texts:], axis=0) - np.log(len(ratios) - texts)
            doubt = self._weights.doubt
            odds = odds + np.logaddexp(np.log(doubt), np.log1p(-doubt) + best)
        return odds

    def _curve(self, number: int) -> Curve:
        texts = self._asked.texts
        probe = texts[number] if number < len(texts) else self._asked.pictures[number - len(texts)]
        return self._curves[probe.kind]

    def _share(self, number: int, cosines: NDArray[np.float32]) -> NDArray[np.floating]:
        return np.asarray((1 - self._curve(number).share) * cosines)


def same_odds(
    probe: Probe,
    ready: Rebuilt,
    curve: Curve,
    rows: NDArray[np.intp] | None = None,
    embeddings: NDArray[np.float32] | None = None,
) -> Floats:
    """Return the log-odds that pictures show the same person as a probe.

    As between two pictures of a gallery of the curve's own size: people whom a search brings
    together are as alike as there.

    Args:
        probe: A picture.
        ready: Pyramids of K pictures.
        curve: Of pictures.
        rows: Which of them; default all.
        embeddings: ``(rows, 256)`` of those; without them FPR alone is taken for the whole score.
    """
    distances = ready.distances(probe.local, probe.weights, slice(None) if rows is None else rows)
    cosines = 1 - distances if embeddings is None else np.vecdot(embeddings, probe.embedding)
    return curve.log_odds(rerank(cosines, distances, curve.share), curve.gallery)


def log_not_same(odds: Floats) -> Floats:
    """Return log(1 − P) for log-odds of P."""
    return -np.logaddexp(0.0, odds)


def _cosines(vectors: NDArray[np.float32], probe: Probe) -> NDArray[np.float32]:
    # not @: a threaded BLAS makes so small a product wait for its threads
    return np.asarray(np.clip(np.vecdot(vectors, probe.embedding), -1, 1), np.float32)
