"""The synthetic mall: one floor plan, and what each of its cameras makes of the light.

A concourse from west to east, a wing to the north and one to the south, shops around them. The
cameras leave gaps, as cameras do: most ways from one view to the next lead through none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cmps.gallery.floorplan import Entrance, FloorPlan, Obstacle, PlacedCamera, Shop
from cmps.gallery.geometry import Polygon

from .camera import Camera, Optics
from .hall import Box, Light, Room
from .people import SimulatorError
from .places import LEAVES, METAL, STONE, WOOD, Post, unit

WIDTH, DEPTH, CEILING = 72.0, 48.0, 4.4
PICTURE = 960, 540

SHOPS = (
    ("bakery", (0, 0, 10, 18), (5.0, 18.0)),
    ("pharmacy", (10, 0, 19, 18), (14.5, 18.0)),
    ("optician", (19, 0, 28, 9), (28.0, 4.5)),
    ("shoes", (19, 9, 28, 18), (23.5, 18.0)),
    ("florist", (38, 0, 48, 9), (38.0, 4.5)),
    ("books", (38, 9, 48, 18), (43.0, 18.0)),
    ("toys", (48, 0, 60, 18), (54.0, 18.0)),
    ("electronics", (60, 0, 72, 18), (66.0, 18.0)),
    ("fashion", (0, 30, 12, 48), (6.0, 30.0)),
    ("supermarket", (12, 30, 26, 48), (19.0, 30.0)),
    ("sports", (26, 30, 40, 39), (33.0, 30.0)),
    ("cafe", (26, 39, 40, 48), (40.0, 43.5)),
    ("drugstore", (52, 30, 62, 39), (57.0, 30.0)),
    ("cinema", (52, 39, 72, 48), (52.0, 43.5)),
    ("furniture", (62, 30, 72, 39), (67.0, 30.0)),
)
"""Name, ground (x, y, x, y) and door."""

ENTRANCES = (("west", (0, 24)), ("east", (72, 24)), ("north", (33, 0)), ("south", (46, 48)))

SPOTS = (
    (18.0, 22.6), (30.5, 20.0), (34.3, 24.0), (39.7, 24.0), (37.0, 26.7), (54.0, 25.4),
    (64.0, 22.0), (8.0, 25.6), (33.0, 9.0), (46.0, 37.0), (43.5, 40.0), (48.5, 45.0),
    (25.5, 27.5), (50.0, 21.0), (58.5, 27.5),
)  # fmt: skip
"""Where people stop: before benches, windows, and the kiosk."""

KIOSK_SPOT = 2


def _block(kind: str, x: float, y: float, wide: float, deep: float, height: float) -> Obstacle:
    left, top, right, low = x - wide / 2, y - deep / 2, x + wide / 2, y + deep / 2
    return Obstacle(kind, ((left, top), (right, top), (right, low), (left, low)), height)


def _obstacles() -> tuple[Obstacle, ...]:
    pillars = [(x, y) for x in (12.0, 24.0, 48.0, 60.0) for y in (21.0, 27.0)]
    pillars += [(30.0, 12.0), (36.0, 6.0), (42.5, 36.0), (49.5, 36.0)]
    return (
        *(_block("pillar", x, y, 0.6, 0.6, CEILING) for x, y in pillars),
        _block("kiosk", 37.0, 24.0, 4.0, 3.0, 2.6),
        *(_block("bench", x, y, 1.8, 0.5, 0.46) for x, y in ((18, 24), (54, 24), (66, 25.5))),
        *(_block("bench", x, y, 0.5, 1.8, 0.46) for x, y in ((34.5, 9), (46, 35), (45, 42.5))),
        *(_block("planter", x, y, 0.9, 0.9, 1.15) for x, y in
          ((6, 22), (8.5, 28.2), (28, 24.5), (31.5, 5), (51, 26), (66, 20.5), (47.5, 40.5))),
    )  # fmt: skip


_DAYLIGHT = Light(unit(-0.75, 0.55, 0.35), (0.62, 0.66, 0.72), (0.38, 0.41, 0.45),
                  (0.20, 0.21, 0.22), 0.30, 0.16)  # fmt: skip
_WARM = Light(unit(0.2, 0.95, -0.35), (0.52, 0.47, 0.40), (0.58, 0.55, 0.50),
              (0.27, 0.25, 0.22), 0.34, 0.10)  # fmt: skip
_NEUTRAL = Light(unit(-0.3, 0.9, 0.25), (0.50, 0.50, 0.48), (0.52, 0.53, 0.52),
                 (0.24, 0.24, 0.23), 0.36, 0.09)  # fmt: skip
_DIM = Light(unit(-0.15, 0.97, 0.1), (0.40, 0.41, 0.35), (0.36, 0.37, 0.32),
             (0.15, 0.16, 0.13), 0.42, 0.06)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mount:
    """A camera of the mall: on the plan, its light, and its electronics."""

    placed: PlacedCamera
    light: Light
    optics: Optics


def _mount(
    name: str, place: tuple[float, float], height: float, heading: float, tilt: float,
    view: float, reach: float, light: Light, optics: Optics,
) -> _Mount:  # fmt: skip
    placed = PlacedCamera(name, place, height, heading, tilt, view, PICTURE, reach)
    return _Mount(placed, light, optics)


_MOUNTS = (
    _mount("west-door", (13.0, 18.5), 3.2, 150, 17, 58, 13, _DAYLIGHT,
           Optics(0.82, (0.94, 1.0, 1.08), 1.16, 0.84, 0.75, 0.3, 4.0, 74)),
    _mount("crossing", (28.0, 29.5), 4.0, -52, 20, 70, 14, _WARM,
           Optics(0.97, (1.04, 1.0, 0.93), 1.05, 0.92, 0.65, 0.45, 3.2, 80)),
    _mount("east-door", (60.0, 29.5), 3.0, -30, 15, 52, 13, _DAYLIGHT,
           Optics(0.90, (0.97, 1.0, 1.04), 1.10, 0.95, 0.60, 0.5, 2.8, 82)),
    _mount("south-hall", (40.5, 31.5), 3.4, 58, 15, 48, 15, _NEUTRAL,
           Optics(1.02, (1.0, 1.0, 1.0), 1.06, 1.0, 0.60, 0.4, 2.6, 84)),
    _mount("north-hall", (37.5, 15.5), 2.9, 248, 13, 48, 14, _DIM,
           Optics(1.30, (1.0, 1.02, 0.91), 1.0, 0.84, 0.85, 0.3, 5.0, 66)),
    _mount("arcade-west", (16.0, 29.5), 3.4, -22, 16, 46, 13, _WARM,
           Optics(0.95, (1.06, 1.0, 0.90), 1.04, 0.90, 0.70, 0.4, 3.6, 76)),
    _mount("arcade-east", (47.0, 18.5), 3.6, 32, 18, 50, 12, _NEUTRAL,
           Optics(1.05, (0.98, 1.0, 1.03), 1.12, 0.96, 0.65, 0.6, 3.0, 78)),
    _mount("plaza", (51.5, 29.5), 4.2, 202, 22, 68, 12, _WARM,
           Optics(0.88, (1.02, 1.0, 0.97), 1.14, 0.88, 0.75, 0.3, 3.8, 70)),
    _mount("north-door", (28.5, 6.5), 2.8, -58, 18, 78, 8, _DAYLIGHT,
           Optics(0.86, (0.95, 1.0, 1.06), 1.18, 0.86, 0.80, 0.2, 4.4, 70)),
    _mount("south-door", (51.5, 39.5), 2.9, 124, 19, 68, 9.5, _DAYLIGHT,
           Optics(0.92, (0.98, 1.0, 1.05), 1.08, 0.92, 0.70, 0.5, 3.2, 80)),
    _mount("west-walk", (0.5, 29.5), 3.8, -15, 12, 30, 22, _WARM,
           Optics(0.98, (1.03, 1.0, 0.95), 1.02, 0.94, 0.80, 0.5, 3.0, 80)),
    _mount("east-walk", (71.5, 18.5), 3.8, 165, 12, 32, 22, _NEUTRAL,
           Optics(1.08, (1.0, 1.0, 0.98), 1.06, 0.90, 0.75, 0.4, 3.6, 76)),
)  # fmt: skip

MOST_CAMERAS = len(_MOUNTS)


def _square(x: float, y: float, right: float, low: float) -> Polygon:
    return ((x, y), (right, y), (right, low), (x, low))


def mall(cameras: int = 8) -> FloorPlan:
    """Return the mall's floor plan with its first cameras.

    Raises:
        SimulatorError: If the mall has no place for so many cameras.

    Example:
        >>> plan = mall(2)
        >>> [camera.id for camera in plan.cameras]
        ['west-door', 'crossing']
    """
    if not 1 <= cameras <= MOST_CAMERAS:
        raise SimulatorError(
            f"cannot place {cameras} cameras; the mall has places for 1 to {MOST_CAMERAS}"
        )
    return FloorPlan(
        name="mall",
        outline=_square(0, 0, WIDTH, DEPTH),
        obstacles=_obstacles(),
        shops=tuple(Shop(name, _square(*ground), door) for name, ground, door in SHOPS),
        entrances=tuple(Entrance(name, place) for name, place in ENTRANCES),
        cameras=tuple(mount.placed for mount in _MOUNTS[:cameras]),
    )


def _box(polygon: Polygon, low: float, high: float, colour: tuple[float, float, float],
         grain: str = "plain") -> Box:  # fmt: skip
    x, y = np.asarray(polygon).T
    return Box(
        (float(x.min()), low, float(y.min())), (float(x.max()), high, float(y.max())), colour, grain
    )


def _furniture(plan: FloorPlan) -> list[Box]:
    boxes = [_box(s.polygon, 0, CEILING, (0.50, 0.48, 0.45), "shop") for s in plan.shops]
    for one in plan.obstacles:
        if one.kind == "bench":
            boxes.append(_box(one.polygon, 0.38, one.height, WOOD, "wood"))
            x, y = np.asarray(one.polygon).mean(0)
            boxes.append(Box((x - 0.15, 0, y - 0.15), (x + 0.15, 0.38, y + 0.15), METAL))
        elif one.kind == "planter":
            boxes.append(_box(one.polygon, 0, 0.5, STONE))
            boxes.append(_box(one.polygon, 0.5, one.height, LEAVES, "leaves"))
        elif one.kind == "kiosk":
            boxes.append(_box(one.polygon, 0, 1.05, (0.22, 0.13, 0.07), "wood"))
            boxes.append(_box(one.polygon, 1.05, 2.1, (0.10, 0.11, 0.12)))
            boxes.append(_box(one.polygon, 2.1, one.height, (0.08, 0.16, 0.24)))
        else:
            boxes.append(_box(one.polygon, 0, one.height, STONE))
    return boxes


def _lens(mount: _Mount) -> Camera:
    placed = mount.placed
    turn, tilt = math.radians(placed.heading), math.radians(placed.tilt)
    ahead = math.cos(turn) * math.cos(tilt), -math.sin(tilt), math.sin(turn) * math.cos(tilt)
    x, y = placed.place
    return Camera(
        id=placed.id,
        place=(x, placed.height, y),
        look_at=(x + ahead[0], placed.height + ahead[1], y + ahead[2]),
        view=placed.field_of_view,
        optics=mount.optics,
        width=placed.picture[0],
        height=placed.picture[1],
    )


def _may_show(camera: Camera, box: Box) -> bool:
    """Return whether a box may lie in a camera's picture or mirror in its floor."""
    x = np.array([(x, y, z) for x in (box.low[0], box.high[0]) for y in (box.low[1], box.high[1])
                  for z in (box.low[2], box.high[2])])  # fmt: skip
    seen = (x - np.asarray(camera.place)) @ camera.axes.T
    wide = camera.width / 2 / camera.focal
    ahead = seen[:, 2]
    left, right = (seen[:, 0] < -wide * ahead).all(), (seen[:, 0] > wide * ahead).all()
    return bool((ahead > 0.1).any() and not left and not right)


def mall_posts(plan: FloorPlan, seed: int = 0) -> list[Post]:
    """Return the cameras of a :func:`mall` with what they see; exposure varies by seed."""
    rng = np.random.default_rng([seed, 4])
    boxes = _furniture(plan)
    posts = []
    for mount in _MOUNTS[: len(plan.cameras)]:
        red, green, blue = mount.optics.white_balance
        warm = rng.uniform(0.97, 1.03)
        optics = replace(
            mount.optics,
            gain=mount.optics.gain * rng.uniform(0.92, 1.08),
            white_balance=(red * warm, green, blue / warm),
        )
        camera = _lens(replace(mount, optics=optics))
        room = Room(
            size=(WIDTH, CEILING, DEPTH),
            floor=(0.36, 0.345, 0.32) if mount.light is not _DAYLIGHT else (0.27, 0.27, 0.275),
            tile=0.6 if mount.light is not _DAYLIGHT else 0.9,
            joint=0.8,
            polish=0.10,
            wall=(0.46, 0.45, 0.44),
            facing="glass",
            boxes=tuple(box for box in boxes if _may_show(camera, box)),
            light=mount.light,
        )
        posts.append(Post(camera, room, (0.0, 0.0, WIDTH, DEPTH)))
    return posts
