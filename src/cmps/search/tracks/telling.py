"""From the best path to stops, gaps, and the cameras that may know more."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from cmps.gallery.floorplan import FloorPlan, FloorPlanError
from cmps.search.ranking import Candidate
from cmps.search.tracks.follow import Found, Pursuit
from cmps.search.tracks.passes import Pass
from cmps.search.tracks.records import Gap, Stop, Track
from cmps.search.tracks.travel import Habits, fits

SAME_STOP = 90.0
"""Seconds up to which somebody who comes back into the same view never left."""

Metres = dict[tuple[str, str], float | None]
"""Walks between views; ``None`` where the plan knows of none."""

_MAYBE, _MOST_MAYBE = 0.05, 3


def told(
    pursuit: Pursuit,
    found: Found,
    name: str,
    plan: FloorPlan | None = None,
    travel_times: bool = False,
    metres: Metres | None = None,
) -> Track:
    """Return the track of a pursuit.

    Args:
        pursuit: The pursuit.
        found: Its outcome.
        name: What was asked for.
        plan: For the ways in the gaps.
        travel_times: Whether travel times took part.
        metres: Walks on the plan that were looked up before; more are added.
    """
    tells = _Teller(pursuit, found, {} if metres is None else metres)
    groups = tells.stays(found.path) + [[number] for number in found.undated]
    stops = tells.with_doubts([tells.stop(group) for group in groups], groups)
    gaps = tells.gaps(stops, plan) if found.path else []
    return Track(name, tuple(stops), tuple(gaps), travel_times)


class _Teller:
    def __init__(self, pursuit: Pursuit, found: Found, metres: Metres) -> None:
        self.metres = metres
        self.pursuit, self.found = pursuit, found
        self.passes = pursuit.passes
        probes = [probe for view in pursuit.views for probe in view.probes]
        pictures = [picture.encoding.embedding for one in self.passes for picture in one.sightings]
        self.cosines = (
            np.clip(np.stack([np.vecdot(pictures, probe.embedding) for probe in probes]), -1, 1)
            if pictures
            else np.empty((0, 0))
        )
        counts = [len(one.sightings) for one in self.passes]
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(int)

    def stays(self, path: Sequence[int]) -> list[list[int]]:
        """Group passes of the path that are one stay at one camera."""
        groups: list[list[int]] = []
        for number in path:
            one, last = self.passes[number], self.passes[groups[-1][-1]] if groups else None
            if last is not None and last.camera == one.camera and _between(last, one) <= SAME_STOP:
                groups[-1].append(number)
            else:
                groups.append([number])
        return groups

    def candidates(self, number: int) -> list[Candidate]:
        """Return a pass's pictures."""
        chance = float(self.found.probability[number])
        return [
            Candidate(1, picture, chance, tuple(float(row[place]) for row in self.cosines))
            for place, picture in enumerate(self.passes[number].sightings, int(self.starts[number]))
        ]

    def stop(self, group: Sequence[int]) -> Stop:
        """Return the stop that some passes make."""
        passes = [self.passes[number] for number in group]
        known = [one.passage for one in passes if one.passage]
        pictures = [one for number in group for one in self.candidates(number)]
        return Stop(
            camera=passes[0].camera,
            start=passes[0].enter,
            end=max((one.leave for one in passes if one.leave), default=None),
            sightings=tuple(replace(one, rank=rank) for rank, one in enumerate(pictures, 1)),
            probability=max(float(self.found.probability[number]) for number in group),
            best=max(pictures, key=lambda one: (one.probability, float(np.mean(one.similarities)))),
            ids=tuple(id for one in passes for id in one.ids),
            confirmed=any(one.key in self.pursuit.confirmed for one in passes),
            walk=tuple(place for one in known for place in (one.first, one.last)),
        )

    def with_doubts(self, stops: Sequence[Stop], groups: Sequence[Sequence[int]]) -> list[Stop]:
        """Mark stops that nobody can reach from the one before in time."""
        place = {int(node): row for row, node in enumerate(self.pursuit.order)}
        step = self.pursuit.step
        told = list(stops[:1])
        for before, after, stop in zip(groups, groups[1:], stops[1:], strict=False):
            j, k = place.get(before[-1]), place.get(after[0])
            barred = j is not None and k is not None and not np.isfinite(step[j, k])
            told.append(replace(stop, unreachable=barred))
        return told

    def gaps(self, stops: Sequence[Stop], plan: FloorPlan | None) -> list[Gap]:
        """Return the gaps between stops."""
        habits = self.pursuit.setting.habits
        taken = {id for stop in stops for id in stop.ids}
        found = []
        for number, (one, other) in enumerate(itertools.pairwise(stops)):
            if one.end is None or other.start is None or other.start <= one.end:
                continue
            seconds = (other.start - one.end).total_seconds()
            metres = _metres(plan, one.camera, other.camera, self.metres)
            cameras = (
                passed(plan, one.camera, other.camera, seconds, habits, self.metres) if plan else ()
            )
            maybe = self._maybe(one.end, other.start, taken)
            found.append(Gap(number, seconds, metres, cameras, maybe))
        return found

    def _maybe(self, begin: datetime, end: datetime, taken: set[str]) -> tuple[Candidate, ...]:
        chance = self.found.probability
        inside = [
            number
            for number, one in enumerate(self.passes)
            if one.enter and one.leave and begin <= one.enter and one.leave <= end
            and chance[number] >= _MAYBE and one.ids[0] not in taken
        ]  # fmt: skip
        inside.sort(key=lambda number: (-chance[number], self.passes[number].key))
        best = [self.candidates(number) for number in inside[:_MOST_MAYBE]]
        return tuple(
            replace(max(pictures, key=lambda one: float(np.mean(one.similarities))), rank=rank)
            for rank, pictures in enumerate(best, 1)
        )


def passed(
    plan: FloorPlan,
    one: str,
    other: str,
    seconds: float,
    habits: Habits,
    metres: Metres | None = None,
) -> tuple[str, ...]:
    """Return the cameras whose views somebody can have passed between two views, nearest first.

    Args:
        plan: The floor plan.
        one: The camera left.
        other: The camera reached.
        seconds: In what time.
        habits: How fast people are; nobody runs all the time, so half of the fastest counts.
        metres: Walks that were looked up before.

    Example:
        >>> from cmps.gallery.floorplan import PlacedCamera
        >>> floor = ((0.0, 0.0), (90.0, 0.0), (90.0, 9.0), (0.0, 9.0))
        >>> eyes = [PlacedCamera(f"c{x}", (x, 4), 3, 0, 20, 60, (1280, 720), 6.0)
        ...         for x in (2, 30, 70)]
        >>> plan = FloorPlan("hall", floor, cameras=tuple(eyes))
        >>> passed(plan, "c2", "c70", 60, Habits()), passed(plan, "c2", "c30", 15, Habits())
        (('c30',), ())
    """
    hurry = replace(habits, fastest=habits.fastest / 2)
    known: Metres = {} if metres is None else metres
    ways = []
    for camera in plan.cameras:
        if camera.id in (one, other):
            continue
        out = _metres(plan, one, camera.id, known)
        home = _metres(plan, camera.id, other, known)
        if out is not None and home is not None and fits(out + home, seconds, hurry):
            ways.append((out + home, camera.id))
    return tuple(camera for _, camera in sorted(ways))


def _metres(plan: FloorPlan | None, one: str, other: str, known: Metres) -> float | None:
    if plan is None:
        return None
    if (one, other) not in known:
        try:
            metres = plan.walking_metres(one, other)
        except FloorPlanError:  # a camera that the plan lacks, or one that sees no floor
            metres = math.inf
        known[one, other] = metres if math.isfinite(metres) else None
    return known[one, other]


def _between(one: Pass, other: Pass) -> float:
    if one.leave is None or other.enter is None:
        return float("inf")
    return (other.enter - one.leave).total_seconds()
