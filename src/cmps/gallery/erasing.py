"""Erasing: sightings and whatever else holds them, whole cases, and what was kept long enough.

What is erased leaves counts in the audit and nothing else. An id of a sighting may still stand in
older rows of the audit: it is a hash of a picture that is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, astuple, dataclass, replace
from operator import add
from typing import Any

from cmps.gallery.audit import found
from cmps.gallery.cases import SessionRecord


@dataclass(frozen=True, slots=True)
class Erasure:
    """How much was erased.

    Attributes:
        sightings: With crops and vectors; tracklets that are left empty go too.
        cases: With all that belongs to them.
        sessions: Of those cases.
        steps: Of sessions, those of ``sessions`` included.
        photos: Vectors of uploaded pictures.
        events: Of watches.
        confirmations: With their notes.
    """

    sightings: int = 0
    cases: int = 0
    sessions: int = 0
    steps: int = 0
    photos: int = 0
    events: int = 0
    confirmations: int = 0

    def plus(self, other: Erasure) -> Erasure:
        """Return both together."""
        return Erasure(*map(add, astuple(self), astuple(other)))

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def __str__(self) -> str:
        counts = [
            f"{count:,} {name.removesuffix('s') if count == 1 else name}"
            for name, count in asdict(self).items()
            if count
        ]
        return ", ".join(counts) or "nothing"


def tell(done: Erasure) -> Erasure:
    """Let the pending entry of the audit say how much was erased."""
    found({name: count for name, count in done.as_dict().items() if count})
    return done


def seeks(part: dict[str, Any], ids: Collection[str]) -> bool:
    """Whether a step says that one of some sightings shows the person sought."""
    return part.get("part") == "tick" and part.get("sighting") in ids


def trimmed(part: dict[str, Any], ids: Collection[str]) -> dict[str, Any] | None:
    """Return a step's part that names none of some sightings; ``None`` if it named nothing else."""
    if "sightings" in part:
        left = [one for one in part["sightings"] if one not in ids]
        return part | {"sightings": left} if left else None
    return None if part.get("sighting") in ids else part


def without(session: SessionRecord, ids: Collection[str], *, whole: bool) -> SessionRecord:
    """Return a session without the steps that name sightings, or without any.

    Example:
        >>> from datetime import UTC, datetime
        >>> from cmps.gallery.cases import Step
        >>> at = datetime(2026, 5, 1, tzinfo=UTC)
        >>> steps = [Step({"part": "tick", "sighting": one}, "ana", at) for one in ("a1", "b2")]
        >>> left = without(SessionRecord("s1", "c1", tuple(steps), 2), {"a1"}, whole=False)
        >>> left.cursor, [step.part["sighting"] for step in left.steps]
        (1, ['b2'])
    """
    if whole:
        return replace(session, steps=(), cursor=0)
    parts = [trimmed(step.part, ids) for step in session.steps]
    steps = tuple(
        replace(step, part=part)
        for step, part in zip(session.steps, parts, strict=True)
        if part is not None
    )
    cursor = sum(part is not None for part in parts[: session.cursor])
    return replace(session, steps=steps, cursor=cursor)


def photos_of(sessions: Collection[SessionRecord]) -> set[str]:
    """Return the ids of the photos that sessions name."""
    return {step.part["photo"] for one in sessions for step in one.steps if step.part.get("photo")}
