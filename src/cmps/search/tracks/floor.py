"""How far it is from where one pass ends to where the next begins, on a floor plan.

A floor plan knows the way between two places, but at some milliseconds each, and a track asks for
ten thousand. So the ways between some thirty places of every view are found once, and a pass stands
at the nearest of them. Where nothing lies in between, the straight line between the true places
counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.floorplan import FloorPlan, FloorPlanError
from cmps.gallery.geometry import Floats


class Floor:
    """The ways between all places that the cameras of a plan see.

    Args:
        plan: The floor plan.
        cameras: The gallery's; those that the plan lacks see no place.

    Example:
        >>> from cmps.gallery.floorplan import PlacedCamera
        >>> outline = ((0.0, 0.0), (90.0, 0.0), (90.0, 9.0), (0.0, 9.0))
        >>> eyes = [PlacedCamera(f"c{x}", (x, 4), 3, 0, 20, 60, (1280, 720), 6.0) for x in (2, 30)]
        >>> floor = Floor(FloorPlan("hall", outline, cameras=tuple(eyes)), ["c2", "c30"])
        >>> floor.metres(np.array([[6.0, 4.0]]), np.array([[36.0, 4.0]])).tolist()
        [30.0]
    """

    def __init__(self, plan: FloorPlan, cameras: Sequence[str]) -> None:
        known = {camera.id for camera in plan.cameras}
        found = [place for one in cameras if one in known for place in _seen(plan, one)]
        self._places = np.asarray(found, float).reshape(-1, 2)
        count = len(self._places)
        one, other = np.triu_indices(count, 1)
        straight = np.linalg.norm(self._places[one] - self._places[other], axis=1)
        self._open = np.ones((count, count), bool)
        self._metres = np.zeros((count, count))
        if count:
            clear = plan.walkways.open_line(self._places[one], self._places[other])
            around = plan.walkways.around(found)[one, other]
            self._open[one, other] = self._open[other, one] = clear
            metres = np.where(clear, straight, around)
            self._metres[one, other] = self._metres[other, one] = metres

    def metres(self, starts: Floats, ends: Floats) -> Floats:
        """Return how far it is from n places to n others, ``(n,)``.

        Args:
            starts: ``(n, 2)`` metres on the plan; where it is not a number, neither is the way.
            ends: ``(n, 2)``.
        """
        straight = np.asarray(np.linalg.norm(starts - ends, axis=1))
        if not len(self._places):
            return straight
        one, other = self._nearest(starts), self._nearest(ends)
        found = np.where(self._open[one, other], straight, self._metres[one, other])
        return np.asarray(np.where(np.isfinite(straight), found, np.nan))

    def _nearest(self, points: Floats) -> NDArray[np.intp]:
        # ten thousand ways lead between some hundred passes; sorted as numbers, ten times faster
        complexes = np.nan_to_num(points[:, 0]) + 1j * np.nan_to_num(points[:, 1])
        found, where = np.unique(complexes, return_inverse=True)
        far = np.abs(found[:, None] - (self._places[:, 0] + 1j * self._places[:, 1]))
        return np.asarray(far.argmin(1)[where], np.intp)


def _seen(plan: FloorPlan, camera: str) -> Sequence[tuple[float, float]]:
    try:
        return plan.standing_places(camera)
    except FloorPlanError:  # a view in which nobody can walk
        return ()
