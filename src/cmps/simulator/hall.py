"""The places that the cameras watch: rooms of floor, walls and furniture, drawn by casting rays.

A room is a box with smaller boxes in it. Its pictures carry no people; every camera's is drawn
once, with the nearness of every pixel, so that people can stand behind a pillar or a bench.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .body import Floats, transform
from .camera import Camera, Point
from .palette import Colour

Array = Floats
_TABLE = np.random.default_rng(11).random((256, 256), np.float32)


def _row(values: Colour | Point) -> Array:
    """Return three numbers in the precision of the rays."""
    return np.array(values, np.float32)


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of furniture: two opposite corners, a colour, and how its surface varies."""

    low: Point
    high: Point
    colour: Colour
    grain: str = "plain"


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a room.

    Attributes:
        direction: Towards the key light.
        key: Colour of the key light.
        sky: Colour of what comes from above without direction.
        ground: Colour of what the floor throws back.
        shadow: How dark the key light's shadow on the floor is, 0–1.
        soft: Blur of that shadow, metres.
    """

    direction: Point
    key: Colour
    sky: Colour
    ground: Colour
    shadow: float
    soft: float


@dataclass(frozen=True, slots=True)
class Room:
    """A place.

    Attributes:
        size: Extent along x, height, extent along z, metres.
        floor: Colour of the floor.
        tile: Edge of its tiles, metres.
        joint: Brightness of the joints between tiles, relative to the floor.
        polish: Share of mirrored light.
        wall: Colour of the walls.
        facing: ``shops``, ``tiles``, ``brick`` or ``glass``.
        boxes: Furniture.
        light: The light.
    """

    size: Point
    floor: Colour
    tile: float
    joint: float
    polish: float
    wall: Colour
    facing: str
    boxes: tuple[Box, ...]
    light: Light


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A room as a camera sees it without people.

    Attributes:
        light: ``(h, w, 3)`` linear light.
        nearness: ``(h, w)`` 1 / depth.
        floor: ``(h, w)`` whether the pixel shows the floor.
    """

    light: Floats
    nearness: Floats
    floor: NDArray[np.bool_]


def _noise(u: Array, v: Array) -> Array:
    """Smooth periodic noise in 0–1, one lump a unit."""
    i, j = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    a, b = u - i.astype(np.float32), v - j.astype(np.float32)
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    i, j, k, m = i & 255, j & 255, (i + 1) & 255, (j + 1) & 255
    near = _TABLE[i, j] * (1 - a) + _TABLE[k, j] * a
    far = _TABLE[i, m] * (1 - a) + _TABLE[k, m] * a
    return np.asarray(near * (1 - b) + far * b)


def _cell(u: Array, v: Array) -> Array:
    """Chance in 0–1 that is constant within a unit square."""
    return np.asarray(
        _TABLE[np.floor(u).astype(np.int32) & 255, np.floor(v).astype(np.int32) & 255]
    )


def _cast(room: Room, origin: Array, rays: Array) -> tuple[Array, NDArray[np.int64], Array]:
    """Find what rays ``(n, 3)`` hit first.

    Returns:
        The distance; what is hit (a box's number, -1 floor, -2 ceiling, -3 or -4 a wall at an end
        of x or z); and the axis that the surface is square to.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / rays
        ends = np.where(rays > 0, _row(room.size) - origin, -origin) * inverse
    ends = np.where(np.isfinite(ends) & (ends > 0), ends, np.inf)
    axis = ends.argmin(1)
    distance = ends.min(1)
    hit = np.where(axis == 0, -3, np.where(axis == 2, -4, np.where(rays[:, 1] < 0, -1, -2)))
    for number, box in enumerate(room.boxes):
        first = (_row(box.low) - origin) * inverse
        last = (_row(box.high) - origin) * inverse
        enter, leave = np.minimum(first, last), np.maximum(first, last)
        start, end = enter.max(1), leave.min(1)
        closer = (start < end) & (start > 1e-4) & (start < distance)
        distance = np.where(closer, start, distance)
        hit = np.where(closer, number, hit)
        axis = np.where(closer, enter.argmax(1), axis)
    return distance, hit, axis


def _floor_colour(room: Room, x: Array, z: Array) -> Array:
    tile = 0.90 + 0.14 * _cell(x / room.tile, z / room.tile)
    dirt = 0.86 + 0.20 * _noise(x * 0.9, z * 0.9) + 0.08 * _noise(x * 7, z * 7)
    seam = ((x / room.tile) % 1 < 0.025) | ((z / room.tile) % 1 < 0.025)
    tone = tile * dirt * np.where(seam, room.joint, 1.0)
    pools = 0.92 + 0.08 * np.cos(x * 1.3) * np.cos(z * 1.1)
    edge = np.minimum(np.minimum(x, room.size[0] - x), np.minimum(z, room.size[2] - z))
    shade = 0.65 + 0.35 * np.clip(edge / 0.7, 0, 1)
    for box in room.boxes:
        if box.low[1] < 0.6:
            out_x = np.maximum(np.maximum(box.low[0] - x, x - box.high[0]), 0)
            out_z = np.maximum(np.maximum(box.low[2] - z, z - box.high[2]), 0)
            shade *= 0.6 + 0.4 * np.clip(np.hypot(out_x, out_z) / 0.45, 0, 1)
    return np.asarray((tone * pools * shade)[:, None] * _row(room.floor))


def _shop_wall(along: Array, y: Array, side: Array, wall: Array) -> Array:
    shop = np.floor(along / 3.6)
    across = along / 3.6 - shop
    window = (across > 0.05) & (across < 0.95) & (y > 0.25) & (y < 2.7)
    shelf = _cell(along / 0.45 + side * 40, y / 0.6 + shop * 3)
    goods = shelf * (0.6 + 0.4 * _noise(along * 5 + side * 17, y * 4 + 3))
    glare = 0.10 * _noise(along * 0.5, y * 0.6 + side)
    lit = 0.25 + 0.75 * _cell(shop + side * 9, side)
    tone = (0.04 + 0.24 * goods * lit * ((y % 0.6) > 0.05) + glare)[:, None]
    hue = 0.8 + 0.4 * np.stack([_noise(along * 1.3 + k * 31, y * 1.1 + side) for k in range(3)], 1)
    sign = (across > 0.05) & (across < 0.95) & (y > 2.8) & (y < 3.35)
    letters = (np.abs(across - 0.5) < 0.25) & (np.abs(y - 3.07) < 0.13)
    letters &= _noise(along * 8, side + y * 2) > 0.45
    board = np.stack([0.05 + 0.3 * _cell(shop + side * 5, side + k + 20) for k in range(3)], 1)
    board = np.where(letters[:, None], 0.75, board)
    colour = np.where(window[:, None], tone * hue, wall)
    return np.asarray(np.where(sign[:, None], board, colour))


def _wall_colour(room: Room, along: Array, y: Array, side: Array) -> Array:
    wall = _row(room.wall) * (0.90 + 0.14 * _noise(along * 0.8, y * 0.8))[:, None]
    if room.facing == "shops":
        wall = _shop_wall(along, y, side, wall)
    elif room.facing == "tiles":
        seam = ((along / 0.3) % 1 < 0.05) | ((y / 0.3) % 1 < 0.05)
        wall = wall * (0.94 + 0.1 * _cell(along / 0.3, y / 0.3))[:, None]
        wall = np.where(seam[:, None], wall * 0.72, wall)
        poster = (along % 4.2 > 1.2) & (along % 4.2 < 2.3) & (y > 0.9) & (y < 2.3)
        print_ = np.stack(
            [
                0.10 + 0.3 * _noise(along * 3.3, y * 2.6) + 0.12 * _cell(along * 2 + 9 * k, y)
                for k in range(3)
            ],
            1,
        )
        wall = np.where(poster[:, None], print_, wall)
        wall = np.where(((y > 1.05) & (y < 1.20))[:, None], _row((0.05, 0.10, 0.12)), wall)
    elif room.facing == "brick":
        row = np.floor(y / 0.09)
        shifted = along / 0.26 + 0.5 * (row % 2)
        seam = ((y / 0.09) % 1 < 0.13) | (shifted % 1 < 0.06)
        wall = wall * (0.75 + 0.45 * _cell(shifted, row))[:, None]
        wall = np.where(seam[:, None], _row((0.33, 0.31, 0.28)), wall)
        window = (along % 3.4 > 0.9) & (along % 3.4 < 2.5) & (y > 1.0) & (y < 2.9)
        pane = 0.05 + 0.20 * _noise(along * 0.7, y * 1.5)
        wall = np.where(window[:, None], pane[:, None] * _row((0.9, 1.0, 1.1)), wall)
    elif room.facing == "glass":
        frame = ((along / 1.5) % 1 < 0.05) | (np.abs(y - 2.4) < 0.05) | (y > 3.3)
        outside = 0.5 + 0.5 * _noise(along * 0.6, y * 0.4 + 7) + 0.25 * (y - 1)
        outside = np.where(y < 0.9, 0.45 + 0.25 * _noise(along * 1.1, y * 2), outside)
        pane = outside[:, None] * _row((0.66, 0.74, 0.80))
        wall = np.where(frame[:, None], _row((0.10, 0.10, 0.11)), pane)
    return np.asarray(np.where((y < 0.11)[:, None], wall * 0.35, wall))


def _box_colour(box: Box, point: Array) -> Array:
    x, y, z = point.T
    colour = np.broadcast_to(_row(box.colour), point.shape)
    if box.grain == "wood":
        return np.asarray(colour * (0.75 + 0.5 * _noise((x + z) * 2, (y + z) * 35))[:, None])
    if box.grain == "leaves":
        return np.asarray(colour * (0.3 + 1.4 * _noise((x + z) * 13, y * 13 + x * 5))[:, None])
    scuffed = 0.92 + 0.14 * _noise((x + z) * 2.5, y * 2.5)
    return np.asarray(colour * (scuffed * (0.72 + 0.28 * np.clip(y / 0.5, 0, 1)))[:, None])


def _look(
    room: Room, origin: Array, rays: Array, mirrors: int
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return light, distance and whether the floor is hit, for rays from one or many origins."""
    distance, hit, axis = _cast(room, origin, rays)
    point = origin + rays * distance[:, None]
    light = np.zeros_like(rays)
    normal = np.zeros_like(rays)
    normal[np.arange(len(rays)), axis] = -np.sign(rays[np.arange(len(rays)), axis])
    key = np.clip(transform(normal, _row(room.light.direction)[None]), 0, 1)
    up = (0.5 + 0.5 * normal[:, 1])[:, None]
    falling = key * _row(room.light.key) + up * _row(room.light.sky)
    falling = falling + (1 - up) * _row(room.light.ground)
    for target in np.unique(hit):
        here = hit == target
        x, y, z = point[here].T
        if target == -1:
            light[here] = _floor_colour(room, x, z) * falling[here]
        elif target == -2:
            lamp = ((x % 3.2) < 1.2) & ((z % 3.2) < 0.35)
            light[here] = np.where(lamp[:, None], 1.6, 0.42)
        elif target in (-3, -4):
            along, other = (z, x) if target == -3 else (x, z)
            wall = _wall_colour(
                room,
                along,
                y,
                np.where(other > 1, np.float32(1), np.float32(0)) + np.float32(2 * (target + 4)),
            )
            glow = 1.0 if room.facing == "glass" else falling[here]
            light[here] = wall * glow
        else:
            light[here] = _box_colour(room.boxes[target], point[here]) * falling[here]
    floor = hit == -1
    if mirrors and room.polish and floor.any():
        bounced = rays[floor] * _row((1, -1, 1))
        start = point[floor] + _row((0, 1e-3, 0))
        seen, _, _ = _look(room, start, bounced, mirrors - 1)
        light[floor] += room.polish * np.clip(seen, 0, 1.2)
    return light, distance, floor


def draw_room(room: Room, camera: Camera) -> Backdrop:
    """Draw a room as a camera sees it; one ray a pixel, the lens blurs the edges."""
    rows, columns = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = camera.rays(columns + 0.5, rows + 0.5).reshape(-1, 3)
    light, distance, floor = _look(room, _row(camera.place), rays, 1)
    shape = camera.height, camera.width
    return Backdrop(
        light=light.reshape(*shape, 3).astype(np.float32),
        nearness=(1 / distance).reshape(shape).astype(np.float32),
        floor=floor.reshape(shape),
    )
