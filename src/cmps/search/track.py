"""The track of a person: where they were, camera by camera, and where they may have been.

The rooms behind it: :mod:`cmps.search.tracks.follow` finds candidates and weighs them,
:mod:`~cmps.search.tracks.travel` and :mod:`~cmps.search.tracks.learned` know how long ways take,
:mod:`~cmps.search.tracks.path` finds the best way, :mod:`~cmps.search.tracks.telling` words it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.plan_files import kept_floorplan, read_floorplan
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import COSINE
from cmps.search.ranking import Probe, SearchEngine
from cmps.search.tracks.company import companions
from cmps.search.tracks.follow import Pursuit, Setting
from cmps.search.tracks.follower import Follower, TravelOf
from cmps.search.tracks.learned import LearnedTravel, Seen, TravelTimes
from cmps.search.tracks.records import Companion, Gap, Stop, Track
from cmps.search.tracks.telling import Metres, told
from cmps.search.tracks.travel import PlanTravel

__all__ = [
    "Companion",
    "Gap",
    "Stop",
    "Track",
    "Tracker",
    "Ways",
    "learn_times",
    "track",
    "ways_in",
]

TIMES_FILE = "travel-times.json"


@dataclass(frozen=True, slots=True)
class Ways:
    """What is known of the ways between cameras.

    Attributes:
        plan: The floor plan; it comes before learned times.
        times: Travel times of confirmed tracks.
    """

    plan: FloorPlan | None = None
    times: TravelTimes | None = None

    def travel(self, setting: Setting) -> TravelOf | None:
        """Return what makes the travel model, or ``None`` where nothing is known."""
        plan, times = self.plan, self.times
        if plan is not None:
            return lambda cameras, span: PlanTravel(plan, cameras, span, setting.habits)
        if times is not None and times.pairs:
            return lambda cameras, span: LearnedTravel(times, cameras, span, setting.habits)
        return None


def ways_in(folder: Path, plan: Path | None = None) -> Ways:
    """Read ``floorplan.json`` and ``travel-times.json`` of a data folder, as far as they are there.

    Args:
        folder: The data folder.
        plan: A floor plan from elsewhere, in place of the folder's own.

    Raises:
        GalleryError: If a file is there but broken.
    """
    times = folder.expanduser() / TIMES_FILE
    return Ways(
        kept_floorplan(folder) if plan is None else read_floorplan(plan),
        TravelTimes.read(times) if times.is_file() else None,
    )


def learn_times(folder: Path, found: Track) -> TravelTimes:
    """Add the ways between the confirmed stops of a track to ``travel-times.json``.

    Only ways between stops that follow each other count: what lies in between, a human did not see.

    Args:
        folder: The data folder.
        found: A track with confirmed stops.
    """
    path = folder.expanduser() / TIMES_FILE
    times = TravelTimes.read(path) if path.is_file() else TravelTimes()
    for one, other in pairwise(found.stops):
        if one.confirmed and other.confirmed and one.start and one.end and other.start:
            begin, end = one.start.timestamp(), one.end.timestamp()
            entered = other.start.timestamp()
            times.add([Seen(one.camera, begin, end), Seen(other.camera, entered, entered)])
    path.parent.mkdir(parents=True, exist_ok=True)
    times.write(path)
    return times


class Tracker:
    """Tracks people in one gallery; keeps what does not change between them.

    Args:
        engine: The search over the gallery.
        ways: What is known of the ways.
        setting: How to search.
    """

    def __init__(
        self, engine: SearchEngine, ways: Ways | None = None, setting: Setting | None = None
    ) -> None:
        self.engine = engine
        self.ways = ways or Ways()
        self.setting = setting or Setting()
        self._metres: Metres = {}

    @cached_property
    def follower(self) -> Follower:
        """What starts pursuits."""
        engine = self.engine
        travel = self.ways.travel(self.setting)
        curve = engine.curves[COSINE]
        return Follower(engine.store, curve, travel, self.setting)

    def pursue(
        self,
        sightings: Collection[str] = (),
        photos: Sequence[Probe] = (),
        confirm: Collection[str] = (),
        reject: Collection[str] = (),
        store: GalleryStore | None = None,
    ) -> Pursuit:
        """Start to follow somebody; see :meth:`Follower.pursue`."""
        return self.follower.pursue(sightings, photos, confirm, reject, store)

    def track(self, pursuit: Pursuit, threshold: float, name: str = "") -> Track:
        """Return the track as things stand; cheap enough to ask after every click.

        Args:
            pursuit: Who is followed.
            threshold: Least probability for a stop, 0-1.
            name: What was asked for.
        """
        known = self.ways.travel(self.setting) is not None
        found = pursuit.solve(threshold)
        return told(pursuit, found, name, self.ways.plan, known, self._metres)

    def near(self, pursuit: Pursuit, found: Track, top: int = 5) -> list[Companion]:
        """Return who was near the person."""
        return companions(pursuit.store, pursuit.own, found.stops, top)


def track(
    engine: SearchEngine,
    sighting: str,
    threshold: float,
    ways: Ways | None = None,
    confirm: Collection[str] = (),
    reject: Collection[str] = (),
) -> Track:
    """Return where a sighting's person was.

    Args:
        engine: Searches the gallery.
        sighting: The id of the probe.
        threshold: Least probability for a stop, 0-1.
        ways: What is known of the ways.
        confirm: Sightings that show the person too.
        reject: Sightings that show somebody else.

    Raises:
        GalleryError: If a sighting is unknown.
    """
    tracker = Tracker(engine, ways)
    pursuit = tracker.pursue([sighting], (), confirm, reject)
    return tracker.track(pursuit, threshold, sighting)
