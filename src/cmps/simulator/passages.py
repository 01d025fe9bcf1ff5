"""Who passes which camera's view, when, and at which moments a picture is kept."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.geometry import Point

from .trails import STEP, Floats, Trail

_SHORTEST = 1.5
_GAP = 1.0
_TICK = 2.0


@dataclass(frozen=True, slots=True)
class Sight:
    """Where somebody is at a moment.

    Attributes:
        person: Place in the list of people.
        place: Metres on the plan.
        heading: Degrees from +x towards +y.
        speed: Metres a second.
        walked: Metres walked so far on this visit; the phase of the stride follows from it.
    """

    person: int
    place: Point
    heading: float
    speed: float
    walked: float


@dataclass(frozen=True, slots=True)
class Pass:
    """One passage of a person through a camera's view.

    Attributes:
        tracklet: Its id; says nothing about the person.
        person: Place in the list of people.
        camera: Place in the plan's list of cameras.
        trail: Place in the list of trails.
        first: Place of its first moment in the trail.
        last: Place of its last.
        shots: Seconds at which pictures are taken.
    """

    tracklet: str
    person: int
    camera: int
    trail: int
    first: int
    last: int
    shots: tuple[float, ...]


class Trails:
    """A day's trails, to be asked for moments.

    Args:
        trails: As :func:`cmps.simulator.agenda.tell` returns them.
    """

    def __init__(self, trails: list[Trail]) -> None:
        self.trails = trails
        self._walked = [np.cumsum(trail.speeds) * STEP for trail in trails]

    def at(self, trail: int, clock: float) -> Sight:
        """Return where a trail's person is at a time between its ends."""
        path = self.trails[trail]
        after = int(np.clip(np.searchsorted(path.times, clock), 1, len(path.times) - 1))
        before = after - 1
        span = path.times[after] - path.times[before]
        share = float(np.clip((clock - path.times[before]) / span, 0, 1)) if span else 0.0

        def between(values: Floats) -> Any:
            return values[before] + (values[after] - values[before]) * share

        turn = (path.headings[after] - path.headings[before] + 180) % 360 - 180
        x, y = between(path.places)
        return Sight(
            person=path.person,
            place=(float(x), float(y)),
            heading=float(path.headings[before] + turn * share),
            speed=float(between(path.speeds)),
            walked=float(between(self._walked[trail])),
        )


def _runs(times: Floats, seen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last place of each stretch in view; short gaps do not end one."""
    places = np.flatnonzero(seen)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(times[places]) > _GAP + STEP + 1e-6)
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(places) - 1]])
    return [(int(places[a]), int(places[b])) for a, b in zip(firsts, lasts, strict=True)]


def _moments(enter: float, leave: float) -> tuple[float, ...]:
    """Spread 1 to 4 pictures over a passage.

    Cameras keep pictures at whole multiples of 2 s, so that people who come together are taken at
    the same moments.
    """
    length = leave - enter
    count = 1 if length < 5 else 2 if length < 15 else 3 if length < 40 else 4
    ticks = np.arange(math.ceil(enter / _TICK), math.floor(leave / _TICK) + 1) * _TICK
    if not len(ticks):
        return (round((enter + leave) / 2, 1),)
    places = ((np.arange(count) + 0.5) / count * len(ticks)).astype(int)
    return tuple(float(tick) for tick in np.unique(ticks[places]))


def find_passes(plan: FloorPlan, trails: Trails) -> list[Pass]:
    """Return every passage through a camera's view, in order of time."""
    found: list[tuple[float, int, int, int, int]] = []
    lengths = [len(trail.times) for trail in trails.trails]
    if not lengths:
        return []
    places = np.concatenate([trail.places for trail in trails.trails])
    present = np.concatenate([trail.present for trail in trails.trails])
    ends = np.cumsum(lengths)[:-1]
    for number, camera in enumerate(plan.cameras):
        seen = np.zeros(len(places), bool)
        seen[present] = plan.sees(camera.id, places[present])
        for trail, part in enumerate(np.split(seen, ends)):
            times = trails.trails[trail].times
            for first, last in _runs(times, part):
                if times[last] - times[first] >= _SHORTEST:
                    found.append((float(times[first]), number, trail, first, last))
    found.sort()
    counts: dict[int, int] = defaultdict(int)
    passes = []
    for enter, number, trail, first, last in found:
        counts[number] += 1
        path = trails.trails[trail]
        passes.append(
            Pass(
                tracklet=f"{plan.cameras[number].id}-{counts[number]:05d}",
                person=path.person,
                camera=number,
                trail=trail,
                first=first,
                last=last,
                shots=_moments(enter, float(path.times[last])),
            )
        )
    return passes


class Presence:
    """Who is in a camera's view at a moment.

    Args:
        trails: The day's trails.
        passes: Their passages.
        cameras: How many cameras there are.
    """

    def __init__(self, trails: Trails, passes: list[Pass], cameras: int) -> None:
        self._trails = trails
        self._by_camera: list[list[Pass]] = [[] for _ in range(cameras)]
        for one in passes:
            self._by_camera[one.camera].append(one)
        self._spans = [
            np.array([[trails.trails[p.trail].times[k] for k in (p.first, p.last)] for p in group])
            for group in self._by_camera
        ]

    def others(self, one: Pass, clock: float) -> list[tuple[int, Sight]]:
        """Return everybody else in the view of a passage's camera at a time, with their trail."""
        spans = self._spans[one.camera]
        here = np.flatnonzero((spans[:, 0] <= clock) & (spans[:, 1] >= clock))
        found = []
        for number in here:
            other = self._by_camera[one.camera][number]
            if other.person != one.person:
                found.append((other.trail, self._trails.at(other.trail, clock)))
        return found
