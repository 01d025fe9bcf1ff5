"""How good tracks are: found sightings, identities, and steps from stop to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cmps.evaluation.interfaces import EvaluationError


@dataclass(frozen=True, slots=True)
class Judged:
    """One track beside the truth.

    Attributes:
        person: Who was followed.
        given: Sightings of the probe's own pass, which nobody had to find.
        found: Sightings of the track.
        wanted: All sightings of the person.
        steps: Passes of the track in order of time.
        true_steps: Passes of the person in order of time.
    """

    person: str
    given: frozenset[str]
    found: frozenset[str]
    wanted: frozenset[str]
    steps: tuple[str, ...]
    true_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrackScore:
    """Figures in percent, over all tracks together.

    Attributes:
        tracks: How many.
        precision: Share of found sightings that show the person; the probe's pass left aside.
        recall: Share of the person's sightings that were found.
        f1: Their harmonic mean.
        idf1: F1 of identities (Ristani et al., ECCV workshops 2016): each track counts for the one
            person whom it follows best, and the probe's pass counts.
        order_errors: Share of steps from stop to stop that the person did not make so: a stop is
            wrong, or one in between is missing.
    """

    tracks: int
    precision: float
    recall: float
    f1: float
    idf1: float
    order_errors: float

    def as_dict(self) -> dict[str, float]:
        """Return plain values, two decimals."""
        return {
            name: round(getattr(self, name), 2)
            for name in ("precision", "recall", "f1", "idf1", "order_errors")
        }


def score(tracks: Sequence[Judged], owners: Mapping[str, str | None]) -> TrackScore:
    """Judge tracks.

    Args:
        tracks: One a person.
        owners: Who each sighting of the gallery shows.

    Raises:
        EvaluationError: If there is no track.

    Example:
        >>> one = Judged("a", frozenset("1"), frozenset("129"), frozenset("1234"),
        ...              ("x", "y"), ("x", "y", "z"))
        >>> owners = {"1": "a", "2": "a", "3": "a", "4": "a", "9": "b"}
        >>> found = score([one], owners)
        >>> round(found.precision), round(found.recall), round(found.idf1), found.order_errors
        (50, 33, 57, 0.0)
    """
    if not tracks:
        raise EvaluationError("nobody could be followed: no person was seen by two cameras")
    right = sum(len((one.found & one.wanted) - one.given) for one in tracks)
    found = sum(len(one.found - one.given) for one in tracks)
    wanted = sum(len(one.wanted - one.given) for one in tracks)
    steps = wrong = 0
    for one in tracks:
        true = set(pairwise(one.true_steps))
        made = list(pairwise(one.steps))
        steps += len(made)
        wrong += sum(step not in true for step in made)
    return TrackScore(
        len(tracks),
        100 * right / max(found, 1),
        100 * right / max(wanted, 1),
        100 * 2 * right / max(found + wanted, 1),
        100 * _idf1(tracks, owners),
        100 * wrong / max(steps, 1),
    )


def _idf1(tracks: Sequence[Judged], owners: Mapping[str, str | None]) -> float:
    from scipy.optimize import linear_sum_assignment

    followed = [one.person for one in tracks]
    places = {person: place for place, person in enumerate(dict.fromkeys(followed))}
    overlap = np.zeros((len(tracks), len(places)))
    for row, one in enumerate(tracks):
        for id in one.found:
            column = places.get(owners.get(id) or "")
            if column is not None:
                overlap[row, column] += 1
    rows, columns = linear_sum_assignment(-overlap)
    total = sum(len(one.found) for one in tracks)
    total += sum(len(one.wanted) for one in {one.person: one for one in tracks}.values())
    return float(2 * overlap[rows, columns].sum() / max(total, 1))


def best_threshold(scores: Sequence[np.ndarray], right: Sequence[np.ndarray], wanted: int) -> float:
    """Return the threshold with the greatest F1 on some people, to be used on others.

    Args:
        scores: Per probe, of each candidate sighting.
        right: Per probe, which of them show the person.
        wanted: How many sightings there were to find.

    Example:
        >>> best_threshold([np.array([3.0, 2.0, 1.0])], [np.array([True, True, False])], 2)
        2.0
    """
    every, good = np.concatenate(scores), np.concatenate(right)
    order = np.argsort(-every, kind="stable")
    hits = np.cumsum(good[order])
    f1 = 2 * hits / (np.arange(len(order)) + 1 + wanted)
    # the last of equal scores: a threshold takes all of them
    last = np.append(np.diff(every[order]) != 0, True)
    return float(every[order][int(np.where(last, f1, -1).argmax())])
