"""Two-stage ranking of a whole gallery: global similarity first, then hubs, FPR, look-alikes.

The second stage is the search room's own code, over the same number of best pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.search.calibration import Curve, shipped_curves
from cmps.search.hubs import hubness, shipped_bank
from cmps.search.neighbours import likeness, share_evidence
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
        sharing: Part and width of :func:`share_evidence` by probe kind; no entry, no sharing.
        hubs: What hubness counts by probe kind; no entry, nothing.
    """

    shares: Mapping[str, float]
    best: int = 100
    distances: Callable[[Array, Array, Array], Array] = fpr_distances
    mix: Callable[[Array, Array, float], Array] = rerank
    sharing: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    hubs: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, curves: Mapping[str, Curve], best: int = 100) -> Reranking:
        """Return the setting that these curves were fitted with."""
        return cls(
            {kind: curve.share for kind, curve in curves.items()},
            best,
            sharing={kind: (curve.part, curve.width) for kind, curve in curves.items()},
            hubs={kind: curve.hubs for kind, curve in curves.items()},
        )

    @classmethod
    def shipped(cls, best: int = 100) -> Reranking:
        """Return the setting that search ships with.

        Raises:
            WeightsError: If the shipped calibration is missing or changed.
        """
        return cls.of(shipped_curves(), best)

    def scores(
        self,
        kind: str,
        similarities: Array,
        probe: Array,
        weights: Array,
        pyramids: Array,
        ignored: NDArray[np.bool_] | None = None,
        embeddings: Array | None = None,
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
            embeddings: ``(N, d)`` of the gallery; without them neither look-alikes nor hubs count.

        Returns:
            ``(N,)`` scores, greater is better.
        """
        scores = np.asarray(similarities, np.float64)
        share = self.shares.get(kind, 0.0)
        part, width = self.sharing.get(kind, (0.0, 1.0))
        hubs = self.hubs.get(kind, 0.0)
        if embeddings is None:
            part = hubs = 0.0
        open_to_all = scores if ignored is None else np.where(ignored, -np.inf, scores)
        count = min(self.best, int(np.isfinite(open_to_all).sum()))
        if share == part == hubs == 0 or count < 2:
            return scores
        best = best_places(open_to_all, count)
        mixed = np.asarray(scores[best], np.float64)
        if hubs and embeddings is not None:
            mixed -= hubs * hubness(embeddings[best], shipped_bank(kind))
        if share:
            distances = self.distances(probe, weights, pyramids[best])
            mixed = np.asarray(self.mix(mixed, distances, share), np.float64)
        if part and embeddings is not None:
            between = likeness(embeddings[best])
            mixed = np.asarray(share_evidence(mixed, between, part, width), np.float64)
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
