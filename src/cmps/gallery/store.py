"""The one interface of every gallery; contract tests run against each implementation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.accounts import AccountStore
from cmps.gallery.audit import AuditLog
from cmps.gallery.cases import CaseStore
from cmps.gallery.confirmations import ConfirmationStore
from cmps.gallery.erasing import Erasure
from cmps.gallery.records import Camera, Encoding, Filter, Hit, Network, Sighting, Tracklet
from cmps.gallery.resident import Snapshot

EVERYTHING = Filter()


class GalleryStore(Protocol):
    """Holds sightings and finds the nearest to a vector.

    Every method raises :class:`~cmps.gallery.records.GalleryError` with a way out; a call either
    happens whole or not at all, and what was stored before stays searchable.
    """

    def use(self, network: Network) -> None:
        """Say which image network this program encodes with.

        From then on :meth:`upsert` and :meth:`search` refuse a gallery that another network
        filled. An empty gallery takes any, with the first sighting.
        """
        ...

    def network(self) -> Network | None:
        """Return the image network that filled the gallery, or ``None`` if none was ever named."""
        ...

    def require_network(self) -> None:
        """Make sure that this program's network filled the gallery, all of it.

        Raises:
            GalleryError: If another one did, or :meth:`reencode` has not come to an end yet.
        """
        ...

    def stale(self) -> list[str]:
        """Return the ids of sightings that this program's network did not encode."""
        ...

    def reencode(self, encodings: Mapping[str, Encoding]) -> int:
        """Put this program's encodings in the place of others, in one transaction.

        From the first call on the gallery belongs to this program's network; until none is
        :meth:`stale`, nobody can search it. Ids that are gone are passed over.

        Returns:
            How many were replaced.
        """
        ...

    def upsert(self, sightings: Sequence[Sighting]) -> int:
        """Store sightings in one transaction; the same id twice is one sighting.

        Unknown cameras and tracklets come into being; a tracklet's start and end widen to its
        sightings. Raises where another image network filled the gallery.

        Returns:
            How many were new.
        """
        ...

    def upsert_cameras(self, cameras: Sequence[Camera]) -> None:
        """Store or rename cameras; for how long they are kept stays."""
        ...

    def keep(self, camera: str, days: int | None) -> Camera:
        """Say for how long a camera's sightings are kept; ``None`` until somebody deletes them."""
        ...

    def known(self, ids: Collection[str]) -> set[str]:
        """Return those of ``ids`` that are stored."""
        ...

    def search(self, vector: NDArray[np.float32], k: int, where: Filter = EVERYTHING) -> list[Hit]:
        """Return the ``k`` most similar sightings that pass the filter, best first.

        Args:
            vector: ``(256,)``, unit length.
            k: How many at most.
            where: Cameras and times; an unknown camera raises.
        """
        ...

    def snapshot(self, most: int = 20_000) -> Snapshot:
        """Return the vectors of all sightings, for who scores each of them.

        Args:
            most: How many to choose by chance where there are too many to keep in memory.
        """
        ...

    def news(self, after: int) -> tuple[int, list[str]]:
        """Return the number of the last write, and the ids written after an earlier one.

        Args:
            after: A number that an earlier call returned; 0 for all that is there.
        """
        ...

    @property
    def cases(self) -> CaseStore:
        """Cases and sessions, kept beside the sightings."""
        ...

    @property
    def confirmations(self) -> ConfirmationStore:
        """What two people say of sightings."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """Who may use the server."""
        ...

    @property
    def audit(self) -> AuditLog:
        """Who did what; writes carry the pending entry, see :mod:`cmps.gallery.audit`."""
        ...

    def get(self, ids: Sequence[str], *, pictures: bool = False) -> list[Sighting]:
        """Return sightings in the order of ``ids``; JPEG bytes only where asked for.

        Raises:
            GalleryError: If an id is unknown; the message names it.
        """
        ...

    def listing(self, where: Filter = EVERYTHING) -> list[str]:
        """Return the ids that pass the filter, ordered by time (unknown last), camera, id."""
        ...

    def delete(self, ids: Collection[str]) -> int:
        """Remove sightings with crops and vectors, and tracklets left empty; return how many."""
        ...

    def erase(
        self,
        sightings: Collection[str] = (),
        cases: Collection[str] = (),
        *,
        person: bool = False,
    ) -> Erasure:
        """Erase sightings and cases with whatever holds them, in one transaction.

        The pending entry of the audit is told how much it was.

        Args:
            sightings: Ids; steps, watched events and confirmations that name one go too.
            cases: Ids; everything that belongs to them goes. An unknown one raises.
            person: The sightings are all of one person: sessions in which one was ticked, and those
                of cases in which one was taken for the person sought, lose all their steps, events
                and photos.
        """
        ...

    def count(self, where: Filter = EVERYTHING) -> int:
        """Return how many sightings pass the filter."""
        ...

    def cameras(self) -> list[Camera]:
        """Return all cameras by id."""
        ...

    def tracklets(self, ids: Collection[str] | None = None) -> list[Tracklet]:
        """Return all or the named tracklets, by start."""
        ...

    def members(self, tracklets: Collection[str]) -> dict[str, list[str]]:
        """Return the ids of the named tracklets' sightings, each by time (unknown last), id."""
        ...

    def close(self) -> None:
        """Let go of connections and of a server that this store started."""
        ...
