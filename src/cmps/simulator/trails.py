"""Where people walk: parties of people on the floor, from stop to stop, second by second.

A party shares one way: the shortest one, bent to a lane of its own, with every member beside or
behind the others. It goes as fast as its slowest member.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.geometry import Point
from cmps.gallery.walkways import Walkways

from .people import Person

Floats = NDArray[np.float64]

STEP = 0.5
"""Seconds between two known places of somebody."""

_SPEEDS = {"child": 0.9, "teenager": 1.35, "adult": 1.3, "elderly": 0.8}
_CELL, _KEEP, _WIDE_KEEP = 0.2, 0.28, 0.6
_GRAIN, _ELBOWS = 0.25, 0.45
_TURNS = np.radians([0, 30, -30, 60, -60, 90, -90, 120, -120, 150, -150, 180])


class Floor:
    """A floor plan made ready for walking.

    Args:
        plan: The plan.
    """

    def __init__(self, plan: FloorPlan) -> None:
        self.plan = plan
        blocks = [shop.polygon for shop in plan.shops] + [one.polygon for one in plan.obstacles]
        self._ways = Walkways(plan.outline, blocks, _WIDE_KEEP)
        low, high = np.asarray(plan.outline).min(0), np.asarray(plan.outline).max(0)
        self._low = low
        across, along = (math.ceil(n / _CELL) for n in high - low)
        x, y = np.meshgrid(np.arange(across), np.arange(along), indexing="ij")
        centres = low + (np.stack([x.ravel(), y.ravel()], 1) + 0.5) * _CELL
        self._free = Walkways(plan.outline, blocks, _KEEP).free(centres).reshape(across, along)
        self._paths: dict[tuple[Point, Point], Floats] = {}
        self._snapped: dict[Point, Point] = {}

    def free(self, places: NDArray[Any]) -> NDArray[np.bool_]:
        """Return at which of ``(n, 2)`` places somebody has room."""
        cells = np.floor((places - self._low) / _CELL).astype(int)
        inside = ((cells >= 0) & (cells < self._free.shape)).all(1)
        cells = np.clip(cells, 0, np.array(self._free.shape) - 1)
        return np.asarray(inside & self._free[cells[:, 0], cells[:, 1]])

    def path(self, start: Point, end: Point) -> Floats:
        """Return a way ``(n, 2)`` with a place every 0.25 m and rounded corners."""
        key = start, end
        if key not in self._paths:
            corners = np.asarray(self._ways.path(start, end))
            steps = np.linalg.norm(np.diff(corners, axis=0), axis=1)
            along = np.concatenate([[0.0], np.cumsum(steps)])
            count = max(2, math.ceil(along[-1] / _GRAIN) + 1)
            fine = np.linspace(0, along[-1], count)
            way = np.stack([np.interp(fine, along, corners[:, k]) for k in (0, 1)], 1)
            self._paths[key] = smoothed(way, 4)
        return self._paths[key]

    def snap(self, place: Point) -> Point:
        """Return the nearest place where somebody has room."""
        if place not in self._snapped:
            self._snapped[place] = self._ways.snap(place)
        return self._snapped[place]


def smoothed(rows: Floats, reach: int) -> Floats:
    """Return the running mean of ``(n, k)`` rows over ``reach`` to each side; the ends stay."""
    reach = min(reach, (len(rows) - 1) // 2)
    if reach < 1:
        return rows
    padded = np.pad(rows, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    total = np.cumsum(np.vstack([np.zeros((1, rows.shape[1])), padded]), axis=0)
    width = 2 * reach + 1
    return np.asarray((total[width:] - total[:-width]) / width)


@dataclass(frozen=True, slots=True)
class Trail:
    """One visit of a person.

    Attributes:
        person: Place in the list of people.
        times: ``(n,)`` seconds since the day's start, every half second.
        places: ``(n, 2)`` metres on the plan.
        headings: ``(n,)`` where they face, degrees from +x towards +y.
        speeds: ``(n,)`` metres a second.
        present: ``(n,)`` False inside a shop, where nobody sees them.
    """

    person: int
    times: Floats
    places: Floats
    headings: Floats
    speeds: Floats
    present: NDArray[np.bool_]


@dataclass
class _Record:
    """What a trail is collected in."""

    times: list[Floats] = field(default_factory=list)
    places: list[Floats] = field(default_factory=list)
    headings: list[Floats] = field(default_factory=list)
    speeds: list[Floats] = field(default_factory=list)
    present: list[NDArray[np.bool_]] = field(default_factory=list)


def pace_of(person: Person, rng: np.random.Generator) -> float:
    """Return how fast somebody walks, metres a second."""
    return _SPEEDS[person.age_group] * float(np.clip(rng.normal(1, 0.08), 0.8, 1.25))


class Party:
    """People on the floor who go together.

    Args:
        floor: Where.
        members: Places in the list of people.
        pace: Metres a second of the slowest.
        place: Where they begin.
        clock: When, seconds.
        rng: Source of chance.
    """

    def __init__(
        self,
        floor: Floor,
        members: tuple[int, ...],
        pace: float,
        place: Point,
        clock: float,
        rng: np.random.Generator,
    ) -> None:
        self.floor, self.members, self.pace, self.rng = floor, members, pace, rng
        self.anchor = floor.snap(place)
        self.clock = math.ceil(clock / STEP) * STEP
        self._records = {member: _Record() for member in members}
        self._now = self._circle(self.anchor)
        self._faces = {member: 0.0 for member in members}

    def place_of(self, member: int) -> Point:
        """Return where a member is now."""
        x, y = self._now[member]
        return float(x), float(y)

    def walk(self, place: Point, pace: float | None = None) -> None:
        """Walk to a place and stand around it.

        Args:
            place: Where to.
            pace: Metres a second, if not their own.
        """
        goal = self.floor.snap(place)
        ends = self._circle(goal)
        speed = (pace or self.pace) * float(self.rng.uniform(0.93, 1.07))
        slots = self._formation()
        lines = self._lines(goal, slots, ends)
        # Whoever has the longest way at a moment sets the pace, so nobody runs in a bend.
        steps = [np.linalg.norm(np.diff(line, axis=0), axis=1) for line in lines]
        along = np.concatenate([[0], np.cumsum(np.max(steps, axis=0))])
        longest = along[-1] + max(lag for _, lag in slots)
        count = max(2, math.ceil(longest / speed / STEP) + 1)
        clock = self.clock + np.arange(count) * STEP
        for member, line, (_, lag) in zip(self.members, lines, slots, strict=True):
            gone = np.clip(speed * (clock - self.clock) - lag, 0, along[-1])
            places = np.stack([np.interp(gone, along, line[:, k]) for k in (0, 1)], 1)
            self._put(member, clock[:-1], places)
            self._now[member] = ends[member]
        self.anchor, self.clock = goal, float(clock[-1])

    def _lines(
        self, goal: Point, slots: list[tuple[float, float]], ends: dict[int, Floats]
    ) -> list[Floats]:
        """Return each member's line ``(n, 2)`` from where they are to where they will be."""
        way = self.floor.path(self.anchor, goal)
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
        normal = self._normals(way)
        lane = float(np.clip(self.rng.normal(0.5, 1.0), -2.2, 2.5))
        fade = min(2.5, along[-1] / 2) + 1e-6
        leave = np.clip(1 - along / fade, 0, 1)[:, None]
        arrive = np.clip(1 - (along[-1] - along) / fade, 0, 1)[:, None]
        lines = []
        for member, (side, _) in zip(self.members, slots, strict=True):
            line = self._beside(way, normal, lane + side)
            line = line + (self._now[member] - line[0]) * leave
            line = line + (ends[member] - line[-1]) * arrive
            # Cutting a corner on the way to or from one's place: stay on the way that is free.
            blocked = maximum_filter1d((~self.floor.free(line)).astype(float), 11)
            line += (way - line) * smoothed(blocked[:, None], 5)
            line[0], line[-1] = self._now[member], ends[member]
            lines.append(line)
        return lines

    def stand(self, seconds: float) -> None:
        """Stay where they are; several face each other, one looks around."""
        self.stand_until(self.clock + seconds)

    def stand_until(self, clock: float) -> None:
        """Stay until a time; nothing happens if it is past."""
        count = math.ceil((clock - self.clock) / STEP)
        if count < 1:
            return
        clock_now = np.asarray(self.clock + np.arange(count) * STEP, float)
        middle = np.mean([self._now[member] for member in self.members], axis=0)
        for member in self.members:
            x, y = middle - self._now[member]
            facing = math.degrees(math.atan2(y, x)) if len(self.members) > 1 else None
            start = self._faces[member] if facing is None else facing
            # Now and then somebody turns a little.
            turns = self.rng.normal(0, 18, count) * (self.rng.random(count) < 0.05)
            drift = np.cumsum(turns) if facing is None else turns
            places = np.repeat(self._now[member][None], count, axis=0)
            self._put(member, clock_now, places, headings=np.asarray(start + drift, float))
        self.clock += count * STEP

    def hide(self, seconds: float) -> None:
        """Be in a shop, where no camera looks."""
        self.clock += max(0, math.ceil(seconds / STEP)) * STEP
        for member in self.members:
            self._mark_absent(member)

    def split(self, leaving: tuple[int, ...], pace: float) -> Party:
        """Let some members go their own way from here on; they keep their trails."""
        staying = tuple(member for member in self.members if member not in leaving)
        other = Party.__new__(Party)
        other.floor, other.members, other.pace, other.rng = self.floor, leaving, pace, self.rng
        other.clock = self.clock
        other.anchor = self.floor.snap(self.place_of(leaving[0]))
        other._records = {member: self._records.pop(member) for member in leaving}
        other._now = {member: self._now.pop(member) for member in leaving}
        other._faces = {member: self._faces.pop(member) for member in leaving}
        self.members = staying
        return other

    def join(self, other: Party) -> None:
        """Take in another party that is at the same place; both wait for the later one."""
        self.stand_until(other.clock)
        other.stand_until(self.clock)
        self.members += other.members
        self._records |= other._records
        self._now |= other._now
        self._faces |= other._faces
        self.pace = min(self.pace, other.pace)

    def trails(self, until: float) -> list[Trail]:
        """Return every member's trail, cut off at a time."""
        found = []
        for member in self.members:
            record = self._records[member]
            if not record.times:
                continue
            times = np.concatenate(record.times)
            kept = times <= until
            if kept.sum() < 2:
                continue
            found.append(
                Trail(
                    member,
                    times[kept],
                    np.concatenate(record.places)[kept],
                    np.concatenate(record.headings)[kept],
                    np.concatenate(record.speeds)[kept],
                    np.concatenate(record.present)[kept],
                )
            )
        return found

    def _put(
        self,
        member: int,
        times: Floats,
        places: Floats,
        headings: Floats | None = None,
    ) -> None:
        record = self._records[member]
        after = np.vstack([places[1:], places[-1:]])
        before = np.vstack([places[:1], places[:-1]])
        move = smoothed(after - before, 2)
        speeds = np.linalg.norm(after - before, axis=1) / (2 * STEP)
        if len(speeds) > 1:
            speeds[[0, -1]] *= 2
        if headings is None:
            headings = np.degrees(np.arctan2(move[:, 1], move[:, 0]))
            still = np.linalg.norm(move, axis=1) < 0.05
            headings = _held(headings, still, self._faces[member])
        count = len(times)  # The last place of a walk is the first of what follows.
        record.times.append(times)
        record.places.append(places[:count])
        record.headings.append(headings[:count])
        record.speeds.append(speeds[:count])
        record.present.append(np.ones(len(times), bool))
        self._faces[member] = float(headings[-1])

    def _mark_absent(self, member: int) -> None:
        record = self._records[member]
        record.times.append(np.array([self.clock - STEP]))
        record.places.append(self._now[member][None])
        record.headings.append(np.array([self._faces[member]]))
        record.speeds.append(np.zeros(1))
        record.present.append(np.zeros(1, bool))

    def _formation(self) -> list[tuple[float, float]]:
        """Return for each member how far to the side and behind they walk, metres."""
        abreast = 2 if len(self.members) < 4 else int(self.rng.integers(2, 4))
        slots = []
        for number in range(len(self.members)):
            row, column = divmod(number, abreast)
            in_row = min(abreast, len(self.members) - row * abreast)
            side = (column - (in_row - 1) / 2) * 0.7 + float(self.rng.normal(0, 0.08))
            slots.append((side, row * 0.9 + float(self.rng.uniform(0, 0.35))))
        return slots

    def _circle(self, middle: Point) -> dict[int, Floats]:
        """Return where members stand around a place: where there is room, and not in each other."""
        count = len(self.members)
        radius = 0.15 if count == 1 else 0.4 + 0.08 * count
        first = float(self.rng.uniform(0, 360))
        places: dict[int, Floats] = {}
        for number, member in enumerate(self.members):
            turn = math.radians(first + 360 * number / count + float(self.rng.normal(0, 8)))
            tries = turn + np.concatenate([_TURNS, _TURNS, _TURNS])
            far = radius * np.repeat([1.0, 0.6, 1.6], len(_TURNS))
            near = np.asarray(middle) + np.stack([np.cos(tries), np.sin(tries)], 1) * far[:, None]
            good = self.floor.free(near)
            for other in places.values():
                good &= np.linalg.norm(near - other, axis=1) > _ELBOWS
            places[member] = near[int(good.argmax())] if good.any() else np.asarray(middle)
        return places

    @staticmethod
    def _normals(way: Floats) -> Floats:
        ahead = smoothed(np.gradient(way, axis=0), 6)
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
        return np.stack([-ahead[:, 1], ahead[:, 0]], 1)

    def _beside(self, way: Floats, normal: Floats, side: float) -> Floats:
        """Return a way moved sideways as far as there is room."""
        share = np.zeros(len(way))
        for part in (0.25, 0.5, 0.75, 1.0):
            free = self.floor.free(way + normal * (side * part))
            share = np.where(free & (share == part - 0.25), part, share)
        least = minimum_filter1d(share, 13, mode="nearest")
        return way + normal * (side * smoothed(least[:, None], 5))


def _held(headings: Floats, still: NDArray[np.bool_], first: float) -> Floats:
    """Return headings in which somebody who stands still keeps the last one."""
    last = np.where(still, -1, np.arange(len(headings)))
    last = np.maximum.accumulate(last)
    return np.where(last >= 0, headings[np.maximum(last, 0)], first)
