"""The floor plan: walls, shops, entrances and cameras, and how far people walk between views.

Plan coordinates are metres, x to the right and y down the page, as a plan is drawn. Directions are
degrees from +x towards +y (so 90 is down the page). :mod:`cmps.gallery.plan_files` reads and
writes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.geometry import (
    Flags,
    Floats,
    Point,
    Polygon,
    area_of,
    crosses,
    edges_of,
    first_hit,
    from_edge,
    inside,
)
from cmps.gallery.records import GalleryError
from cmps.gallery.walkways import Walkways

EYE_LEVEL = 1.6
"""Metres; what is at least this high hides people who stand behind it."""

_WAIST = 0.9
_SMALLEST_PERSON = 60
_SAMPLES = 7, 5


class FloorPlanError(GalleryError):
    """A floor plan that does not hold together; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the way: a wall, a pillar, a bench.

    Attributes:
        kind: ``wall``, ``pillar``, ``kiosk``, ``planter``, ``bench``, or a word of your own.
        polygon: Its ground, metres.
        height: Metres; from :data:`EYE_LEVEL` on it hides people.
    """

    kind: str
    polygon: Polygon
    height: float


@dataclass(frozen=True, slots=True)
class Shop:
    """A room that no camera sees into; its walls hide people, one enters by the door.

    Attributes:
        name: Unique among shops.
        polygon: Its ground, metres.
        door: A place on its edge, metres.
    """

    name: str
    polygon: Polygon
    door: Point


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where people come and go: a place on the outline, metres."""

    name: str
    place: Point


@dataclass(frozen=True)
class PlacedCamera:
    """A camera on a plan.

    Attributes:
        id: The gallery's name for it.
        place: Metres.
        height: Of the lens above the floor, metres.
        heading: Where it looks, degrees from +x towards +y.
        tilt: Degrees below the horizontal.
        field_of_view: Horizontal angle of view, degrees.
        picture: Width and height of its frames, pixels.
        reach: Metres up to which people are told from each other; 0 takes the distance at which
            a person of 1.7 m is 60 pixels high.
    """

    id: str
    place: Point
    height: float
    heading: float
    tilt: float
    field_of_view: float
    picture: tuple[int, int]
    reach: float = 0.0

    def __post_init__(self) -> None:
        if not self.id:
            raise FloorPlanError("a camera of the floor plan has no id")
        if not 0 < self.field_of_view < 170:
            raise FloorPlanError(
                f"camera {self.id}: field_of_view {self.field_of_view} is not in 1-169 degrees"
            )
        if min(self.picture) < 16 or self.height <= 0 or self.reach < 0:
            raise FloorPlanError(f"camera {self.id}: picture, height and reach must be positive")
        if not self.reach:
            reach = 1.7 * self.focal_length / _SMALLEST_PERSON
            object.__setattr__(self, "reach", round(reach, 2))

    @property
    def focal_length(self) -> float:
        """Focal length in pixels."""
        return self.picture[0] / 2 / math.tan(math.radians(self.field_of_view) / 2)

    @cached_property
    def near(self) -> float:
        """Metres from which on a person is in the picture from the waist up."""
        half = math.degrees(math.atan(self.picture[1] / 2 / self.focal_length))
        steepest = math.radians(self.tilt + half)
        drop = max(0.0, self.height - _WAIST)
        return 0.3 if steepest >= math.pi / 2 else max(0.3, drop / math.tan(max(steepest, 1e-3)))

    def frames(self, points: NDArray[Any]) -> Flags:
        """Return which of ``(n, 2)`` places lie in the picture and in reach, walls left aside."""
        across, away = np.asarray(points, float).T - np.array(self.place)[:, None]
        far = np.hypot(across, away)
        turned = np.degrees(np.arctan2(away, across)) - self.heading
        turned = (turned + 180) % 360 - 180
        return np.asarray(
            (np.abs(turned) <= self.field_of_view / 2) & (far >= self.near) & (far <= self.reach)
        )


@dataclass(frozen=True)
class FloorPlan:
    """One floor with its cameras.

    Attributes:
        name: Of the building.
        outline: The floor's edge; a wall but for the entrances.
        obstacles: What stands in the way.
        shops: Rooms along the ways.
        entrances: Where people come and go.
        cameras: The cameras.

    Raises:
        FloorPlanError: If a polygon has no area, a name comes twice, or a door does not lie on its
            shop's edge.

    Example:
        >>> square = ((0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0))
        >>> eyes = [PlacedCamera(f"c{x}", (x, 10), 3, turn, 20, 60, (1280, 720), 6.0)
        ...         for x, turn in ((2, 0), (18, 180))]
        >>> plan = FloorPlan("hall", square, cameras=tuple(eyes))
        >>> 3 < plan.walking_metres("c2", "c18") < 5
        True
    """

    name: str
    outline: Polygon
    obstacles: tuple[Obstacle, ...] = ()
    shops: tuple[Shop, ...] = ()
    entrances: tuple[Entrance, ...] = ()
    cameras: tuple[PlacedCamera, ...] = ()
    _walks: dict[tuple[str, str], float] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _stands: dict[str, tuple[tuple[Point, ...], Floats]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name, polygon in self._polygons():
            if len(polygon) < 3 or abs(area_of(polygon)) < 1e-4:
                raise FloorPlanError(f"{name} has no area; it needs three corners or more")
            if not np.isfinite(np.asarray(polygon)).all():
                raise FloorPlanError(f"{name} has a corner that is not a number")
        for kind, names in (
            ("camera", [one.id for one in self.cameras]),
            ("shop", [one.name for one in self.shops]),
            ("entrance", [one.name for one in self.entrances]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise FloorPlanError(f"two {kind}s are called {min(twice)}")
        for shop in self.shops:
            if from_edge(shop.door, shop.polygon) > 0.3:
                raise FloorPlanError(f"the door of shop {shop.name} does not lie on its edge")

    def _polygons(self) -> list[tuple[str, Polygon]]:
        named = [("the outline", self.outline)]
        named += [(f"shop {shop.name}", shop.polygon) for shop in self.shops]
        return named + [
            (f"obstacle {n} ({o.kind})", o.polygon) for n, o in enumerate(self.obstacles)
        ]

    def camera(self, id: str) -> PlacedCamera:
        """Return a camera.

        Raises:
            FloorPlanError: If the plan has none of this id.
        """
        for camera in self.cameras:
            if camera.id == id:
                return camera
        known = ", ".join(camera.id for camera in self.cameras) or "none"
        raise FloorPlanError(f"the floor plan has no camera {id!r}; it has {known}")

    @cached_property
    def walkways(self) -> Walkways:
        """Where one can walk; shops are closed."""
        blocks = [shop.polygon for shop in self.shops] + [one.polygon for one in self.obstacles]
        return Walkways(self.outline, blocks)

    @cached_property
    def _opaque(self) -> Floats:
        """Edges ``(m, 4)`` that nobody sees through."""
        high = [one.polygon for one in self.obstacles if one.height >= EYE_LEVEL]
        return edges_of([self.outline, *(shop.polygon for shop in self.shops), *high])

    def sees(self, camera: str, points: NDArray[Any]) -> Flags:
        """Return at which of ``(n, 2)`` places somebody stands in a camera's view.

        In view means: in the picture from the waist up, within reach, and no wall between.
        """
        eye = self.camera(camera)
        points = np.asarray(points, float).reshape(-1, 2)
        found = eye.frames(points)
        candidates = np.flatnonzero(found)
        start = np.broadcast_to(np.asarray(eye.place, float), (len(candidates), 2))
        # A camera hangs on a wall: its line of sight begins a little before it.
        start = start + 0.02 * (points[candidates] - start)
        found[candidates] = ~crosses(start, points[candidates], self._opaque)
        return found

    def view(self, camera: str, rays: int = 48) -> Polygon:
        """Return the floor that a camera sees, as a polygon for drawing."""
        eye = self.camera(camera)
        half = eye.field_of_view / 2
        angles = np.radians(np.linspace(eye.heading - half, eye.heading + half, rays))
        ahead = np.stack([np.cos(angles), np.sin(angles)], 1)
        far = np.minimum(first_hit(np.asarray(eye.place), ahead, self._opaque), eye.reach)
        near = np.minimum(eye.near, far)
        edge = np.concatenate([ahead * far[:, None], (ahead * near[:, None])[::-1]])
        return tuple((float(x), float(y)) for x, y in edge + np.asarray(eye.place))

    def standing_places(self, camera: str) -> tuple[Point, ...]:
        """Return places spread over a camera's view where people can walk.

        Raises:
            FloorPlanError: If the camera is unknown or sees no such place.
        """
        return self._stand(camera)[0]

    def _stand(self, camera: str) -> tuple[tuple[Point, ...], Floats]:
        """Return standing places and their reach, kept for the next time."""
        if camera not in self._stands:
            places = self._find_places(camera)
            self._stands[camera] = places, self.walkways.reach(places)
        return self._stands[camera]

    def _find_places(self, camera: str) -> tuple[Point, ...]:
        eye = self.camera(camera)
        across, along = _SAMPLES
        half = eye.field_of_view / 2 - 1
        angles = np.radians(np.linspace(eye.heading - half, eye.heading + half, across))
        far = np.linspace(eye.near + 0.1, eye.reach - 0.1, along)
        ahead = np.stack([np.cos(angles), np.sin(angles)], 1)
        points = (np.asarray(eye.place) + far[:, None, None] * ahead).reshape(-1, 2)
        points = points[self.walkways.free(points)]
        points = points[self.sees(camera, points)]
        if not len(points):
            raise FloorPlanError(f"camera {camera} sees no place where anybody can walk")
        return tuple((float(x), float(y)) for x, y in points)

    def centre(self, camera: str) -> Point:
        """Return the place in the middle of a camera's view where people can walk."""
        places = np.asarray(self.standing_places(camera))
        x, y = places[int(np.linalg.norm(places - places.mean(0), axis=1).argmin())]
        return float(x), float(y)

    def walking_metres(self, a: str | Point, b: str | Point) -> float:
        """Return the shortest walk between two places, or two cameras' views, in metres.

        Args:
            a: A camera's id, which stands for every place that it sees, or a place. A place inside
                a shop is reached through its door.
            b: The same.

        Returns:
            0 where the views overlap, infinity where there is no way.

        Raises:
            FloorPlanError: If a camera is unknown or a place lies outside.
        """
        if isinstance(a, str) and isinstance(b, str):
            key = (a, b) if a <= b else (b, a)
            if key not in self._walks:
                self._walks[key] = self._between_views(*key)
            return self._walks[key]
        (one, first), (other, second) = self._places(a), self._places(b)
        try:
            return first + second + self.walkways.metres_between(one, other)
        except ValueError as error:
            raise FloorPlanError(f"floor plan {self.name}: {error}") from error

    def _between_views(self, a: str, b: str) -> float:
        (one, out), (other, home) = self._stand(a), self._stand(b)
        if a == b or self.sees(b, np.array(one)).any() or self.sees(a, np.array(other)).any():
            return 0.0
        return self.walkways.shortest(one, out, other, home)

    def _places(self, where: str | Point) -> tuple[Sequence[Point], float]:
        """Return places from which to walk, and the metres from there to ``where``."""
        if isinstance(where, str):
            return self.standing_places(where), 0.0
        for shop in self.shops:
            if inside(np.array([where]), shop.polygon)[0]:
                return [shop.door], math.dist(where, shop.door)
        return [where], 0.0
