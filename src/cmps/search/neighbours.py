"""Candidates share evidence with their look-alikes.

A sentence says little, and one picture of a person may fit it badly by chance: a bag that is out
of sight, a dark corner. Pictures that look like each other mostly show one person, so each
candidate takes over part of the mean score of those among the best K that resemble it (smoothing
on the neighbourhood graph; Donoser and Bischof, CVPR 2013). Only the candidates' own vectors are
used: no other query, no training people, and a gallery of any size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def likeness(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the cosines ``(K, K)`` between unit embeddings ``(K, d)``."""
    vectors = embeddings.astype(np.float32)
    cosines: NDArray[np.float32] = vectors @ vectors.T
    return cosines


def share_evidence(
    scores: NDArray[np.floating],
    cosines: NDArray[np.floating],
    part: float,
    width: float,
) -> NDArray[np.float32]:
    """Mix each candidate's score with the mean of its look-alikes.

    With weights wᵢⱼ = exp((cᵢⱼ − 1) / width), itself included, the new score is
    (1 − part) sᵢ + part Σⱼ wᵢⱼsⱼ / Σⱼ wᵢⱼ.

    Args:
        scores: ``(K,)`` of one probe, finite.
        cosines: ``(K, K)`` from :func:`likeness`.
        part: What the look-alikes count, 0–1; 0 returns the scores as they are.
        width: How much less alike, in cosine, a picture must be to count e times less.

    Returns:
        ``(K,)`` within the range of ``scores``.

    Example:
        The middle candidate looks like the first and is raised above the last:

        >>> embeddings = np.array([[1, 0], [1, 0], [0, 1]])
        >>> scores = np.array([0.8, 0.4, 0.5])
        >>> share_evidence(scores, likeness(embeddings), 0.5, 0.05).round(2).tolist()
        [0.699999988079071, 0.5, 0.5]
    """
    if part == 0:
        return scores.astype(np.float32)
    weights = np.exp((cosines - 1) / width)
    means = weights @ scores / weights.sum(1)
    shared: NDArray[np.float32] = ((1 - part) * scores + part * means).astype(np.float32)
    return shared
