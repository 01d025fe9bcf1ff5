"""Exact search in memory: what a gallery of some ten thousand sightings needs to be quick.

Measured with 20,000 sightings (``python -m benchmarks.gallery``): PostgreSQL's exact scan takes
12 ms, a search here less than one, with the question whether anything changed. Products come from
``np.vecdot`` and not from ``@``: a threaded BLAS splits so small a product among threads that wait
for each other, which on a busy machine costs 8 to 16 ms instead of 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.codec import microseconds
from cmps.gallery.records import EMBEDDING_SIZE, Filter, GalleryError, Hit

# The microseconds that stand for a time nobody knows.
UNKNOWN = np.iinfo(np.int64).min
# Single precision sums differ by less than this between two orders of adding.
_SLACK = 1e-5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The vectors of a gallery at one moment.

    Attributes:
        version: Number of the last write.
        count: How many sightings the gallery holds.
        resident: All of them, or a part chosen by chance.
    """

    version: int
    count: int
    resident: Resident

    @property
    def whole(self) -> bool:
        """Whether all sightings are in it."""
        return len(self.resident.ids) == self.count


class Resident:
    """The searchable part of n sightings; never changed, replaced by a newer one instead.

    Args:
        ids: ``(n,)`` strings.
        vectors: ``(n, 256)`` embeddings.
        cameras: ``(n,)`` camera ids.
        times: ``(n,)`` microseconds since 1970, or ``UNKNOWN``.
    """

    def __init__(
        self,
        ids: NDArray[np.object_],
        vectors: NDArray[np.float32],
        cameras: NDArray[np.object_],
        times: NDArray[np.int64],
    ) -> None:
        self.ids = ids
        self.vectors = vectors
        self.cameras = cameras
        self.times = times
        self._numbers: dict[str, int] = {}
        numbers = (self._numbers.setdefault(camera, len(self._numbers)) for camera in cameras)
        self._camera_numbers = np.fromiter(numbers, np.int32, len(cameras))
        self._places: dict[str, int] | None = None

    @classmethod
    def of(
        cls,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        cameras: Sequence[str],
        times: Sequence[int | None],
    ) -> Resident:
        """Build one from columns; an unknown time is ``None``.

        Example:
            >>> vectors = np.eye(3, 256, dtype=np.float32)
            >>> resident = Resident.of(["a", "b", "c"], vectors, ["1", "2", "2"], [0, 5, None])
            >>> resident.search(vectors[2], 2, Filter(cameras=frozenset("2")))
            [Hit(sighting='c', similarity=1.0), Hit(sighting='b', similarity=0.0)]
        """
        return cls(
            _objects(ids),
            vectors.reshape(-1, EMBEDDING_SIZE),
            _objects(cameras),
            np.array([UNKNOWN if time is None else time for time in times], np.int64),
        )

    def updated(self, newer: Resident) -> Resident:
        """Return these sightings with newer ones added, or in place of those of the same id."""
        replaced = set(newer.ids)
        keep = np.array([id not in replaced for id in self.ids], bool)
        return Resident(
            np.concatenate([self.ids[keep], newer.ids]),
            np.concatenate([self.vectors[keep], newer.vectors]),
            np.concatenate([self.cameras[keep], newer.cameras]),
            np.concatenate([self.times[keep], newer.times]),
        )

    def search(self, vector: NDArray[np.float32], k: int, where: Filter) -> list[Hit]:
        """Return the ``k`` most similar that pass the filter, best first, then by id."""
        if where.is_open:
            return best(self.ids, self.vectors, np.vecdot(self.vectors, vector), vector, k)
        rows = self.rows(where)
        vectors = self.vectors[rows]
        return best(self.ids[rows], vectors, np.vecdot(vectors, vector), vector, k)

    def rows(self, where: Filter) -> NDArray[np.intp]:
        """Return the places of those that pass a filter, in order."""
        return np.flatnonzero(self._passing(where))

    def places(self, ids: Sequence[str]) -> NDArray[np.intp]:
        """Return the places of those of some ids that are here."""
        if self._places is None:
            self._places = {id: place for place, id in enumerate(self.ids)}
        return np.array([self._places[id] for id in ids if id in self._places], np.intp)

    def _passing(self, where: Filter) -> NDArray[np.bool_]:
        passing = np.ones(len(self.ids), bool)
        if where.cameras is not None:
            wanted = [self._numbers[camera] for camera in where.cameras if camera in self._numbers]
            passing &= np.isin(self._camera_numbers, wanted)
        if where.after is not None or where.before is not None or where.spans is not None:
            passing &= self.times != UNKNOWN
        if where.after is not None:
            passing &= self.times >= microseconds(where.after)
        if where.before is not None:
            passing &= self.times < microseconds(where.before)
        if where.spans is not None:
            within = np.zeros(len(self.ids), bool)
            for begin, end in where.spans:
                within |= (self.times >= microseconds(begin)) & (self.times < microseconds(end))
            passing &= within
        return passing


def best(
    ids: NDArray[np.object_],
    vectors: NDArray[np.float32],
    scores: NDArray[np.float32],
    vector: NDArray[np.float32],
    k: int,
) -> list[Hit]:
    """Return the ``k`` best of n scored sightings, with similarities in double precision.

    Double precision makes equal vectors equally similar in every gallery; equals go by id.

    Args:
        ids: ``(n,)``.
        vectors: ``(n, 256)``.
        scores: ``(n,)`` similarities, right to 1e-5.
        vector: ``(256,)`` that was searched for.
        k: How many.
    """
    if k < len(scores):
        edge = np.partition(scores, -k)[-k]
        rows = np.flatnonzero(scores >= edge - _SLACK)
    else:
        rows = np.arange(len(scores))
    exact = np.einsum("ij,j->i", vectors[rows].astype(np.float64), vector.astype(np.float64))
    named = sorted(zip((-exact).tolist(), ids[rows].tolist(), strict=True))
    return [Hit(id, -negative) for negative, id in named[:k]]


def checked(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vector to search for as float32.

    Raises:
        GalleryError: If it has a wrong shape or holds a number that is not finite.
    """
    if vector.shape != (EMBEDDING_SIZE,):
        raise GalleryError(
            f"cannot search for a vector of shape {vector.shape}; it has 256 numbers"
        )
    if not np.isfinite(vector).all():
        raise GalleryError("cannot search for a vector with numbers that are not finite")
    return np.ascontiguousarray(vector, np.float32)


def _objects(values: Sequence[str]) -> NDArray[np.object_]:
    column = np.empty(len(values), object)
    column[:] = values
    return column
