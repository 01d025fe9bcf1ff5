"""Cases in memory: for tests, and for programs that keep nothing."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from cmps.gallery.audit import about, carry
from cmps.gallery.cases import (
    Case,
    Event,
    Photo,
    SessionRecord,
    Watch,
    changed,
    closed,
    require_days,
    unknown_case,
    unknown_photo,
    unknown_session,
)
from cmps.gallery.codec import halved
from cmps.gallery.erasing import Erasure, photos_of, seeks, without
from cmps.gallery.memory_audit import MemoryAudit
from cmps.gallery.records import ConflictError


class MemoryCases:
    """Keeps cases in dictionaries; see :class:`~cmps.gallery.cases.CaseStore`.

    Args:
        audit: Where pending entries go; its own where nobody asks.

    Example:
        >>> from datetime import UTC, datetime
        >>> cases = MemoryCases()
        >>> cases.open(Case("c1", "lost child", "", datetime(2026, 5, 1, tzinfo=UTC)))
        >>> cases.get("c1").purpose
        'lost child'
    """

    def __init__(self, audit: MemoryAudit | None = None) -> None:
        self._audit = audit or MemoryAudit()
        self._lock = threading.RLock()
        self._cases: dict[str, Case] = {}
        self._sessions: dict[str, SessionRecord] = {}
        self._photos: dict[tuple[str, str], Photo] = {}
        self._watches: dict[str, Watch] = {}
        self._events: list[Event] = []

    def open(self, case: Case) -> None:
        """Store a new case."""
        with self._lock:
            if case.id in self._cases:
                raise ConflictError(f"case {case.id} is there already")
            self._cases[case.id] = case
            about(case=case.id)
            carry(self._audit.append)

    def get(self, id: str) -> Case:
        """Return a case."""
        with self._lock:
            if id not in self._cases:
                raise unknown_case(id)
            about(case=id)
            return self._cases[id]

    def listing(self) -> list[Case]:
        """Return all cases, newest first."""
        with self._lock:
            by_id = sorted(self._cases.values(), key=lambda case: case.id)
            return sorted(by_id, key=lambda case: case.opened_at, reverse=True)

    def close(self, id: str, at: datetime) -> Case:
        """Close a case."""
        with self._lock:
            case = self._open_case(id)
            self._cases[id] = replace(case, closed_at=at)
            for session in [one for one in self._watches if self._sessions[one].case == id]:
                del self._watches[session]
            carry(self._audit.append)
            return self._cases[id]

    def keep(self, id: str, days: int | None) -> Case:
        """Say for how long a case is kept after it was closed."""
        require_days(days)
        with self._lock:
            self._cases[id] = replace(self.get(id), keep_days=days)
            carry(self._audit.append)
            return self._cases[id]

    def create_session(self, session: SessionRecord) -> None:
        """Store a new session."""
        with self._lock:
            self._open_case(session.case)
            if session.id in self._sessions:
                raise ConflictError(f"session {session.id} is there already")
            self._sessions[session.id] = _copied(session)
            about(case=session.case, session=session.id)
            carry(self._audit.append)

    def session(self, id: str) -> SessionRecord:
        """Return a session."""
        with self._lock:
            if id not in self._sessions:
                raise unknown_session(id)
            about(case=self._sessions[id].case, session=id)
            return _copied(self._sessions[id])

    def sessions(self, case: str | None = None) -> list[SessionRecord]:
        """Return the sessions of a case or of all."""
        with self._lock:
            return [_copied(one) for one in self._sessions.values() if case in (None, one.case)]

    def write_session(self, session: SessionRecord) -> SessionRecord:
        """Store a changed session and return it with its next version."""
        with self._lock:
            kept = self.session(session.id)
            self._open_case(kept.case)
            if kept.version != session.version or kept.case != session.case:
                raise changed(session.id)
            written = replace(session, version=session.version + 1)
            self._sessions[session.id] = _copied(written)
            carry(self._audit.append)
            return written

    def add_photo(self, photo: Photo) -> None:
        """Keep the vectors of an uploaded picture."""
        with self._lock:
            self._open_case(photo.case)
            kept = replace(photo, encoding=halved(photo.encoding))
            self._photos.setdefault((photo.case, photo.id), kept)
            carry(self._audit.append)

    def photos(self, case: str, ids: Sequence[str]) -> list[Photo]:
        """Return photos of a case in the order of ``ids``."""
        with self._lock:
            for id in ids:
                if (case, id) not in self._photos:
                    raise unknown_photo(id)
            return [self._photos[case, id] for id in ids]

    def arm(self, watch: Watch) -> None:
        """Store a watch, in place of the session's last."""
        with self._lock:
            self._open_case(self.session(watch.session).case)
            self._watches[watch.session] = watch
            carry(self._audit.append)

    def disarm(self, session: str) -> bool:
        """Remove a session's watch."""
        with self._lock:
            self.session(session)
            was = self._watches.pop(session, None) is not None
            carry(self._audit.append)
            return was

    def watches(self) -> list[Watch]:
        """Return all watches, by session."""
        with self._lock:
            return [self._watches[session] for session in sorted(self._watches)]

    def record(self, watch: Watch, events: Collection[Event]) -> list[Event]:
        """Store events and how far the watch has looked, together; return them with their ids."""
        with self._lock:
            kept = self._watches.get(watch.session)
            if kept is None:
                return []
            self._watches[watch.session] = replace(kept, seen=max(kept.seen, watch.seen))
            first = len(self._events) + 1
            made = [replace(event, id=number) for number, event in enumerate(events, first)]
            self._events += made
            carry(self._audit.append)
            return made

    def events(self, session: str | None = None) -> list[Event]:
        """Return the events of a session or of all, in order."""
        with self._lock:
            return [event for event in self._events if session in (None, event.session)]

    def forget(self, ids: Collection[str], confirmed: Collection[str], *, person: bool) -> Erasure:
        """Erase what names sightings; with ``person``, also the searches that sought them.

        Args:
            ids: Of sightings.
            confirmed: Cases in which one of them was taken for the person sought.
            person: Whether they are all of one person.
        """
        with self._lock:
            steps = events = photos = 0
            for id, before in list(self._sessions.items()):
                sought = any(seeks(step.part, ids) for step in before.steps)
                whole = person and (sought or before.case in confirmed)
                after = without(before, ids, whole=whole)
                if whole or after.steps != before.steps:
                    self._sessions[id] = replace(after, version=before.version + 1)
                steps += len(before.steps) - len(after.steps)
                if whole:
                    self._watches.pop(id, None)
                    events += self._drop_events(partial(_is_of, id))
                    photos += self._drop_photos(before)
            wanted = set(ids)
            events += self._drop_events(
                lambda event: event.sighting in wanted or bool(wanted.intersection(event.members))
            )
            return Erasure(steps=steps, events=events, photos=photos)

    def forget_case(self, id: str) -> Erasure:
        """Erase a case with all that belongs to it."""
        with self._lock:
            self.get(id)
            sessions = [one for one in self._sessions.values() if one.case == id]
            names = {one.id for one in sessions}
            events = self._drop_events(lambda event: event.session in names)
            for name in names:
                self._watches.pop(name, None)
                del self._sessions[name]
            photos = [key for key in self._photos if key[0] == id]
            for key in photos:
                del self._photos[key]
            del self._cases[id]
            steps = sum(len(one.steps) for one in sessions)
            return Erasure(0, 1, len(sessions), steps, len(photos), events)

    def _drop_events(self, goes: Callable[[Event], bool]) -> int:
        count = len(self._events)
        self._events = [event for event in self._events if not goes(event)]
        return count - len(self._events)

    def _drop_photos(self, before: SessionRecord) -> int:
        """Drop photos that only this session named."""
        case = [one for one in self._sessions.values() if one.case == before.case]
        gone = photos_of([before]) - photos_of(case)
        return sum(self._photos.pop((before.case, id), None) is not None for id in gone)

    def _open_case(self, id: str) -> Case:
        case = self.get(id)
        if case.closed_at is not None:
            raise closed(case)
        return case


def _copied(session: SessionRecord) -> SessionRecord:
    """Return a session of its own: steps hold plain values that somebody may write to."""
    copied: SessionRecord = pickle.loads(pickle.dumps(session, pickle.HIGHEST_PROTOCOL))
    return copied


def _is_of(session: str, event: Event) -> bool:
    return event.session == session
