"""Walking distances on a floor: the shortest way around walls and furniture.

A visibility graph: the shortest way bends only at corners of obstacles that have been widened by
the room a walker needs (Lozano-Pérez and Wesley, *An algorithm for planning collision-free paths
among polyhedral obstacles*, CACM 1979). Between those corners all distances are known beforehand,
so that one way costs a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.geometry import (
    Flags,
    Floats,
    Point,
    crosses,
    edges_of,
    inside,
    turns_out,
    widened,
)

CLEARANCE = 0.35
"""Metres that the middle of a walker keeps from walls and furniture."""

# Ways run along the widened corners, so what blocks them is widened a little less.
_SLACK = 0.95
# The diagonal of a square block would meet its edges in corners only, which is no crossing: blocks
# stand a hair aside.
_ASIDE = np.array([1.3e-4, 0.7e-4])
_MOST_KNOWN = 512


class Walkways:
    """Where one can walk, and how far it is.

    Args:
        outline: The floor's edge; everything outside is closed.
        blocks: Polygons that nobody walks through.
        clearance: Metres that a walker's middle keeps from all of them.

    Example:
        >>> room = [(0, 0), (10, 0), (10, 6), (0, 6)]
        >>> table = [(4, 0), (6, 0), (6, 4), (4, 4)]
        >>> ways = Walkways(room, [table])
        >>> len(ways.path((2, 2), (8, 2))), round(ways.metres((2, 2), (8, 2)), 1)
        (4, 8.4)
    """

    def __init__(
        self,
        outline: Sequence[Point],
        blocks: Sequence[Sequence[Point]],
        clearance: float = CLEARANCE,
    ) -> None:
        self._floor = widened(outline, -_SLACK * clearance)
        self._blocks = [widened(block, _SLACK * clearance) + _ASIDE for block in blocks]
        self._edges = edges_of([self._floor, *self._blocks])
        corners = [widened(outline, -clearance)[~turns_out(outline)]]
        corners += [widened(block, clearance)[turns_out(block)] for block in blocks]
        nodes = np.concatenate(corners)
        self._nodes = nodes[self.free(nodes)]
        self._metres, self._next = self._between_nodes()
        self._known: dict[Point, Floats] = {}

    def free(self, points: NDArray[Any]) -> Flags:
        """Return at which of ``(n, 2)`` places somebody can walk."""
        found = inside(points, self._floor)
        for block in self._blocks:
            found &= ~inside(points, block)
        return found

    def open_line(self, starts: NDArray[Any], ends: NDArray[Any]) -> Flags:
        """Return which lines between free places nothing blocks."""
        return ~crosses(starts, ends, self._edges)

    def snap(self, place: Point) -> Point:
        """Return the free place nearest to a place, within 6 m; the place itself if it is free.

        Raises:
            ValueError: If there is none.
        """
        if self.free(np.array([place]))[0]:
            return place
        radii = np.arange(0.05, 6.0, 0.05)
        angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], 1)
        around = (np.asarray(place) + radii[:, None, None] * ring).reshape(-1, 2)
        free = self.free(around)
        if not free.any():
            raise ValueError(f"nobody can walk within 6 m of {place}")
        x, y = around[int(free.argmax())]
        return float(x), float(y)

    def path(self, start: Point, end: Point) -> list[Point]:
        """Return the corners of the shortest way, both ends included; empty if there is none."""
        start, end = self.snap(start), self.snap(end)
        if self.open_line(np.array([start]), np.array([end]))[0]:
            return [start, end]
        out, home = self._known_reach(start), self._known_reach(end)
        if not len(self._nodes):
            return []
        total = out[:, None] + self._metres + home[None]
        first, last = np.unravel_index(int(total.argmin()), total.shape)
        if not np.isfinite(total[first, last]):
            return []
        steps = [int(first)]
        while steps[-1] != last:
            steps.append(int(self._next[steps[-1], last]))
        middle = [(float(x), float(y)) for x, y in self._nodes[steps]]
        return [start, *middle, end]

    def metres(self, start: Point, end: Point) -> float:
        """Return the length of the shortest way, infinite where there is none."""
        return self.metres_between([start], [end])

    def metres_between(self, starts: Sequence[Point], ends: Sequence[Point]) -> float:
        """Return the shortest way from any of some places to any of others, metres."""
        one = [self.snap(place) for place in starts]
        other = [self.snap(place) for place in ends]
        return self.shortest(one, self.reach(one), other, self.reach(other))

    def shortest(
        self, starts: Sequence[Point], out: Floats, ends: Sequence[Point], home: Floats
    ) -> float:
        """Return what :meth:`metres_between` does, for free places whose reach is known.

        Args:
            starts: Free places.
            out: :meth:`reach` of them.
            ends: Free places.
            home: :meth:`reach` of them.
        """
        best = np.inf
        if len(self._nodes):
            best = float((out[:, None] + self._metres + home[None]).min())
        one, other = np.asarray(starts, float), np.asarray(ends, float)
        a, b = np.repeat(one, len(other), axis=0), np.tile(other, (len(one), 1))
        straight = np.linalg.norm(a - b, axis=1)
        # Only a straight line that is shorter than the way by corners is worth looking at.
        for first in np.split(np.argsort(straight), range(64, len(straight), 64)):
            first = first[straight[first] < best]
            if not len(first):
                break
            clear = first[self.open_line(a[first], b[first])]
            if len(clear):
                return float(straight[clear].min())
        return best

    def reach(self, places: Sequence[Point]) -> Floats:
        """Return for each corner ``(n,)`` the straight way from the nearest of some free places."""
        points = np.asarray(places, float)
        starts = np.repeat(points, len(self._nodes), axis=0)
        ends = np.tile(self._nodes, (len(points), 1))
        far = np.linalg.norm(starts - ends, axis=1)
        far[~self.open_line(starts, ends)] = np.inf
        return np.asarray(far.reshape(len(points), -1).min(0))

    def around(self, places: Sequence[Point]) -> Floats:
        """Return the shortest ways by corners between all of n free places, ``(n, n)`` metres.

        Two places between which nothing stands are nearer than that.
        """
        reach = np.stack([self.reach([place]) for place in places])
        if not len(self._nodes):
            return np.full((len(places), len(places)), np.inf)
        to_node = np.stack([(one[:, None] + self._metres).min(0) for one in reach])
        return np.stack([(one + reach).min(1) for one in to_node])

    def _known_reach(self, place: Point) -> Floats:
        """Return the reach of one place; the last some hundred are kept, since ways repeat."""
        if place not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[place] = self.reach([place])
        return self._known[place]

    def _between_nodes(self) -> tuple[Floats, NDArray[np.int64]]:
        """Return the ways between all corners and the next corner on each (Floyd, Warshall)."""
        count = len(self._nodes)
        far = np.full((count, count), np.inf)
        one, other = np.triu_indices(count, 1)
        seen = self.open_line(self._nodes[one], self._nodes[other])
        straight = np.linalg.norm(self._nodes[one] - self._nodes[other], axis=1)
        far[one[seen], other[seen]] = far[other[seen], one[seen]] = straight[seen]
        np.fill_diagonal(far, 0)
        following = np.tile(np.arange(count), (count, 1))
        for via in range(count):
            around = far[:, via, None] + far[via]
            shorter = around < far - 1e-12
            far = np.where(shorter, around, far)
            following = np.where(shorter, following[:, via, None], following)
        return far, following
