"""The audit in the gallery's database.

The row of ``audit_head`` is locked before a row is chained to it, so writers queue; it is the last
lock that a transaction takes, and is held for two short statements and the commit. Rows of reads
that come together share a transaction: pictures of a page are asked for twenty at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from psycopg import Connection

from cmps.gallery.audit import AuditRow, Head, chained, storable
from cmps.gallery.audit_events import AuditEvent

if TYPE_CHECKING:
    from cmps.gallery.connect import Database, Row

PAGE = 2000
MOST_TOGETHER = 200


class _Waiting:
    """An event whose writer waits for it."""

    def __init__(self, event: AuditEvent) -> None:
        self.event = event
        self.done = False
        self.error: BaseException | None = None


class PostgresAudit:
    """Keeps rows in a database; see :class:`~cmps.gallery.audit.AuditLog`.

    Args:
        database: The gallery's open pool.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.Lock()

    def append(self, event: AuditEvent) -> None:
        """Write a row; whoever gets the turn writes those of all who wait."""
        mine = _Waiting(event)
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            if not mine.done:
                self._write_those_who_wait()
        if mine.error is not None:
            raise mine.error

    def head(self) -> Head:
        """Return the end of the chain as it is kept beside the rows."""
        return self._database.call(lambda connection: _head(connection, ""))

    def walk(self) -> Iterator[AuditRow]:
        """Yield every row in the order of numbers; what comes meanwhile may come too."""
        query = "SELECT number, body, hash FROM audit WHERE number > %s ORDER BY number LIMIT %s"
        last = -(2**62)
        while page := self._read(query, [last, PAGE]):
            yield from page
            last = page[-1].number

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
        wanted: list[tuple[str, object]] = [
            ('"case" = %s', case),
            ("by = %s", by),
            ("kind = %s", kind),
            ("at >= %s", None if after is None else _moment(after)),
            ("number < %s", before_number),
        ]
        given = [(condition, value) for condition, value in wanted if value is not None]
        passing = " AND ".join(condition for condition, _ in given) or "true"
        values = [_clean(value) for _, value in given]
        query = (
            f"SELECT number, body, hash FROM audit WHERE {passing} ORDER BY number DESC LIMIT %s"
        )
        return self._read(query, [*values, limit])

    def _read(self, query: str, values: Sequence[object]) -> list[AuditRow]:
        rows = self._database.call(lambda connection: connection.execute(query, values).fetchall())
        return [AuditRow(*row) for row in rows]

    def _write_those_who_wait(self) -> None:
        with self._queue_lock:
            batch, self._queue = self._queue[:MOST_TOGETHER], self._queue[MOST_TOGETHER:]
        events = [one.event for one in batch]
        try:
            self._database.transact(lambda connection: append(connection, events))
        except BaseException as error:
            for one in batch:
                one.error = error
            raise
        finally:
            for one in batch:
                one.done = True


def append(
    connection: Connection[Row],
    events: Sequence[AuditEvent],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Chain events to the head, within the transaction that is open."""
    head = _head(connection, "FOR UPDATE")
    rows = []
    for event in events:
        row = chained(head, event, clock())
        head = Head(row.number, row.hash)
        rows.append(row)
    connection.execute(
        "WITH moved AS (UPDATE audit_head SET number = %s, hash = %s) "
        "INSERT INTO audit (number, body, hash) "
        "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[])",
        [
            head.number,
            head.hash,
            [row.number for row in rows],
            [row.body for row in rows],
            [row.hash for row in rows],
        ],
        prepare=True,
    )


def _head(connection: Connection[Row], lock: str) -> Head:
    query = f"SELECT number, hash FROM audit_head {lock}"
    return Head(*connection.execute(query, prepare=True).fetchall()[0])


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _clean(value: object) -> object:
    return storable(value) if isinstance(value, str) else value
