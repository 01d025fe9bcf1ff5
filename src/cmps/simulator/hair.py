"""Hair: a cap over the scalp, and what hangs from it."""

from __future__ import annotations

import math

import numpy as np

from .body import BONE_INDEX, Floats, Surface
from .mesh import Material, MeshBuilder, Pattern, ellipsoid, grid_triangles, tube
from .palette import HAIR
from .people import Person

_THICKNESS = {"short": 0.020, "bun": 0.016, "ponytail": 0.016, "shoulder-length": 0.026,
              "long": 0.026}  # fmt: skip


def add_hair(
    builder: MeshBuilder, person: Person, skin: Surface, place: Floats, normals: Floats
) -> None:
    """Add a person's hair.

    Args:
        builder: Where to.
        person: Whose.
        skin: The skin surface.
        place: ``(n, 3)`` rest coordinates of the skin.
        normals: ``(n, 3)`` its normals.
    """
    x, y, z = skin.canonical.T
    # The hairline runs from the forehead (y = 7.9) over the temples to the nape.
    scalp = np.minimum((y - 7.80) + (0.88 - z) * 0.95, y - 6.45)
    scalp = np.where(skin.head > 0.5, scalp + 0.035 * np.sin(x * 11) + 0.02 * np.sin(x * 23), -1)
    unit = builder.shape.unit
    colour = HAIR[person.hair_colour]
    material = Material(colour, pattern=Pattern.HAIR, gloss=0.10, offset=person.variation % 37)
    if person.hair == "bald":
        if person.variation % 5 < 3:  # A fringe of hair is left above the ears.
            fringe = np.minimum(scalp, 7.55 - y)
            builder.add(place + normals * np.float32(0.006 * unit), skin, material, fringe)
        return
    female = person.gender == "female"
    thickness = _THICKNESS[person.hair] + (0.006 if female else 0.002 * (person.variation % 4))
    tousled = 1 + 0.16 * np.sin(x * 7 + z * 5 + person.variation % 9) * np.sin(y * 6 + x * 3)
    lift = thickness * unit * np.clip(scalp * 2.5, 0.12, 1) * tousled
    builder.add(place + normals * lift[:, None].astype(np.float32), skin, material, scalp)
    head = place[(skin.head > 0.9) & (y > 6.9)]
    if person.hair in ("long", "shoulder-length"):
        _curtain(builder, person, material, head)
    elif person.hair == "bun":
        knot = (0.0, head[:, 1].mean() + 0.045 * unit, head[:, 2].min() - 0.02 * unit)
        builder.add_solid(*ellipsoid(knot, (0.042 * unit,) * 3), material, "Head")
    elif person.hair == "ponytail":
        along = np.linspace(0, 1, 9)[:, None]
        start = np.array([0.0, head[:, 1].mean() + 0.03 * unit, head[:, 2].min() - 0.01 * unit])
        fall = np.array([0.0, -0.27, -0.055]) * unit * along
        arch = np.array([0.0, 0.02, -0.05]) * unit * np.sin(np.pi * along**0.6)
        width = unit * np.interp(along[:, 0], [0, 0.25, 0.7, 1], [0.016, 0.034, 0.028, 0.006])
        tail, triangles = tube(start + fall + arch, width, around=10)
        share = np.repeat(0.5 * along[:, 0], 10).astype(np.float32)
        builder.add_solid(tail, triangles, material, "Head", ("Spine1", share))


def _curtain(builder: MeshBuilder, person: Person, material: Material, head: Floats) -> None:
    """Add hair that falls around the back of the head to the shoulders or below."""
    rows, columns, unit = 14, 30, builder.shape.unit
    top, neck = float(head[:, 1].max()), builder.shape.joints[BONE_INDEX["Neck"]]
    low, high = head.min(0), head.max(0)
    middle, width = float(low[2] + high[2]) / 2, float(high[0]) * 1.08 + 0.006
    depth = float(high[2] - low[2]) / 2 * 1.06 + 0.006
    start = top - 0.045 * unit
    end = float(neck[1]) + (0.01 if person.hair == "shoulder-length" else -0.19) * unit
    points, shares = [], []
    for row in range(rows):
        t = row / (rows - 1)
        y = start + (end - start) * t
        below = max(0.0, (float(neck[1]) + 0.03 * unit - y) / (0.2 * unit))
        reach = math.radians(float(np.interp(t, [0, 0.25, 0.5, 1], [100, 116, 112, 88])))
        size = float(np.interp(t, [0, 0.12, 0.4, 0.75, 1], [0.80, 0.98, 1.05, 1.04, 0.95]))
        for column in range(columns):
            angle = reach * (2 * column / (columns - 1) - 1)
            back = max(0.0, math.cos(angle))
            radius = size * (1 + 0.018 * math.sin(angle * 17 + person.variation % 7))
            ragged = 0.014 * unit * math.sin(angle * 13 + person.variation % 5) * t**3
            points.append(
                (
                    width * radius * math.sin(angle) * (1 + 0.25 * below),
                    y + ragged,
                    middle
                    - depth * radius * math.cos(angle)
                    + below * unit * (-0.035 * back if back >= 0.3 else 0.06 - 0.035 * back),
                )
            )
            shares.append(min(below, 1.0) * 0.7)
    vertices = np.array(points, np.float32)
    triangles = grid_triangles(rows, columns, closed=False)
    builder.add_solid(
        vertices, triangles, material, "Head", ("Spine1", np.array(shares, np.float32))
    )
