"""Cases in the gallery's database; each call is one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from cmps.gallery.audit import about
from cmps.gallery.cases import (
    Case,
    Event,
    Photo,
    SessionRecord,
    Step,
    Watch,
    changed,
    closed,
    require_days,
    unknown_case,
    unknown_photo,
    unknown_session,
)
from cmps.gallery.codec import (
    pack_halves,
    pack_vector,
    printable,
    unpack_encoding,
    unpack_vectors,
)
from cmps.gallery.connect import Database, Row
from cmps.gallery.records import ConflictError

CASE = "SELECT id, purpose, opened_by, opened_at, closed_at, keep_days FROM cases"
SESSION = 'SELECT id, "case", cursor, version FROM sessions'
WATCH = "SELECT session, threshold, by, at, seen FROM watches"
EVENT = "SELECT session, sighting, members, probability, reasons, at, id FROM events"


class PostgresCases:
    """Keeps cases in a database; see :class:`~cmps.gallery.cases.CaseStore`.

    Args:
        database: The gallery's open pool.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, case: Case) -> None:
        """Store a new case."""
        values = [
            case.id,
            printable(case.purpose),
            case.opened_by,
            case.opened_at,
            case.closed_at,
            case.keep_days,
        ]

        def work(connection: Connection[Row]) -> None:
            made = connection.execute(
                "INSERT INTO cases VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", values
            )
            if not made.rowcount:
                raise ConflictError(f"case {case.id} is there already")
            about(case=case.id)

        self._database.write(work)

    def get(self, id: str) -> Case:
        """Return a case."""
        return self._database.call(lambda connection: _case(connection, id))

    def listing(self) -> list[Case]:
        """Return all cases, newest first."""
        query = f"{CASE} ORDER BY opened_at DESC, id"
        rows = self._database.call(lambda connection: connection.execute(query).fetchall())
        return [Case(*row) for row in rows]

    def close(self, id: str, at: datetime) -> Case:
        """Close a case."""

        def work(connection: Connection[Row]) -> Case:
            case = open_case(connection, id, "FOR UPDATE")
            connection.execute("UPDATE cases SET closed_at = %s WHERE id = %s", [at, id])
            connection.execute(
                "DELETE FROM watches USING sessions "
                'WHERE watches.session = sessions.id AND sessions."case" = %s',
                [id],
            )
            return replace(case, closed_at=at)

        return self._database.write(work)

    def keep(self, id: str, days: int | None) -> Case:
        """Say for how long a case is kept after it was closed."""
        require_days(days)

        def work(connection: Connection[Row]) -> Case:
            case = _case(connection, id, "FOR UPDATE")
            connection.execute("UPDATE cases SET keep_days = %s WHERE id = %s", [days, id])
            return replace(case, keep_days=days)

        return self._database.write(work)

    def create_session(self, session: SessionRecord) -> None:
        """Store a new session."""

        def work(connection: Connection[Row]) -> None:
            open_case(connection, session.case)
            made = connection.execute(
                'INSERT INTO sessions (id, "case", cursor, version) VALUES (%s, %s, %s, %s) '
                "ON CONFLICT DO NOTHING",
                [session.id, session.case, session.cursor, session.version],
            )
            if not made.rowcount:
                raise ConflictError(f"session {session.id} is there already")
            about(case=session.case, session=session.id)
            _write_steps(connection, session.id, enumerate(session.steps))

        self._database.write(work)

    def session(self, id: str) -> SessionRecord:
        """Return a session."""
        return self._database.transact(lambda connection: locked_session(connection, id))

    def sessions(self, case: str | None = None) -> list[SessionRecord]:
        """Return the sessions of a case or of all."""

        def work(connection: Connection[Row]) -> list[SessionRecord]:
            chosen = '%(case)s::text IS NULL OR "case" = %(case)s'
            query = f"{SESSION} WHERE {chosen} ORDER BY number FOR SHARE"
            rows = connection.execute(query, {"case": case}).fetchall()
            return _with_steps(connection, rows)

        return self._database.transact(work)

    def write_session(self, session: SessionRecord) -> SessionRecord:
        """Store a changed session and return it with its next version."""

        def work(connection: Connection[Row]) -> SessionRecord:
            kept = locked_session(connection, session.id, "FOR UPDATE")
            open_case(connection, kept.case)
            if kept.version != session.version or kept.case != session.case:
                raise changed(session.id)
            rewrite(connection, kept, session)
            return replace(session, version=session.version + 1)

        return self._database.write(work)

    def add_photo(self, photo: Photo) -> None:
        """Keep the vectors of an uploaded picture."""
        one = photo.encoding

        def work(connection: Connection[Row]) -> None:
            open_case(connection, photo.case)
            connection.execute(
                "INSERT INTO photos VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [
                    photo.case,
                    photo.id,
                    printable(photo.name),
                    pack_vector(one.embedding),
                    one.pyramid.shape[1],
                    pack_halves(one.pyramid),
                    pack_halves(one.foreground),
                ],
            )

        self._database.write(work)

    def photos(self, case: str, ids: Sequence[str]) -> list[Photo]:
        """Return photos of a case in the order of ``ids``."""
        query = (
            "SELECT id, name, embedding, width, pyramid, foreground FROM photos "
            'WHERE "case" = %s AND id = ANY(%s)'
        )
        rows = self._database.call(
            lambda connection: connection.execute(query, [case, list(ids)]).fetchall()
        )
        found = {
            id: Photo(
                id, case, name, unpack_encoding(unpack_vectors([vector])[0], cells, width, weights)
            )
            for id, name, vector, width, cells, weights in rows
        }
        for id in ids:
            if id not in found:
                raise unknown_photo(id)
        return [found[id] for id in ids]

    def arm(self, watch: Watch) -> None:
        """Store a watch, in place of the session's last."""

        def work(connection: Connection[Row]) -> None:
            open_case(connection, locked_session(connection, watch.session).case)
            connection.execute(
                "INSERT INTO watches VALUES (%s, %s, %s, %s, %s) ON CONFLICT (session) DO UPDATE "
                "SET threshold = excluded.threshold, by = excluded.by, at = excluded.at, "
                "seen = excluded.seen",
                [watch.session, watch.threshold, watch.by, watch.at, watch.seen],
            )

        self._database.write(work)

    def disarm(self, session: str) -> bool:
        """Remove a session's watch."""

        def work(connection: Connection[Row]) -> bool:
            locked_session(connection, session)
            gone = connection.execute("DELETE FROM watches WHERE session = %s", [session])
            return bool(gone.rowcount)

        return self._database.write(work)

    def watches(self) -> list[Watch]:
        """Return all watches, by session."""
        query = f"{WATCH} ORDER BY session"
        rows = self._database.call(lambda connection: connection.execute(query).fetchall())
        return [Watch(*row) for row in rows]

    def record(self, watch: Watch, events: Collection[Event]) -> list[Event]:
        """Store events and how far the watch has looked, together; return them with their ids."""

        def work(connection: Connection[Row]) -> list[Event]:
            armed = connection.execute(
                "UPDATE watches SET seen = greatest(seen, %s) WHERE session = %s",
                [watch.seen, watch.session],
            )
            return [_store(connection, one) for one in events] if armed.rowcount else []

        return self._database.write(work)

    def events(self, session: str | None = None) -> list[Event]:
        """Return the events of a session or of all, in order."""
        query = f"{EVENT} WHERE %(session)s::text IS NULL OR session = %(session)s ORDER BY id"
        rows = self._database.call(
            lambda connection: connection.execute(query, {"session": session}).fetchall()
        )
        return [
            Event(session, sighting, tuple(members), probability, tuple(reasons), at, id)
            for session, sighting, members, probability, reasons, at, id in rows
        ]


def _case(connection: Connection[Row], id: str, lock: str = "") -> Case:
    row = connection.execute(f"{CASE} WHERE id = %s {lock}", [id]).fetchone()
    if row is None:
        raise unknown_case(id)
    about(case=id)
    return Case(*row)


def open_case(connection: Connection[Row], id: str, lock: str = "FOR SHARE") -> Case:
    """Return a case that nobody can close before the transaction ends."""
    case = _case(connection, id, lock)
    if case.closed_at is not None:
        raise closed(case)
    return case


def locked_session(connection: Connection[Row], id: str, lock: str = "FOR SHARE") -> SessionRecord:
    """Return a session that nobody changes before the transaction ends."""
    row = connection.execute(f"{SESSION} WHERE id = %s {lock}", [id]).fetchone()
    if row is None:
        raise unknown_session(id)
    about(case=row[1], session=id)
    return _with_steps(connection, [row])[0]


def rewrite(connection: Connection[Row], kept: SessionRecord, session: SessionRecord) -> None:
    """Store the steps of a session in place of those that are kept; its row is locked."""
    pairs = zip(kept.steps, session.steps, strict=False)
    same = next(
        (number for number, (old, new) in enumerate(pairs) if old != new),
        min(len(kept.steps), len(session.steps)),
    )
    connection.execute("DELETE FROM steps WHERE session = %s AND number >= %s", [session.id, same])
    _write_steps(connection, session.id, list(enumerate(session.steps))[same:])
    connection.execute(
        "UPDATE sessions SET cursor = %s, version = version + 1 WHERE id = %s",
        [session.cursor, session.id],
    )


def _with_steps(connection: Connection[Row], rows: Sequence[Row]) -> list[SessionRecord]:
    found = connection.execute(
        "SELECT session, part, by, at FROM steps WHERE session = ANY(%s) ORDER BY session, number",
        [[id for id, *_ in rows]],
    )
    steps: dict[str, list[Step]] = {}
    for session, *step in found:
        steps.setdefault(session, []).append(Step(*step))
    return [
        SessionRecord(id, case, tuple(steps.get(id, ())), cursor, version)
        for id, case, cursor, version in rows
    ]


def _write_steps(
    connection: Connection[Row], session: str, steps: Iterable[tuple[int, Step]]
) -> None:
    connection.cursor().executemany(
        "INSERT INTO steps VALUES (%s, %s, %s, %s, %s)",
        [(session, number, Jsonb(_plain(one.part)), one.by, one.at) for number, one in steps],
    )


def _store(connection: Connection[Row], event: Event) -> Event:
    made = connection.execute(
        "INSERT INTO events (session, sighting, members, probability, reasons, at) "
        "VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        [
            event.session,
            event.sighting,
            list(event.members),
            event.probability,
            Jsonb(list(event.reasons)),
            event.at,
        ],
    )
    return replace(event, id=int(made.fetchall()[0][0]))


def _plain(part: dict[str, Any]) -> Any:
    """Return a part without what PostgreSQL's JSON cannot hold: the character NUL."""
    return json.loads(json.dumps(part).replace("\\u0000", "\\ufffd"))
