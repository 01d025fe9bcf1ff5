"""Puts people before a camera: rasterises, shades, throws shadows, and cuts out their pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from .body import Floats, transform
from .camera import Camera
from .hall import Backdrop, Light, draw_room
from .kernels import cloth_creases, rasterise, shade
from .mesh import Mesh
from .people import Person
from .places import Post
from .pose import Gait, pose, turn

Window = tuple[int, int, int, int]

_SHADOW_PIXELS, _SHADOW_SCALE = 144, 52.0


@dataclass(frozen=True, slots=True)
class View:
    """A camera, its room, and the room's picture."""

    post: Post
    backdrop: Backdrop

    @property
    def camera(self) -> Camera:
        """The camera."""
        return self.post.camera


@dataclass(frozen=True, slots=True)
class Figure:
    """A dressed person at a place at a moment.

    Attributes:
        person: Who.
        mesh: Their clothes and body.
        vertices: ``(n, 3)`` in the world.
        normals: ``(n, 3)`` in the world.
        place: x and z of the ground between their feet.
        shadows: What :func:`_shadows` found, by light; one figure may be drawn often.
        seen: What :meth:`Camera.project` made of the vertices, by camera.
    """

    person: Person
    mesh: Mesh
    vertices: Floats
    normals: Floats
    place: tuple[float, float]
    shadows: dict[Light, tuple[Floats, Floats]] = field(
        default_factory=dict, compare=False, repr=False
    )
    seen: dict[Camera, Floats] = field(default_factory=dict, compare=False, repr=False)

    def pixels(self, camera: Camera) -> Floats:
        """Return pixel x, pixel y and nearness ``(n, 3)`` of each vertex."""
        if camera not in self.seen:
            self.seen[camera] = camera.project(self.vertices)
        return self.seen[camera]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A window of a frame.

    Attributes:
        light: ``(h, w, 3)`` linear light.
        boxes: For each figure the box ``(x, y, width, height)`` of its visible part in the
            window, or ``None`` where nothing of it is seen.
        visible: For each measured figure the share of its pixels that nothing else hides, 0–1.
    """

    light: Floats
    boxes: tuple[Window | None, ...]
    visible: tuple[float, ...]


def open_view(post: Post) -> View:
    """Draw the room of a post, once."""
    return View(post, draw_room(post.room, post.camera))


def stand(person: Person, mesh: Mesh, gait: Gait, place: tuple[float, float], yaw: float) -> Figure:
    """Pose a person and put them at ``place`` (x, z), heading ``yaw`` degrees from +z to +x."""
    vertices, normals = pose(mesh, gait)
    vertices = transform(vertices, turn(1, yaw)) + np.array([place[0], 0, place[1]], np.float32)
    return Figure(person, mesh, vertices, transform(normals, turn(1, yaw)), place)


def silhouette_box(camera: Camera, figure: Figure) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a figure in frame pixels, hidden or not."""
    pixels = figure.pixels(camera)
    kept = figure.mesh.cut > 0
    # One column after the other: along rows of two, numpy takes eight times as long.
    x, y = pixels[kept, 0], pixels[kept, 1]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


@cache
def _creases() -> Floats:
    return cloth_creases()


def _light_axes(light: Light) -> NDArray[np.float64]:
    """Return rows: right and up of the key light's shadow map, and the direction to the light."""
    towards = np.array(light.direction)
    right = np.cross([0.0, 1.0, 0.0], towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])


def _shadow_map(figure: Figure, middle: NDArray[np.float64], light: Light) -> Floats:
    """Return how far towards the light each of its rays ends, metres from ``middle``."""
    seen = transform(figure.vertices - middle, _light_axes(light))
    points = seen * [_SHADOW_SCALE, _SHADOW_SCALE, 1] + [_SHADOW_PIXELS / 2, _SHADOW_PIXELS / 2, 50]
    size = (_SHADOW_PIXELS, _SHADOW_PIXELS)
    nearness, owner = np.zeros(size, np.float32), np.full(size, -1, np.int32)
    second, third = np.zeros(size, np.float32), np.zeros(size, np.float32)
    mesh = figure.mesh
    rasterise(
        points.astype(np.float32), mesh.triangles, mesh.cut, nearness, owner, second, third, 0
    )
    return np.where(owner >= 0, nearness - 50, -50).astype(np.float32)


def _shadows(figure: Figure, middle: NDArray[np.float64], light: Light) -> tuple[Floats, Floats]:
    """Return a figure's shadow map, and its shadow blurred as the light is soft; kept."""
    if light not in figure.shadows:
        drawn = _shadow_map(figure, middle, light)
        hit = (drawn > -49).astype(np.float32)
        figure.shadows[light] = drawn, gaussian_filter(hit, light.soft * _SHADOW_SCALE)
    return figure.shadows[light]


@dataclass(frozen=True, slots=True)
class _Ground:
    """The floor that a window shows.

    Attributes:
        rows: ``(n,)`` rows of its pixels.
        columns: ``(n,)`` their columns.
        places: ``(n, 3)`` in the world.
        size: Height and width of the window.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    places: Floats
    size: tuple[int, int]


def _ground(view: View, window: Window) -> _Ground:
    left, top, right, bottom = window
    rows, columns = np.nonzero(view.backdrop.floor[top:bottom, left:right])
    eye = np.array(view.camera.place, np.float32)
    rays = view.camera.rays(columns + left + 0.5, rows + top + 0.5)
    places = eye - rays * (eye[1] / np.minimum(rays[:, 1:2], -1e-3))
    return _Ground(rows, columns, places, (bottom - top, right - left))


def _floor_shade(
    ground: _Ground, figure: Figure, spot: Floats, middle: NDArray[np.float64], light: Light
) -> Floats:
    """Return the share of light ``(h, w, 1)`` that a figure leaves on the floor of a window.

    Args:
        ground: The floor.
        figure: Who stands there.
        spot: Their blurred shadow, from :func:`_shadows`.
        middle: Of their body.
        light: The room's.
    """
    share = np.ones(ground.size, np.float32)
    gap = (ground.places[:, 0] - figure.place[0]) ** 2 + (
        ground.places[:, 2] - figure.place[1]
    ) ** 2
    spots = transform(ground.places - middle, _light_axes(light)[:2]) * _SHADOW_SCALE
    spots += _SHADOW_PIXELS / 2 - 0.5
    # Nothing of a figure reaches farther than its shadow map and 1.8 m around its feet.
    near = (gap < 1.8**2) | (np.abs(spots - _SHADOW_PIXELS / 2).max(1) < _SHADOW_PIXELS / 2 + 2)
    if not near.any():
        return share[..., None]
    gap, spots, places = gap[near], spots[near], ground.places[near]
    cast = light.shadow * map_coordinates(spot, spots[:, ::-1].T, order=1, mode="constant")
    # Little of the sky reaches the ground close to the feet.
    soles = figure.vertices[figure.vertices[:, 1] < 0.06]
    leftward = soles[:, 0] >= soles[:, 0].mean()
    contact = np.zeros(len(gap), np.float32)
    for sole in (soles[leftward], soles[~leftward]):
        if len(sole):
            x, _, z = sole.mean(0)
            apart = (places[:, 0] - x) ** 2 + (places[:, 2] - z) ** 2
            contact = np.maximum(contact, 0.55 * np.exp(-apart / 0.15**2))
    left = (1 - cast) * (1 - contact) * (1 - 0.22 * np.exp(-gap / 0.42**2))
    share[ground.rows[near], ground.columns[near]] = left
    return share[..., None]


def _pool(fine: Floats) -> Floats:
    """Average the samples of each pixel."""
    return np.asarray(
        (fine[0::2, 0::2] + fine[1::2, 0::2] + fine[0::2, 1::2] + fine[1::2, 1::2])
        * np.float32(0.25)
    )


def _occlusion(nearness: Floats, owner: NDArray[np.int32]) -> Floats:
    """Return how much ambient light reaches each pixel: less where neighbours lie before it.

    The depth is compared with its own blurred version (Luft, Colditz and Deussen, *Image
    enhancement by unsharp masking the depth buffer*, SIGGRAPH 2006).
    """
    person = (owner[::2, ::2] >= 0).astype(np.float32)
    depth = person / np.maximum(nearness[::2, ::2], 1e-3)
    radius = max(2.0, 0.02 * len(person))
    share = np.maximum(gaussian_filter(person, radius, truncate=2.5), 1e-3)
    behind = depth - gaussian_filter(depth, radius, truncate=2.5) / share
    dimmed = (1 - 0.55 * np.clip(behind / 0.10, 0, 1) * person).astype(np.float32)
    return np.repeat(np.repeat(dimmed, 2, 0), 2, 1)


def draw(view: View, figures: list[Figure], window: Window, measured: int | None = None) -> Drawing:
    """Draw figures before their room.

    Args:
        view: Camera and room.
        figures: Who is there; order does not matter.
        window: Left, top, right, bottom in frame pixels, inside the frame.
        measured: Of how many, the first ones, it is told how far they are hidden; default: all.
    """
    left, top, right, bottom = window
    camera, light = view.camera, view.post.room.light
    scene = np.array(view.backdrop.light[top:bottom, left:right])
    standing = view.backdrop.nearness[top:bottom, left:right]
    # The floor hides nobody.
    standing = np.where(view.backdrop.floor[top:bottom, left:right], 0, standing)
    nearness = np.repeat(np.repeat(standing, 2, 0), 2, 1)
    size = nearness.shape
    owner = np.full(size, -1, np.int32)
    second, third = np.zeros(size, np.float32), np.zeros(size, np.float32)
    base, bases, whole = 0, [], []
    for number, figure in enumerate(figures):
        points = figure.pixels(camera).copy()
        points[:, :2] = (points[:, :2] - [left, top]) * 2
        mesh = figure.mesh
        if measured is not None and number >= measured:
            pass
        elif len(figures) > 1 or standing.max() > points[:, 2].min():
            lone = np.full(size, -1, np.int32)
            empty = np.zeros(size, np.float32)
            rasterise(points, mesh.triangles, mesh.cut, empty, lone, second, third, 0)
            whole.append(int((lone >= 0).sum()))
        else:
            whole.append(0)
        bases.append(base)
        base += len(mesh.triangles)
        rasterise(points, mesh.triangles, mesh.cut, nearness, owner, second, third, bases[-1])

    image = np.zeros((*size, 3), np.float32)
    ground = _ground(view, window)
    for figure, start in zip(figures, bases, strict=True):
        middle = np.array([figure.place[0], figure.person.height / 2, figure.place[1]])
        shadows, spot = _shadows(figure, middle, light)
        scene *= _floor_shade(ground, figure, spot, middle, light)
        axes = _light_axes(light)
        lamps = np.array([
            np.subtract(camera.place, middle), light.direction, light.key, light.sky,
            light.ground, axes[0] * _SHADOW_SCALE, axes[1] * _SHADOW_SCALE, [middle[1], 0, 0],
        ], np.float32)  # fmt: skip
        mesh = figure.mesh
        corners = np.hstack([figure.vertices - middle.astype(np.float32), figure.normals,
                             mesh.canonical])  # fmt: skip
        shade(
            image,
            owner,
            second,
            third,
            start,
            mesh.triangles,
            corners,
            mesh.material,
            mesh.materials,
            _creases(),
            lamps,
            shadows,
        )
    image *= _occlusion(nearness, owner)[..., None]

    covered = _pool((owner >= 0).astype(np.float32))[..., None]
    people = _pool(image)
    boxes: list[Window | None] = []
    visible: list[float] = []
    for number, (figure, start) in enumerate(zip(figures, bases, strict=True)):
        own = (owner >= start) & (owner < start + len(figure.mesh.triangles))
        seen = int(own.sum())
        if number < len(whole):
            visible.append(seen / whole[number] if whole[number] else float(seen > 0))
        rows, columns = np.nonzero(own.any(1))[0], np.nonzero(own.any(0))[0]
        if not len(rows):
            boxes.append(None)
            continue
        x, y = int(columns[0]) // 2, int(rows[0]) // 2
        boxes.append((x, y, int(columns[-1]) // 2 - x + 1, int(rows[-1]) // 2 - y + 1))
    return Drawing(scene * (1 - covered) + people, tuple(boxes), tuple(visible))
