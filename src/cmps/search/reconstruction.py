"""Foreground-aware pyramid reconstruction at run time (He et al., ICCV 2019; paper §2).

A probe is a set of local vectors: the cells of a picture, weighted by foreground, or the words of
a sentence, weighted by attention. It matches a gallery picture as far as that picture's cells can
rebuild it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BETA = 0.1  # ridge weight of the training; the exported vectors were learned with it


def fpr_distances(
    probe: NDArray[np.floating],
    weights: NDArray[np.floating],
    gallery: NDArray[np.floating],
    beta: float = BETA,
) -> NDArray[np.float32]:
    """Return the FPR distance of one probe to each of K gallery pictures.

    With Y's cells as columns, W = (YᵀY + βI)⁻¹YᵀX, eₙ = ‖xₙ − Ywₙ‖² and the distance is
    Σ pₙeₙ / Σ pₙ. For unit xₙ and sₙ = Yᵀxₙ the error is eₙ = 1 − sₙᵀwₙ − β‖wₙ‖².

    Args:
        probe: ``(n, d)`` unit local vectors.
        weights: ``(n,)`` foreground probability or attention.
        gallery: ``(K, m, d)`` unit local vectors.
        beta: Ridge weight.

    Returns:
        ``(K,)`` from 0 (rebuilt in full) to 1.

    Example:
        >>> cells = np.eye(4, dtype=np.float32)
        >>> near, far = fpr_distances(cells[:2], np.ones(2), np.stack([cells[:2], cells[2:]]))
        >>> print(f"{near:.3f} {far:.3f}")
        0.008 1.000
    """
    galleries = gallery.astype(np.float32)
    cells = galleries.shape[1]
    gram = galleries @ galleries.transpose(0, 2, 1) + beta * np.eye(cells, dtype=np.float32)
    seen = galleries @ probe.astype(np.float32).T  # (K, m, n)
    code = np.linalg.solve(gram, seen)
    errors = 1 - (seen * code).sum(1) - beta * np.square(code).sum(1)  # (K, n)
    share = weights / max(float(weights.sum()), 1e-4)
    distances: NDArray[np.float32] = (errors @ share).astype(np.float32)
    return distances


def inverses_of(gallery: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (YᵀY + βI)⁻¹ of each picture's cells Y, ``(K, m, m)``.

    Args:
        gallery: ``(K, m, d)`` unit local vectors.
    """
    pictures = np.asarray(gallery, np.float32)
    ridge = BETA * np.eye(pictures.shape[1], dtype=np.float32)
    return np.asarray(np.linalg.inv(pictures @ pictures.transpose(0, 2, 1) + ridge), np.float32)


class Rebuilt:
    """K gallery pictures made ready to rebuild many probes: what they need is inverted once.

    Gives the distances of :func:`fpr_distances`; with several probes, or pictures compared with
    each other, in a fraction of the time.

    Args:
        gallery: ``(K, m, d)`` unit local vectors.
        inverses: ``(K, m, m)`` from :func:`inverses_of`, where they are known already.

    Example:
        >>> cells = np.eye(4, dtype=np.float32)
        >>> ready = Rebuilt(np.stack([cells[:2], cells[2:]]))
        >>> ready.distances(cells[:2], np.ones(2)).round(3).tolist()
        [0.00800000037997961, 1.0]
    """

    def __init__(
        self, gallery: NDArray[np.floating], inverses: NDArray[np.float32] | None = None
    ) -> None:
        self.pictures = np.asarray(gallery, np.float32)
        self._inverse = inverses_of(self.pictures) if inverses is None else inverses

    def distances(
        self,
        probe: NDArray[np.floating],
        weights: NDArray[np.floating],
        rows: NDArray[np.intp] | slice = slice(None),
    ) -> NDArray[np.float32]:
        """Return the FPR distance of one probe to some of the pictures.

        Args:
            probe: ``(n, d)`` unit local vectors.
            weights: ``(n,)`` foreground probability or attention.
            rows: Which pictures; default all.
        """
        seen = self.pictures[rows] @ probe.astype(np.float32).T  # (K, m, n)
        code = self._inverse[rows] @ seen
        errors = 1 - (seen * code).sum(1) - BETA * np.square(code).sum(1)
        share = weights / max(float(weights.sum()), 1e-4)
        distances: NDArray[np.float32] = (errors @ share).astype(np.float32)
        return distances


def rerank(
    similarities: NDArray[np.floating], distances: NDArray[np.floating], share: float
) -> NDArray[np.float32]:
    """Mix global similarity and FPR distance into one score (higher is better).

    Args:
        similarities: ``(K,)`` cosines.
        distances: ``(K,)`` from :func:`fpr_distances`.
        share: Part of FPR, 0–1; fitted per probe kind on the val split.
    """
    scores: NDArray[np.float32] = ((1 - share) * similarities + share * (1 - distances)).astype(
        np.float32
    )
    return scores
