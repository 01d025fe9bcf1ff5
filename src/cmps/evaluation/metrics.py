"""Rank-k, mAP and mINP of a ranking, and the word error rate of a transcript.

A query is judged by the places of its *right* pictures (same identity) in the ranking, best first,
counted from 1. With right places ``r_1 < … < r_R``:

- rank-k (cumulative match): 1 where ``r_1 <= k``, else 0;
- average precision: the mean of ``i / r_i`` over i = 1 … R, not interpolated;
- inverse negative penalty: ``R / r_R``, how much of the list must be read to see everybody
  (Ye et al., *Deep Learning for Person Re-identification*, TPAMI 2021, eq. 7).

mAP and mINP are the means over queries. Equal scores count against the search: among them wrong
pictures come first, so a constant score never looks good and the gallery's order never matters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RANKS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Score:
    """How well one query went.

    Attributes:
        first: Place of the first right picture, from 1; ``inf`` if it was never found.
        precision: Average precision, 0 to 1.
        penalty: Inverse negative penalty, 0 to 1.
    """

    first: float
    precision: float
    penalty: float


MISS = Score(math.inf, 0.0, 0.0)
"""A query that found nothing, such as a recording in which no word was heard."""


def judge(
    similarities: ArrayLike, right: ArrayLike, ignored: ArrayLike | None = None
) -> Score | None:
    """Judge one query's ranking of the gallery.

    Args:
        similarities: ``(N,)``, greater is better; pass a distance with its sign turned.
        right: ``(N,)`` bool, which gallery pictures show the right person.
        ignored: ``(N,)`` bool, pictures that the protocol takes out of the ranking.

    Returns:
        The score, or ``None`` where no right picture is left: such a query cannot be judged.

    Raises:
        ValueError: If lengths disagree or a similarity is not a number.

    Example:
        >>> judge([0.9, 0.8, 0.7, 0.1], [False, True, True, False])
        Score(first=2.0, precision=0.5833333333333333, penalty=0.6666666666666666)
    """
    values = np.asarray(similarities, np.float64)
    hits = np.asarray(right, bool)
    if values.ndim != 1 or hits.shape != values.shape:
        raise ValueError(f"similarities {values.shape} and right pictures {hits.shape} disagree")
    if np.isnan(values).any():
        raise ValueError("a similarity is not a number (NaN); check the encoder's output")
    if ignored is not None:
        kept = ~np.asarray(ignored, bool)
        if kept.shape != values.shape:
            raise ValueError(f"similarities {values.shape} and ignored {kept.shape} disagree")
        values, hits = values[kept], hits[kept]
    if not hits.any():
        return None
    places = np.flatnonzero(hits[np.lexsort((hits, -values))]) + 1
    found = np.arange(1, len(places) + 1)
    return Score(float(places[0]), float((found / places).mean()), float(len(places) / places[-1]))


def market_ignored(
    person: str | None,
    camera: str,
    gallery_people: NDArray[np.object_],
    gallery_cameras: NDArray[np.object_],
    junk: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Return which gallery pictures Market-1501's protocol ignores for a query.

    These are pictures of the same person by the same camera, and junk for everybody.

    Args:
        person: The query's identity.
        camera: The query's camera.
        gallery_people: ``(N,)`` identities.
        gallery_cameras: ``(N,)`` cameras.
        junk: ``(N,)`` pictures that the data set marks as no good for anybody.

    Example:
        >>> people = np.array(["a", "a", "b"], object)
        >>> market_ignored("a", "c1", people, np.array(["c1", "c2", "c1"], object)).tolist()
        [True, False, False]
    """
    same = (gallery_people == person) & (gallery_cameras == camera)
    return np.asarray(same if junk is None else same | junk, bool)


def judge_all(
    similarities: ArrayLike,
    people: Sequence[str],
    gallery_people: Sequence[str | None],
    *,
    cameras: Sequence[str] | None = None,
    gallery_cameras: Sequence[str] | None = None,
    junk: ArrayLike | None = None,
) -> list[Score | None]:
    """Judge a matrix of queries against a gallery.

    Args:
        similarities: ``(Q, N)``, greater is better; pass distances with their sign turned.
        people: The Q queries' identities.
        gallery_people: The N gallery identities; ``None`` is nobody's picture.
        cameras: The Q queries' cameras; given, Market-1501's rule holds (see
            :func:`market_ignored`).
        gallery_cameras: The N gallery cameras; needed with ``cameras``.
        junk: ``(N,)`` bool, gallery pictures that are ignored for every query.

    Returns:
        Q scores; ``None`` where the gallery holds no right picture.

    Raises:
        ValueError: If shapes disagree or a similarity is not a number.

    Example:
        >>> judge_all([[0.9, 0.1], [0.9, 0.1]], ["a", "b"], ["a", "b"])[1].first
        2.0
    """
    matrix = np.asarray(similarities)
    expected = (len(people), len(gallery_people))
    if matrix.shape != expected:
        raise ValueError(f"similarities {matrix.shape} are not queries × gallery {expected}")
    if (cameras is None) != (gallery_cameras is None):
        raise ValueError("Market's rule needs the cameras of the queries and of the gallery")
    gallery = np.array(gallery_people, object)
    excluded = None if junk is None else np.asarray(junk, bool)
    places = None if gallery_cameras is None else np.array(gallery_cameras, object)
    scores = []
    for number, person in enumerate(people):
        ignored = excluded
        if cameras is not None and places is not None:
            ignored = market_ignored(person, cameras[number], gallery, places, excluded)
        scores.append(judge(matrix[number], gallery == person, ignored))
    return scores


@dataclass(frozen=True, slots=True)
class Metrics:
    """Means over queries, all in percent.

    Attributes:
        ranks: rank-k by k.
        mean_precision: mAP.
        mean_penalty: mINP.
        queries: How many queries were judged.
        left_out: How many had no right picture in the gallery and count nowhere.
    """

    ranks: dict[int, float]
    mean_precision: float
    mean_penalty: float
    queries: int
    left_out: int

    def as_dict(self) -> dict[str, float]:
        """Return the figures by the names of the literature, in percent with 2 decimals.

        Example:
            >>> Metrics({1: 100 / 3}, 50.0, 25.0, 3, 0).as_dict()
            {'rank1': 33.33, 'mAP': 50.0, 'mINP': 25.0}
        """
        figures = {f"rank{k}": round(value, 2) for k, value in self.ranks.items()}
        return figures | {
            "mAP": round(self.mean_precision, 2),
            "mINP": round(self.mean_penalty, 2),
        }


def summarise(
    scores: Sequence[Score | None],
    groups: Sequence[Hashable] | None = None,
    ranks: Sequence[int] = RANKS,
) -> Metrics:
    """Average scores over the queries of each group, then over groups.

    The CMPS paper describes every picture by several sentences and takes "the average value of
    this sentences" (§3): each picture is a group and weighs the same, however many sentences
    it has. Without groups every query weighs the same.

    Args:
        scores: One per query; ``None`` entries are left out and counted.
        groups: One key per query, such as the described picture's path.
        ranks: Which k to report.

    Raises:
        ValueError: If lengths disagree or no query could be judged.

    Example:
        >>> one, two = Score(1, 1.0, 1.0), Score(20, 0.5, 0.5)
        >>> summarise([one, two, two], ["picture 1", "picture 2", "picture 2"]).ranks
        {1: 50.0, 5: 50.0, 10: 50.0}
    """
    keys: Sequence[Hashable] = range(len(scores)) if groups is None else groups
    if len(keys) != len(scores):
        raise ValueError(f"{len(scores)} scores and {len(keys)} groups disagree")
    judged = [(key, score) for key, score in zip(keys, scores, strict=True) if score is not None]
    if not judged:
        raise ValueError("no query could be judged: none has a right picture in the gallery")
    rows = np.array(
        [
            [*(float(score.first <= k) for k in ranks), score.precision, score.penalty]
            for _, score in judged
        ]
    )
    numbers: dict[Hashable, int] = {}
    group = np.array([numbers.setdefault(key, len(numbers)) for key, _ in judged])
    sizes = np.bincount(group)
    # a mean of group means is a weighted mean; fsum makes it exact, so order never shows
    weights = 1.0 / (sizes[group] * len(sizes))
    means = [min(100.0, 100 * math.fsum(column * weights)) for column in rows.T]
    return Metrics(
        ranks=dict(zip(ranks, means[: len(ranks)], strict=True)),
        mean_precision=means[-2],
        mean_penalty=means[-1],
        queries=len(judged),
        left_out=len(scores) - len(judged),
    )


def words_of(text: str) -> list[str]:
    """Split a sentence into words for comparison: lower case, no punctuation, hyphens part words.

    Example:
        >>> words_of("A T-shirt, and the man's hat.")
        ['a', 't', 'shirt', 'and', 'the', "man's", 'hat']
    """
    return re.findall(r"\w+(?:'\w+)*", text.lower().replace("’", "'"))


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Count the substitutions, deletions and insertions between two sentences.

    Returns:
        The least number of errors (Levenshtein distance over words) and the words said.

    Example:
        >>> word_errors("a red hat", "a read hat on")
        (2, 3)
    """
    reference, hypothesis = words_of(said), words_of(heard)
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(hypothesis, 1):
            substituted = previous + (word != other)
            previous, row[j] = row[j], min(substituted, row[j] + 1, row[j - 1] + 1)
    return row[-1], len(reference)


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Return all errors over all words said, in percent; above 100 where much was invented.

    Args:
        pairs: (said, heard) sentences.

    Raises:
        ValueError: If nothing was said.

    Example:
        >>> word_error_rate([("a red hat", "a red hat"), ("blue", "")])
        25.0
    """
    errors = words = 0
    for said, heard in pairs:
        wrong, length = word_errors(said, heard)
        errors += wrong
        words += length
    if not words:
        raise ValueError("the word error rate needs at least one word that was said")
    return 100 * errors / words
