"""The gallery on PostgreSQL with pgvector: the embedded one, or the user's server."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from cmps.gallery import networks, rows, segments
from cmps.gallery.accounts import AccountStore
from cmps.gallery.audit import AuditLog
from cmps.gallery.cases import CaseStore, require_days
from cmps.gallery.confirmations import ConfirmationStore
from cmps.gallery.connect import Database, Row, libpq_form
from cmps.gallery.erasing import Erasure, tell
from cmps.gallery.migrations import migrate
from cmps.gallery.postgres_accounts import PostgresAccounts
from cmps.gallery.postgres_audit import PostgresAudit
from cmps.gallery.postgres_cases import PostgresCases
from cmps.gallery.postgres_confirmations import PostgresConfirmations
from cmps.gallery.postgres_erasing import erase
from cmps.gallery.records import Camera, Encoding, Filter, Hit, Network, Sighting, Tracklet
from cmps.gallery.refusals import require_cameras, unknown_sighting
from cmps.gallery.resident import Resident, Snapshot, checked
from cmps.gallery.segments import Limits, conditions
from cmps.gallery.store import EVERYTHING

if TYPE_CHECKING:
    from cmps.gallery.embedded import EmbeddedServer

STATE = "SELECT version, removed, sightings, stale, network, sha256 FROM gallery"


class _Kept:
    """What a process keeps in memory of the gallery as one version left it."""

    def __init__(self, version: int, cameras: frozenset[str], resident: Resident) -> None:
        self.version = version
        self.cameras = cameras
        self.resident = resident


class PostgresGallery:
    """A gallery in a database; safe to use from many threads and processes.

    Up to ``limits.resident`` sightings, all searches but a program's first run on vectors kept in
    memory. Before each search one small query asks for the gallery's version; where others wrote
    since, what they wrote is fetched first. So a search sees every write that was committed before
    it began.

    Args:
        database: An open pool.
        limits: When to search in which way.
        server: The embedded server that the database is on, or ``None``.
    """

    def __init__(
        self,
        database: Database,
        limits: Limits | None = None,
        server: EmbeddedServer | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._database = database
        self._server = server
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._searched = False
        self._own: Network | None = None
        self._cases = PostgresCases(database)
        self._accounts = PostgresAccounts(database)
        self._audit = PostgresAudit(database)
        self._confirmations = PostgresConfirmations(database)

    @property
    def cases(self) -> CaseStore:
        """Cases and sessions, kept beside the sightings."""
        return self._cases

    @property
    def confirmations(self) -> ConfirmationStore:
        """What two people say of sightings."""
        return self._confirmations

    @property
    def accounts(self) -> AccountStore:
        """Who may use the server."""
        return self._accounts

    @property
    def audit(self) -> AuditLog:
        """Who did what; writes carry the pending entry."""
        return self._audit

    def use(self, network: Network) -> None:
        """Say which image network this program encodes with."""
        self._own = network

    def network(self) -> Network | None:
        """Return the image network that filled the gallery, or ``None`` if none was named."""
        return self._database.call(networks.stored)

    def require_network(self) -> None:
        """Make sure that this program's network filled the gallery, all of it."""
        self._database.call(lambda connection: networks.require(connection, self._own))

    def stale(self) -> list[str]:
        """Return the ids of sightings that this program's network did not encode."""
        return self._database.call(lambda connection: networks.stale(connection, self._own))

    def reencode(self, encodings: Mapping[str, Encoding]) -> int:
        """Put this program's encodings in the place of others, in one transaction."""
        if not encodings:
            return 0
        if self._server is not None:
            self._server.require_room(
                sum(2 * one.pyramid.nbytes + 4000 for one in encodings.values())
            )
        done = self._database.write(
            lambda connection: networks.reencode(connection, self._own, encodings)
        )
        self._database.call(self._index_if_many)
        return done

    def upsert(self, sightings: Sequence[Sighting]) -> int:
        """Store sightings in one transaction; see :class:`~cmps.gallery.store.GalleryStore`."""
        batch = {sighting.id: sighting for sighting in sightings}
        if not batch:
            return 0
        if self._server is not None:
            self._server.require_room(sum(map(rows.size, batch.values())))

        def work(connection: Connection[Row]) -> int:
            networks.claim(connection, self._own)
            return rows.upsert(connection, batch.values())

        new = self._database.write(work)
        self._database.call(self._index_if_many)
        return new

    def upsert_cameras(self, cameras: Sequence[Camera]) -> None:
        """Store or rename cameras."""
        batch = {camera.id: camera for camera in cameras}

        def work(connection: Connection[Row]) -> None:
            rows.next_version(connection)
            connection.cursor().executemany(
                "INSERT INTO cameras (id, name, site) VALUES (%s, %s, %s) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, site = excluded.site",
                [(camera.id, camera.name, camera.site) for camera in batch.values()],
            )

        self._database.write(work)

    def keep(self, camera: str, days: int | None) -> Camera:
        """Say for how long a camera's sightings are kept."""
        require_days(days)
        query = (
            "UPDATE cameras SET keep_days = %s WHERE id = %s RETURNING id, name, site, keep_days"
        )

        def work(connection: Connection[Row]) -> Camera:
            require_cameras(Filter(frozenset([camera])), _camera_ids(connection))
            return Camera(*connection.execute(query, [days, camera]).fetchall()[0])

        return self._database.write(work)

    def known(self, ids: Collection[str]) -> set[str]:
        """Return those of ``ids`` that are stored."""
        query = "SELECT id FROM sightings WHERE id = ANY(%s)"
        found = self._rows(query, [list(ids)])
        return {id for (id,) in found}

    def search(self, vector: NDArray[np.float32], k: int, where: Filter = EVERYTHING) -> list[Hit]:
        """Return the ``k`` most similar; see :class:`~cmps.gallery.store.GalleryStore`.

        Exact up to ``limits.resident`` sightings, and beyond as long as at most ``limits.exact``
        pass the filter; else through HNSW indexes.
        """
        vector = checked(vector)

        def work(connection: Connection[Row]) -> list[Hit]:
            state = connection.execute(STATE, prepare=True).fetchall()[0]
            version, removed, count = state[:3]
            networks.refuse(connection, self._own, *state[2:])
            if count > self.limits.resident:
                self._kept = None
                require_cameras(where, _camera_ids(connection) if where.cameras else ())
                return segments.search(connection, vector, k, where, self.limits)
            if not self._searched:
                # A program that searches once need not fetch every vector for it.
                self._searched = True
                require_cameras(where, _camera_ids(connection) if where.cameras else ())
                return segments.search_exactly(connection, vector, k, where)
            kept = self._fresh(connection, version, removed)
            require_cameras(where, kept.cameras)
            return kept.resident.search(vector, k, where)

        return self._database.call(work) if k > 0 else []

    def snapshot(self, most: int = 20_000) -> Snapshot:
        """Return the vectors of all sightings; see :class:`~cmps.gallery.store.GalleryStore`."""

        def work(connection: Connection[Row]) -> Snapshot:
            state = connection.execute(STATE, prepare=True).fetchall()[0]
            version, removed, count = state[:3]
            networks.refuse(connection, self._own, *state[2:])
            if count > self.limits.resident:
                return Snapshot(version, count, rows.sample(connection, most, count))
            kept = self._fresh(connection, version, removed)
            return Snapshot(kept.version, len(kept.resident.ids), kept.resident)

        return self._database.call(work)

    def news(self, after: int) -> tuple[int, list[str]]:
        """Return the number of the last write, and the ids written after an earlier one."""

        def work(connection: Connection[Row]) -> tuple[int, list[str]]:
            # the number first: what is written meanwhile comes twice rather than never
            version = connection.execute("SELECT version FROM gallery").fetchall()[0][0]
            query = "SELECT id FROM sightings WHERE version > %s ORDER BY id"
            return version, [id for (id,) in connection.execute(query, [after])]

        return self._database.call(work)

    def get(self, ids: Sequence[str], *, pictures: bool = False) -> list[Sighting]:
        """Return sightings in the order of ``ids``; JPEG bytes only where asked for."""
        if not ids:
            return []
        found = self._database.call(lambda connection: rows.read(connection, ids, pictures))
        for id in ids:
            if id not in found:
                raise unknown_sighting(id)
        return [found[id] for id in ids]

    def listing(self, where: Filter = EVERYTHING) -> list[str]:
        """Return the ids that pass the filter, by time (unknown last), camera, id."""
        passing, values = conditions(where)
        query = f"SELECT id FROM sightings WHERE {passing} ORDER BY time NULLS LAST, camera, id"
        return [id for (id,) in self._filtered(query, values, where)]

    def delete(self, ids: Collection[str]) -> int:
        """Remove sightings with crops and vectors; returns how many."""
        return self._database.write(lambda connection: rows.delete(connection, ids)) if ids else 0

    def erase(
        self,
        sightings: Collection[str] = (),
        cases: Collection[str] = (),
        *,
        person: bool = False,
    ) -> Erasure:
        """Erase sightings and cases with whatever holds them, in one transaction."""
        return self._database.write(
            lambda connection: tell(erase(connection, sightings, cases, person=person))
        )

    def count(self, where: Filter = EVERYTHING) -> int:
        """Return how many sightings pass the filter."""
        if where.is_open:
            return int(self._rows("SELECT sightings FROM gallery")[0][0])
        passing, values = conditions(where)
        query = f"SELECT count(*) FROM sightings WHERE {passing}"
        return int(self._filtered(query, values, where)[0][0])

    def cameras(self) -> list[Camera]:
        """Return all cameras by id."""
        found = self._rows("SELECT id, name, site, keep_days FROM cameras ORDER BY id")
        return [Camera(*row) for row in found]

    def tracklets(self, ids: Collection[str] | None = None) -> list[Tracklet]:
        """Return all or the named tracklets, by start (unknown last), then id."""
        found = self._rows(
            "SELECT id, camera, started, ended FROM tracklets "
            "WHERE %(ids)s::text[] IS NULL OR id = ANY(%(ids)s) ORDER BY started NULLS LAST, id",
            {"ids": None if ids is None else list(ids)},
        )
        return [Tracklet(*row) for row in found]

    def members(self, tracklets: Collection[str]) -> dict[str, list[str]]:
        """Return the ids of the named tracklets' sightings, each by time (unknown last), id."""
        found: dict[str, list[str]] = {}
        query = (
            "SELECT tracklet, id FROM sightings WHERE tracklet = ANY(%s) "
            "ORDER BY time NULLS LAST, id"
        )
        for tracklet, id in self._rows(query, [list(tracklets)]):
            found.setdefault(tracklet, []).append(id)
        return found

    def compact(self) -> None:
        """Index what came since the last time, and free the room of what was deleted.

        Search and writes go on meanwhile. ``upsert`` makes indexes by itself where they are due.
        """
        self._database.call(self._index_if_many)
        self._database.call(lambda connection: connection.execute("VACUUM (ANALYZE) sightings"))

    def close(self) -> None:
        """Close connections and leave the server; the last process to leave stops it."""
        self._database.close()
        if self._server is not None:
            self._server.close()

    def _index_if_many(self, connection: Connection[Row]) -> None:
        count = connection.execute("SELECT sightings FROM gallery").fetchall()[0][0]
        if count > self.limits.resident and segments.wants_compacting(connection, self.limits):
            segments.compact(connection, self.limits)

    def _fresh(self, connection: Connection[Row], version: int, removed: int) -> _Kept:
        """Return what is kept, brought up to a version first where others wrote since."""
        kept = self._kept
        if kept is not None and kept.version >= version:
            return kept
        with self._lock, connection.transaction():
            # One snapshot for all three queries.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            state = connection.execute(STATE).fetchall()[0]
            version, removed = state[:2]
            networks.refuse(connection, self._own, *state[2:])
            kept = self._kept
            if kept is not None and kept.version >= version:
                return kept
            cameras = frozenset(_camera_ids(connection))
            if kept is None or kept.version < removed:
                resident = rows.resident(connection, 0)
            else:
                newer = rows.resident(connection, kept.version)
                resident = kept.resident.updated(newer) if len(newer.ids) else kept.resident
            self._kept = kept = _Kept(version, cameras, resident)
        return kept

    def _rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        return self._database.call(lambda connection: connection.execute(query, values).fetchall())

    def _filtered(self, query: str, values: dict[str, object], where: Filter) -> list[Row]:
        def work(connection: Connection[Row]) -> list[Row]:
            require_cameras(where, _camera_ids(connection) if where.cameras else ())
            return connection.execute(query, values).fetchall()

        return self._database.call(work)


def _camera_ids(connection: Connection[Row]) -> list[str]:
    return [id for (id,) in connection.execute("SELECT id FROM cameras")]


def open_gallery(
    data: Path, database_url: str = "", limits: Limits | None = None
) -> PostgresGallery:
    """Open the gallery of a data folder, or the one behind a URL; made if it is new.

    Args:
        data: Folder of the embedded server, ``data/postgres``; unused where a URL is given.
        database_url: A PostgreSQL with pgvector 0.8, such as
            ``postgresql://cmps:secret@host/gallery``; empty for the embedded one.
        limits: When to search in which way.

    Raises:
        GalleryError: If the server cannot start or answer, the disk is full, or a newer CMPS
            wrote the gallery.
    """
    if database_url:
        return _opened(Database(libpq_form(database_url)), limits, None)
    from cmps.gallery.embedded import EmbeddedServer

    server = EmbeddedServer(data)
    try:
        return _opened(Database(server.conninfo, server.revive), limits, server)
    except BaseException:
        server.close()
        raise


def _opened(
    database: Database, limits: Limits | None, server: EmbeddedServer | None
) -> PostgresGallery:
    database.open(migrate)
    return PostgresGallery(database, limits, server)
