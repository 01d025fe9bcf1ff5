"""Cases, their sessions and watches: what is kept of a search, beside the sightings.

Every search belongs to a case, and a case says what it is for. What a session's steps mean is the
search room's business (``cmps.search.session``); here they are plain values in order.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cmps.gallery.records import ConflictError, Encoding, GalleryError, UnknownError

LONGEST_PURPOSE = 2000
LONGEST_KEPT = 36_500


def new_id() -> str:
    """Return a new id of 10 hexadecimal digits."""
    return secrets.token_hex(5)


@dataclass(frozen=True, slots=True)
class Case:
    """Why somebody is searched for.

    Attributes:
        id: From :func:`new_id`.
        purpose: In words; never empty.
        opened_by: Who opened it; empty where nobody logs in.
        opened_at: When.
        closed_at: When it was closed; ``None`` while it is open.
        keep_days: For how long it is kept after it was closed; ``None`` until it is erased.

    Raises:
        GalleryError: If there is no purpose.
    """

    id: str
    purpose: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None = None
    keep_days: int | None = None

    def __post_init__(self) -> None:
        require_days(self.keep_days)
        if not self.purpose.strip():
            raise GalleryError("a case needs a purpose; say why this person is searched for")
        if len(self.purpose) > LONGEST_PURPOSE:
            raise GalleryError(f"a purpose has at most {LONGEST_PURPOSE} characters")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a session: a part in plain values, who took it, and when."""

    part: dict[str, Any]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as it is kept.

    Attributes:
        id: From :func:`new_id`.
        case: Id of its case.
        steps: In order, undone ones included.
        cursor: How many of them count; those after it were undone.
        version: How often it was written; a writer who saw an older one is refused.
    """

    id: str
    case: str
    steps: tuple[Step, ...] = ()
    cursor: int = 0
    version: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.cursor <= len(self.steps):
            raise ValueError(f"the cursor {self.cursor} lies outside of {len(self.steps)} steps")


@dataclass(frozen=True, slots=True)
class Photo:
    """What the image network made of an uploaded picture; the picture itself is not kept."""

    id: str
    case: str
    name: str
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Watch:
    """A session that stays armed.

    Attributes:
        session: Its id.
        threshold: Least probability of an event.
        by, at: Who armed it, and when.
        seen: Number of the gallery's last write that was looked at.
    """

    session: str
    threshold: float
    by: str
    at: datetime
    seen: int

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise GalleryError(
                f"a watch's threshold lies above 0 and up to 1, not {self.threshold}"
            )


@dataclass(frozen=True, slots=True)
class Event:
    """A person whom a watch saw.

    Attributes:
        session: The armed session's id.
        sighting: The best of the new sightings.
        members: All that were taken for the same person; a later one of them is no new event.
        probability: Of the best.
        reasons: As :mod:`cmps.search.people` gives them, in plain values.
        at: When it was noticed.
        id: Given by the store.
    """

    session: str
    sighting: str
    members: tuple[str, ...]
    probability: float
    reasons: tuple[dict[str, Any], ...]
    at: datetime
    id: int = field(default=0, compare=False)


class CaseStore(Protocol):
    """Keeps cases; each call is one transaction, and raises ``GalleryError`` with a way out."""

    def open(self, case: Case) -> None:
        """Store a new case."""
        ...

    def get(self, id: str) -> Case:
        """Return a case; an unknown one raises."""
        ...

    def listing(self) -> list[Case]:
        """Return all cases, newest first."""
        ...

    def close(self, id: str, at: datetime) -> Case:
        """Close a case: its sessions can be read and no longer changed, and its watches end."""
        ...

    def keep(self, id: str, days: int | None) -> Case:
        """Say for how long a case is kept after it was closed."""
        ...

    def create_session(self, session: SessionRecord) -> None:
        """Store a new session; its case must be open."""
        ...

    def session(self, id: str) -> SessionRecord:
        """Return a session; an unknown one raises."""
        ...

    def sessions(self, case: str | None = None) -> list[SessionRecord]:
        """Return the sessions of a case or of all, in the order in which they were made."""
        ...

    def write_session(self, session: SessionRecord) -> SessionRecord:
        """Store a changed session and return it with its next version.

        Raises:
            GalleryError: If it is unknown, its case is closed, or somebody changed it since
                ``session.version``.
        """
        ...

    def add_photo(self, photo: Photo) -> None:
        """Keep the vectors of an uploaded picture; the same id twice in a case is one."""
        ...

    def photos(self, case: str, ids: Sequence[str]) -> list[Photo]:
        """Return photos of a case in the order of ``ids``; an unknown one raises."""
        ...

    def arm(self, watch: Watch) -> None:
        """Store a watch, in place of the session's last; the case must be open."""
        ...

    def disarm(self, session: str) -> bool:
        """Remove a session's watch; its events stay. Returns whether there was one."""
        ...

    def watches(self) -> list[Watch]:
        """Return all watches, by session."""
        ...

    def record(self, watch: Watch, events: Collection[Event]) -> list[Event]:
        """Store events and how far the watch has looked, together; return them with their ids.

        Nothing is stored where the session was disarmed meanwhile.
        """
        ...

    def events(self, session: str | None = None) -> list[Event]:
        """Return the events of a session or of all, in order."""
        ...


def require_days(days: int | None) -> None:
    """Raise if something cannot be kept for so many days.

    Raises:
        GalleryError: If there are less than 1 or more than 36,500.
    """
    if days is not None and not 1 <= days <= LONGEST_KEPT:
        raise GalleryError(f"things are kept for 1 to {LONGEST_KEPT:,} days, not {days}")


def unknown_case(id: str) -> GalleryError:
    """Return the error for a case that is not there."""
    return UnknownError(f"case {id} is unknown; cmps case list shows those that are there")


def unknown_session(id: str) -> GalleryError:
    """Return the error for a session that is not there."""
    return UnknownError(f"session {id} is unknown; cmps session list shows those that are there")


def unknown_photo(id: str) -> GalleryError:
    """Return the error for a photo that is not there."""
    return UnknownError(f"photo {id} is not in this case; give the picture again")


def closed(case: Case) -> GalleryError:
    """Return the error for a case that can no longer be changed."""
    return ConflictError(
        f"case {case.id} was closed at {case.closed_at:%Y-%m-%d %H:%M}; open another one with: "
        "cmps case new --purpose …"
    )


class ChangedError(ConflictError):
    """A session is no longer what its reader saw."""


def changed(session: str) -> GalleryError:
    """Return the error for a session that somebody else changed."""
    return ChangedError(f"session {session} was changed by somebody else meanwhile; show it again")
