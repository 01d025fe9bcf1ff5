"""What a progressive search answers: people, best first, with a probability and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Sighting
from cmps.search.evidence import Seen
from cmps.search.fusion import Floats
from cmps.search.likeness import linked
from cmps.search.ranking import Candidate
from cmps.search.session import chip_words
from cmps.timings import Timings
from cmps.understanding.chips import Chip

Mark = Literal["", "ticked", "liked"]

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
    vectors: NDArray[np.floating],
    together: Sequence[int] = (),
    alike: float = 0.66,
) -> list[list[int]]:
    """Gather sightings into people: same tracklet, or so alike that they are probably one person.

    Who stands in a stranger's group is not seen, and a stranger who stands in five groups hides
    four others. So groups are joined as long as all of their members are alike.

    Args:
        sightings: K of them.
        odds: ``(K,)`` log-odds; −inf leaves one out.
        vectors: ``(K, 256)`` unit vectors, without what a camera's pictures have in common.
        together: Places of sightings that a human took for one person.
        alike: Cosine from which on two pictures, or tracklets, show one person.

    Returns:
        Places of each person's sightings, best first, the best person first.
    """
    order = np.array([n for n in np.argsort(-odds, kind="stable") if np.isfinite(odds[n])], np.intp)
    run = _runs(sightings, order)
    named = np.isin(order, np.asarray(together, np.intp))
    if named.any():  # with each comes all of its tracklet
        run[np.isin(run, run[named])] = run[named].min()
    people: dict[int, list[int]] = {}
    chosen = vectors[order]
    for place, group in zip(order, linked(chosen @ chosen.T, run, alike), strict=True):
        people.setdefault(int(group), []).append(int(place))
    return list(people.values())


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
