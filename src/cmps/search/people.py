"""What a progressive search answers: people, best first, with a probability and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Sighting
from cmps.search.calibration import Curve, probability
from cmps.search.evidence import Seen
from cmps.search.fusion import Floats, same_odds
from cmps.search.ranking import Candidate, Probe
from cmps.search.reconstruction import Rebuilt
from cmps.search.session import chip_words
from cmps.timings import Timings
from cmps.understanding.chips import Chip

Mark = Literal["", "ticked", "liked"]

THIN = 0.2
"""Below this probability of the best person the evidence is called thin."""


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
            "chip": self.chip.code(),
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
) -> list[list[int]]:
    """Gather sightings into people: same tracklet, or probably the same person as the best one.

    Args:
        sightings: K of them.
        odds: ``(K,)`` log-odds; −inf leaves one out.
        ready: Their pyramids.
        curve: Calibration of pictures.
        together: Places of sightings that a human took for one person.

    Returns:
        Places of each person's sightings, best first, the best person first.
    """
    embeddings = np.stack([one.encoding.embedding for one in sightings])
    order = [int(place) for place in np.argsort(-odds, kind="stable") if np.isfinite(odds[place])]
    # cosine alone bounds the score from above, and FPR looks only at pairs that can reach it
    needed = -curve.intercept / curve.slope - curve.share
    people: list[list[int]] = []
    left = dict.fromkeys(order)
    while left:
        first = next(iter(left))
        rest = np.array([place for place in left if place != first], np.intp)
        alike = np.zeros(len(rest), bool)
        if len(rest):
            cosines = np.vecdot(embeddings[rest], embeddings[first])
            near = np.flatnonzero((1 - curve.share) * cosines >= needed)
            if len(near):
                one = sightings[first].encoding
                probe = Probe("image", one.embedding, one.pyramid, one.foreground)
                found = same_odds(probe, ready, curve, rest[near], embeddings[rest[near]])
                alike[near] = found >= 0
            run = sightings[first].tracklet
            for number, place in enumerate(rest):
                same_run = run is not None and sightings[place].tracklet == run
                alike[number] |= same_run or (first in together and int(place) in together)
        members = [first, *(int(place) for place in rest[alike])]
        people.append(members)
        for place in members:
            del left[place]
    return people


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
    members: Sequence[int], sightings: Sequence[Sighting], odds: Floats, cosines: Floats
) -> tuple[Candidate, ...]:
    """Return a person's sightings, best first.

    Args:
        members: Their places.
        sightings: All K.
        odds: ``(K,)``.
        cosines: ``(probes, K)`` to each probe.
    """
    best = sorted(members, key=lambda place: -odds[place])
    chances = probability(odds)
    return tuple(
        Candidate(
            rank,
            sightings[place],
            float(chances[place]),
            tuple(float(one) for one in cosines[:, place]),
        )
        for rank, place in enumerate(best, 1)
    )
