"""Candidates share evidence with their look-alikes.

A sentence says little, and one picture of a person may fit it badly by chance: a bag that is out
of sight, a dark corner. Pictures that look like each other mostly show one person, so each
candidate takes over part of the mean score of those among the best K that resemble it (smoothing
on the neighbourhood graph; Donoser and Bischof, CVPR 2013). Only the candidates' own vectors are
used: no other query, no training people, and a gallery of any size.

The level of a query's best candidates tells how far its score can be trusted: where many different
people score high, the first one is right less often.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BEST = 100  # how many candidates make the level
SOFTNESS = 0.1  # of its maximum, in score; less follows the first candidate alone
ITSELF = 0.999  # cosine from which a candidate is the probe itself, found again in the gallery


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


def level(
    scores: NDArray[np.floating],
    cosines: NDArray[np.floating],
    width: float,
    ignored: NDArray[np.bool_] | None = None,
) -> float:
    """Return how high the best candidates of a query score: a soft maximum over people.

    With wᵢⱼ as in :func:`share_evidence` and dᵢ = Σⱼ wᵢⱼ it is τ log Σᵢ exp(sᵢ / τ) / dᵢ over the
    best 100. Look-alikes share one vote, so that a person with many pictures does not outvote
    themselves.

    Args:
        scores: ``(K,)`` of one probe, finite.
        cosines: ``(K, K)`` from :func:`likeness`.
        width: See :func:`share_evidence`.
        ignored: ``(K,)`` candidates that are nobody's rivals: the probe itself.

    Example:
        A second picture of the same person changes nothing, another person does:

        >>> cosines = likeness(np.array([[1, 0], [1, 0], [0, 1]]))
        >>> one = level(np.array([0.5]), cosines[:1, :1], 0.05)
        >>> pair = level(np.array([0.5, 0.5]), cosines[:2, :2], 0.05)
        >>> other = level(np.array([0.5, 0.5]), cosines[1:, 1:], 0.05)
        >>> print(f"{one:.2f} {pair:.2f} {other:.2f}")
        0.50 0.50 0.57
    """
    chosen = np.arange(len(scores)) if ignored is None else np.flatnonzero(~ignored)
    if not len(chosen):
        chosen = np.arange(len(scores))
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:BEST]]
    best = scores[chosen].astype(np.float64)
    crowding = np.exp((cosines[np.ix_(chosen, chosen)].astype(np.float64) - 1) / width).sum(1)
    votes = np.exp((best - best[0]) / SOFTNESS) / crowding
    return float(best[0] + SOFTNESS * np.log(votes.sum()))
