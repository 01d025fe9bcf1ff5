"""Sightings as rows of PostgreSQL: written by COPY, read in binary, each in one round trip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from cmps.gallery.codec import (
    pack_halves,
    pack_vector,
    printable,
    unpack_encoding,
    unpack_vectors,
)
from cmps.gallery.connect import Row
from cmps.gallery.records import Passage, Sighting
from cmps.gallery.refusals import other_camera, tracklet_cameras
from cmps.gallery.resident import Resident

# Columns of ``sightings`` with the types in which COPY sends them; COPY carries no type names, so
# a halfvec's binary form may be sent as plain bytes.
COLUMNS = {
    "id": "text",
    "version": "int8",
    "camera": "text",
    "time": "timestamptz",
    "tracklet": "text",
    "person": "text",
    "source": "text",
    "box": "int4[]",
    "enter": "timestamptz",
    "leave": "timestamptz",
    "walk": "float8[]",
    "height": "float8",
    "embedding": "bytea",
    "width": "int4",
    "pyramid": "bytea",
    "foreground": "bytea",
    "picture": "bytea",
}
NAMES = ", ".join(COLUMNS)
UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "id")
READ = (
    "SELECT id, camera, time, tracklet, person, source, box, halfvec_send(embedding), width, "
    "pyramid, foreground, {picture}, enter, leave, walk, height FROM sightings WHERE id = ANY(%s)"
)


def next_version(connection: Connection[Row]) -> int:
    """Queue behind other writers and return the number of this write."""
    row = connection.execute("UPDATE gallery SET version = version + 1 RETURNING version")
    return int(row.fetchall()[0][0])


def upsert(connection: Connection[Row], sightings: Iterable[Sighting]) -> int:
    """Write sightings with distinct ids, inside a transaction; return how many are new.

    Raises:
        GalleryError: If a tracklet belongs to another camera.
    """
    batch = list(sightings)
    cameras = tracklet_cameras(batch)
    version = next_version(connection)
    copy_in(connection, batch, version)
    connection.execute(
        "INSERT INTO cameras (id) SELECT DISTINCT camera FROM pg_temp.incoming "
        "ON CONFLICT DO NOTHING"
    )
    _add_tracklets(connection, cameras)
    replaced = connection.execute(
        "SELECT tracklet FROM sightings WHERE id IN (SELECT id FROM pg_temp.incoming)"
    ).fetchall()
    connection.execute(
        f"INSERT INTO sightings ({NAMES}) SELECT {NAMES} FROM pg_temp.incoming "
        f"ON CONFLICT (id) DO UPDATE SET {UPDATES}"
    )
    span(connection, cameras.keys() | {tracklet for (tracklet,) in replaced})
    new = len(batch) - len(replaced)
    connection.execute("UPDATE gallery SET sightings = sightings + %s", [new])
    return new


def copy_in(connection: Connection[Row], sightings: Iterable[Sighting], version: int) -> None:
    """Send sightings into the table ``incoming``, which lasts as long as the transaction."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE sightings) ON COMMIT DELETE ROWS"
    )
    statement = f"COPY pg_temp.incoming ({NAMES}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(COLUMNS.values()))
        for sighting in sightings:
            copy.write_row(_row(sighting, version))


def delete(connection: Connection[Row], ids: Collection[str]) -> int:
    """Delete sightings, inside a transaction; return how many there were."""
    version = next_version(connection)
    gone = connection.execute(
        "DELETE FROM sightings WHERE id = ANY(%s) RETURNING tracklet", [list(ids)]
    ).fetchall()
    if gone:
        span(connection, {tracklet for (tracklet,) in gone})
        connection.execute(
            "UPDATE gallery SET removed = %s, sightings = sightings - %s", [version, len(gone)]
        )
    return len(gone)


def span(connection: Connection[Row], tracklets: Collection[str | None]) -> None:
    """Make tracklets span exactly their sightings' times; drop those without any."""
    named = [tracklet for tracklet in tracklets if tracklet is not None]
    if not named:
        return
    connection.execute(
        "UPDATE tracklets SET started = first, ended = last FROM ("
        "SELECT tracklet, min(time) AS first, max(time) AS last FROM sightings "
        "WHERE tracklet = ANY(%s) GROUP BY tracklet) AS spans WHERE id = tracklet",
        [named],
    )
    connection.execute(
        "DELETE FROM tracklets WHERE id = ANY(%s) "
        "AND NOT EXISTS (SELECT FROM sightings WHERE tracklet = tracklets.id)",
        [named],
    )


def read(connection: Connection[Row], ids: Collection[str], pictures: bool) -> dict[str, Sighting]:
    """Return the stored ones of some sightings by id."""
    query = READ.format(picture="picture" if pictures else "''::bytea")
    rows = connection.execute(query, [list(ids)], prepare=True, binary=True).fetchall()
    embeddings = unpack_vectors([row[7] for row in rows])
    return {
        row[0]: Sighting(
            id=row[0],
            camera=row[1],
            encoding=unpack_encoding(embedding, pyramid=row[9], width=row[8], foreground=row[10]),
            picture=row[11],
            time=row[2],
            tracklet=row[3],
            person=row[4],
            source=row[5],
            box=tuple(row[6]) if row[6] else None,
            passage=_passage(row[3], row[1], *row[12:]) if row[14] else None,
        )
        for row, embedding in zip(rows, embeddings, strict=True)
    }


def resident(connection: Connection[Row], after: int) -> Resident:
    """Return the searchable part of all sightings written after a version."""
    return _resident(connection, "WHERE version > %s", [after])


def sample(connection: Connection[Row], most: int, count: int) -> Resident:
    """Return the searchable part of about ``most`` of ``count`` sightings, chosen by chance."""
    # the same ones as long as nothing is written: scores are compared with them
    share = min(100.0, 100 * most / max(count, 1))
    return _resident(connection, "TABLESAMPLE BERNOULLI (%s) REPEATABLE (0)", [share])


def _resident(connection: Connection[Row], chosen: str, values: Sequence[Any]) -> Resident:
    rows = connection.execute(
        "SELECT id, halfvec_send(embedding), camera, "
        f"(extract(epoch FROM time) * 1000000)::bigint FROM sightings {chosen}",
        values,
        binary=True,
    ).fetchall()
    return Resident.of(
        [row[0] for row in rows],
        unpack_vectors([row[1] for row in rows]),
        [row[2] for row in rows],
        [row[3] for row in rows],
    )


def size(sighting: Sighting) -> int:
    """Return about how many bytes storing a sighting takes, on disk and in the log."""
    return 2 * (len(sighting.picture) + sighting.encoding.pyramid.nbytes + 2000)


def _row(sighting: Sighting, version: int) -> Sequence[Any]:
    encoding = sighting.encoding
    return (
        sighting.id,
        version,
        sighting.camera,
        sighting.time,
        sighting.tracklet,
        sighting.person,
        printable(sighting.source),
        None if sighting.box is None else list(sighting.box),
        *_walk(sighting.passage),
        pack_vector(encoding.embedding),
        encoding.pyramid.shape[1],
        pack_halves(encoding.pyramid),
        pack_halves(encoding.foreground),
        sighting.picture,
    )


def _walk(passage: Passage | None) -> Sequence[Any]:
    """Return times, places and height of a passage as columns."""
    if passage is None:
        return None, None, None, None
    return passage.enter, passage.leave, [*passage.first, *passage.last], passage.height


def _passage(
    tracklet: str,
    camera: str,
    enter: datetime,
    leave: datetime,
    walk: Sequence[float],
    height: float | None,
) -> Passage:
    x, y, last_x, last_y = walk
    return Passage(tracklet, camera, enter, leave, (x, y), (last_x, last_y), height)


def _add_tracklets(connection: Connection[Row], cameras: dict[str, str]) -> None:
    if not cameras:
        return
    names = [list(cameras), list(cameras.values())]
    connection.execute(
        "INSERT INTO tracklets (id, camera) SELECT * FROM unnest(%s::text[], %s::text[]) "
        "ON CONFLICT DO NOTHING",
        names,
    )
    for tracklet, camera in connection.execute(
        "SELECT id, camera FROM tracklets WHERE id = ANY(%s)", [names[0]]
    ):
        if cameras[tracklet] != camera:
            raise other_camera(tracklet, camera, cameras[tracklet])
