"""Every specification builds a sound mesh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmps.simulator.body import BONE_INDEX, load_body, shape_body
from cmps.simulator.garments import TOP_CUTS, dress
from cmps.simulator.mesh import Pattern, Strap, ellipsoid, tube, vertex_normals
from cmps.simulator.palette import CLOTH
from cmps.simulator.people import Garment, sample_crowd, sample_person

ADULT = next(p for p in sample_crowd(1, 20) if p.age_group == "adult" and p.gender == "female")
PLAIN = replace(
    ADULT,
    top=Garment("sweater", "grey"),
    bottom=Garment("trousers", "black"),
    hat=None,
    bag=None,
    glasses=False,
    hair="short",
)


def extent(mesh):
    seen = mesh.vertices[mesh.cut > 0]
    return seen.min(0), seen.max(0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_sampled_person_builds_a_finite_mesh(seed):
    person = sample_person(np.random.default_rng(seed), "p")
    mesh = dress(person)
    count = len(mesh.vertices)
    for array in (mesh.vertices, mesh.normals, mesh.canonical, mesh.cut, mesh.materials):
        assert np.isfinite(array).all()
    assert mesh.triangles.min() >= 0
    assert mesh.triangles.max() < count
    assert mesh.material.max() < len(mesh.materials)
    assert np.allclose(mesh.weights.sum(1), 1, atol=0.01)
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=0.01)
    low, high = extent(mesh)
    assert -0.15 < low[1] < 0.03
    assert person.height - 0.05 < high[1] < person.height + 0.2


@pytest.mark.parametrize("kind", [kind for kind in TOP_CUTS if kind != "dress"])
@pytest.mark.parametrize("bottom", ["trousers", "jeans", "shorts", "skirt"])
def test_every_top_goes_with_every_bottom(kind, bottom):
    mesh = dress(replace(PLAIN, top=Garment(kind, "blue"), bottom=Garment(bottom, "grey")))
    assert np.isfinite(mesh.vertices).all()


def test_what_is_worn_adds_to_the_mesh():
    bare = dress(PLAIN)
    for change in (
        {"glasses": True},
        {"hat": Garment("cap", "red")},
        {"hat": Garment("sun hat", "white")},
        {"bag": Garment("backpack", "red")},
        {"bag": Garment("handbag", "red")},
        {"hair": "long"},
        {"hair": "ponytail"},
        {"hair": "bun"},
    ):
        assert len(dress(replace(PLAIN, **change)).triangles) > len(bare.triangles), change


def test_glasses_sit_before_the_eyes():
    model = load_body()
    with_glasses = dress(replace(PLAIN, glasses=True))
    new = with_glasses.vertices[len(dress(PLAIN).vertices) :]
    shape = shape_body(model, PLAIN)
    eyes = shape.vertices[model.surfaces["eyes"].vertices]
    assert abs(new[:, 0].max() + new[:, 0].min()) < 0.01
    assert eyes[:, 1].min() - 0.03 < new[:, 1].min() < new[:, 1].max() < eyes[:, 1].max() + 0.03
    assert new[:, 2].max() > eyes[:, 2].max()


def test_a_backpack_hangs_behind_and_a_handbag_at_the_left_hand():
    bare = extent(dress(PLAIN))[0]
    packed = extent(dress(replace(PLAIN, bag=Garment("backpack", "black"))))[0]
    assert packed[2] < bare[2] - 0.08
    mesh = dress(replace(PLAIN, bag=Garment("handbag", "black")))
    first, last = mesh.hanging
    assert last - first > 50
    assert mesh.vertices[first:last, 0].min() > 0.2
    assert dress(PLAIN).hanging == (0, 0)


@pytest.mark.parametrize(
    ("bag", "strap"), [("backpack", Strap.BACKPACK), ("shoulder bag", Strap.CROSSED)]
)
def test_straps_are_painted_on_the_top(bag, strap):
    mesh = dress(replace(PLAIN, bag=Garment(bag, "red")))
    assert strap in mesh.materials[:, 9]
    row = mesh.materials[mesh.materials[:, 9] == strap][0]
    assert row[10:13] == pytest.approx(CLOTH["red"])
    assert not dress(PLAIN).materials[:, 9].any()


def test_dyes_stay_near_the_colour_that_is_named():
    for name in CLOTH:
        row = dress(replace(PLAIN, top=Garment("sweater", name))).materials
        row = next(r for r in row if r[6] == Pattern.PLAIN and r[7] == pytest.approx(0.6))
        ratio = np.array(row[:3]) / np.maximum(CLOTH[name], 0.012)
        assert np.all((ratio > 0.78) & (ratio < 1.3)), name


def test_patterns_reach_the_shader():
    striped = dress(replace(PLAIN, top=Garment("sweater", "black", "stripes", "white")))
    row = next(r for r in striped.materials if r[6] == Pattern.STRIPES)
    assert row[3:6] == pytest.approx(CLOTH["white"])


def test_men_have_broader_shoulders():
    model, arm = load_body(), BONE_INDEX["LeftArm"]
    shoulder = {
        gender: shape_body(model, replace(PLAIN, gender=gender)).joints[arm, 0]
        for gender in ("female", "male")
    }
    assert shoulder["male"] > 1.03 * shoulder["female"]


def test_heavy_people_are_deeper():
    model = load_body()

    def belly(weight):
        shape = shape_body(model, replace(PLAIN, weight=weight))
        skin = shape.vertices[model.surfaces["skin"].vertices]
        height = skin[:, 1] / PLAIN.height
        waist = skin[(height > 0.55) & (height < 0.63) & (abs(skin[:, 0]) < 0.1)]
        return np.ptp(waist[:, 2])

    assert belly(0.1) < belly(0.5) < belly(0.9)


def test_children_have_large_heads():
    model = load_body()

    def head(years, height):
        person = replace(PLAIN, years=years, height=height)
        shape = shape_body(model, person)
        return (person.height - shape.joints[BONE_INDEX["Neck"], 1]) / person.height

    assert head(5, 1.1) > 1.15 * head(30, 1.65)


def test_normals_of_a_ball_point_outwards():
    points, triangles = ellipsoid((0, 0, 0), (1, 1, 1), around=24, along=16)
    normals = vertex_normals(points, triangles)
    middle = np.abs(points[:, 1]) < 0.9
    assert (np.sum(normals * points, 1)[middle] > 0.95).all()


def test_a_tube_keeps_its_radius():
    path = np.linspace([0, 0, 0], [0, 0, 2], 5)
    points, triangles = tube(path, 0.3, around=8)
    assert np.linalg.norm(points[:, :2], axis=1) == pytest.approx(0.3)
    assert triangles.max() == len(points) - 1
