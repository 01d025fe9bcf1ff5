"""Confirmations in the gallery's database; each call is one transaction."""

from __future__ import annotations

from datetime import datetime

from psycopg import Connection

from cmps.gallery.codec import printable
from cmps.gallery.confirmations import (
    Confirmation,
    decidable,
    proposed_already,
    unknown_confirmation,
)
from cmps.gallery.connect import Database, Row
from cmps.gallery.postgres_cases import open_case

COLUMNS = (
    'id, "case", sighting, note, proposed_by, proposed_at, agreed, decided_by, decided_at, answer'
)


class PostgresConfirmations:
    """Keeps them in a database; see :class:`~cmps.gallery.confirmations.ConfirmationStore`.

    Args:
        database: The gallery's open pool.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def propose(self, confirmation: Confirmation) -> None:
        """Store a new one."""
        one = confirmation
        values = [one.id, one.case, one.sighting, printable(one.note), one.proposed_by]

        def work(connection: Connection[Row]) -> None:
            # the case's row is locked, so two proposals of one sighting take turns
            open_case(connection, one.case, "FOR UPDATE")
            before = connection.execute(
                f'SELECT {COLUMNS} FROM confirmations WHERE "case" = %s AND sighting = %s '
                "AND agreed IS NOT FALSE",
                [one.case, one.sighting],
            ).fetchone()
            if before is not None:
                raise proposed_already(Confirmation(*before))
            connection.execute(
                'INSERT INTO confirmations (id, "case", sighting, note, proposed_by, proposed_at) '
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [*values, one.proposed_at],
            )

        self._database.write(work)

    def decide(
        self, id: str, agreed: bool, by: str, at: datetime, answer: str = ""
    ) -> Confirmation:
        """Store what the second person says and return it."""

        def work(connection: Connection[Row]) -> Confirmation:
            kept = _confirmation(connection, id, "FOR UPDATE")
            open_case(connection, kept.case)
            decidable(kept, by)
            connection.execute(
                "UPDATE confirmations SET agreed = %s, decided_by = %s, decided_at = %s, "
                "answer = %s WHERE id = %s",
                [agreed, by, at, printable(answer), id],
            )
            return _confirmation(connection, id)

        return self._database.write(work)

    def get(self, id: str) -> Confirmation:
        """Return a confirmation."""
        return self._database.call(lambda connection: _confirmation(connection, id))

    def listing(self, case: str | None = None) -> list[Confirmation]:
        """Return those of a case or of all, in the order in which they were proposed."""
        query = (
            f"SELECT {COLUMNS} FROM confirmations "
            'WHERE %(case)s::text IS NULL OR "case" = %(case)s ORDER BY number'
        )
        rows = self._database.call(
            lambda connection: connection.execute(query, {"case": case}).fetchall()
        )
        return [Confirmation(*row) for row in rows]


def _confirmation(connection: Connection[Row], id: str, lock: str = "") -> Confirmation:
    query = f"SELECT {COLUMNS} FROM confirmations WHERE id = %s {lock}"
    row = connection.execute(query, [id]).fetchone()
    if row is None:
        raise unknown_confirmation(id)
    return Confirmation(*row)
