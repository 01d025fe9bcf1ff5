"""A gallery in memory: for tests, and for programs that keep nothing."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.accounts import AccountStore
from cmps.gallery.audit import AuditLog, carry
from cmps.gallery.cases import CaseStore, require_days
from cmps.gallery.codec import as_stored, microseconds
from cmps.gallery.confirmations import ConfirmationStore
from cmps.gallery.erasing import Erasure, tell
from cmps.gallery.memory_accounts import MemoryAccounts
from cmps.gallery.memory_audit import MemoryAudit
from cmps.gallery.memory_cases import MemoryCases
from cmps.gallery.memory_confirmations import MemoryConfirmations
from cmps.gallery.records import Camera, Encoding, Filter, Hit, Network, Sighting, Tracklet
from cmps.gallery.refusals import (
    half_encoded,
    other_camera,
    other_network,
    require_cameras,
    tracklet_cameras,
    unknown_sighting,
)
from cmps.gallery.resident import Resident, Snapshot, checked
from cmps.gallery.store import EVERYTHING


class MemoryGallery:
    """Keeps everything in dictionaries; numbers are rounded to half precision as on disk.

    Example:
        >>> from cmps.gallery.records import Encoding
        >>> vector = np.eye(256, dtype=np.float32)[0]
        >>> encoding = Encoding(vector, np.ones((1, 2), np.float16), np.ones(1, np.float32))
        >>> gallery = MemoryGallery()
        >>> gallery.upsert([Sighting("a1", "gate", encoding), Sighting("b2", "hall", encoding)])
        2
        >>> gallery.search(vector, 5, Filter.of(["hall"]))
        [Hit(sighting='b2', similarity=1.0)]
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sightings: dict[str, Sighting] = {}
        self._cameras: dict[str, Camera] = {}
        self._tracklets: dict[str, Tracklet] = {}
        self._resident: Resident | None = None
        self._own: Network | None = None
        self._network: Network | None = None
        self._stale: set[str] = set()
        self._version = 0
        self._written: dict[str, int] = {}
        self._audit = MemoryAudit()
        self._cases = MemoryCases(self._audit)
        self._confirmations = MemoryConfirmations(self._cases, self._audit)
        self._accounts = MemoryAccounts(self._audit)

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
        """Who did what."""
        return self._audit

    def use(self, network: Network) -> None:
        """Say which image network this program encodes with."""
        self._own = network

    def network(self) -> Network | None:
        """Return the image network that filled the gallery."""
        return self._network

    def require_network(self) -> None:
        """Make sure that this program's network filled the gallery, all of it."""
        with self._lock:
            if self._sightings and self._network != self._own:
                raise other_network(self._network, self._own)
            if self._stale:
                raise half_encoded(len(self._stale), self._own)

    def stale(self) -> list[str]:
        """Return the ids of sightings that this program's network did not encode."""
        with self._lock:
            return sorted(self._sightings if self._network != self._own else self._stale)

    def reencode(self, encodings: Mapping[str, Encoding]) -> int:
        """Put this program's encodings in the place of others."""
        if not encodings:
            return 0
        with self._lock:
            if self._network != self._own:
                self._network, self._stale = self._own, set(self._sightings)
            replaced = list(self._stored(encodings))
            for old in replaced:
                self._sightings[old.id] = as_stored(replace(old, encoding=encodings[old.id]))
            self._stale -= encodings.keys()
            self._wrote(old.id for old in replaced)
            return len(replaced)

    def upsert(self, sightings: Sequence[Sighting]) -> int:
        """Store sightings; see :class:`~cmps.gallery.store.GalleryStore`."""
        batch = {sighting.id: sighting for sighting in sightings}
        if not batch:
            return 0
        with self._lock:
            if self._sightings and self._network != self._own:
                raise other_network(self._network, self._own)
            cameras = tracklet_cameras(batch.values())
            for tracklet, camera in cameras.items():
                known = self._tracklets.get(tracklet)
                if known is not None and known.camera != camera:
                    raise other_camera(tracklet, known.camera, camera)
            new = len(batch.keys() - self._sightings.keys())
            touched = {one.tracklet for one in self._stored(batch)} | cameras.keys()
            for sighting in batch.values():
                self._cameras.setdefault(sighting.camera, Camera(sighting.camera))
                self._sightings[sighting.id] = as_stored(sighting)
            for tracklet, camera in cameras.items():
                self._tracklets.setdefault(tracklet, Tracklet(tracklet, camera))
            self._span(touched)
            self._network = self._own
            self._stale -= batch.keys()
            self._wrote(batch)
            return new

    def upsert_cameras(self, cameras: Sequence[Camera]) -> None:
        """Store or rename cameras."""
        with self._lock:
            for camera in cameras:
                known = self._cameras.get(camera.id)
                days = known.keep_days if known else None
                self._cameras[camera.id] = replace(camera, keep_days=days)
            carry(self._audit.append)

    def keep(self, camera: str, days: int | None) -> Camera:
        """Say for how long a camera's sightings are kept."""
        require_days(days)
        with self._lock:
            require_cameras(Filter(frozenset([camera])), self._cameras)
            self._cameras[camera] = replace(self._cameras[camera], keep_days=days)
            carry(self._audit.append)
            return self._cameras[camera]

    def known(self, ids: Collection[str]) -> set[str]:
        """Return those of ``ids`` that are stored."""
        with self._lock:
            return {id for id in ids if id in self._sightings}

    def search(self, vector: NDArray[np.float32], k: int, where: Filter = EVERYTHING) -> list[Hit]:
        """Return the ``k`` most similar; see :class:`~cmps.gallery.store.GalleryStore`."""
        vector = checked(vector)
        with self._lock:
            self.require_network()
            require_cameras(where, self._cameras)
            if self._resident is None:
                self._resident = self._build()
            resident = self._resident
        return resident.search(vector, k, where) if k > 0 else []

    def snapshot(self, most: int = 20_000) -> Snapshot:
        """Return the vectors of all sightings; see :class:`~cmps.gallery.store.GalleryStore`."""
        with self._lock:
            self.require_network()
            if self._resident is None:
                self._resident = self._build()
            return Snapshot(self._version, len(self._sightings), self._resident)

    def news(self, after: int) -> tuple[int, list[str]]:
        """Return the number of the last write, and the ids written after an earlier one."""
        with self._lock:
            new = [id for id, version in self._written.items() if version > after]
            return self._version, sorted(new)

    def get(self, ids: Sequence[str], *, pictures: bool = False) -> list[Sighting]:
        """Return sightings in the order of ``ids``."""
        with self._lock:
            found = []
            for id in ids:
                if id not in self._sightings:
                    raise unknown_sighting(id)
                sighting = self._sightings[id]
                found.append(sighting if pictures else replace(sighting, picture=b""))
            return found

    def listing(self, where: Filter = EVERYTHING) -> list[str]:
        """Return the ids that pass the filter, by time (unknown last), camera, id."""

        def place(sighting: Sighting) -> tuple[bool, int, str, str]:
            time = microseconds(sighting.time) if sighting.time else 0
            return sighting.time is None, time, sighting.camera, sighting.id

        return [sighting.id for sighting in sorted(self._passing(where), key=place)]

    def delete(self, ids: Collection[str]) -> int:
        """Remove sightings; returns how many."""
        with self._lock:
            gone = self._drop(ids)
            self._wrote(())
            return gone

    def erase(
        self,
        sightings: Collection[str] = (),
        cases: Collection[str] = (),
        *,
        person: bool = False,
    ) -> Erasure:
        """Erase sightings and cases with whatever holds them."""
        with self._lock:
            for case in cases:
                self._cases.get(case)
            wanted = frozenset(sightings)
            done = self._cases.forget(wanted, self._confirmations.confirmed(wanted), person=person)
            confirmations = self._confirmations.forget(wanted)
            for case in cases:
                done = done.plus(self._cases.forget_case(case))
                confirmations += self._confirmations.forget(case=case)
            done = replace(done, sightings=self._drop(wanted), confirmations=confirmations)
            tell(done)
            self._wrote(())
            return done

    def count(self, where: Filter = EVERYTHING) -> int:
        """Return how many sightings pass the filter."""
        return len(self._passing(where))

    def cameras(self) -> list[Camera]:
        """Return all cameras by id."""
        with self._lock:
            return [self._cameras[id] for id in sorted(self._cameras)]

    def tracklets(self, ids: Collection[str] | None = None) -> list[Tracklet]:
        """Return all or the named tracklets, by start (unknown last), then id."""
        with self._lock:
            found = [one for one in self._tracklets.values() if ids is None or one.id in ids]

        def place(tracklet: Tracklet) -> tuple[bool, int, str]:
            start = microseconds(tracklet.start) if tracklet.start else 0
            return tracklet.start is None, start, tracklet.id

        return sorted(found, key=place)

    def members(self, tracklets: Collection[str]) -> dict[str, list[str]]:
        """Return the ids of the named tracklets' sightings, each by time (unknown last), id."""
        wanted = set(tracklets)
        found: dict[str, list[Sighting]] = {}
        with self._lock:
            for one in self._sightings.values():
                if one.tracklet is not None and one.tracklet in wanted:
                    found.setdefault(one.tracklet, []).append(one)

        def place(one: Sighting) -> tuple[bool, int, str]:
            return one.time is None, microseconds(one.time) if one.time else 0, one.id

        return {key: [one.id for one in sorted(group, key=place)] for key, group in found.items()}

    def close(self) -> None:
        """Nothing is open."""

    def _wrote(self, ids: Iterable[str]) -> None:
        carry(self._audit.append)
        self._version += 1
        self._written.update(dict.fromkeys(ids, self._version))
        self._resident = None

    def _drop(self, ids: Collection[str]) -> int:
        gone = list(self._stored(dict.fromkeys(ids)))
        for sighting in gone:
            del self._sightings[sighting.id]
            self._stale.discard(sighting.id)
            del self._written[sighting.id]
        self._span({sighting.tracklet for sighting in gone})
        return len(gone)

    def _stored(self, ids: Iterable[str]) -> Iterable[Sighting]:
        return [self._sightings[id] for id in ids if id in self._sightings]

    def _passing(self, where: Filter) -> list[Sighting]:
        with self._lock:
            require_cameras(where, self._cameras)
            return [
                sighting
                for sighting in self._sightings.values()
                if (where.cameras is None or sighting.camera in where.cameras)
                and where.passes_time(sighting.time)
            ]

    def _span(self, tracklets: Collection[str | None]) -> None:
        """Make tracklets span exactly their sightings' times; drop those without any."""
        wanted = {tracklet for tracklet in tracklets if tracklet is not None}
        times: dict[str, list[Sighting]] = {tracklet: [] for tracklet in wanted}
        for sighting in self._sightings.values():
            if sighting.tracklet in wanted:
                times[sighting.tracklet].append(sighting)
        for tracklet, members in times.items():
            if not members:
                del self._tracklets[tracklet]
                continue
            known = [member.time for member in members if member.time is not None]
            self._tracklets[tracklet] = Tracklet(
                tracklet,
                members[0].camera,
                min(known, default=None),
                max(known, default=None),
            )

    def _build(self) -> Resident:
        rows = list(self._sightings.values())
        vectors = [row.encoding.embedding for row in rows]
        return Resident.of(
            [row.id for row in rows],
            np.stack(vectors) if rows else np.empty((0, 256), np.float32),
            [row.camera for row in rows],
            [microseconds(row.time) if row.time else None for row in rows],
        )
