"""Erasing in the gallery's database, inside one transaction."""

from __future__ import annotations

from collections.abc import Collection

from psycopg import Connection

from cmps.gallery import rows
from cmps.gallery.cases import SessionRecord, unknown_case
from cmps.gallery.connect import Row
from cmps.gallery.erasing import Erasure, photos_of, seeks, without
from cmps.gallery.postgres_cases import locked_session, rewrite


def erase(
    connection: Connection[Row], ids: Collection[str], cases: Collection[str], *, person: bool
) -> Erasure:
    """Erase sightings and cases; see :class:`~cmps.gallery.store.GalleryStore`."""
    listed = list(ids)  # first, since every write locks the gallery's row first
    done = Erasure(sightings=rows.delete(connection, listed) if listed else 0)
    if listed:
        done = done.plus(_forget(connection, listed, person=person))
    for case in cases:
        done = done.plus(_forget_case(connection, case))
    return done


def _forget_case(connection: Connection[Row], case: str) -> Erasure:
    if not _count(connection, "SELECT count(*) FROM cases WHERE id = %s", case):
        raise unknown_case(case)
    inside = 'session IN (SELECT id FROM sessions WHERE "case" = %s)'
    steps = _count(connection, f"SELECT count(*) FROM steps WHERE {inside}", case)
    events = _count(connection, f"SELECT count(*) FROM events WHERE {inside}", case)
    photos = _delete(connection, 'DELETE FROM photos WHERE "case" = %s', case)
    confirmations = _delete(connection, 'DELETE FROM confirmations WHERE "case" = %s', case)
    # steps, watches and events go with their session
    sessions = _delete(connection, 'DELETE FROM sessions WHERE "case" = %s', case)
    _delete(connection, "DELETE FROM cases WHERE id = %s", case)
    return Erasure(0, 1, sessions, steps, photos, events, confirmations)


def _forget(connection: Connection[Row], ids: list[str], *, person: bool) -> Erasure:
    """Erase what names sightings; with ``person``, also the searches that sought them."""
    touched = _ids(
        connection,
        "SELECT id FROM sessions WHERE id IN "
        "(SELECT session FROM steps WHERE part ->> 'sighting' = ANY(%(ids)s) "
        "OR part -> 'sightings' ?| %(ids)s) OR "
        '(%(person)s AND "case" IN (SELECT "case" FROM confirmations '
        "WHERE sighting = ANY(%(ids)s) AND agreed IS NOT FALSE)) ORDER BY number FOR UPDATE",
        {"ids": ids, "person": person},
    )
    confirmed = set(
        _ids(
            connection,
            'SELECT DISTINCT "case" FROM confirmations '
            "WHERE sighting = ANY(%(ids)s) AND agreed IS NOT FALSE",
            {"ids": ids},
        )
    )
    wanted = frozenset(ids)
    steps = events = photos = 0
    for id in touched:
        before = locked_session(connection, id, "FOR UPDATE")
        sought = any(seeks(step.part, wanted) for step in before.steps)
        whole = person and (sought or before.case in confirmed)
        after = without(before, wanted, whole=whole)
        rewrite(connection, before, after)
        steps += len(before.steps) - len(after.steps)
        if whole:
            _delete(connection, "DELETE FROM watches WHERE session = %s", id)
            events += _delete(connection, "DELETE FROM events WHERE session = %s", id)
            photos += _unused(connection, before)
    events += connection.execute(
        "DELETE FROM events WHERE sighting = ANY(%s) OR members && %s", [ids, ids]
    ).rowcount
    confirmations = connection.execute(
        "DELETE FROM confirmations WHERE sighting = ANY(%s)", [ids]
    ).rowcount
    return Erasure(steps=steps, events=events, photos=photos, confirmations=confirmations)


def _unused(connection: Connection[Row], before: SessionRecord) -> int:
    """Delete photos that only this session named."""
    return connection.execute(
        'DELETE FROM photos WHERE "case" = %(case)s AND id = ANY(%(ids)s) AND id NOT IN ('
        "SELECT part ->> 'photo' FROM steps JOIN sessions ON sessions.id = steps.session "
        "WHERE sessions.\"case\" = %(case)s AND part ->> 'photo' IS NOT NULL)",
        {"case": before.case, "ids": sorted(photos_of([before]))},
    ).rowcount


def _ids(connection: Connection[Row], query: str, values: dict[str, object]) -> list[str]:
    return [id for (id,) in connection.execute(query, values)]


def _count(connection: Connection[Row], query: str, value: str) -> int:
    return int(connection.execute(query, [value]).fetchall()[0][0])


def _delete(connection: Connection[Row], query: str, value: str) -> int:
    return connection.execute(query, [value]).rowcount
