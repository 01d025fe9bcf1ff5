"""Two-stage ranking of a whole gallery: global similarity first, FPR over the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.search.calibration import shipped_curves
from cmps.search.reconstruction import fpr_distances, rerank

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Reranking:
    """How the best pictures of the global search are ranked again.

    Attributes:
        shares: Part of FPR in the mixed score, 0–1, by probe kind (``fast``, ``accurate``,
            ``image``); 0 or no entry keeps the global order.
        best: How many pictures are ranked again; 0 for none.
        distances: From probe ``(n, d)``, weights ``(n,)`` and gallery ``(K, cells, d)`` to
            distances ``(K,)``.
        mix: From similarities ``(K,)``, distances ``(K,)`` and share to scores ``(K,)``.
    """

    shares: Mapping[str, float]
    best: int = 100
    distances: Callable[[Array, Array, Array], Array] = fpr_distances
    mix: Callable[[Array, Array, float], Array] = rerank

    @classmethod
    def shipped(cls, best: int = 100) -> Reranking:
        """Return the setting that search ships with.

        Raises:
            WeightsError: If the shipped calibration is missing or changed.
        """
        return cls({kind: curve.share for kind, curve in shipped_curves().items()}, best)

    def scores(
        self,
        kind: str,
        similarities: Array,
        probe: Array,
        weights: Array,
        pyramids: Array,
        ignored: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float64]:
        """Rank one query's best pictures again; the others keep their order, below.

        Args:
            kind: The probe's kind; names the share.
            similarities: ``(N,)`` of the global search.
            probe: ``(n, d)`` local vectors of the query: words or cells.
            weights: ``(n,)`` attention or foreground probability.
            pyramids: ``(N, cells, d)`` of the gallery.
            ignored: ``(N,)`` bool, pictures that the protocol ignores; they must not take places
                among the best.

        Returns:
            ``(N,)`` scores, greater is better.
        """
        scores = np.asarray(similarities, np.float64)
        share = self.shares.get(kind, 0.0)
        open_to_all = scores if ignored is None else np.where(ignored, -np.inf, scores)
        count = min(self.best, int(np.isfinite(open_to_all).sum()))
        if share == 0 or count < 2:
            return scores
        best = best_places(open_to_all, count)
        distances = self.distances(probe, weights, pyramids[best])
        mixed = np.asarray(self.mix(similarities[best], distances, share), np.float64)
        again = scores.copy()
        again[best] = scores.max() + 1 + (mixed - mixed.min())
        return again


def best_places(scores: Array, count: int) -> NDArray[np.intp]:
    """Return the places of the greatest scores, in no order.

    Example:
        >>> sorted(best_places(np.array([0.1, 0.9, 0.5]), 2).tolist())
        [1, 2]
    """
    if count >= len(scores):
        return np.arange(len(scores))
    return np.argpartition(-scores, count - 1)[:count]
