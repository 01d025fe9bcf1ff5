"""The records of the gallery. ``Sighting`` is the one that every room passes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.geometry import Point

EMBEDDING_SIZE = 256
SMALLEST, TALLEST = 0.3, 2.6
"""Metres between which a camera may find somebody tall."""

Box = tuple[int, int, int, int]
Span = tuple[datetime, datetime]
"""A stretch of time: from, inclusive, and to, exclusive."""


class GalleryError(RuntimeError):
    """The gallery cannot do what was asked; the message names the thing and the way out."""


class UnknownError(GalleryError):
    """What was asked for is not there."""


class UnavailableError(GalleryError):
    """The database is away, full or broken; the same may work later."""


class ConflictError(GalleryError):
    """What was asked for no longer fits: it was closed, changed or done meanwhile."""


Unknown, Conflict = UnknownError, ConflictError  # the names that ended; for files being written


def sighting_id(picture: bytes, box: Box | None = None) -> str:
    """Return the identifier of a picture: the same bytes and box are the same sighting.

    Args:
        picture: The picture file's bytes as they were found.
        box: The part of it that shows the person, or ``None`` for all of it.

    Returns:
        20 hexadecimal digits.

    Example:
        >>> sighting_id(b"a picture")
        '7e732b31672a37ea9367'
    """
    digest = blake2b(picture, digest_size=10)
    if box is not None:
        digest.update(repr(tuple(box)).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Network:
    """The image network that encodings come from: those of two networks cannot be compared.

    Attributes:
        name: ``cmps`` for the shipped one; a plug-in has its own.
        sha256: Of its weights.

    Example:
        >>> print(Network("cmps", "76d51cdd79b468dbc454"))
        cmps 76d51cdd79b4
    """

    name: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera; ``site`` groups cameras of one building or area.

    ``keep_days`` says for how long its sightings are kept; ``None`` until somebody deletes them.
    """

    id: str
    name: str = ""
    site: str = ""
    keep_days: int | None = None

    def __post_init__(self) -> None:
        if not self.id:
            raise GalleryError("a camera needs an id; pass --camera NAME")

    @property
    def label(self) -> str:
        """What people call it: its name, or its id where it has none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Tracklet:
    """A run of pictures of one person by one camera; ``start`` and ``end`` may be unknown."""

    id: str
    camera: str
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the image network makes of one picture.

    Attributes:
        embedding: ``(256,)`` float32, unit length; the space shared with text.
        pyramid: ``(cells, d)`` float16, unit rows; the local vectors of FPR.
        foreground: ``(cells,)`` float32 in 0–1; probability that a cell shows the person.

    Raises:
        ValueError: If shapes disagree or a number is not finite.
    """

    embedding: NDArray[np.float32]
    pyramid: NDArray[np.float16]
    foreground: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.embedding.shape != (EMBEDDING_SIZE,):
            raise ValueError(f"embedding has shape {self.embedding.shape}, not ({EMBEDDING_SIZE},)")
        if self.pyramid.ndim != 2 or self.foreground.shape != self.pyramid.shape[:1]:
            raise ValueError(
                f"pyramid {self.pyramid.shape} and foreground {self.foreground.shape} disagree"
            )
        if not np.isfinite(self.embedding).all():
            raise ValueError("embedding holds numbers that are not finite")


@dataclass(frozen=True, slots=True)
class Passage:
    """What a calibrated camera knows of one pass of somebody through its view.

    Attributes:
        tracklet: The tracklet's id.
        camera: The camera's id.
        enter: When it begins.
        leave: When it ends.
        first: Where on the floor it begins, metres on the plan.
        last: Where it ends.
        height: How tall the camera finds them, metres; ``None`` where it cannot tell.

    Raises:
        GalleryError: If a time has no zone, it ends before it begins, a place is no number, or
            nobody is so tall.
    """

    tracklet: str
    camera: str
    enter: datetime
    leave: datetime
    first: Point
    last: Point
    height: float | None = None

    def __post_init__(self) -> None:
        if self.enter.tzinfo is None or self.leave.tzinfo is None:
            raise GalleryError(
                f"tracklet {self.tracklet}: a time has no zone; add Z for UTC or an offset"
            )
        if self.enter > self.leave:
            raise GalleryError(f"tracklet {self.tracklet} leaves before it enters")
        if not np.isfinite([self.first, self.last]).all():
            raise GalleryError(f"tracklet {self.tracklet}: a place is not a number")
        if self.height is not None and not SMALLEST <= self.height <= TALLEST:
            raise GalleryError(
                f"tracklet {self.tracklet}: nobody is {self.height} m tall; heights are "
                f"metres from {SMALLEST} to {TALLEST}, or left empty"
            )

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return (self.leave - self.enter).total_seconds()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One picture of one person, by one camera, at one time, encoded.

    Attributes:
        id: From :func:`sighting_id`.
        camera: The camera's id.
        encoding: What the image network made of it.
        picture: The crop as JPEG bytes; empty where a store was asked to leave it out.
        time: Timezone-aware, or ``None`` where nobody knows.
        tracklet: The run of pictures it belongs to, or ``None``.
        person: Ground-truth identity for measurement only, never shown as a result's name.
        source: Where the picture came from (a path), for the operator.
        box: ``(x, y, width, height)`` inside the source picture, or ``None``.
        passage: When and where on the floor its tracklet begins and ends, or ``None`` where the
            camera does not know.

    Raises:
        GalleryError: If the id or camera is missing, the time is naive, or the passage is another
            tracklet's.
    """

    id: str
    camera: str
    encoding: Encoding
    picture: bytes = b""
    time: datetime | None = None
    tracklet: str | None = None
    person: str | None = None
    source: str = ""
    box: Box | None = None
    passage: Passage | None = None

    def __post_init__(self) -> None:
        if not self.id or not self.camera:
            raise GalleryError(f"sighting {self.id!r} of {self.source!r} needs an id and a camera")
        if self.time is not None and self.time.tzinfo is None:
            raise GalleryError(f"sighting {self.id}: the time {self.time} has no zone")
        one = self.passage
        if one is not None and (one.tracklet, one.camera) != (self.tracklet, self.camera):
            raise GalleryError(
                f"sighting {self.id} of tracklet {self.tracklet} by {self.camera} cannot lie on "
                f"the passage of tracklet {one.tracklet} by {one.camera}; correct tracklets.csv"
            )


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sightings a search may see; exact, and applied before ranking.

    Attributes:
        cameras: Camera ids, or ``None`` for all.
        after: Earliest time, inclusive. A sighting without a time never passes a time filter.
        before: Latest time, exclusive.
        spans: Stretches of time, of which a sighting must lie in one; ``None`` for any time.
    """

    cameras: frozenset[str] | None = None
    after: datetime | None = None
    before: datetime | None = None
    spans: tuple[Span, ...] | None = None

    def __post_init__(self) -> None:
        for bound in (self.after, self.before, *(one for span in self.spans or () for one in span)):
            if bound is not None and bound.tzinfo is None:
                raise GalleryError(f"the time {bound} has no zone; write it with one, e.g. Z")
        if self.after is not None and self.before is not None and self.after >= self.before:
            raise GalleryError(f"no time lies after {self.after} and before {self.before}")

    @classmethod
    def of(
        cls,
        cameras: Iterable[str] = (),
        after: datetime | None = None,
        before: datetime | None = None,
    ) -> Filter:
        """Build a filter from a command line's lists: an empty list means all cameras."""
        return cls(frozenset(cameras) or None, after, before)

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self == Filter()

    def passes_time(self, time: datetime | None) -> bool:
        """Tell whether a sighting of this time passes."""
        if self.after is None and self.before is None and self.spans is None:
            return True
        return (
            time is not None
            and (self.after is None or time >= self.after)
            and (self.before is None or time < self.before)
            and (self.spans is None or any(begin <= time < end for begin, end in self.spans))
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """One row of a vector search: a sighting and its cosine similarity, -1 to 1."""

    sighting: str
    similarity: float
