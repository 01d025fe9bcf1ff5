"""The two compiled loops: a z-buffer rasteriser and the shader.

They are compiled on first use, which takes some seconds, and cached beside this file. Both
release the interpreter's lock, so that threads draw at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

from .body import Floats, Ints

Function = TypeVar("Function", bound=Callable[..., object])


def _compiled(function: Function) -> Function:
    compile_it = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
    return cast(Function, compile_it(function))


@_compiled
def rasterise(
    points: Floats,
    triangles: Ints,
    cut: Floats,
    nearness: Floats,
    owner: Ints,
    second: Floats,
    third: Floats,
    base: int,
) -> None:
    """Draw triangles into a buffer of nearest triangles.

    Args:
        points: ``(n, 3)`` pixel x, pixel y, and nearness (larger hides smaller; none at <= 0).
        triangles: ``(m, 3)``.
        cut: ``(n,)`` a pixel is drawn where the interpolated value is positive.
        nearness: ``(h, w)`` buffer, changed.
        owner: ``(h, w)`` number of the triangle seen, changed.
        second: ``(h, w)`` weight of its second corner, changed.
        third: ``(h, w)`` weight of its third corner, changed.
        base: Number of the first triangle.
    """
    height, width = nearness.shape
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        if points[a, 2] <= 0 or points[b, 2] <= 0 or points[c, 2] <= 0:
            continue
        x0, y0 = points[a, 0], points[a, 1]
        x1, y1 = points[b, 0] - x0, points[b, 1] - y0
        x2, y2 = points[c, 0] - x0, points[c, 1] - y0
        area = x1 * y2 - x2 * y1
        if area == 0:
            continue
        left = max(0, math.ceil(x0 + min(0.0, x1, x2) - 0.5))
        right = min(width - 1, math.floor(x0 + max(0.0, x1, x2) - 0.5))
        upper = max(0, math.ceil(y0 + min(0.0, y1, y2) - 0.5))
        lower = min(height - 1, math.floor(y0 + max(0.0, y1, y2) - 0.5))
        for y in range(upper, lower + 1):
            dy = y + 0.5 - y0
            for x in range(left, right + 1):
                dx = x + 0.5 - x0
                w1 = (dx * y2 - x2 * dy) / area
                w2 = (x1 * dy - dx * y1) / area
                w0 = 1 - w1 - w2
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                if w0 * cut[a] + w1 * cut[b] + w2 * cut[c] <= 0:
                    continue
                near = w0 * points[a, 2] + w1 * points[b, 2] + w2 * points[c, 2]
                if near > nearness[y, x]:
                    nearness[y, x] = near
                    owner[y, x] = k + base
                    second[y, x] = w1
                    third[y, x] = w2


@_compiled
def _crease(creases: Floats, offset: float, cx: float, cy: float, cz: float) -> tuple[float, float]:
    """Return the cloth's slope around the body and upwards, at a canonical place.

    Creases run across the trunk and along arms and legs; where they run, the texture's axes are
    wound around the limb.
    """
    size = creases.shape[0]
    if cy < -0.4:
        v = int((math.atan2(abs(cx) - 1.0, cz) * 0.09 + offset) * size) % size
        u = int((cy * 0.055 + offset * 1.7) * size) % size
        return 0.8 * creases[v, u, 1], 0.5 * creases[v, u, 0]
    arm = abs(cx) > 2.1
    turned = cz * 0.08 if arm else math.atan2(cx, cz + 0.3) * 0.11
    u = int((turned + offset) * size) % size
    v = int(((abs(cx) if arm else cy) * 0.062 + offset * 1.7) * size) % size
    return creases[v, u, 0], creases[v, u, 1]


@_compiled
def _mix(m: Floats, cx: float, cy: float, cz: float) -> float:
    """Return the share of a material's second colour at a canonical place, 0-1."""
    pattern = int(m[6])
    if pattern == 1:  # Stripes.
        return 1.0 if cy * 1.35 - math.floor(cy * 1.35) < 0.42 else 0.0
    if pattern == 2:  # Checks.
        across = 0.45 if cx * 1.2 - math.floor(cx * 1.2) < 0.38 else 0.0
        return across + (0.45 if cy * 1.2 - math.floor(cy * 1.2) < 0.38 else 0.0)
    if pattern == 3 and cz > 0.3 and abs(cx) < 0.75 and abs(cy - 3.75) < 0.55:  # A print.
        return 0.9 if math.sin(cx * 9 + m[13]) * math.sin(cy * 8 + 2 * m[13]) > -0.25 else 0.15
    if pattern == 6:  # The sole of a shoe.
        return 1.0 if cy < -8.12 else 0.0
    if pattern == 7:  # The iris.
        return 1.0 if cz > 1.33 else 0.0
    if pattern == 8:  # What an open jacket shows.
        return 1.0 if cz > 0 and abs(cx) < 0.26 + 0.05 * max(0.0, cy) and cy > -1 else 0.0
    return 0.0


@_compiled
def _tone(m: Floats, cx: float, cy: float, cz: float) -> tuple[float, float, float]:
    """Return factors on a material's red, green and blue at a canonical place."""
    pattern = int(m[6])
    if pattern == 4 and cz > 0.95:  # Lips, brows and cheeks.
        if cx * cx / 0.115 + (cy - 6.53) ** 2 / 0.011 < 1:
            return 1 - 0.10 * m[3], 1 - 0.48 * m[3], 1 - 0.42 * m[3]
        brow = 7.545 + 0.075 * (1 - ((abs(cx) - 0.36) / 0.27) ** 2)
        if 0.10 < abs(cx) < 0.62 and abs(cy - brow) < 0.036:
            dark = m[4] * (1.6 if m[5] > 0 else 1.0)
            return dark, dark, dark
        return (1.06 if 0.45 < abs(cx) < 0.75 and 6.6 < cy < 7.1 else 1.0), 1.0, 1.0
    factor = 1.0
    if pattern == 5:  # Strands of hair.
        strand = math.sin(cx * 47 + 5 * math.sin(cy * 1.7) + m[13])
        factor = 0.88 + 0.20 * strand * math.sin(cz * 41 + cx * 13 + 2 * math.sin(cy * 3))
    elif pattern == 9 or pattern == 11:  # The edge that closes a shirt or a jacket.
        lowest = 4.4 if pattern == 11 else -3.4
        factor = 0.55 if cz > 0 and abs(cx - 0.06) < 0.035 and cy > lowest else 1.0
    elif pattern == 10:  # Denim pales over the thighs and is darker at the seams.
        factor = 1.0 + 0.22 * math.exp(-((cy + 2.2) ** 2) / 2.5) * (1.0 if cz > 0 else 0.4)
        factor *= 0.7 if abs(abs(cx) - 1.55) < 0.04 and abs(cz) < 0.5 else 1.0
    return factor, factor, factor


@_compiled
def _under_strap(m: Floats, cx: float, cy: float, cz: float) -> bool:
    """Return whether a bag's strap covers a canonical place."""
    if m[9] == 1:
        middle = 1.0 + 0.5 * max(0.0, 3.6 - cy) ** 2
        return abs(abs(cx) - middle) < 0.17 and cy > 2.3 and (cz > 0 or cy > 4.9)
    across = (cx + 1.05) * 0.84 - (5.3 - cy) * 0.42
    return m[9] == 2 and abs(across) < 0.13 and 0.1 < cy < 5.8 and abs(cx) < 1.75


@_compiled
def _hidden(shadows: Floats, light: Floats, px: float, py: float, pz: float) -> float:
    """Return how much of the key light the person's own body keeps from a place, 0-1."""
    reach = shadows.shape[0]
    i = int(px * light[5, 0] + py * light[5, 1] + pz * light[5, 2] + reach * 0.5)
    j = int(px * light[6, 0] + py * light[6, 1] + pz * light[6, 2] + reach * 0.5)
    along = px * light[1, 0] + py * light[1, 1] + pz * light[1, 2] + 0.035
    hidden = 0.0
    if 1 <= i < reach - 1 and 1 <= j < reach - 1:
        for q in range(j - 1, j + 2):
            for r in range(i - 1, i + 2):
                if shadows[q, r] > along:
                    hidden += 1.0 / 9.0
    return hidden


@_compiled
def shade(
    image: Floats,
    owner: Ints,
    second: Floats,
    third: Floats,
    base: int,
    triangles: Ints,
    corners: Floats,
    material: Ints,
    materials: Floats,
    creases: Floats,
    light: Floats,
    shadows: Floats,
) -> None:
    """Colour the pixels that one person owns, in linear light.

    Args:
        image: ``(h, w, 3)`` changed.
        owner: ``(h, w)`` from :func:`rasterise`, as are ``second`` and ``third``.
        second: ``(h, w)``.
        third: ``(h, w)``.
        base: Number of the person's first triangle.
        triangles: ``(m, 3)``.
        corners: ``(n, 9)`` world place, normal, canonical place of each vertex.
        material: ``(m,)``.
        materials: ``(k, 14)`` rows of :meth:`cmps.simulator.mesh.Material.row`.
        creases: ``(s, s, 2)`` slopes of the cloth, periodic.
        light: ``(8, 3)`` rows: the eye; the direction to the key light; key, sky and ground
            colour; the shadow map's right and up axis, pixels a metre; and the origin's height
            over the floor. Places are relative to the middle of the person.
        shadows: ``(s, s)`` how far towards the key light its rays end, metres; the person's
            middle is at the map's centre.
    """
    height, width = owner.shape
    for y in range(height):
        for x in range(width):
            k = owner[y, x] - base
            if k < 0 or k >= triangles.shape[0]:
                continue
            a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
            w1, w2 = second[y, x], third[y, x]
            w0 = 1 - w1 - w2
            px = w0 * corners[a, 0] + w1 * corners[b, 0] + w2 * corners[c, 0]
            py = w0 * corners[a, 1] + w1 * corners[b, 1] + w2 * corners[c, 1]
            pz = w0 * corners[a, 2] + w1 * corners[b, 2] + w2 * corners[c, 2]
            nx = w0 * corners[a, 3] + w1 * corners[b, 3] + w2 * corners[c, 3]
            ny = w0 * corners[a, 4] + w1 * corners[b, 4] + w2 * corners[c, 4]
            nz = w0 * corners[a, 5] + w1 * corners[b, 5] + w2 * corners[c, 5]
            cx = w0 * corners[a, 6] + w1 * corners[b, 6] + w2 * corners[c, 6]
            cy = w0 * corners[a, 7] + w1 * corners[b, 7] + w2 * corners[c, 7]
            cz = w0 * corners[a, 8] + w1 * corners[b, 8] + w2 * corners[c, 8]
            m = materials[material[k]]

            vx, vy, vz = light[0, 0] - px, light[0, 1] - py, light[0, 2] - pz
            scale = 1 / math.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx * scale, vy * scale, vz * scale
            if m[7] > 0:
                tilt, rise = _crease(creases, m[13], cx, cy, cz)
                nx, ny, nz = nx + m[7] * tilt * nz, ny + m[7] * rise, nz - m[7] * tilt * nx
            scale = 1 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-9)
            nx, ny, nz = nx * scale, ny * scale, nz * scale
            facing = nx * vx + ny * vy + nz * vz
            if facing < 0:  # The inside of a hem or of hair.
                nx, ny, nz, facing = -nx, -ny, -nz, -facing

            share, tones = _mix(m, cx, cy, cz), _tone(m, cx, cy, cz)
            strap = _under_strap(m, cx, cy, cz)
            # The light softens at the terminator; the low rim of the body sees less of the sky.
            lit = nx * light[1, 0] + ny * light[1, 1] + nz * light[1, 2]
            lit = max(0.0, (lit + 0.15) / 1.15) * (1 - 0.85 * _hidden(shadows, light, px, py, pz))
            up, low = 0.5 + 0.5 * ny, min(1.0, 0.62 + 0.5 * (py + light[7, 0]))
            hx, hy, hz = vx + light[1, 0], vy + light[1, 1], vz + light[1, 2]
            scale = 1 / math.sqrt(hx * hx + hy * hy + hz * hz + 1e-9)
            half = max(0.0, (nx * hx + ny * hy + nz * hz) * scale)
            shine = m[8] * (half**18 * lit + 0.5 * (1 - facing) ** 4)
            for i in range(3):
                colour = m[10 + i] if strap else m[i] * tones[i] * (1 - share) + m[3 + i] * share
                around = light[3, i] * up + light[4, i] * (1 - up)
                image[y, x, i] = colour * (light[2, i] * lit + around * low) + shine * light[2, i]


def cloth_creases(seed: int = 5, size: int = 256) -> Floats:
    """Return slopes ``(size, size, 2)`` of creased cloth, periodic in both directions.

    Ridged noise in three directions and two sizes: cloth pulls into long soft ridges, not into
    bumps.
    """
    from scipy.ndimage import gaussian_filter, rotate

    rng = np.random.default_rng(seed)
    height = np.zeros((size, size))
    for angle, long, short, strength in (
        (20, 26, 5, 1.0), (-25, 22, 5, 0.9), (80, 34, 6, 0.8), (-8, 10, 2.5, 0.28),
    ):  # fmt: skip
        noise = gaussian_filter(rng.normal(size=(size * 2, size * 2)), (short, long), mode="wrap")
        noise = rotate(noise, angle, reshape=False, order=1, mode="wrap")
        noise = noise[size // 2 : size // 2 + size, size // 2 : size // 2 + size]
        height += strength * -np.abs(noise / noise.std())
    fade = np.clip(np.minimum(np.arange(size), size - 1 - np.arange(size)) / 24, 0, 1)
    height = (height - height.mean()) * fade[:, None] * fade[None, :]
    height = gaussian_filter(height, 1.2, mode="wrap")
    slope_v, slope_u = np.gradient(height)
    slopes = np.stack([slope_u, slope_v], -1)
    return np.asarray(0.17 * slopes / slopes.std(), np.float32)
