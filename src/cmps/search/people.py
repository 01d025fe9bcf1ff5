"""What a progressive search answers: people, best first, with a probability and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Sighting
from cmps.search.calibration import Curve
from cmps.search.evidence import Seen
from cmps.search.fusion import Floats
from cmps.search.ranking import Candidate
from cmps.search.reconstruction import Rebuilt, rerank
from cmps.search.session import chip_words
from cmps.timings import Timings
from cmps.understanding.chips import Chip

Mark = Literal["", "ticked", "liked"]

NEAREST = 8
"""Two pictures of one person are among each other's so many look-alikes."""
THIN = 0.2
"""Below this probability of the best person the evidence is called thin."""


_code = lru_cache(maxsize=4096)(Chip.code)


@dataclass(frozen=True, slots=True)
class Reason:
    """What one chip says of a person's best picture.

    Attributes:
        chip: The chip.
        seen: Whether the picture shows the thing; of a ruled-out chip, too, whether it is there.
        shown: The probability of that.
        counts: How much it moved the log-odds; negative where it speaks against the person.
    """

    chip: Chip
    seen: Seen
    shown: float
    counts: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "chip": _code(self.chip),
            "words": chip_words(self.chip),
            "seen": self.seen,
            "shown": round(self.shown, 3),
            "counts": round(self.counts, 3),
        }


@dataclass(frozen=True, slots=True)
class Person:
    """Sightings that probably show one person.

    Attributes:
        rank: From 1.
        sightings: Best first; their ranks count within the person.
        reasons: Per chip, for the best picture.
        mark: What was clicked.
    """

    rank: int
    sightings: tuple[Candidate, ...]
    reasons: tuple[Reason, ...] = ()
    mark: Mark = ""

    @property
    def best(self) -> Candidate:
        """The best picture."""
        return self.sightings[0]

    @property
    def probability(self) -> float:
        """Calibrated probability that this is the person sought; a human decides."""
        return self.best.probability

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "rank": self.rank,
            "probability": round(self.probability, 6),
            "mark": self.mark,
            "reasons": [one.as_dict() for one in self.reasons],
            "sightings": [one.as_dict() for one in self.sightings],
        }


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a session finds.

    Attributes:
        people: Best first.
        thin: Why nobody can be named; empty where the evidence carries.
        gallery: How many sightings there are.
        passing: How many pass the filter.
        timings: Milliseconds of each stage.
        ids: ``(n,)`` of all sightings that were scored.
        odds: ``(n,)`` log-odds of each.
    """

    people: tuple[Person, ...]
    thin: str
    gallery: int
    passing: int
    timings: Timings
    ids: NDArray[np.object_] = field(repr=False, compare=False)
    odds: Floats = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "people": [one.as_dict() for one in self.people],
            "thin": self.thin,
            "gallery": self.gallery,
            "passing": self.passing,
            "milliseconds": self.timings.rounded(),
        }


def grouped(
    sightings: Sequence[Sighting],
    odds: Floats,
    ready: Rebuilt,
    curve: Curve,
    together: Sequence[int] = (),
    surely: float = 0.0,
) -> list[list[int]]:
    """Gather sightings into people: same tracklet, or probably the same person as the best one.

    Who stands in a stranger's group is not seen, so likeness alone is not enough: a sentence
    brings together people who are dressed alike. Both must also be among each other's
    ``NEAREST`` look-alikes (k-reciprocal neighbours; Zhong et al., CVPR 2017).

    Args:
        sightings: K of them.
        odds: ``(K,)`` log-odds; −inf leaves one out.
        ready: Their pyramids.
        curve: Calibration of pictures.
        together: Places of sightings that a human took for one person.
        surely: Log-odds from which on two pictures show one person.

    Returns:
        Places of each person's sightings, best first, the best person first.
    """
    order = np.array([n for n in np.argsort(-odds, kind="stable") if np.isfinite(odds[n])], np.intp)
    run = _runs(sightings, order)
    same = _same(sightings, order, run, ready, curve, surely)
    named = np.isin(order, np.asarray(together, np.intp))
    mates = run[:, None] == run
    people: list[list[int]] = []
    left = np.ones(len(order), bool)
    for first in range(len(order)):
        if left[first]:
            alike = same[first] | (named if named[first] else False)
            # with a picture comes all of its tracklet
            members = left & mates[alike].any(0)
            left &= ~members
            people.append([int(place) for place in order[members]])
    return people


def _runs(sightings: Sequence[Sighting], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return a number for the tracklet of each sighting in order; its own where it has none."""
    runs: dict[str, int] = {}
    return np.array(
        [
            n if (name := sightings[place].tracklet) is None else runs.setdefault(name, n)
            for n, place in enumerate(order)
        ],
        np.intp,
    )


def _same(
    sightings: Sequence[Sighting],
    order: NDArray[np.intp],
    run: NDArray[np.intp],
    ready: Rebuilt,
    curve: Curve,
    surely: float,
) -> NDArray[np.bool_]:
    """Return which of n sightings, in order, show one person with which that come later."""
    embeddings = np.stack([one.encoding.embedding for one in sightings])[order]
    weights = np.stack([one.encoding.foreground for one in sightings])
    cosines = embeddings @ embeddings.T
    same = run[:, None] == run
    # cosine alone bounds the score from above, and FPR looks only at pairs that can reach it
    needed = (surely - curve.intercept) / curve.slope - curve.share
    near = np.triu(((1 - curve.share) * cosines >= needed) & _mutual(cosines, run) & ~same, 1)
    ones, others = np.nonzero(near)
    distances = ready.between(weights, order[ones], order[others])
    scores = rerank(cosines[ones, others], distances, curve.share)
    same[ones, others] = curve.log_odds(scores, curve.gallery) >= surely
    return np.asarray(same)


def _mutual(cosines: NDArray[np.floating], run: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which of n sightings are among each other's nearest of other tracklets, ``(n, n)``.

    A long tracklet beside somebody must not hide all others: of each the nearest picture counts.
    """
    count = len(run)
    runs, places = np.unique(run, return_inverse=True)
    nearest = np.full((count, len(runs)), -np.inf)
    np.maximum.at(nearest.T, places, cosines.T)
    nearest[np.arange(count), places] = -np.inf
    edge = np.sort(nearest, axis=1)[:, -NEAREST if len(runs) > NEAREST else 0]
    close = cosines >= edge[:, None]
    return np.asarray(close & close.T)


def thinness(people: Sequence[Person], empty: bool) -> str:
    """Say why the evidence does not carry; nothing where it does."""
    if empty:
        return "nothing was said of the person yet"
    if not people:
        return "no sighting passes the cameras and times asked for"
    best = people[0]
    if best.mark == "ticked":
        return ""
    if best.probability < THIN:
        return (
            "don't know: nobody fits clearly better than others; say more, answer a question, "
            "or look in other places and times"
        )
    return ""


def candidates(
    members: Sequence[int],
    sightings: Sequence[Sighting],
    odds: Floats,
    chances: Floats,
    cosines: Floats,
) -> tuple[Candidate, ...]:
    """Return a person's sightings, best first.

    Args:
        members: Their places.
        sightings: All K.
        odds: ``(K,)``.
        chances: ``(K,)`` the probabilities of these odds.
        cosines: ``(probes, K)`` to each probe.
    """
    best = sorted(members, key=lambda place: -odds[place])
    return tuple(
        Candidate(
            rank,
            sightings[place],
            float(chances[place]),
            tuple(float(one) for one in cosines[:, place]),
        )
        for rank, place in enumerate(best, 1)
    )
