"""People walk as people do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmps.simulator.body import BONE_INDEX
from cmps.simulator.garments import dress
from cmps.simulator.people import Garment, sample_crowd
from cmps.simulator.pose import (
    Gait,
    bone_transforms,
    gait_of,
    pose,
    stride_length,
    turn,
)

CROWD = sample_crowd(3, 20)
ADULT = replace(next(p for p in CROWD if p.age_group == "adult"), bag=None)


@pytest.fixture(scope="module")
def mesh():
    return dress(ADULT)


def joint(mesh, gait, bone):
    matrix = bone_transforms(mesh.joints, gait)[BONE_INDEX[bone]]
    return matrix[:, :3] @ mesh.joints[BONE_INDEX[bone]] + matrix[:, 3]


@pytest.mark.parametrize("phase", np.linspace(0, 1, 7))
def test_every_phase_is_finite_and_stands_on_the_floor(mesh, phase):
    vertices, normals = pose(mesh, Gait(float(phase)))
    assert np.isfinite(vertices).all()
    assert np.isfinite(normals).all()
    assert vertices[:, 1].min() == 0
    assert np.ptp(vertices[:, 1]) == pytest.approx(ADULT.height, abs=0.25)


def test_a_stride_closes(mesh):
    first, last = (pose(mesh, Gait(p))[0] for p in (0.0, 1.0))
    assert np.allclose(first, last, atol=1e-5)


def test_the_left_foot_leads_at_its_touch_and_the_right_half_a_stride_later(mesh):
    left, right = (joint(mesh, Gait(0.0), f"{s}Foot")[2] for s in ("Left", "Right"))
    assert left > right + 0.2
    left, right = (joint(mesh, Gait(0.5), f"{s}Foot")[2] for s in ("Left", "Right"))
    assert right > left + 0.2


def test_arms_swing_against_the_legs(mesh):
    left, right = (joint(mesh, Gait(0.0), f"{s}Hand")[2] for s in ("Left", "Right"))
    assert right > left


def test_arms_hang_in_walking(mesh):
    for side in ("Left", "Right"):
        hand, shoulder = (joint(mesh, Gait(0.25), side + part) for part in ("Hand", "Arm"))
        assert hand[1] < shoulder[1] - 0.35


def test_stooping_lowers_the_head(mesh):
    upright, bent = (joint(mesh, Gait(0.25, stoop=s), "Head") for s in (0.0, 25.0))
    assert bent[2] > upright[2] + 0.05
    assert bent[1] < upright[1]


def test_a_phone_is_held_before_the_chest(mesh):
    hand = joint(mesh, Gait(0.0, right_arm="phone"), "RightHand")
    assert hand[1] > joint(mesh, Gait(0.0), "RightHand")[1] + 0.2
    assert hand[2] > joint(mesh, Gait(0.0), "Spine1")[2] + 0.15


def test_a_handbag_follows_the_hand_upright():
    mesh = dress(replace(ADULT, bag=Garment("handbag", "black")))
    first, last = mesh.hanging
    vertices, _ = pose(mesh, Gait(0.0))
    bag = vertices[first:last]
    assert np.ptp(bag, axis=0) == pytest.approx(np.ptp(mesh.vertices[first:last], axis=0), abs=1e-4)
    hips = vertices.mean(0)
    assert bag[:, 0].mean() > hips[0] + 0.1
    assert bag[:, 1].min() > 0.05


def test_old_people_walk_stooped_and_slower():
    rng = np.random.default_rng(0)
    old = [p for p in CROWD if p.age_group == "elderly"]
    young = [p for p in CROWD if p.age_group == "adult" and p.years < 40]
    stoop, length = (
        [np.mean([measure(p) for p in group for _ in range(20)]) for group in (old, young)]
        for measure in (
            lambda p: gait_of(p, 0.0, rng).stoop,
            lambda p: stride_length(p, gait_of(p, 0.0, rng)),
        )
    )
    assert stoop[0] > stoop[1] + 3
    assert length[0] < length[1]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_turns_are_rotations(axis):
    matrix = turn(axis, 33)
    assert matrix @ matrix.T == pytest.approx(np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1)
    assert turn(axis, 360) == pytest.approx(np.eye(3))
