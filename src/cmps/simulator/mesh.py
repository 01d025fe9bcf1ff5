"""Triangle meshes with skinning weights, the builder that collects them, and simple solids."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .body import BONE_INDEX, BONES, Floats, Ints, Shape, Surface
from .palette import Colour


class Pattern(IntEnum):
    """How the two colours of a material are laid out; the shader knows each."""

    PLAIN = 0
    STRIPES = 1
    CHECKS = 2
    PRINT = 3
    SKIN = 4
    HAIR = 5
    SHOE = 6
    EYE = 7
    OPEN = 8
    BUTTONS = 9
    DENIM = 10
    COLLAR = 11


class Strap(IntEnum):
    """The strap of a bag, painted on the cloth that it crosses."""

    NONE = 0
    BACKPACK = 1
    CROSSED = 2


@dataclass(frozen=True, slots=True)
class Material:
    """What a triangle looks like.

    Attributes:
        colour: Linear reflectance.
        second: Reflectance of the pattern.
        pattern: Layout of the two.
        folds: Depth of the creases, 0 for none.
        gloss: Strength of the highlight.
        strap: A bag's strap over it.
        strap_colour: Reflectance of the strap.
        offset: Where the creases begin, so that two people's differ.
    """

    colour: Colour
    second: Colour = (0.0, 0.0, 0.0)
    pattern: Pattern = Pattern.PLAIN
    folds: float = 0.0
    gloss: float = 0.02
    strap: Strap = Strap.NONE
    strap_colour: Colour = (0.0, 0.0, 0.0)
    offset: float = 0.0

    def row(self) -> list[float]:
        """Return the row of the shader's table of materials."""
        return [
            *self.colour,
            *self.second,
            float(self.pattern),
            self.folds,
            self.gloss,
            float(self.strap),
            *self.strap_colour,
            self.offset,
        ]


@dataclass(frozen=True, slots=True)
class Mesh:
    """A dressed person in the rest pose.

    Attributes:
        vertices: ``(n, 3)`` rest coordinates, metres.
        normals: ``(n, 3)`` unit normals at rest.
        canonical: ``(n, 3)`` canonical coordinates, dm; patterns follow them.
        weights: ``(n, bones)`` skinning weights, a sparse matrix.
        cut: ``(n,)`` cloth exists where the interpolated value is positive.
        triangles: ``(m, 3)`` places in ``vertices``.
        material: ``(m,)`` places in ``materials``.
        materials: ``(k, 14)`` rows of :meth:`Material.row`.
        joints: ``(bones, 3)`` rest coordinates, metres.
        hanging: First and last + 1 vertex of what hangs from the left hand, or ``(0, 0)``.
    """

    vertices: Floats
    normals: Floats
    canonical: Floats
    weights: Any
    cut: Floats
    triangles: Ints
    material: Ints
    materials: Floats
    joints: Floats
    hanging: tuple[int, int] = (0, 0)


def vertex_normals(vertices: Floats, triangles: Ints) -> Floats:
    """Return unit normals ``(n, 3)``, the area-weighted mean of the adjoining triangles'."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.empty_like(vertices)
    corners = triangles.ravel()
    for axis in range(3):
        share = np.repeat(faces[:, axis], 3)
        normals[:, axis] = np.bincount(corners, share, len(vertices))
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(lengths, 1e-12), np.float32)


@dataclass
class MeshBuilder:
    """Collects the parts of one person.

    Attributes:
        shape: The bare body.
    """

    shape: Shape
    _parts: list[tuple[Floats, Floats, Floats, Floats, Ints]] = field(default_factory=list)
    _part_materials: list[int] = field(default_factory=list)
    _materials: list[Material] = field(default_factory=list)
    _count: int = 0

    def add(
        self,
        vertices: Floats,
        surface: Surface,
        material: Material,
        cut: NDArray[np.floating] | None = None,
    ) -> None:
        """Add a surface of the body at new places; ``cut`` keeps what is positive."""
        triangles = surface.triangles
        if cut is None:
            cut = np.ones(len(vertices))
        triangles = triangles[(cut[triangles] > 0).any(1)]
        if not len(triangles):
            return
        used, local = np.unique(triangles, return_inverse=True)
        self._append(
            vertices[used],
            surface.canonical[used],
            surface.weights[used],
            cut[used].astype(np.float32),
            local.reshape(triangles.shape).astype(np.int32),
            material,
        )

    def add_solid(
        self,
        vertices: Floats,
        triangles: Ints,
        material: Material,
        bone: str,
        other: tuple[str, Floats] | None = None,
    ) -> None:
        """Add a solid that moves with a bone, or partly with another by ``(n,)`` shares."""
        weights = np.zeros((len(vertices), len(BONES)), np.float32)
        weights[:, BONE_INDEX[bone]] = 1
        if other is not None:
            weights[:, BONE_INDEX[other[0]]] += other[1]
            weights[:, BONE_INDEX[bone]] -= other[1]
        ones = np.ones(len(vertices), np.float32)
        self._append(vertices, vertices * np.float32(10), weights, ones, triangles, material)

    @property
    def count(self) -> int:
        """How many vertices there are so far."""
        return self._count

    def build(self, hanging: tuple[int, int] = (0, 0)) -> Mesh:
        """Join the parts."""
        offsets = np.cumsum([0] + [len(part[0]) for part in self._parts])
        vertices = np.concatenate([part[0] for part in self._parts])
        triangles = np.concatenate(
            [part[4] + start for part, start in zip(self._parts, offsets, strict=False)]
        ).astype(np.int32)
        return Mesh(
            vertices=vertices,
            normals=vertex_normals(vertices, triangles),
            canonical=np.concatenate([part[1] for part in self._parts]),
            weights=sparse.csr_array(np.concatenate([part[2] for part in self._parts])),
            cut=np.concatenate([part[3] for part in self._parts]),
            triangles=triangles,
            material=np.repeat(self._part_materials, [len(part[4]) for part in self._parts]).astype(
                np.int32
            ),
            materials=np.array([m.row() for m in self._materials], np.float32),
            joints=self.shape.joints,
            hanging=hanging,
        )

    def _append(
        self,
        vertices: Floats,
        canonical: Floats,
        weights: Floats,
        cut: Floats,
        triangles: Ints,
        material: Material,
    ) -> None:
        if material not in self._materials:
            self._materials.append(material)
        self._part_materials.append(self._materials.index(material))
        parts = (vertices, canonical, weights, cut)
        self._parts.append((*(p.astype(np.float32) for p in parts), triangles))  # type: ignore[arg-type]
        self._count += len(vertices)


def grid_triangles(rows: int, columns: int, closed: bool) -> Ints:
    """Return the triangles of a grid of vertices, row after row; ``closed`` joins its sides."""
    row, column = np.mgrid[0 : rows - 1, 0 : columns if closed else columns - 1]
    here = (row * columns + column).ravel()
    right = (row * columns + (column + 1) % columns).ravel()
    first = np.stack([here, here + columns, right], 1)
    second = np.stack([right, here + columns, right + columns], 1)
    return np.concatenate([first, second]).astype(np.int32)


def ellipsoid(
    centre: NDArray[np.floating] | tuple[float, float, float],
    radii: tuple[float, float, float],
    power: float = 1.0,
    around: int = 16,
    along: int = 10,
) -> tuple[Floats, Ints]:
    """Return an ellipsoid; a ``power`` below 1 makes it boxy (a superellipsoid)."""

    def bend(x: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(np.sign(x) * np.abs(x) ** power)

    v, u = np.meshgrid(
        np.linspace(-np.pi / 2, np.pi / 2, along),
        np.linspace(0, 2 * np.pi, around, endpoint=False),
        indexing="ij",
    )
    points = np.stack(
        [bend(np.cos(v)) * bend(np.cos(u)), bend(np.sin(v)), bend(np.cos(v)) * bend(np.sin(u))], -1
    )
    points = points.reshape(-1, 3) * np.array(radii) + np.asarray(centre)
    return points.astype(np.float32), grid_triangles(along, around, closed=True)


def tube(
    path: NDArray[np.floating], radius: float | NDArray[np.floating], around: int = 6
) -> tuple[Floats, Ints]:
    """Return a tube along the points ``(n, 3)`` of a path, with one radius or one a point."""
    path = np.asarray(path, float)
    forward = np.gradient(path, axis=0)
    forward /= np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-9)
    helper = np.where(np.abs(forward[:, 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    side = np.cross(forward, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, forward)
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)[None, :, None]
    radii = np.broadcast_to(np.asarray(radius, float), (len(path),))[:, None, None]
    ring = radii * (np.cos(angle) * side[:, None] + np.sin(angle) * up[:, None])
    points = (path[:, None] + ring).reshape(-1, 3)
    return points.astype(np.float32), grid_triangles(len(path), around, closed=True)
