"""The audit: who did what, in rows that are chained by hash.

A row is an event as canonical JSON with a number and a time, and a SHA-256 over the hash of the
row before it and itself. So no row can be changed, left out or moved without breaking every hash
after it; the last row's hash stands in a row of its own and in seals outside of the database.

``with recording(log, event): store.do(…)`` writes the row in the transaction of the first write
inside; where nothing was written, in one of its own when the block ends. A deed that fails leaves
no row, and a row that cannot be written undoes the deed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from cmps.gallery.audit_events import AuditEvent

START = bytes(32)
"""What stands before the first row's hash."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A row as it is stored.

    Attributes:
        number: From 1 on, without gaps.
        body: Canonical JSON; everything else is read from it.
        hash: SHA-256 of the hash before it and the body.
    """

    number: int
    body: str
    hash: bytes

    def as_dict(self) -> dict[str, Any]:
        """Return what the body holds, and the hash."""
        plain: dict[str, Any] = json.loads(self.body)
        return plain | {"hash": self.hash.hex()}


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the last row's number and hash."""

    number: int = 0
    hash: bytes = START


def chained(head: Head, event: AuditEvent, at: datetime) -> AuditRow:
    """Return the row that follows on a head.

    Raises:
        GalleryError: If the event lacks a case that it needs.

    Example:
        >>> from cmps.gallery.audit_events import LoggedOut
        >>> row = chained(Head(), LoggedOut("ana"), datetime(2026, 5, 1, tzinfo=UTC))
        >>> row.number, row.hash == link(START, row.body)
        (1, True)
    """
    event.require_case()
    plain = {
        "number": head.number + 1,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": event.kind,
        "by": event.by,
        "case": event.case,
        "session": event.session,
        "sightings": list(event.sightings),
        "detail": dict(event.detail),
    }
    body = json.dumps(_storable(plain), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return AuditRow(head.number + 1, body, link(head.hash, body))


def link(before: bytes, body: str) -> bytes:
    """Return the hash of a body that follows on a hash."""
    return sha256(before + body.encode()).digest()


def _storable(value: Any) -> Any:
    """Return a value without the characters that a database cannot hold."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _storable(one) for key, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list | tuple) else value


def storable(text: str) -> str:
    """Return a text without NUL and lone surrogates; a mark stands in their place.

    Example:
        >>> storable("a" + chr(0) + "b")
        'a\ufffdb'
    """
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


class Appends(Protocol):
    """What takes a row."""

    def append(self, event: AuditEvent) -> None:
        """Write a row in a transaction of its own; it is kept when this returns."""
        ...


class AuditLog(Appends, Protocol):
    """Keeps the rows; nothing here changes or removes one."""

    def head(self) -> Head:
        """Return the end of the chain as it is kept beside the rows."""
        ...

    def walk(self) -> Iterator[AuditRow]:
        """Yield every row in the order of numbers."""
        ...

    def find(
        self,
        *,
        case: str | None = None,
        by: str | None = None,
        kind: str | None = None,
        after: datetime | None = None,
        before_number: int | None = None,
        limit: int = 100,
    ) -> Sequence[AuditRow]:
        """Return the newest rows that fit, newest first.

        Args:
            case: Of this case.
            by: Done by this user.
            kind: Of this kind.
            after: At this time or later.
            before_number: Only older rows than this one, to turn pages.
            limit: How many at most.
        """
        ...


class Entry:
    """An event that waits for the transaction of its deed."""

    def __init__(self, event: AuditEvent) -> None:
        self.event = event
        self.written = False


_open: ContextVar[Entry | None] = ContextVar("audit entry", default=None)


def pending() -> Entry | None:
    """Return the entry that the next write must carry."""
    entry = _open.get()
    return None if entry is None or entry.written else entry


def about(*, case: str, session: str | None = None) -> None:
    """Let the pending entry say what it is about, where it does not yet; stores know."""
    entry = pending()
    if entry is not None and entry.event.one_case:
        found = entry.event
        entry.event = replace(found, case=found.case or case, session=found.session or session)


def found(detail: Mapping[str, Any], sightings: Sequence[str] = ()) -> None:
    """Add what came out to the pending entry, as far as its kind carries it."""
    entry = pending()
    if entry is not None:
        event = entry.event
        carried = {name: value for name, value in detail.items() if name in event.keys}
        shown = (*event.sightings, *sightings)
        entry.event = replace(event, detail={**event.detail, **carried}, sightings=shown)


@contextmanager
def recording(log: Appends, event: AuditEvent) -> Iterator[None]:
    """Write an event's row with the first write inside, or when the block ends well."""
    entry = Entry(event)
    token = _open.set(entry)
    try:
        yield
        if not entry.written:
            log.append(entry.event)
            entry.written = True
    finally:
        _open.reset(token)


def carry(write: Callable[[AuditEvent], None]) -> None:
    """Write the pending entry with this; for stores whose writes cannot fail half way."""
    entry = pending()
    if entry is not None:
        write(entry.event)
        entry.written = True
