"""Starting pursuits in one gallery: what is known of it before anybody is followed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from cmps.gallery.records import Network
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import Curve
from cmps.search.likeness import outgrown
from cmps.search.ranking import Probe
from cmps.search.tracks.adapt import adapted, shipped
from cmps.search.tracks.follow import Pursuit, Setting, View
from cmps.search.tracks.head import shipped_head
from cmps.search.tracks.looks import probe_of
from cmps.search.tracks.passes import Traffic, complete
from cmps.search.tracks.travel import AnyTravel, Travel

TravelOf = Callable[[Sequence[str], float], Travel]
"""Makes a travel model for a gallery's cameras and the seconds that it covers."""


class Follower:
    """Starts pursuits in one gallery; keeps what does not change between them.

    Args:
        store: The gallery.
        curve: Calibration of cosines.
        travel: Makes the travel model; default knows no distances.
        setting: How to search.
    """

    def __init__(
        self,
        store: GalleryStore,
        curve: Curve,
        travel: TravelOf | None = None,
        setting: Setting | None = None,
    ) -> None:
        self.store, self.curve = store, curve
        self.setting = setting or Setting()
        self._travel_of: TravelOf = travel or AnyTravel
        self._version = -1
        self._traffic: Traffic | None = None
        self._travel: Travel | None = None
        self._own = shipped(curve)
        self._learned: tuple[int, list[str], Network | None] = (0, [], None)

    def traffic(self) -> tuple[Traffic, Travel]:
        """Return how often anybody passes, and travel times.

        The former is counted anew when the gallery changes, all else when it changed much.
        """
        snapshot = self.store.snapshot()
        if self._traffic is None or self._travel is None or snapshot.version != self._version:
            kept = snapshot.resident
            scale = snapshot.count / max(len(kept.ids), 1)
            self._traffic = Traffic(kept.cameras, kept.times, scale)
            now = snapshot.count, self._traffic.cameras, self.store.network()
            if self._travel is None or self._outgrown(*now):
                self._travel = self._learn(self._traffic)
                self._learned = now
            elif self._own.beside is not None:
                self._own = replace(self._own, beside=self._own.beside.over(kept))
            self._version = snapshot.version
        return self._traffic, self._travel

    def _outgrown(self, count: int, cameras: list[str], network: Network | None) -> bool:
        then, *known = self._learned
        return [cameras, network] != known or outgrown(count, then)

    def _learn(self, traffic: Traffic) -> Travel:
        """Learn what the gallery tells about itself; return travel times among its cameras."""
        travel = self._travel_of(traffic.cameras, traffic.span)
        self._own = shipped(self.curve)
        if self.setting.adapt:
            head = shipped_head(self.store.network()) if self.setting.head else None
            habits = self.setting.habits
            self._own = adapted(self.store, self.curve, travel, traffic.cameras, habits, head)
        return travel

    def pursue(
        self,
        sightings: Collection[str] = (),
        photos: Sequence[Probe] = (),
        confirm: Collection[str] = (),
        reject: Collection[str] = (),
        store: GalleryStore | None = None,
    ) -> Pursuit:
        """Start to follow somebody.

        Args:
            sightings: Sightings that show them; they are taken as confirmed.
            photos: Pictures from elsewhere.
            confirm: Further sightings that show them.
            reject: Sightings that show somebody else.
            store: The gallery as who asks may see it; default all of it.

        Raises:
            GalleryError: If the gallery is empty or an id is unknown.
        """
        traffic, travel = self.traffic()
        store = store or self.store
        own = list(dict.fromkeys([*sightings, *confirm]))
        views = [View(f"photo {number}", (photo,)) for number, photo in enumerate(photos)]
        for one in complete(store, store.get(own)):
            probes = tuple(probe_of(picture.encoding) for picture in one.sightings)
            views.append(View(one.key, probes))
        pursuit = Pursuit(store, self._own, views, travel, traffic, self.setting)
        pursuit.gather([*own, *reject])
        pursuit.confirm(own)
        pursuit.reject(reject)
        return pursuit
