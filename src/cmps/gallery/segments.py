"""Nearest neighbours inside PostgreSQL, for galleries too large to keep in memory.

An insert into a table with an HNSW index runs at 400 rows a second, so rows enter no index.
They are numbered by the write that made them, and indexes cover ranges of these numbers: a
*segment* is ``low < version <= high`` with a partial HNSW index of its own, built at once and
without stopping anybody. Rows above the last segment are *hot* and are searched exactly. When
enough of them have gathered they become a segment; four segments of like size become one.

A row that is written again gets a new number and is hot again, so a segment never grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from cmps.gallery.codec import unpack_vectors
from cmps.gallery.connect import Row
from cmps.gallery.records import Filter, Hit
from cmps.gallery.resident import best

COMPACTING = 2020_0616
FANOUT = 4
PREFIX = "sightings_near_"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one way of searching gives way to the next; counts of sightings.

    Attributes:
        resident: Up to so many in the gallery, each process keeps the vectors in memory (1 kB
            each) and searches them exactly.
        exact: Beyond that, up to so many that pass the filter are searched exactly.
        hot: So many without an index make a segment.
        largest: Segments are merged up to this size, which bounds how long a build takes.
    """

    resident: int = 100_000
    exact: int = 40_000
    hot: int = 10_000
    largest: int = 400_000


def conditions(where: Filter) -> tuple[str, dict[str, Any]]:
    """Return a filter as SQL and its parameters.

    Example:
        >>> conditions(Filter.of(["gate"]))
        ('camera = ANY(%(cameras)s)', {'cameras': ['gate']})
    """
    parts, values = [], dict[str, Any]()
    if where.cameras is not None:
        parts.append("camera = ANY(%(cameras)s)")
        values["cameras"] = sorted(where.cameras)
    if where.after is not None:
        parts.append("time >= %(after)s")
        values["after"] = where.after
    if where.before is not None:
        parts.append("time < %(before)s")
        values["before"] = where.before
    if where.spans is not None:
        parts.append(
            "EXISTS (SELECT FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) "
            "AS span (begins, ends) WHERE time >= span.begins AND time < span.ends)"
        )
        values["begins"] = [begin for begin, _ in where.spans]
        values["ends"] = [end for _, end in where.spans]
    return " AND ".join(parts) or "true", values


def search(
    connection: Connection[Row], vector: NDArray[np.float32], k: int, where: Filter, limits: Limits
) -> list[Hit]:
    """Return the ``k`` nearest, exactly where few pass the filter, else through the segments.

    Args:
        connection: In autocommit mode.
        vector: ``(256,)`` float32.
        k: How many.
        where: Cameras must be known.
        limits: When to search exactly.
    """
    passing, values = _query(vector, k, where)
    fetched = values["fetched"]
    segments = _segments(connection)
    if not segments or fetched > limits.exact or _few(connection, passing, values, limits.exact):
        rows = connection.execute(_exact(passing), values, binary=True).fetchall()
    else:
        parts = [_nearest(low, high, passing) for low, high, _ in segments]
        parts.append(_exact(f"version > {segments[-1][1]} AND {passing}"))
        query = " UNION ALL ".join(f"({part})" for part in parts)
        rows = connection.execute(query, values, binary=True).fetchall()
        if len(rows) < k:
            rows = connection.execute(_exact(passing), values, binary=True).fetchall()
    return _ranked(rows, vector, k)


def search_exactly(
    connection: Connection[Row], vector: NDArray[np.float32], k: int, where: Filter
) -> list[Hit]:
    """Return the ``k`` nearest by looking at every sighting that passes the filter."""
    passing, values = _query(vector, k, where)
    rows = connection.execute(_exact(passing), values, binary=True).fetchall()
    return _ranked(rows, vector, k)


def _query(vector: NDArray[np.float32], k: int, where: Filter) -> tuple[str, dict[str, Any]]:
    passing, values = conditions(where)
    # The database compares with the vector in half precision. Some more rows than asked for are
    # fetched and compared again, so rounding leaves nobody out.
    fetched = k + k // 4 + 16
    text = f"[{','.join(map(repr, vector.tolist()))}]"
    return passing, values | {"vector": text, "fetched": fetched}


def _ranked(rows: list[Row], vector: NDArray[np.float32], k: int) -> list[Hit]:
    ids = np.empty(len(rows), object)
    ids[:] = [row[0] for row in rows]
    vectors = unpack_vectors([row[1] for row in rows])
    return best(ids, vectors, np.vecdot(vectors, vector), vector, k)


def _few(connection: Connection[Row], passing: str, values: dict[str, Any], most: int) -> bool:
    """Whether at most so many rows pass; counted, not estimated, and never further than that."""
    if passing == "true":
        return False
    query = (
        f"SELECT count(*) FROM (SELECT FROM sightings WHERE {passing} LIMIT {most + 1}) AS capped"
    )
    row = connection.execute(query, values).fetchone()
    return row is not None and row[0] <= most


def _exact(passing: str) -> str:
    # MATERIALIZED keeps the planner from an index of approximate neighbours.
    return f"""
        WITH scored AS MATERIALIZED (
            SELECT id, embedding <#> %(vector)s::halfvec AS distance
            FROM sightings WHERE {passing}
        ), nearest AS MATERIALIZED (
            SELECT id FROM scored ORDER BY distance, id LIMIT %(fetched)s
        )
        SELECT id, halfvec_send(embedding) FROM nearest JOIN sightings USING (id)
    """


def _nearest(low: int, high: int, passing: str) -> str:
    # The bounds are written out: the planner must see that they are the partial index's own.
    return f"""
        SELECT id, halfvec_send(embedding) FROM sightings
        WHERE version > {low} AND version <= {high} AND {passing}
        ORDER BY embedding <#> %(vector)s::halfvec LIMIT %(fetched)s
    """


def wants_compacting(connection: Connection[Row], limits: Limits) -> bool:
    """Whether enough sightings are hot to make a segment of them."""
    last = max((high for _, high, _ in _segments(connection)), default=0)
    query = "SELECT count(*) FROM (SELECT FROM sightings WHERE version > %s LIMIT %s) AS capped"
    row = connection.execute(query, [last, limits.hot + 1]).fetchone()
    return row is not None and row[0] > limits.hot


def compact(connection: Connection[Row], limits: Limits) -> None:
    """Make a segment of the hot sightings and merge segments; search and writes go on.

    Returns at once where another process is at it.

    Args:
        connection: In autocommit mode.
        limits: Sizes.
    """
    lock = "(%s, hashtext(current_schema()))"
    row = connection.execute(f"SELECT pg_try_advisory_lock{lock}", [COMPACTING]).fetchone()
    if row is None or not row[0]:
        return
    try:
        # One core builds and the other goes on working; a container's small shared memory, too,
        # does not do for a parallel build.
        connection.execute(
            "SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '512MB'"
        )
        _drop_strays(connection)
        if wants_compacting(connection, limits):
            last = max((high for _, high, _ in _segments(connection)), default=0)
            version = connection.execute("SELECT version FROM gallery").fetchone()
            assert version is not None
            _build(connection, last, version[0])
        while (merged := _mergeable(_segments(connection), limits)) is not None:
            _build(connection, *merged)
            _drop_strays(connection)
    finally:
        connection.execute("RESET max_parallel_maintenance_workers; RESET maintenance_work_mem")
        connection.execute(f"SELECT pg_advisory_unlock{lock}", [COMPACTING])


def _segments(connection: Connection[Row]) -> list[tuple[int, int, int]]:
    rows = connection.execute("SELECT low, high, rows FROM segments ORDER BY low").fetchall()
    return [(low, high, count) for low, high, count in rows]


def _mergeable(segments: list[tuple[int, int, int]], limits: Limits) -> tuple[int, int] | None:
    """Return the bounds of the last segments if they are enough and of like size."""
    tail = segments[-FANOUT:]
    sizes = [max(count, 1) for _, _, count in tail]
    alike = len(tail) == FANOUT and max(sizes) < FANOUT * min(sizes)
    return (tail[0][0], tail[-1][1]) if alike and sum(sizes) <= limits.largest else None


def _build(connection: Connection[Row], low: int, high: int) -> None:
    """Index a range, then record it in place of the segments within it."""
    connection.execute(
        f"CREATE INDEX CONCURRENTLY {PREFIX}{low}_{high} ON sightings "
        f"USING hnsw (embedding halfvec_ip_ops) WHERE version > {low} AND version <= {high}"
    )
    # Without counts of the versions the planner would take the range for a few rows and sort them.
    connection.execute("ANALYZE sightings (version)")
    with connection.transaction():
        connection.execute("DELETE FROM segments WHERE low >= %s AND high <= %s", [low, high])
        connection.execute(
            "INSERT INTO segments (low, high, rows) SELECT %(low)s, %(high)s, count(*) "
            "FROM sightings WHERE version > %(low)s AND version <= %(high)s",
            {"low": low, "high": high},
        )


def _drop_strays(connection: Connection[Row]) -> None:
    """Drop indexes that no segment uses: merged ones, and what an interrupted build left."""
    wanted = {f"{PREFIX}{low}_{high}" for low, high, _ in _segments(connection)}
    query = (
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() "
        "AND tablename = 'sightings' AND starts_with(indexname, %s)"
    )
    for (name,) in connection.execute(query, [PREFIX]).fetchall():
        if name not in wanted:
            connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
