"""What is asked: any mix of words and pictures, and which sightings may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Filter


class QueryError(ValueError):
    """A query cannot be asked; the message says what is missing."""


def parse_time(text: str) -> datetime:
    """Read a point in time as ISO 8601 with its zone.

    Raises:
        QueryError: If it is not one; a time without a zone is not guessed.

    Example:
        >>> parse_time("2026-05-01T14:30+02:00").astimezone(UTC).isoformat()
        '2026-05-01T12:30:00+00:00'
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise QueryError(
            f"{text!r} is not a time in ISO 8601; write it as 2026-05-01T14:30:00Z"
        ) from error
    if time.tzinfo is None:
        raise QueryError(f"the time {text!r} has no zone; add one, e.g. {time.isoformat()}Z")
    try:
        time.astimezone(UTC)
    except OverflowError as error:
        raise QueryError(f"the time {text!r} lies outside the calendar") from error
    return time


@dataclass(frozen=True, slots=True)
class Query:
    """One search.

    Attributes:
        texts: Sentences, said or typed.
        readings: Of a sentence that was heard: what else may have been said.
        pictures: RGB pictures ``(H, W, 3)`` of the person.
        sightings: Ids of gallery sightings used as a query ("more like this").
        where: Cameras and times.
        top: How many candidates to return.

    Raises:
        QueryError: If there is no part, or ``top`` is not positive.

    Example:
        >>> Query(texts=("a man in a red coat",)).top
        10
    """

    texts: tuple[str, ...] = ()
    readings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: tuple[NDArray[np.uint8], ...] = ()
    sightings: tuple[str, ...] = ()
    where: Filter = field(default_factory=Filter)
    top: int = 10

    def __post_init__(self) -> None:
        if not (self.texts or self.pictures or self.sightings):
            raise QueryError("nothing to search for; give --text, --audio or --image")
        if self.top < 1:
            raise QueryError(f"--top must be at least 1, not {self.top}")
