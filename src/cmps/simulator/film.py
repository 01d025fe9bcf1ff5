"""Pictures of passages: what a camera of the mall makes of the people who pass it.

Frames are never drawn whole. Each crop shows one person in the light, size and posture of its
moment, with whoever stands before or behind them, and the furniture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.geometry import Point

from .camera import Camera, develop
from .gallery import detection_window
from .garments import dress
from .mesh import Mesh
from .passages import Pass, Presence, Sight, Trails
from .people import Person
from .pose import Gait, gait_of, stride_length
from .render import Drawing, Figure, View, Window, draw, silhouette_box, stand

LEAST_VISIBLE = 0.3
"""Share of a person that must be seen: detectors miss who is hidden more."""

_LEAST_WIDE, _LEAST_HIGH = 14, 40
_WALKING, _BRISK = 0.15, 1.25
_MOST_OTHERS, _MOST_MESHES, _MOST_FIGURES = 4, 256, 48
_HALF_WIDE, _HOPELESS = 0.35, 0.8
_CELL, _EVERY = 3, 41
_WHOLE, _HEAD_ERROR, _FEET_ERROR = 0.7, 0.02, 0.2
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Cast:
    """Everything that a day's pictures depend on.

    Attributes:
        plan: The floor plan.
        people: Everybody.
        groups: For each person the group's id.
        trails: Where they walk.
        passes: Whose pictures are taken.
        seed: Which day.
    """

    plan: FloorPlan
    people: list[Person]
    groups: list[str]
    trails: Trails
    passes: list[Pass]
    seed: int


@dataclass(frozen=True, slots=True)
class Crop:
    """One picture of one person.

    Attributes:
        sight: Who, where, heading where, how fast.
        seconds: When, since the day's start.
        box: ``(x, y, width, height)`` of what is seen of the person, pixels of the crop.
        visible: Share of the person that nothing hides, 0-1.
        companions: People of the same group in the camera's view, by place in the list.
        others: Everybody else of whom something is in the crop.
        jpeg: The picture file.
        height: How tall the camera finds the person, metres, or ``None`` where too much is hidden.
    """

    sight: Sight
    seconds: float
    box: Window
    visible: float
    companions: tuple[int, ...]
    others: tuple[int, ...]
    jpeg: bytes
    height: float | None = None


class Film:
    """Takes the pictures of passages.

    Args:
        cast: Who walks where.
        views: What each camera of the plan sees, in the plan's order.
    """

    def __init__(self, cast: Cast, views: Sequence[View]) -> None:
        self.cast, self.views = cast, views
        self._presence = Presence(cast.trails, cast.passes, len(cast.plan.cameras))
        self._meshes: OrderedDict[int, Mesh] = OrderedDict()
        self._figures: OrderedDict[tuple[int, float], Figure] = OrderedDict()

    def take(self, number: int) -> list[Crop]:
        """Return the crops of a passage; fewer than its moments where the person is hidden."""
        one = self.cast.passes[number]
        rng = np.random.default_rng([self.cast.seed, 15, number])
        rule = np.random.default_rng([self.cast.seed, 18, number])
        crops = []
        for moment in one.shots:
            for attempt in range(_TRIES):
                # a detector that misses somebody finds them a step later
                crop = self._shoot(one, moment + attempt, rng)
                if crop is not None:
                    crops.append(replace(crop, height=self._measured(one, crop, rule)))
                    break
        taken = {crop.seconds: crop for crop in crops}
        return [taken[seconds] for seconds in sorted(taken)]

    def _shoot(self, one: Pass, clock: float, rng: np.random.Generator) -> Crop | None:
        """Take one picture, or none of somebody who cannot be seen then."""
        path = self.cast.trails.trails[one.trail]
        if clock > path.times[one.last]:
            return None
        view, sight = self.views[one.camera], self.cast.trails.at(one.trail, clock)
        figure = self._figure(one.trail, clock, sight)
        window = detection_window(view, figure, rng)
        if window[2] - window[0] < _LEAST_WIDE or window[3] - window[1] < _LEAST_HIGH:
            return None
        around = self._presence.others(one, clock)
        shown, figures = [], [figure]
        for trail, other in self._near_window(view.camera, around, sight, window):
            nearby = self._figure(trail, clock, other)
            if _meets(silhouette_box(view.camera, nearby), window):
                shown.append(other)
                figures.append(nearby)
        if _guessed_share(view, figures, window) < _HOPELESS * LEAST_VISIBLE:
            return None
        drawing = draw(view, figures, window, measured=1)
        box = drawing.boxes[0]
        if box is None or drawing.visible[0] < LEAST_VISIBLE or box[3] < _LEAST_HIGH // 2:
            return None
        own = self.cast.groups[one.person]
        return Crop(
            sight=sight,
            seconds=clock,
            box=box,
            visible=round(drawing.visible[0], 3),
            companions=tuple(
                sorted(other.person for _, other in around if self.cast.groups[other.person] == own)
            ),
            others=_others(shown, drawing),
            jpeg=develop(drawing.light, view.camera.optics, rng, _motion(view.camera, sight, rng)),
        )

    def _measured(self, one: Pass, crop: Crop, rng: np.random.Generator) -> float | None:
        """Return how tall the camera finds somebody: heads and feet are seen a little wrongly."""
        error = rng.normal(0, _HEAD_ERROR)
        x, z = crop.sight.place + rng.normal(0, _FEET_ERROR, 2)
        if crop.visible < _WHOLE:
            return None
        camera = self.views[one.camera].camera
        figure = self._figure(one.trail, crop.seconds, crop.sight)
        left, top, right, bottom = silhouette_box(camera, figure)
        if top <= 0 or bottom >= camera.height:
            return None
        head = top + (bottom - top) * error
        return camera.height_over((float(x), float(z)), (left + right) / 2, head)

    def _figure(self, trail: int, clock: float, sight: Sight) -> Figure:
        """Return somebody at a moment; a family's pictures show the same moments."""
        key = trail, clock
        if key not in self._figures:
            if len(self._figures) >= _MOST_FIGURES:
                self._figures.popitem(last=False)
            self._figures[key] = self._posed(sight)
        return self._figures[key]

    def _posed(self, sight: Sight) -> Figure:
        person = self.cast.people[sight.person]
        # The stride follows from the way walked, so that a person's pictures belong together.
        style = gait_of(person, 0.0, np.random.default_rng([person.variation, 16]))
        amplitude = float(np.clip(sight.speed / _BRISK, 0, 1.1))
        gait = replace(style, amplitude=amplitude if sight.speed > _WALKING else 0.05)
        gait = replace(gait, phase=_phase(person, gait, sight))
        # The plan's directions turn from +x to +y, the world's from +z (the plan's y) to +x.
        return stand(person, self._mesh(sight.person), gait, sight.place, 90 - sight.heading)

    def _mesh(self, number: int) -> Mesh:
        """Return a dressed person; those who were seen last are kept."""
        if number in self._meshes:
            self._meshes.move_to_end(number)
        else:
            self._meshes[number] = dress(self.cast.people[number])
            if len(self._meshes) > _MOST_MESHES:
                self._meshes.popitem(last=False)
        return self._meshes[number]

    def _near_window(
        self, camera: Camera, around: list[tuple[int, Sight]], sight: Sight, window: Window
    ) -> list[tuple[int, Sight]]:
        """Return those of whom something may be in a window, the nearest first."""
        shown = [
            one for one in around
            if _overlaps(camera, one[1].place, self.cast.people[one[1].person].height, window)
        ]  # fmt: skip
        shown.sort(key=lambda one: (_apart(one[1].place, sight.place), one[0]))
        return shown[:_MOST_OTHERS]


def _guessed_share(view: View, figures: list[Figure], window: Window) -> float:
    """Guess which share of the first figure nothing hides, 0-1, from some of its vertices.

    Drawing those of whom too little is seen, only to throw it away, would take a third of the time.
    """
    left, top, right, bottom = window
    first = figures[0]
    points = first.pixels(view.camera)[first.mesh.cut > 0][::_EVERY]
    x, y = points[:, 0].astype(int), points[:, 1].astype(int)
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    if not inside.any():
        return 0.0
    x, y, near = x[inside], y[inside], points[inside, 2]
    standing = view.backdrop.nearness[y, x]
    seen = view.backdrop.floor[y, x] | (standing < near)
    for other in figures[1:]:
        pixels = other.pixels(view.camera)[other.mesh.cut > 0]
        if pixels[:, 2].mean() <= near.mean():
            continue
        columns, rows = ((pixels[:, :2] - [left, top]) // _CELL).astype(int).T
        covered = np.zeros(((bottom - top) // _CELL + 1, (right - left) // _CELL + 1), bool)
        kept = (rows >= 0) & (rows < len(covered)) & (columns >= 0) & (columns < len(covered[0]))
        covered[rows[kept], columns[kept]] = True
        seen &= ~covered[(y - top) // _CELL, (x - left) // _CELL]
    return float(seen.mean())


def _apart(one: Point, other: Point) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


def _phase(person: Person, gait: Gait, sight: Sight) -> float:
    if sight.speed <= _WALKING:
        return 0.25
    return (sight.walked / stride_length(person, gait) + person.variation % 97 / 97) % 1.0


def _overlaps(camera: Camera, place: Point, height: float, window: Window) -> bool:
    """Return whether somebody's outline may meet a window, a little generously."""
    right = camera.axes[0]
    points = camera.project(
        np.array([
            (place[0] + side * right[0], up, place[1] + side * right[2])
            for side in (-_HALF_WIDE, _HALF_WIDE) for up in (0.0, height + 0.1)
        ])
    )  # fmt: skip
    if points[:, 2].min() <= 0:
        return False
    (left, top), (right, bottom) = points[:, :2].min(0), points[:, :2].max(0)
    return _meets((float(left), float(top), float(right), float(bottom)), window)


def _meets(box: tuple[float, float, float, float], window: Window) -> bool:
    """Return whether two boxes of left, top, right and bottom share more than an edge."""
    return (
        box[0] < window[2] - 1
        and box[2] > window[0] + 1
        and box[1] < window[3] - 1
        and box[3] > window[1] + 1
    )


def _others(shown: list[Sight], drawing: Drawing) -> tuple[int, ...]:
    seen = zip(shown, drawing.boxes[1:], strict=True)
    return tuple(sorted(other.person for other, box in seen if box is not None))


def _motion(camera: Camera, sight: Sight, rng: np.random.Generator) -> int:
    """Return the sideways blur of somebody who walks across the picture, pixels."""
    ahead = np.cos(np.radians(sight.heading)), np.sin(np.radians(sight.heading))
    across = abs(camera.axes[0][0] * ahead[0] + camera.axes[0][2] * ahead[1]) * sight.speed
    return 1 + int(rng.random() * 2.0 * across)
