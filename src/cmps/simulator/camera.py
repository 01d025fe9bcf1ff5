"""Cameras: where they hang, how they project, and what their electronics do to a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter1d

from .body import Floats, transform

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Optics:
    """What lens, sensor and encoder make of the light.

    Attributes:
        gain: Exposure.
        white_balance: Factors of red, green and blue; a wrong one casts a tint.
        contrast: Exponent around middle grey; over 1 crushes the shadows.
        saturation: 0 grey, 1 as it is.
        blur: Radius of the lens' blur, pixels.
        sharpen: Strength of the halo that cheap cameras add.
        noise: Standard deviation in the shadows, of 255.
        quality: JPEG quality of the recording.
    """

    gain: float = 1.0
    white_balance: Point = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    saturation: float = 1.0
    blur: float = 0.6
    sharpen: float = 0.0
    noise: float = 3.0
    quality: int = 75


@dataclass(frozen=True)
class Camera:
    """A fixed camera with a pinhole projection.

    Attributes:
        id: Its name, also the folder of its pictures.
        place: Metres; y is the height above the floor.
        look_at: The point in the picture's centre.
        view: Horizontal angle of view, degrees.
        optics: What it does to the light.
        width: Of the frame, pixels.
        height: Of the frame, pixels.
    """

    id: str
    place: Point
    look_at: Point
    view: float
    optics: Optics
    width: int = 960
    height: int = 540

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Rows: the picture's right, down and forward directions in the world."""
        forward = np.subtract(self.look_at, self.place)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        return np.stack([right, -np.cross(right, forward), forward])

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / math.tan(math.radians(self.view) / 2)

    def project(self, points: NDArray[np.floating]) -> Floats:
        """Project world points ``(n, 3)`` to pixel x, pixel y and nearness (1 / depth).

        Nearness is -1 for points behind the camera.

        Example:
            >>> camera = Camera("c", (0, 2, 0), (0, 2, 5), 60, Optics())
            >>> camera.project(np.array([[0, 2, 8]])).tolist()
            [[480.0, 270.0, 0.125]]
        """
        seen = transform(np.asarray(points, float) - self.place, self.axes)
        depth = np.maximum(seen[:, 2], 0.05)
        points = np.empty_like(seen)
        points[:, 0] = seen[:, 0] / depth * self.focal + self.width / 2
        points[:, 1] = seen[:, 1] / depth * self.focal + self.height / 2
        points[:, 2] = np.where(seen[:, 2] > 0.05, 1 / depth, -1)
        return points

    def height_over(self, place: tuple[float, float], x: float, y: float) -> float:
        """Return how high a pixel's ray passes over a place on the floor, metres.

        So a calibrated camera measures people: it knows where they stand and where their heads are.

        Args:
            place: On the floor, x and z.
            x: The pixel's column.
            y: Its row.

        Example:
            >>> camera = Camera("c", (0, 2.5, 0), (0, 1, 8), 60, Optics())
            >>> head = camera.project(np.array([[1, 1.7, 6]]))[0]
            >>> round(camera.height_over((1, 6), head[0], head[1]), 3)
            1.7
        """
        ray = self.rays(np.array(x), np.array(y)).astype(float)
        away = np.subtract(place, (self.place[0], self.place[2]))
        reach = float(away @ ray[[0, 2]]) / float(ray[[0, 2]] @ ray[[0, 2]])
        return float(self.place[1] + reach * ray[1])

    def rays(self, x: NDArray[np.number], y: NDArray[np.number]) -> Floats:
        """Return directions ``(..., 3)`` through pixels; their length makes the depth 1."""
        across = ((x - self.width / 2) / self.focal).astype(np.float32)
        down = ((y - self.height / 2) / self.focal).astype(np.float32)
        right, below, forward = self.axes.astype(np.float32)
        return np.asarray(across[..., None] * right + down[..., None] * below + forward)


def _blur(picture: NDArray[np.floating], radius: float) -> Floats:
    return np.asarray(gaussian_filter(picture, (radius, radius, 0), truncate=2.5), np.float32)


def develop(light: Floats, optics: Optics, rng: np.random.Generator, motion: int = 1) -> bytes:
    """Turn linear light ``(h, w, 3)`` into the JPEG that the camera records.

    Args:
        light: 1 is a white sheet in that camera's light.
        optics: The camera's.
        rng: Source of noise and of drifting exposure.
        motion: Length of the sideways motion blur, pixels.
    """
    drift = float(rng.uniform(0.94, 1.06))
    exposed = light * np.array(optics.white_balance, np.float32) * np.float32(optics.gain * drift)
    exposed = _blur(exposed, optics.blur)
    if motion > 1:
        exposed = uniform_filter1d(exposed, motion, axis=1)
    shown = np.clip(exposed / (1 + 0.22 * exposed), 0, 1) ** (1 / 2.2)
    grey = 0.30 * shown[..., :1] + 0.59 * shown[..., 1:2] + 0.11 * shown[..., 2:]
    shown = grey + (shown - grey) * optics.saturation
    shown = 0.46 + (shown - 0.46) * optics.contrast
    if optics.sharpen:
        shown += optics.sharpen * (shown - _blur(shown, 1.4))
    # Dark pixels are noisier; neighbours share some noise, since the sensor's mosaic is blended.
    shape = *shown.shape[:2], 4
    grain = _blur(rng.standard_normal(shape, np.float32), 0.6)
    grain = grain[..., :1] * 1.4 + grain[..., 1:] * 1.2
    depth = optics.noise / 255 * (1.25 - 0.6 * np.clip(shown, 0, 1))
    picture = np.clip((shown + grain * depth) * 255, 0, 255).astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=optics.quality)
    return stream.getvalue()
