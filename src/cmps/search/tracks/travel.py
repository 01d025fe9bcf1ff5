"""How probably somebody who left one camera's view is next seen by another, and when.

Every model answers one question: the density, per second, of "the next view is camera b's, after
t seconds" for somebody who left camera a's view. Compared with how often anybody turns up at b, it
says how much more (or less) a sighting fits into a person's way than one picked by chance.

People walk straight on, or stay somewhere in between (a shop, a bench, a talk), or go away and
come back. So the density is a mixture of three parts. In the first two the time is the walk, its
speed log-normal (Weidmann, *Transporttechnik der Fussgänger*, 1993: mean 1.34 m/s, deviation
0.26), plus an exponential time spent; in the third any time is as good as another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.floorplan import FloorPlan, FloorPlanError
from cmps.search.tracks.floor import Floor

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

WALKED = 2.0
"""Metres from which on a pass shows how fast, and in which direction, somebody walks."""
MOMENT = 1.0
"""Seconds within which two pictures were taken at once."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How people move about; times in seconds, speeds in metres a second.

    Attributes:
        speed: Median walking speed; families with children and old people included.
        spread: Deviation of its logarithm.
        steady: The same around the speed of somebody who was seen walking.
        held_up: Share of ways without a stay on which time is lost.
        ahead: By how much less probable (log) it is to turn back than to go on, on such a way.
        fastest: Nobody is faster between two views.
        slack: Metres by which a view's edge on the plan may be wrong.
        crossing: Mean time lost on the way between two views without a stay, if any is.
        stay: Mean time of a stay in between.
        stays: Share of ways with a stay.
        away: Share of ways on which somebody goes away for any time.
        near: Metres over which the choice of the next view falls off e-fold.
        seen: How often a person is seen in all.
    """

    speed: float = 1.15
    spread: float = 0.3
    steady: float = 0.12
    held_up: float = 0.3
    ahead: float = 6.0
    fastest: float = 4.0
    slack: float = 2.0
    crossing: float = 12.0
    stay: float = 360.0
    stays: float = 0.4
    away: float = 0.04
    near: float = 15.0
    seen: float = 15.0


@dataclass(frozen=True, slots=True)
class Legs:
    """What calibrated cameras know of n ways from one pass to another.

    Attributes:
        begins: ``(n, 2)`` where the first pass begins; metres on the plan, not a number where
            nobody knows.
        starts: ``(n, 2)`` where it ends, or is when the second begins.
        ends: ``(n, 2)`` where the second pass begins.
        pace: ``(n,)`` log of the speed at which both passes walk, metres a second; not a number
            where they stand or nobody knows.
    """

    begins: Floats
    starts: Floats
    ends: Floats
    pace: Floats


class Travel(Protocol):
    """A model of travel times among a fixed list of cameras, which are named by their places.

    Attributes:
        timed: Whether it knows how long ways take; if not, the gallery may tell how soon people
            are seen again (:mod:`cmps.search.tracks.again`).
    """

    timed: bool

    def log_density(
        self, here: Places, there: Places, seconds: Floats, legs: Legs | None = None
    ) -> Floats:
        """Return the log density per second of being seen next at ``there`` after ``seconds``.

        Args:
            here: ``(n,)`` cameras that somebody left.
            there: ``(n,)`` cameras.
            seconds: ``(n,)`` from leaving the one view to entering the other; negative where the
                second began before the first ended.
            legs: Where on the floor, as far as anybody knows.

        Returns:
            ``(n,)``; minus infinity for what nobody can do.
        """
        ...

    def together(self, here: int, there: int) -> bool:
        """Return whether somebody can be in both views at once."""
        ...

    def apart(self, here: Places, there: Places, seconds: Floats) -> Flags:
        """Return who must be two people: seen by both cameras within so few seconds, ``(n,)``."""
        ...


def fits(metres: float, seconds: float, habits: Habits = Habits()) -> bool:
    """Return whether somebody can walk so far in so short a time; staying longer always fits.

    Example:
        >>> fits(40, 30), fits(40, 5), fits(40, 3600)
        (True, False, True)
    """
    return seconds >= 0 and max(0.0, metres - habits.slack) <= habits.fastest * seconds


def arrival(
    metres: float,
    seconds: Floats,
    spent: float,
    habits: Habits = Habits(),
) -> Floats:
    """Return the density per second of arriving after so many seconds.

    The time is the walk at a log-normal speed plus an exponential time with mean ``spent``.

    Args:
        metres: The way.
        seconds: ``(n,)``.
        spent: Mean time beside walking, seconds.
        habits: Speeds.

    Example:
        >>> half_a_minute, two_seconds = arrival(36, np.array([30.0, 2.0]), 12)
        >>> bool(half_a_minute > 1000 * two_seconds)
        True
    """
    speeds = habits.speed * np.exp(habits.spread * _deviations(41))
    return _spent(np.asarray(seconds, float) - metres / speeds[:, None], spent)


def _deviations(count: int) -> Floats:
    """Return equally probable deviations of a normal distribution."""
    shares = (np.arange(count) + 0.5) / count
    return np.array([NormalDist().inv_cdf(share) for share in shares])


_DEVIATIONS = _deviations(11)


def _spent(late: Floats, mean: float) -> Floats:
    """Return the density of exponential times ``(speeds, n)``, averaged over the speeds."""
    density = np.where(late >= 0, np.exp(-np.maximum(late, 0) / mean) / mean, 0.0)
    return np.asarray(density.mean(0))


class _Tabled:
    """Looks densities up in a table, since there are far more pairs of sightings than of cameras.

    Args:
        count: How many cameras.
        span: Seconds that the gallery covers.
    """

    def __init__(self, count: int, span: float) -> None:
        self.count = count
        longest = max(span, 3600.0)
        far = np.geomspace(120, longest, 60)[1:]
        self.grid = np.concatenate([np.arange(0.0, 121.0, 2.0), far])
        self._rows: dict[tuple[int, int], Floats] = {}

    def row(self, here: int, there: int) -> Floats:
        """Return a pair's log densities over the grid."""
        raise NotImplementedError

    def look_up(self, here: Places, there: Places, seconds: Floats) -> Floats:
        """Return log densities for seconds from 0 on."""
        pairs = here * self.count + there
        found = np.empty(len(pairs))
        order = np.argsort(pairs, kind="stable")
        cuts = np.flatnonzero(np.diff(pairs[order])) + 1
        for part in np.split(order, cuts):
            if not len(part):
                continue
            key = int(here[part[0]]), int(there[part[0]])
            if key not in self._rows:
                self._rows[key] = self.row(*key)
            found[part] = np.interp(seconds[part], self.grid, self._rows[key])
        return found


class AnyTravel:
    """Knows no distances: every time is as good as another, but nobody is at two places at once.

    People are seen as a Poisson process: so often in all, whatever came before.

    Args:
        cameras: Their ids.
        span: Seconds that the gallery covers.
        habits: How often people are seen.
    """

    timed = False

    def __init__(self, cameras: Sequence[str], span: float, habits: Habits = Habits()) -> None:
        self._log = math.log(habits.seen / (max(len(cameras), 1) * max(span, 1.0)))

    def log_density(
        self, here: Places, there: Places, seconds: Floats, legs: Legs | None = None
    ) -> Floats:
        """Return the same for every way; see :class:`Travel`."""
        return np.where(seconds < 0, -np.inf, self._log)

    def together(self, here: int, there: int) -> bool:
        """Return ``False``: nothing says that views overlap."""
        return False

    def apart(self, here: Places, there: Places, seconds: Floats) -> Flags:
        """Return who must be two people: those seen by two cameras in one moment."""
        return np.asarray((here != there) & (seconds < MOMENT))


class PlanTravel(_Tabled):
    """Travel times from a floor plan's walking distances.

    Args:
        plan: The floor plan.
        cameras: The gallery's cameras; those that the plan lacks may be anywhere.
        span: Seconds that the gallery covers.
        habits: How people move.

    Example:
        >>> from cmps.gallery.floorplan import PlacedCamera
        >>> floor = ((0.0, 0.0), (90.0, 0.0), (90.0, 9.0), (0.0, 9.0))
        >>> eyes = [PlacedCamera(f"c{x}", (x, 4), 3, 0, 20, 60, (1280, 720), 6.0)
        ...         for x in (2, 30, 70)]
        >>> plan = FloorPlan("hall", floor, cameras=tuple(eyes))
        >>> travel = PlanTravel(plan, ["c2", "c30", "c70"], 7200)
        >>> ways = np.array([0, 0]), np.array([1, 2]), np.array([20.0, 2.0])
        >>> travel.log_density(*ways).round(1).tolist()
        [-6.0, -inf]
    """

    timed = True

    def __init__(
        self,
        plan: FloorPlan,
        cameras: Sequence[str],
        span: float,
        habits: Habits = Habits(),
    ) -> None:
        super().__init__(len(cameras), span)
        self.habits = habits
        self._plan, self._cameras = plan, list(cameras)
        self.metres = _distances(plan, cameras)
        reach = np.where(np.isnan(self.metres), 2 * habits.near, self.metres)
        near = np.exp(-reach / habits.near) + 1e-3
        far = np.exp(-reach / (3 * habits.near)) + 1e-3
        self._near = near / near.sum(1, keepdims=True)
        self._far = far / far.sum(1, keepdims=True)
        self._anywhere = habits.away / (len(cameras) * max(span, 1.0))

    def row(self, here: int, there: int) -> Floats:
        """Return a pair's log densities over the grid."""
        habits, metres = self.habits, float(self.metres[here, there])
        metres = 0.0 if math.isnan(metres) else metres
        straight = arrival(metres, self.grid, habits.crossing, habits)
        staying = arrival(metres, self.grid, habits.stay, habits)
        return self._mixed(np.array(here), np.array(there), straight, staying)

    def _mixed(self, here: Places, there: Places, straight: Floats, staying: Floats) -> Floats:
        """Return log densities of all three kinds of ways together."""
        habits = self.habits
        passing = 1 - habits.stays - habits.away
        total = passing * self._near[here, there] * straight
        total += habits.stays * self._far[here, there] * staying
        return np.asarray(np.log(total + self._anywhere))

    def log_density(
        self, here: Places, there: Places, seconds: Floats, legs: Legs | None = None
    ) -> Floats:
        """Return log densities; see :class:`Travel`."""
        metres = np.nan_to_num(self.metres[here, there], nan=0.0)
        later = np.maximum(seconds, 0)
        if legs is None:
            found = self.look_up(here, there, later)
        else:
            walk = self.floor.metres(legs.starts, legs.ends)
            found, blind = self._walked(here, there, later, walk, legs), np.isnan(walk)
            found[blind] = self.look_up(here[blind], there[blind], later[blind])
            metres = np.where(blind, metres, walk)
        too_fast = np.maximum(metres - self.habits.slack, 0) > self.habits.fastest * later
        at_once = (seconds < 0) & ~self._overlap(here, there)
        return np.where(too_fast | at_once, -np.inf, found)

    @cached_property
    def floor(self) -> Floor:
        """How far it is from place to place."""
        return Floor(self._plan, self._cameras)

    def _walked(
        self, here: Places, there: Places, seconds: Floats, metres: Floats, legs: Legs
    ) -> Floats:
        """Return log densities of n ways, ``(n,)``; not a number where the length is none."""
        habits = self.habits
        seen = np.isfinite(legs.pace)
        median = np.where(seen, legs.pace, math.log(habits.speed))
        spread = np.where(seen, habits.steady, habits.spread)
        late = seconds - metres / np.exp(median + spread * _DEVIATIONS[:, None])
        lost, staying = (_spent(late, spent) for spent in (habits.crossing, habits.stay))
        # who is neither held up nor stays arrives as their own pace says, give or take a second
        odd = np.log((seconds + 1) / (metres / np.exp(median) + 1)) / spread
        on_time = np.exp(-0.5 * odd**2) / (math.sqrt(2 * math.pi) * spread * (seconds + 1))
        straight = habits.held_up * lost + (1 - habits.held_up) * on_time
        return self._mixed(here, there, straight * self._ahead(metres, legs), staying)

    def _ahead(self, metres: Floats, legs: Legs) -> Floats:
        """Return how much more probable each way is than one in any direction, ``(n,)``.

        Who is seen walking goes on more often than not: what lies ahead of them came nearer.
        """
        walked = np.linalg.norm(legs.starts - legs.begins, axis=1)
        nearer = self.floor.metres(legs.begins, legs.ends) - metres
        share = np.clip(nearer / np.maximum(walked, 0.1), -1, 1)
        bend = self.habits.ahead / 2
        any_way = (1 - math.exp(-2 * bend)) / (2 * bend) if bend else 1.0
        factor = np.exp(bend * (share - 1)) / any_way
        return np.where(walked >= WALKED, factor, 1.0)

    def together(self, here: int, there: int) -> bool:
        """Return whether the plan says that the views overlap."""
        return bool(self._overlap(np.array([here]), np.array([there]))[0])

    def apart(self, here: Places, there: Places, seconds: Floats) -> Flags:
        """Return who must be two people: those who would have had to run too fast."""
        metres = np.nan_to_num(self.metres[here, there], nan=0.0)
        return np.asarray(metres - self.habits.slack > self.habits.fastest * seconds)

    def _overlap(self, here: Places, there: Places) -> Flags:
        return np.asarray((here != there) & (self.metres[here, there] == 0))


def _distances(plan: FloorPlan, cameras: Sequence[str]) -> Floats:
    """Return the metres between views ``(n, n)``; not a number where the plan lacks a camera."""
    found = np.full((len(cameras), len(cameras)), np.nan)
    known = {camera.id for camera in plan.cameras}
    for row, one in enumerate(cameras):
        for column, other in enumerate(cameras[: row + 1]):
            if one in known and other in known:
                try:
                    metres = plan.walking_metres(one, other)
                except FloorPlanError:  # a view in which nobody can walk
                    metres = math.nan
                found[row, column] = found[column, row] = metres
    np.fill_diagonal(found, 0.0)
    return found
