"""How much candidates look like the person: log ratios of pictures, fused to passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Encoding
from cmps.search.calibration import Curve
from cmps.search.fusion import log_not_same, prior, same_odds
from cmps.search.neighbours import likeness, share_evidence
from cmps.search.ranking import Probe
from cmps.search.reconstruction import Rebuilt, rerank
from cmps.search.tracks.passes import Pass

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fusing:
    """How pictures add up; chosen by ``cmps evaluate track``.

    Attributes:
        alike: Correlation of what two pictures of one pass say, 0-1. At 1 a second picture adds
            nothing, at 0 it counts as much as the first.
        any: Whether any one of several views of the person may be the one that fits (1), or all
            views should (0), or something between.
    """

    alike: float = 1.0
    any: float = 0.0
    views: float = 1.0


def probe_of(encoding: Encoding) -> Probe:
    """Return a picture's encoding as a probe."""
    return Probe("image", encoding.embedding, encoding.pyramid, encoding.foreground)


class Looks:
    """The pictures of candidate passes, ready to be compared with probes.

    Args:
        passes: The candidates.
        curve: Calibration of pictures.
        size: Of the gallery.
        depth: 0 leaves FPR out.
        fusing: How pictures add up.
    """

    def __init__(
        self,
        passes: Sequence[Pass],
        curve: Curve,
        size: int,
        depth: int = 1,
        fusing: Fusing = Fusing(),
    ) -> None:
        self.curve, self.size, self.fusing = curve, size, fusing
        pictures = [one for candidate in passes for one in candidate.sightings]
        self.owners = np.repeat(np.arange(len(passes)), [len(one.sightings) for one in passes])
        self.counts = np.bincount(self.owners, minlength=len(passes))
        self.embeddings = np.stack([one.encoding.embedding for one in pictures])
        self._fine = bool(depth and curve.share)
        self._ready = Rebuilt(np.stack([one.encoding.pyramid for one in pictures]))
        self._near = likeness(self.embeddings) if curve.part and depth else None

    def cosines(self, probe: Probe) -> NDArray[np.float32]:
        """Return each picture's cosine to a probe, ``(pictures,)``."""
        return np.asarray(np.clip(np.vecdot(self.embeddings, probe.embedding), -1, 1), np.float32)

    def likeness(self) -> Floats:
        """Return the mean cosine between the pictures of any two passes, ``(passes, passes)``."""
        means = np.zeros((len(self.counts), self.embeddings.shape[1]))
        np.add.at(means, self.owners, self.embeddings)
        means /= self.counts[:, None]
        return np.asarray(means @ means.T)

    def ratios(self, probe: Probe) -> Floats:
        """Return each picture's log ratio: same person as the probe, against anybody."""
        scores = self.cosines(probe)
        if self._fine:
            distances = self._ready.distances(probe.local, probe.weights)
            scores = rerank(scores, distances, self.curve.share)
        if self._near is not None:
            scores = share_evidence(scores, self._near, self.curve.part, self.curve.width)
        # the size at which the curve was fitted, not this gallery's: what a look tells is the same
        # in all, and a curve whose shift is not 1 would give the odds of another size
        size = self.curve.gallery
        return self.curve.log_odds(scores, size) - prior(size)

    def fused(self, ratios: Sequence[Floats]) -> Floats:
        """Return passes' log ratios ``(passes,)`` from their pictures' to one view of a person.

        Args:
            ratios: ``(pictures,)`` for each picture of the view.
        """
        mean = np.mean(ratios, axis=0)
        sums = np.bincount(self.owners, mean, len(self.counts))
        alike = self.fusing.alike
        number = self.counts * len(ratios)
        return np.asarray(sums / self.counts * number / (1 + (number - 1) * alike))

    def together(self, views: Sequence[Floats], weights: Sequence[float]) -> Floats:
        """Return passes' log ratios to a person of whom several views are known.

        Args:
            views: ``(passes,)`` log ratios to each view.
            weights: How sure it is that each view shows the person, 0-1.
        """
        sure = np.asarray(weights, float)
        share = sure / sure.sum()
        rows = np.stack(views)
        top = rows.max(0)
        best = top + np.log((share[:, None] * np.exp(rows - top)).sum(0))
        number = sure.sum() ** 2 / np.square(sure).sum()
        mean = (share[:, None] * rows).sum(0) * number / (1 + (number - 1) * self.fusing.views)
        return np.asarray(self.fusing.any * best + (1 - self.fusing.any) * mean)

    def unlike(self, probe: Probe) -> Floats:
        """Return what a rejected picture says against each pass, ``(passes,)``."""
        odds = log_not_same(same_odds(probe, self._ready, self.curve, None, self.embeddings))
        return np.asarray(np.bincount(self.owners, odds, len(self.counts)) / self.counts)
