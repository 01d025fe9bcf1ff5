"""Tracks that operators work on: what was found of a person is kept between clicks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.plan_files import FILE
from cmps.gallery.records import Filter, Hit, Sighting
from cmps.gallery.refusals import unknown_sighting
from cmps.gallery.store import EVERYTHING, GalleryStore
from cmps.program import Program
from cmps.search.refining import narrowed
from cmps.search.track import TIMES_FILE, Companion, Track, Tracker, ways_in
from cmps.search.tracks.follow import Pursuit

MOST = 32
"""Pursuits that are kept."""

Cameras = frozenset[str] | None
Key = tuple[str, str, Cameras, int]


class SeenBy:
    """A gallery as somebody sees it who may see some cameras only.

    Args:
        store: The whole gallery.
        cameras: What they may see.
    """

    def __init__(self, store: GalleryStore, cameras: frozenset[str]) -> None:
        self._store = store
        self._cameras = cameras

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def search(self, vector: NDArray[np.float32], k: int, where: Filter = EVERYTHING) -> list[Hit]:
        """Return the most similar that they may see."""
        known = self._cameras & {camera.id for camera in self._store.cameras()}
        return self._store.search(vector, k, narrowed(where, known))

    def get(self, ids: Sequence[str], *, pictures: bool = False) -> list[Sighting]:
        """Return sightings; one that they may not see is unknown."""
        found = self._store.get(ids, pictures=pictures)
        for one in found:
            if one.camera not in self._cameras:
                raise unknown_sighting(one.id)
        return found


@dataclass
class _Kept:
    """A pursuit as it began, and as it was left; one thread at a time works on it."""

    begun: Pursuit
    left: Pursuit
    confirm: frozenset[str] = frozenset()
    reject: frozenset[str] = frozenset()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def said(self, confirm: frozenset[str], reject: frozenset[str]) -> Pursuit:
        """Return the pursuit with a human's word, from where it was left if nothing was unsaid."""
        if not (self.confirm <= confirm and self.reject <= reject):
            self.left, self.confirm, self.reject = self.begun.fork(), frozenset(), frozenset()
        # on a copy first: a sighting that is unknown must leave nothing half said
        pursuit = self.left.fork()
        pursuit.confirm(sorted(confirm - self.confirm))
        pursuit.reject(sorted(reject - self.reject))
        self.left, self.confirm, self.reject = pursuit, confirm, reject
        return pursuit


class Pursuits:
    """Follows people for a server; safe to use from many threads.

    Args:
        program: Whose gallery.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._tracker: tuple[tuple[float, ...], Tracker] | None = None
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()

    def follow(
        self,
        case: str,
        sighting: str,
        confirm: Collection[str] = (),
        reject: Collection[str] = (),
        near: bool = False,
        cameras: Cameras = None,
    ) -> tuple[Track, list[Companion] | None]:
        """Return the track of a sighting's person, and who was near where that is asked for.

        Args:
            case: For which.
            sighting: Whom.
            confirm: Sightings that show them.
            reject: Sightings that show somebody else.
            near: Whether to look who was near.
            cameras: Only what these saw; ``None`` for all.

        Raises:
            GalleryError: If a sighting is unknown.
        """
        tracker = self._current()
        key = case, sighting, cameras, tracker.engine.store.snapshot().version
        kept = self._pursuit(tracker, key)
        with kept.lock:
            pursuit = kept.said(frozenset(confirm), frozenset(reject) - set(confirm))
            found = tracker.track(pursuit, self._program.settings.same_person, sighting)
            return found, tracker.near(pursuit, found) if near else None

    def _current(self) -> Tracker:
        """Return the tracker; made anew when the floor plan changed."""
        folder = self._program.settings.data.expanduser()
        files = (folder / FILE, folder / TIMES_FILE)
        stamp = tuple(one.stat().st_mtime if one.is_file() else 0.0 for one in files)
        with self._lock:
            if self._tracker is None or self._tracker[0] != stamp:
                self._tracker = stamp, Tracker(self._program.engine, ways_in(folder))
                self._kept.clear()
            return self._tracker[1]

    def _pursuit(self, tracker: Tracker, key: Key) -> _Kept:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        _, sighting, cameras, _ = key
        store = tracker.engine.store
        seen: GalleryStore = store if cameras is None else SeenBy(store, cameras)  # type: ignore[assignment]
        begun = tracker.pursue([sighting], store=seen)
        with self._lock:
            kept = self._kept.setdefault(key, _Kept(begun, begun.fork()))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return kept
