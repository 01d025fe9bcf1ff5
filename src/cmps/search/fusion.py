"""All that a session knows, as log-odds of every sighting.

Each kind of evidence becomes a log ratio: how much more probable it is for the person than for
anybody. Sentences and pictures go through the calibrated curves of their networks, chips through
:mod:`cmps.search.evidence`; their sum, on top of the prior, is the log-odds. All sightings that
pass the filter get them from the global similarities; the best K again from FPR.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.search.calibration import Curve, ProbeKind
from cmps.search.evidence import Evidence, log_ratio
from cmps.search.hubs import Hubs, hubness, shipped_bank
from cmps.search.kept import Kept
from cmps.search.neighbours import BEST, ITSELF, level, likeness, share_evidence
from cmps.search.ranking import Probe
from cmps.search.reconstruction import Rebuilt, rerank
from cmps.search.weights import Weights
from cmps.understanding.chips import Chip

Floats = NDArray[np.float64]


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


class Scored:
    """The n sightings that are scored: all of a snapshot, some of it, or others.

    Args:
        all: ``(N, 256)`` embeddings.
        rows: ``(n,)`` places of those that are scored, in order; ``None`` for all.
        kept: Keeps what is worked out of all; without it nothing is kept.
        hubs: Knows the hubness of all; without it it is worked out anew.
    """

    def __init__(
        self,
        all: NDArray[np.float32],
        rows: NDArray[np.intp] | None = None,
        kept: Kept | None = None,
        hubs: Hubs | None = None,
    ) -> None:
        self._all = all
        self._rows = rows
        self._kept = kept
        self._hubs = hubs

    def __len__(self) -> int:
        return len(self._all) if self._rows is None else len(self._rows)

    def vectors(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the embeddings at some places among the n."""
        return self._all[places if self._rows is None else self._rows[places]]

    def cosines(self, probe: Probe) -> NDArray[np.float32]:
        """Return the cosines ``(n,)`` to a probe, of which many rows are made once for all."""
        if self._kept is None:
            found = _cosines(self._all, probe)
        else:
            found = self._kept.of(("cosines", key_of(probe)), lambda: _cosines(self._all, probe))
        return found if self._rows is None else found[self._rows]

    def hubness(self, kind: ProbeKind) -> NDArray[np.float32]:
        """Return how well each suits any sentence, ``(n,)``; see :mod:`cmps.search.hubs`."""
        if self._kept is None or self._hubs is None:
            vectors = self._all if self._rows is None else self._all[self._rows]
            return hubness(vectors, shipped_bank(kind))
        hubs = self._hubs
        found = self._kept.of(("hubs", kind), lambda: hubs.of(self._all, kind))
        return found if self._rows is None else found[self._rows]

    def kept(self, key: Hashable, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return what is kept of all sightings; of some of them, it is made anew."""
        return make() if self._kept is None or self._rows is not None else self._kept.of(key, make)


def key_of(probe: Probe) -> bytes:
    """Return what tells a probe's embedding from others."""
    return probe.kind.encode() + probe.embedding.tobytes()


class Fusion:
    """Log-odds of n sightings.

    Args:
        asked: What they are compared with.
        scored: The sightings.
        shown: For each claim ``(n,)`` how probably each shows its chip.
        evidence: Knows how frequent chips are.
        curves: Calibration by probe kind.
        weights: Of the kinds of evidence.
        size: Of the gallery.
    """

    def __init__(
        self,
        asked: Asked,
        scored: Scored,
        shown: Sequence[NDArray[np.floating]],
        evidence: Evidence,
        curves: Mapping[str, Curve],
        weights: Weights,
        size: int,
    ) -> None:
        self._asked = asked
        self._curves = curves
        self._weights = weights
        self._size = size
        self._scored = scored
        self._cosines = [self._near(probe) for probe in (*asked.texts, *asked.pictures)]
        self.shown = shown
        self._evidence = evidence
        claims = tuple((claim.chip.code(), claim.weight) for claim in asked.claims)
        self._chips: Floats = scored.kept(("chips", evidence.variant, claims), self._told)

    def _near(self, probe: Probe) -> NDArray[np.float32]:
        """Return the cosines ``(n,)`` to a probe, less what suits any other as well."""
        cosines, hubs = self._scored.cosines(probe), self._curves[probe.kind].hubs
        return cosines - np.float32(hubs) * self._scored.hubness(probe.kind) if hubs else cosines

    def _told(self) -> Floats:
        """Return what all chips say together, ``(n,)``."""
        told = np.zeros(len(self._scored))
        for claim, row in zip(self._asked.claims, self.shown, strict=True):
            share = self._evidence.share(claim.chip)
            told += claim.weight * self.ratio(claim.chip, row, share)
        return told

    @cached_property
    def _levels(self) -> list[float]:
        """The level of each probe's best sightings, by cosines alone."""
        return [
            float(self._scored.kept(("level", key_of(probe)), lambda n=n: self._level(n)))  # type: ignore[misc]
            for n, probe in enumerate((*self._asked.texts, *self._asked.pictures))
        ]

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
        return self._added(self._spread, self._lines(closeness), self._chips)

    def nearer(self, coarse: Floats, closeness: Sequence[float]) -> Floats:
        """Return what :meth:`coarse` does, given what it returned without any closeness.

        Args:
            coarse: ``(n,)``; of no more use afterwards.
            closeness: See :meth:`coarse`.
        """
        texts = len(self._asked.texts)
        if len(self._cosines) > texts:
            return self.coarse(closeness)  # of pictures the best one counts, not their sum
        if texts:
            gained = sum(self._lines(closeness)) - sum(self._lines())
            slope = self._weights.trust.steepness(self._size)
            coarse += slope * texts**-self._weights.repeated * gained
        return coarse

    def _lines(self, closeness: Sequence[float] = ()) -> list[float]:
        """Return the constant of each probe's log ratios."""
        near = closeness or [0.0] * len(self._cosines)
        curves = [self._curve(number) for number in range(len(near))]
        # FPR of a stranger adds the same to all scores, and so to their level
        add = [curve.share * one for curve, one in zip(curves, near, strict=True)]
        return [
            float(curve.log_odds(np.array(more), self._size, height + more)) - prior(self._size)
            for curve, height, more in zip(curves, self._levels, add, strict=True)
        ]

    @cached_property
    def _spread(self) -> list[Floats]:
        """What each probe's cosines make of the log-odds, up to a constant, ``(n,)`` each."""
        curves = [self._curve(number) for number in range(len(self._cosines))]
        return [
            curve.slope * (1 - curve.share) * cosines.astype(np.float64)
            for curve, cosines in zip(curves, self._cosines, strict=True)
        ]

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
        between = likeness(self._scored.vectors(rows))
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

    def _level(self, number: int) -> NDArray[np.float64]:
        """Return the level of the best of all sightings for one probe, by its cosines alone."""
        cosines, curve = self._cosines[number], self._curve(number)
        least = max(len(cosines) - BEST, 0)
        best = np.argpartition(cosines, min(least, len(cosines) - 1))[least:]
        between = likeness(self._scored.vectors(best))
        scores = (1 - curve.share) * cosines[best]
        return np.array(level(scores, between, curve.width, cosines[best] > ITSELF))

    def _sum(
        self, scores: Sequence[NDArray[np.floating]], chips: Floats, levels: Sequence[float]
    ) -> Floats:
        start = prior(self._size)
        ratios = [
            self._curve(number).log_odds(score, self._size, height) - start
            for number, (score, height) in enumerate(zip(scores, levels, strict=True))
        ]
        return self._added(ratios, [0.0] * len(ratios), chips)

    def _added(self, ratios: Sequence[Floats], lines: Sequence[float], chips: Floats) -> Floats:
        """Return log-odds from each probe's log ratios.

        Args:
            ratios: ``(n,)`` of each probe, up to a constant.
            lines: These constants.
            chips: ``(n,)`` what the chips say.
        """
        texts = len(self._asked.texts)
        odds = chips + prior(self._size)
        if texts:
            share = texts**-self._weights.repeated
            for ratio in ratios[:texts]:
                odds += share * ratio
            odds += share * sum(lines[:texts])
            trust = self._weights.trust
            odds *= trust.steepness(self._size)
            odds += trust.constant(texts, len(self._asked.claims), self._size)
        if ratios[texts:]:
            # any one of the pictures may be the one that looks like them today
            pictures = [one + line for one, line in zip(ratios[texts:], lines[texts:], strict=True)]
            best = pictures[0]
            for other in pictures[1:]:
                np.logaddexp(best, other, out=best)
            best -= np.log(len(pictures))
            doubt = self._weights.doubt
            best += np.log1p(-doubt)
            odds += np.logaddexp(np.log(doubt), best, out=best)
        return odds

    def _curve(self, number: int) -> Curve:
        texts = self._asked.texts
        probe = texts[number] if number < len(texts) else self._asked.pictures[number - len(texts)]
        return self._curves[probe.kind]


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
