"""Where and when people pass the cameras: itineraries, and places in view of a camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from .mesh import Mesh
from .people import Person
from .pose import Gait, gait_of, stride_length
from .render import Figure, View, silhouette_box, stand

OPENING = datetime(2026, 3, 14, 14, 0, tzinfo=UTC)
"""When the first person may enter; chosen once, so that draws can be compared."""

_STRIDES_A_SECOND = 0.92
_PARTLY_HIDDEN = 0.16


@dataclass(frozen=True, slots=True)
class Passage:
    """One pass of a person before one camera: a straight walk.

    Attributes:
        person: Who.
        camera: Place of the camera in the list of cameras.
        times: When each picture is taken.
        places: x and z at those times, metres.
        yaw: Heading in degrees, from +z to +x.
        gaits: The pose at those times.
    """

    person: int
    camera: int
    times: tuple[datetime, ...]
    places: tuple[tuple[float, float], ...]
    yaw: float
    gaits: tuple[Gait, ...]


def visible_share(view: View, place: tuple[float, float], height: float) -> float:
    """Estimate which share of somebody at a place no furniture hides, 0–1."""
    camera = view.camera
    right = camera.axes[0]
    points = [
        (place[0] + side * right[0], up * height, place[1] + side * right[2])
        for up in (0.05, 0.25, 0.45, 0.65, 0.85, 0.97)
        for side in (-0.18, 0.0, 0.18)
    ]
    seen = camera.project(np.array(points))
    x, y = seen[:, 0].astype(int), seen[:, 1].astype(int)
    inside = (x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height) & (seen[:, 2] > 0)
    x, y = np.clip(x, 0, camera.width - 1), np.clip(y, 0, camera.height - 1)
    return float((inside & (seen[:, 2] > view.backdrop.nearness[y, x])).mean())


def is_free(view: View, place: tuple[float, float], clearance: float = 0.3) -> bool:
    """Return whether somebody can stand at a place: no furniture within the clearance."""
    return not any(
        box.low[0] - clearance < place[0] < box.high[0] + clearance
        and box.low[2] - clearance < place[1] < box.high[2] + clearance
        for box in view.post.room.boxes
    )


def _in_frame(view: View, figure: Figure) -> bool:
    left, top, right, bottom = silhouette_box(view.camera, figure)
    return bool(
        left >= 2 and top >= 2 and right <= view.camera.width - 2
        and bottom <= view.camera.height - 2
    )  # fmt: skip


def find_walk(
    view: View, person: Person, mesh: Mesh, seconds: float, rng: np.random.Generator
) -> tuple[tuple[tuple[float, float], ...], float, tuple[Gait, ...]]:
    """Find a walk during which a person stays in a camera's view, at least half of them visible.

    Returns:
        The places at the first and the last moment, the heading, and the two poses.
    """
    gait = gait_of(person, float(rng.random()), rng)
    speed = stride_length(person, gait) * _STRIDES_A_SECOND
    later = Gait(
        (gait.phase + seconds * _STRIDES_A_SECOND) % 1.0, gait.amplitude, gait.stoop,
        gait.head + float(rng.normal(0, 8)), gait.nod, gait.right_arm,
    )  # fmt: skip
    low_x, low_z, high_x, high_z = view.post.walk
    hidden = rng.random() < _PARTLY_HIDDEN
    best: tuple[float, tuple[tuple[float, float], ...], float] | None = None
    for _ in range(60):
        start = float(rng.uniform(low_x, high_x)), float(rng.uniform(low_z, high_z))
        yaw = float(rng.uniform(0, 360))
        heading = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
        end = start[0] + heading[0] * speed * seconds, start[1] + heading[1] * speed * seconds
        if not (low_x <= end[0] <= high_x and low_z <= end[1] <= high_z):
            continue
        if not (is_free(view, start) and is_free(view, end)):
            continue
        share = min(visible_share(view, place, person.height) for place in (start, end))
        if best is None or share > best[0]:
            best = share, (start, end), yaw
        if share >= 0.55 and (share < 0.9 or not hidden):
            figures = (stand(person, mesh, g, p, yaw) for g, p in ((gait, start), (later, end)))
            if all(_in_frame(view, figure) for figure in figures):
                return (start, end), yaw, (gait, later)
    if best is None:
        middle = (low_x + high_x) / 2, (low_z + high_z) / 2
        best = 0.0, (middle, middle), 180.0
    return best[1], best[2], (gait, later)


def itinerary(
    number: int, person: Person, mesh: Mesh, views: list[View], seed: int
) -> list[Passage]:
    """Plan which cameras a person passes, when, and where in each view.

    Everybody passes 2 to 4 cameras (all of them where there are fewer), with 30 to 110 seconds of
    walking between two, and is taken twice by each.
    """
    rng = np.random.default_rng([seed, 1, number])
    most = min(4, len(views))
    count = int(rng.integers(min(2, most), most + 1))
    clock = OPENING + timedelta(seconds=round(float(rng.uniform(0, 600)), 1))
    passages = []
    for camera in rng.permutation(len(views))[:count]:
        gap = round(float(rng.uniform(0.6, 1.6)), 1)
        places, yaw, gaits = find_walk(views[camera], person, mesh, gap, rng)
        times = clock, clock + timedelta(seconds=gap)
        passages.append(Passage(number, int(camera), times, places, yaw, gaits))
        pace = 1.5 if person.age_group == "elderly" else 1.0
        clock = times[1] + timedelta(seconds=round(float(rng.uniform(30, 110)) * pace, 1))
    return passages
