"""What was worked out of all sightings of a gallery, kept while it is asked for again.

A session asks for nearly the same with every step: the sentences of before and one chip more. One
row of numbers for each of 100,000 sightings takes some milliseconds to make and 0.4 MB to keep.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Sighting

T = TypeVar("T")

MOST_BYTES = 128 * 2**20
"""Memory for rows; those that were asked for longest ago go first."""


class Kept:
    """Arrays by what they depend on; safe to use from many threads.

    An array that is kept is read by many: nobody may write to it.

    Args:
        most: Bytes.

    Example:
        >>> import numpy as np
        >>> kept = Kept()
        >>> first = kept.of("ones", lambda: np.ones(3))
        >>> kept.of("ones", lambda: np.zeros(3)) is first
        True
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._lock = threading.Lock()
        self._rows: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return an array, made now if it is not kept."""
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
                return self._rows[key]
        # outside of the lock: two threads may make the same, none waits for another
        made = make()
        made.flags.writeable = False
        with self._lock:
            if key not in self._rows:
                self._rows[key] = made
                self._bytes += made.nbytes
                while self._bytes > self._most and len(self._rows) > 1:
                    self._bytes -= self._rows.popitem(last=False)[1].nbytes
            return self._rows[key]


MOST_RECORDS = 4096
"""Sightings whose pyramids are kept, 8 kB each."""


class _Latest(Generic[T]):
    """Something of each of the sightings asked for last; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, T] = OrderedDict()

    def _known(self, ids: Sequence[str]) -> dict[str, T]:
        with self._lock:
            return {id: self._kept[id] for id in ids if id in self._kept}

    def _keep(self, ids: Sequence[str], known: Mapping[str, T]) -> None:
        with self._lock:
            for id in ids:
                self._kept[id] = known[id]
                self._kept.move_to_end(id)
            while len(self._kept) > max(MOST_RECORDS, len(ids)):
                self._kept.popitem(last=False)


class Records(_Latest[Sighting]):
    """Records of sightings of one version of the gallery; safe to use from many threads."""

    def of(
        self, ids: Sequence[str], read: Callable[[Sequence[str]], list[Sighting]]
    ) -> list[Sighting]:
        """Return sightings in the order of ids; those that are not kept are read."""
        known = self._known(ids)
        new = read([id for id in ids if id not in known])
        known |= {one.id: one for one in new}
        self._keep(ids, known)
        return [known[id] for id in ids]


class Inverses(_Latest[NDArray[np.float32]]):
    """One matrix for each of some sightings, made once; safe to use from many threads.

    3 kB each. Nearly the same hundred sightings are looked at step after step.
    """

    def of(
        self, ids: Sequence[str], make: Callable[[NDArray[np.intp]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Return the matrices in the order of ids.

        Args:
            ids: Of K sightings.
            make: Makes those at some places among the K.
        """
        known = self._known(ids)
        new = np.array([place for place, id in enumerate(ids) if id not in known], np.intp)
        if len(new):
            known |= zip((ids[place] for place in new), make(new), strict=True)
        self._keep(ids, known)
        return np.stack([known[id] for id in ids])
