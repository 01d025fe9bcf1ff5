"""Plane geometry for floor plans: polygons, lines that cross, what a ray hits first. Metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_WIDEST_MITRE = 3.0
_CHUNK = 400_000


def area_of(polygon: Sequence[Point]) -> float:
    """Return the signed area, square metres; positive when it turns from +x to +y."""
    x, y = np.asarray(polygon, float).T
    return float(0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def edges_of(polygons: Sequence[Sequence[Point] | Floats]) -> Floats:
    """Return the edges ``(m, 4)`` x, y, x, y of polygons."""
    rows = [
        np.hstack([np.asarray(p, float), np.roll(np.asarray(p, float), -1, axis=0)])
        for p in polygons
    ]
    return np.concatenate(rows) if rows else np.zeros((0, 4))


def inside(points: NDArray[Any], polygon: Sequence[Point] | Floats) -> Flags:
    """Return which of ``(n, 2)`` points lie inside a polygon (even-odd rule).

    Example:
        >>> inside(np.array([[1.0, 1.0], [3.0, 1.0]]), [(0, 0), (2, 0), (2, 2), (0, 2)]).tolist()
        [True, False]
    """
    x, y = np.asarray(points, float).T
    found = np.zeros(len(x), bool)
    for x0, y0, x1, y1 in edges_of([polygon]):
        if y0 != y1:
            spans = (y0 > y) != (y1 > y)
            found ^= spans & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return found


def crosses(starts: NDArray[Any], ends: NDArray[Any], edges: Floats) -> Flags:
    """Return which of the lines ``(n, 2)`` to ``(n, 2)`` cross any edge ``(m, 4)``."""
    starts, ends = np.asarray(starts, float), np.asarray(ends, float)
    found = np.zeros(len(starts), bool)
    if not len(edges):
        return found
    ax, ay, bx, by = (edges[:, k][None] for k in range(4))
    step = max(1, _CHUNK // len(edges))
    for first in range(0, len(starts), step):
        part = slice(first, first + step)
        px, py = starts[part, :1], starts[part, 1:]
        qx, qy = ends[part, :1], ends[part, 1:]
        one = (qx - px) * (ay - py) - (qy - py) * (ax - px)
        two = (qx - px) * (by - py) - (qy - py) * (bx - px)
        three = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        four = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
        found[part] = ((one * two < 0) & (three * four < 0)).any(1)
    return found


def widened(polygon: Sequence[Point], by: float) -> Floats:
    """Return a polygon pushed outwards by ``by`` metres, inwards if negative; mitred corners."""
    corners = np.asarray(polygon, float)
    if area_of(polygon) < 0:
        corners = corners[::-1]
    ahead = np.roll(corners, -1, axis=0) - corners
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    outward = np.stack([ahead[:, 1], -ahead[:, 0]], 1)
    both = outward + np.roll(outward, 1, axis=0)
    # |both| = 2 cos(half the turn); the mitre is by / cos of it, along both's direction.
    square = np.maximum((both**2).sum(1, keepdims=True), (2 / _WIDEST_MITRE) ** 2)
    return np.asarray(corners + by * 2 * both / square)


def turns_out(polygon: Sequence[Point]) -> Flags:
    """Return which corners are convex, in the order of :func:`widened`."""
    corners = np.asarray(polygon, float)
    if area_of(polygon) < 0:
        corners = corners[::-1]
    back, ahead = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    return np.asarray(back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0] > 1e-9)


def from_edge(place: Point, polygon: Polygon) -> float:
    """Return the distance of a place from a polygon's nearest edge, metres."""
    edges = edges_of([polygon])
    start, along = edges[:, :2], edges[:, 2:] - edges[:, :2]
    gap = np.asarray(place, float) - start
    length = np.maximum((along**2).sum(1), 1e-12)
    share = np.clip((gap * along).sum(1) / length, 0, 1)
    return float(np.linalg.norm(gap - along * share[:, None], axis=1).min())


def first_hit(eye: Floats, ahead: Floats, edges: Floats) -> Floats:
    """Return how far rays ``(n, 2)`` from a place run before they meet an edge, metres."""
    start, along = edges[:, :2] - eye, edges[:, 2:] - edges[:, :2]
    turn = ahead[:, :1] * along[:, 1] - ahead[:, 1:] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / turn
        share = (start[:, 0] * ahead[:, 1:] - start[:, 1] * ahead[:, :1]) / turn
    hit = (far > 0.05) & (share >= 0) & (share <= 1)
    return np.asarray(np.where(hit, far, np.inf).min(1))
