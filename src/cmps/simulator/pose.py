"""Poses: the human gait, and skinning.

The joint angles over a stride are those of normal level walking (D. A. Winter, *Biomechanics and
Motor Control of Human Movement*, 4th ed., appendix A), read off every tenth of the cycle that
begins with the heel's touch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .body import BONE_INDEX, BONES, Floats
from .mesh import Mesh
from .people import Person

_TENTHS = np.linspace(0, 1, 11)
_HIP = np.array([22, 20, 12, 3, -6, -11, -7, 8, 20, 24, 22.0])
_KNEE = np.array([4, 14, 13, 7, 4, 9, 36, 60, 52, 20, 4.0])
_ANKLE = np.array([0, -5, 2, 6, 9, 8, -14, -9, 0, 2, 0.0])


@dataclass(frozen=True, slots=True)
class Gait:
    """One moment of a walk.

    Attributes:
        phase: Place in the stride, 0–1; the left heel touches at 0, the right one at 0.5.
        amplitude: 0 stands, 1 walks as a healthy adult does.
        stoop: Forward bend of the back in degrees.
        head: Turn of the head to the left in degrees.
        nod: Forward tilt of the head in degrees.
        right_arm: ``swing``, ``phone`` (held before the chest) or ``strap`` (holds a strap).
    """

    phase: float
    amplitude: float = 1.0
    stoop: float = 2.0
    head: float = 0.0
    nod: float = 0.0
    right_arm: str = "swing"


def gait_of(person: Person, phase: float, rng: np.random.Generator) -> Gait:
    """Return how a person walks at a phase of the stride; old people stoop and step shorter."""
    old = person.age_group == "elderly"
    arm = "swing"
    if person.age_group in ("adult", "teenager") and rng.random() < 0.14:
        arm = "phone"
    elif person.bag is not None and person.bag.kind == "backpack" and rng.random() < 0.2:
        arm = "strap"
    stoop = float(np.interp(person.years, [20, 65, 88], [1, 6, 18])) + float(rng.normal(0, 1.5))
    amplitude = float(rng.uniform(0.5, 0.75) if old else rng.uniform(0.8, 1.05))
    if rng.random() < 0.12:
        amplitude = 0.06
    return Gait(
        phase=phase,
        amplitude=amplitude,
        stoop=stoop,
        head=float(rng.normal(0, 12)),
        nod=22.0 if arm == "phone" else float(rng.normal(3, 4)),
        right_arm=arm,
    )


def stride_length(person: Person, gait: Gait) -> float:
    """Return the ground covered by one full stride (two steps), metres."""
    return max(0.05, 0.80 * person.height * gait.amplitude)


def turn(axis: int, degrees: float) -> NDArray[np.float64]:
    """Return the rotation ``(3, 3)`` around x (0), y (1) or z (2)."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    matrix = np.eye(3)
    a, b = [(1, 2), (2, 0), (0, 1)][axis]
    matrix[a, a] = matrix[b, b] = c
    matrix[a, b], matrix[b, a] = -s, s
    return matrix


def _cycle(table: NDArray[np.float64], phase: float) -> float:
    return float(np.interp(phase % 1.0, _TENTHS, table))


def _leg_turns(side: str, phase: float, gait: Gait) -> dict[str, NDArray[np.float64]]:
    outwards = 1.0 if side == "Left" else -1.0
    hip = gait.amplitude * _cycle(_HIP, phase)
    knee = 3 + gait.amplitude * _cycle(_KNEE, phase)
    ankle = gait.amplitude * _cycle(_ANKLE, phase) - 2
    return {
        f"{side}UpLeg": turn(0, -hip) @ turn(2, -3.0 * outwards),
        f"{side}Leg": turn(0, knee),
        f"{side}Foot": turn(0, -ankle) @ turn(1, 6.0 * outwards),
    }


def _arm_turns(
    side: str, phase: float, gait: Gait, joints: Floats
) -> dict[str, NDArray[np.float64]]:
    outwards = 1.0 if side == "Left" else -1.0
    shoulder, elbow, hand = (joints[BONE_INDEX[side + part]] for part in ("Arm", "ForeArm", "Hand"))
    upper, fore = elbow - shoulder, hand - elbow
    hanging = outwards * (-80 - math.degrees(math.atan2(upper[1], abs(upper[0]))))
    at_rest = math.degrees(math.atan2(fore[2], -fore[1]))
    # The arm swings against the leg of its side.
    swing = -18 * gait.amplitude * math.cos(2 * math.pi * phase)
    bend = 14 + max(0.0, swing) * 0.9
    if side == "Right" and gait.right_arm == "phone":
        return {
            "RightArm": turn(0, -10) @ turn(2, hanging),
            "RightForeArm": turn(1, 38) @ turn(0, -(108 - at_rest)),
        }
    if side == "Right" and gait.right_arm == "strap":
        return {
            "RightArm": turn(0, -12) @ turn(2, hanging),
            "RightForeArm": turn(1, 28) @ turn(0, -(118 - at_rest)),
        }
    return {
        f"{side}Arm": turn(0, -swing) @ turn(2, hanging),
        f"{side}ForeArm": turn(0, at_rest - bend),
    }


def bone_transforms(joints: Floats, gait: Gait) -> NDArray[np.float64]:
    """Return the transform ``(bones, 3, 4)`` of every bone from rest to pose."""
    sway = gait.amplitude * math.cos(2 * math.pi * gait.phase)
    lift = gait.amplitude * math.sin(2 * math.pi * gait.phase)
    turns = {
        "Hips": turn(1, -4 * sway) @ turn(2, -2.5 * lift),
        "LowerBack": turn(0, 0.4 * gait.stoop) @ turn(1, 4 * sway) @ turn(2, 2.5 * lift),
        "Spine": turn(0, 0.3 * gait.stoop),
        "Spine1": turn(0, 0.3 * gait.stoop) @ turn(1, 5 * sway),
        "Neck": turn(0, -0.3 * gait.stoop + 0.4 * gait.nod),
        "Head": turn(0, -0.35 * gait.stoop + 0.6 * gait.nod) @ turn(1, gait.head - 5 * sway),
        **_leg_turns("Left", gait.phase, gait),
        **_leg_turns("Right", gait.phase + 0.5, gait),
        **_arm_turns("Left", gait.phase, gait, joints),
        **_arm_turns("Right", gait.phase + 0.5, gait, joints),
    }
    transforms = np.zeros((len(BONES), 4, 4))
    for i, bone in enumerate(BONES):
        rotation = turns.get(bone.name, np.eye(3))
        own = np.eye(4)
        own[:3, :3] = rotation
        own[:3, 3] = joints[i] - rotation @ joints[i]
        parent = np.eye(4) if bone.parent is None else transforms[BONE_INDEX[bone.parent]]
        transforms[i] = parent @ own
    return transforms[:, :3]


def pose(mesh: Mesh, gait: Gait) -> tuple[Floats, Floats]:
    """Return the posed vertices and normals ``(n, 3)``: metres, facing +z, the lowest at y = 0.

    Example:
        >>> from cmps.simulator.garments import dress
        >>> from cmps.simulator.people import sample_crowd
        >>> vertices, normals = pose(dress(sample_crowd(1, 1)[0]), Gait(phase=0.2))
        >>> float(vertices[:, 1].min())
        0.0
    """
    transforms = bone_transforms(mesh.joints, gait)
    blended = mesh.weights @ transforms.reshape(len(BONES), 12).astype(np.float32)
    blended = blended.reshape(-1, 3, 4)
    turns, moves = blended[:, :, :3], blended[:, :, 3]
    vertices = np.einsum("nij,nj->ni", turns, mesh.vertices) + moves
    normals = np.einsum("nij,nj->ni", turns, mesh.normals)
    first, last = mesh.hanging
    if last > first:  # What hangs from the hand stays upright and follows the hand's place.
        hold = mesh.vertices[first:last].max(0) * [0, 1, 0] + mesh.vertices[first:last].mean(0) * [
            1,
            0,
            1,
        ]
        hand = transforms[BONE_INDEX["LeftHand"]]
        move = hand[:, :3] @ hold + hand[:, 3] - hold
        vertices[first:last] = mesh.vertices[first:last] + move.astype(np.float32)
        normals[first:last] = mesh.normals[first:last]
    vertices[:, 1] -= vertices[:, 1].min()
    return vertices.astype(np.float32), normals.astype(np.float32)
