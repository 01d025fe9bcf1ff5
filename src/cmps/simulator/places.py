"""The four places of the synthetic mall and their cameras.

Each has its own light, lens and recorder, so that one coat looks different in each, as it does in
real buildings. From the fifth camera on the places repeat, seen from other corners through other
optics.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .camera import Camera, Optics
from .hall import Box, Light, Room
from .people import SimulatorError

STONE, WOOD, METAL, LEAVES = (0.40, 0.385, 0.36), (0.17, 0.095, 0.045), (0.10,) * 3, (
    0.035, 0.10, 0.030,
)  # fmt: skip


def _pillar(x: float, z: float, height: float, half: float = 0.3) -> tuple[Box, ...]:
    return (Box((x - half, 0, z - half), (x + half, height, z + half), STONE),)


def _bench(x: float, z: float) -> tuple[Box, ...]:
    return (
        Box((x - 0.85, 0.38, z - 0.22), (x + 0.85, 0.46, z + 0.22), WOOD, "wood"),
        Box((x - 0.75, 0, z - 0.15), (x - 0.65, 0.38, z + 0.15), METAL),
        Box((x + 0.65, 0, z - 0.15), (x + 0.75, 0.38, z + 0.15), METAL),
    )


def _planter(x: float, z: float) -> tuple[Box, ...]:
    return (
        Box((x - 0.4, 0, z - 0.4), (x + 0.4, 0.5, z + 0.4), STONE),
        Box((x - 0.46, 0.5, z - 0.46), (x + 0.46, 1.15, z + 0.46), LEAVES, "leaves"),
    )


def _bin(x: float, z: float) -> tuple[Box, ...]:
    return (Box((x - 0.22, 0, z - 0.22), (x + 0.22, 0.85, z + 0.22), (0.08, 0.09, 0.10)),)


def unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return a direction with length 1."""
    length = float(np.sqrt(x * x + y * y + z * z))
    return x / length, y / length, z / length


_ARCADE = Room(
    size=(14, 3.9, 19), floor=(0.40, 0.37, 0.33), tile=0.6, joint=0.75, polish=0.10,
    wall=(0.52, 0.50, 0.46), facing="shops",
    boxes=(*_pillar(4.9, 9.4, 3.9), *_pillar(9.6, 12.4, 3.9), *_bench(8.4, 8.3),
           *_planter(3.6, 14.2)),
    light=Light(unit(0.2, 0.95, -0.35), (0.50, 0.47, 0.42), (0.58, 0.56, 0.52),
                (0.27, 0.25, 0.22), 0.34, 0.10),
)  # fmt: skip
_ENTRANCE = Room(
    size=(14, 3.6, 15), floor=(0.24, 0.24, 0.25), tile=0.9, joint=0.85, polish=0.16,
    wall=(0.40, 0.40, 0.41), facing="glass",
    boxes=(*_pillar(9.4, 8.2, 3.6, 0.22), *_bin(5.4, 8.9), *_planter(10.9, 10.2)),
    light=Light(unit(-0.75, 0.55, 0.35), (0.62, 0.66, 0.72), (0.36, 0.39, 0.43),
                (0.20, 0.21, 0.22), 0.30, 0.16),
)  # fmt: skip
_UNDERPASS = Room(
    size=(7, 2.9, 19), floor=(0.17, 0.17, 0.165), tile=2.4, joint=0.6, polish=0.03,
    wall=(0.42, 0.43, 0.40), facing="tiles",
    boxes=(*_bin(1.2, 9.4), *_bench(5.2, 10.2)),
    light=Light(unit(-0.15, 0.97, 0.1), (0.46, 0.47, 0.40), (0.42, 0.43, 0.37),
                (0.15, 0.16, 0.13), 0.42, 0.06),
)  # fmt: skip
_COURT = Room(
    size=(20, 40, 22), floor=(0.27, 0.265, 0.255), tile=0.4, joint=0.7, polish=0.0,
    wall=(0.25, 0.150, 0.115), facing="brick",
    boxes=(*_planter(7.2, 12.6), *_bench(12.0, 10.8), *_bin(12.4, 13.9),
           *_pillar(8.3, 10.2, 3.2, 0.08)),
    light=Light(unit(0.6, 0.62, -0.5), (1.05, 0.98, 0.88), (0.33, 0.37, 0.44),
                (0.22, 0.20, 0.18), 0.62, 0.025),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """A camera and the room that it watches.

    Attributes:
        camera: The camera.
        room: What it sees.
        walk: ``(x low, z low, x high, z high)`` of the floor where people walk in its view.
    """

    camera: Camera
    room: Room
    walk: tuple[float, float, float, float]


_POSTS = (
    Post(
        Camera("arcade", (7.0, 3.2, 0.5), (7.0, 0.78, 9.5), 42,
               Optics(0.97, (1.04, 1.0, 0.93), 1.05, 0.92, 0.65, 0.45, 3.2, 80)),
        _ARCADE, (4.0, 7.0, 10.0, 13.0),
    ),
    Post(
        Camera("entrance", (1.0, 3.0, 0.7), (7.4, 0.78, 7.9), 42,
               Optics(0.82, (0.94, 1.0, 1.08), 1.16, 0.84, 0.75, 0.3, 4.0, 74)),
        _ENTRANCE, (4.0, 4.0, 11.0, 11.0),
    ),
    Post(
        Camera("underpass", (6.3, 2.65, 0.5), (3.3, 0.75, 9.2), 41,
               Optics(1.25, (1.0, 1.02, 0.91), 1.0, 0.84, 0.85, 0.3, 5.0, 66)),
        _UNDERPASS, (1.0, 6.4, 5.9, 13.0),
    ),
    Post(
        Camera("court", (10.0, 4.2, 0.4), (9.7, 0.75, 11.0), 38,
               Optics(0.80, (1.02, 1.0, 0.99), 1.12, 1.0, 0.6, 0.6, 2.6, 84)),
        _COURT, (6.6, 8.2, 12.8, 14.5),
    ),
)  # fmt: skip


def posts(count: int = 4, seed: int = 0) -> list[Post]:
    """Return ``count`` cameras with their rooms.

    The first four are the same for every seed; the seed varies the optics of those that follow.

    Raises:
        SimulatorError: If ``count`` is not positive.
    """
    if count < 1:
        raise SimulatorError(f"cannot place {count} cameras; ask for at least 1")
    placed = list(_POSTS[:count])
    rng = np.random.default_rng([seed, 3])
    for number in range(len(_POSTS), count):
        model, turn = _POSTS[number % len(_POSTS)], number // len(_POSTS) + 1
        camera, optics = model.camera, model.camera.optics
        red, green, blue = optics.white_balance
        optics = replace(
            optics,
            gain=optics.gain * rng.uniform(0.8, 1.2),
            white_balance=(red * rng.uniform(0.93, 1.07), green, blue * rng.uniform(0.93, 1.07)),
            saturation=optics.saturation * rng.uniform(0.85, 1.05),
            noise=optics.noise * rng.uniform(0.7, 1.4),
        )
        x, y, z = camera.place
        x = float(np.clip(x + rng.uniform(-1.5, 1.5), 0.5, model.room.size[0] - 0.5))
        moved = Camera(f"{camera.id}-{turn}", (x, y, z), camera.look_at, camera.view, optics)
        placed.append(replace(model, camera=moved))
    return placed
