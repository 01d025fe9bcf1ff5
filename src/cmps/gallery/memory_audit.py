"""The audit in memory: for tests, and for programs that keep nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cmps.gallery.audit import AuditRow, Head, chained
from cmps.gallery.audit_events import AuditEvent


class MemoryAudit:
    """Keeps rows in a list; see :class:`~cmps.gallery.audit.AuditLog`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: list[AuditRow] = []

    def append(self, event: AuditEvent) -> None:
        """Write a row."""
        with self._lock:
            self._rows.append(chained(self._head(), event, datetime.now(UTC)))

    def head(self) -> Head:
        """Return the end of the chain."""
        with self._lock:
            return self._head()

    def walk(self) -> Iterator[AuditRow]:
        """Yield every row in the order of numbers."""
        with self._lock:
            rows = list(self._rows)
        yield from rows

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
        """Return the newest rows that fit, newest first."""
        wanted = {"case": case, "by": by, "kind": kind}
        found = []
        for row in reversed(list(self.walk())):
            plain = row.as_dict()
            if (
                all(value in (None, plain[name]) for name, value in wanted.items())
                and (after is None or datetime.fromisoformat(plain["at"]) >= after)
                and (before_number is None or row.number < before_number)
            ):
                found.append(row)
        return found[:limit]

    def _head(self) -> Head:
        return Head(self._rows[-1].number, self._rows[-1].hash) if self._rows else Head()
