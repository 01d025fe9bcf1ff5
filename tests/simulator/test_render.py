"""Cameras, rooms and the renderer agree on where things are and what hides what."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from cmps.simulator.camera import Camera, Optics, develop
from cmps.simulator.garments import dress
from cmps.simulator.hall import Box, draw_room
from cmps.simulator.kernels import rasterise
from cmps.simulator.people import Garment, SimulatorError, sample_crowd
from cmps.simulator.places import Post, posts
from cmps.simulator.pose import Gait
from cmps.simulator.render import draw, open_view, silhouette_box, stand
from cmps.simulator.walks import is_free, itinerary, visible_share

PERSON = replace(
    next(p for p in sample_crowd(1, 20) if p.age_group == "adult"),
    top=Garment("sweater", "red"),
    bottom=Garment("trousers", "black"),
    bag=None,
    hat=None,
    glasses=False,
    skin="pale",
    hair="short",
    hair_colour="black",
)


def small(post: Post) -> Post:
    camera = post.camera
    return replace(
        post,
        camera=Camera(
            camera.id, camera.place, camera.look_at, camera.view, camera.optics, 320, 180
        ),
    )


@pytest.fixture(scope="module")
def view():
    return open_view(small(posts(1)[0]))


@pytest.fixture(scope="module")
def mesh():
    return dress(PERSON)


def whole(view):
    return (0, 0, view.camera.width, view.camera.height)


def test_the_middle_of_the_view_is_what_the_camera_looks_at():
    camera = posts(1)[0].camera
    x, y, nearness = camera.project(np.array([camera.look_at]))[0]
    assert (x, y) == pytest.approx((camera.width / 2, camera.height / 2), abs=0.01)
    assert 1 / nearness == pytest.approx(np.linalg.norm(np.subtract(camera.look_at, camera.place)))


def test_rays_lead_to_what_is_projected():
    camera = posts(2)[1].camera
    points = np.array([[5.0, 0.3, 6.0], [6.5, 1.7, 9.0]])
    pixels = camera.project(points)
    rays = camera.rays(pixels[:, 0], pixels[:, 1])
    assert np.array(camera.place) + rays / pixels[:, 2:] == pytest.approx(points, abs=1e-3)


def test_what_is_behind_the_camera_is_not_near():
    assert Camera("c", (0, 1, 0), (0, 1, 5), 60, Optics()).project(np.array([[0, 1, -2]]))[0, 2] < 0


def test_the_rasteriser_keeps_the_nearer_triangle_and_obeys_the_cut():
    points = np.array(
        [[0, 0, 1], [20, 0, 1], [0, 20, 1], [0, 0, 2], [20, 0, 2], [0, 20, 2]], np.float32
    )
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    for order, cut_of_near, expected in (
        ([0, 1], 1.0, 1), ([1, 0], 1.0, 0), ([0, 1], -1.0, 0),
    ):  # fmt: skip
        cut = np.array([1, 1, 1, cut_of_near, cut_of_near, cut_of_near], np.float32)
        nearness, second, third = (np.zeros((10, 10), np.float32) for _ in range(3))
        owner = np.full((10, 10), -1, np.int32)
        rasterise(points, triangles[order], cut, nearness, owner, second, third, 0)
        assert owner[2, 2] == expected
        assert owner[2, 2:5].tolist() == [expected] * 3
        assert second[2, 2] == pytest.approx(2.5 / 20)
        assert third[2, 4] == pytest.approx(2.5 / 20)


def test_a_room_has_depth_and_a_floor(view):
    backdrop, camera = view.backdrop, view.camera
    assert np.isfinite(backdrop.light).all()
    assert (backdrop.light >= 0).all()
    rows, columns = np.nonzero(backdrop.floor)
    rays = camera.rays(columns + 0.5, rows + 0.5)
    ground = np.array(camera.place) + rays / backdrop.nearness[rows, columns, None]
    assert np.abs(ground[:, 1]).max() < 1e-3
    assert 0.3 < backdrop.floor.mean() < 0.9


def test_a_box_hides_the_floor_behind_it():
    post = small(posts(1)[0])
    bare = draw_room(replace(post.room, boxes=()), post.camera)
    box = Box((6.5, 0, 8.5), (7.5, 1.5, 9.5), (0.5, 0.5, 0.5))
    full = draw_room(replace(post.room, boxes=(box,)), post.camera)
    x, y, nearness = post.camera.project(np.array([[7.0, 1.0, 8.5]]))[0]
    assert full.nearness[int(y), int(x)] == pytest.approx(nearness, rel=0.02)
    assert full.nearness[int(y), int(x)] > bare.nearness[int(y), int(x)]
    assert full.floor.sum() < bare.floor.sum()


def test_a_person_is_drawn_where_they_project(view, mesh):
    figure = stand(PERSON, mesh, Gait(0.1), (7.0, 9.0), 180)
    drawing = draw(view, [figure], whole(view))
    left, top, right, bottom = silhouette_box(view.camera, figure)
    x, y, width, height = drawing.boxes[0]
    assert (x, y, x + width, y + height) == pytest.approx((left, top, right, bottom), abs=2)
    assert drawing.visible == (1.0,)
    chest = drawing.light[y + int(0.35 * height), x + width // 2]
    assert chest[0] > 3 * chest[1]
    far = np.abs(drawing.light - view.backdrop.light)[:, : x - 60]
    assert far.max() < 0.02


def test_the_heading_turns_the_face_to_the_camera(view, mesh):
    def skin(yaw):
        figure = stand(PERSON, mesh, Gait(0.1), (7.0, 9.0), yaw)
        drawing = draw(view, [figure], whole(view))
        x, y, width, height = drawing.boxes[0]
        head = drawing.light[
            y + height // 20 : y + height // 9, x + width * 2 // 5 : x + width * 3 // 5
        ]
        return head.mean()

    assert skin(180) > 1.5 * skin(0)


def test_a_person_darkens_the_floor_beside_them(view, mesh):
    figure = stand(PERSON, mesh, Gait(0.1, 0.1), (7.0, 9.0), 180)
    drawing = draw(view, [figure], whole(view))
    x, y, width, height = drawing.boxes[0]
    row = min(y + height, view.camera.height - 1)
    ratio = (
        drawing.light[row, x : x + width].mean() / view.backdrop.light[row, x : x + width].mean()
    )
    assert ratio < 0.85


def test_the_nearer_of_two_hides_the_other(view, mesh):
    near = stand(PERSON, mesh, Gait(0.1), (7.0, 8.0), 180)
    far = stand(PERSON, mesh, Gait(0.1), (7.1, 9.5), 180)
    for figures in ([near, far], [far, near]):
        visible = dict(zip(map(id, figures), draw(view, figures, whole(view)).visible, strict=True))
        assert visible[id(near)] == 1.0
        assert visible[id(far)] < 0.6


def test_a_pillar_hides_who_stands_behind_it(view, mesh):
    pillar = view.post.room.boxes[0]
    middle = np.add(pillar.low, pillar.high)[[0, 2]] / 2
    away = middle - np.array(view.camera.place)[[0, 2]]
    place = tuple(middle + 0.9 * away / np.linalg.norm(away))
    assert visible_share(view, place, PERSON.height) < 0.5
    drawing = draw(view, [stand(PERSON, mesh, Gait(0.1), place, 180)], whole(view))
    assert drawing.visible[0] < 0.6
    assert not is_free(view, tuple(middle))
    assert visible_share(view, (7.0, 9.0), PERSON.height) == 1.0


def test_lights_and_lenses_differ_between_cameras(mesh):
    means = []
    for post in posts(4):
        view = open_view(small(post))
        place = ((post.walk[0] + post.walk[2]) / 2, (post.walk[1] + post.walk[3]) / 2)
        drawing = draw(view, [stand(PERSON, mesh, Gait(0.1), place, 200)], whole(view))
        x, y, width, height = drawing.boxes[0]
        picture = Image.open(
            BytesIO(develop(drawing.light, post.camera.optics, np.random.default_rng(0)))
        )
        chest = np.asarray(picture, float)[
            y + int(0.3 * height) : y + int(0.4 * height), x + width // 3 : x + width * 2 // 3
        ]
        means.append(chest.reshape(-1, 3).mean(0))
    apart = [np.abs(a - b).max() for i, a in enumerate(means) for b in means[:i]]
    assert min(apart) > 6
    assert all(red > green + 15 for red, green, _ in means)


def test_optics_change_the_picture():
    light = np.full((40, 30, 3), 0.2, np.float32)

    def shown(**optics):
        jpeg = develop(light, replace(Optics(noise=0), **optics), np.random.default_rng(1))
        return np.asarray(Image.open(BytesIO(jpeg)), float)

    plain = shown()
    assert shown(gain=1.5).mean() > plain.mean() + 10
    assert shown(noise=12.0).std() > plain.std() + 3
    red, _, blue = shown(white_balance=(1.2, 1.0, 0.8)).mean((0, 1))
    assert red > blue + 15
    assert np.ptp(shown(white_balance=(1.2, 1.0, 0.8), saturation=0).mean((0, 1))) < 2


@pytest.mark.parametrize("count", [1, 4, 7])
def test_any_number_of_cameras_can_be_placed(count):
    placed = posts(count, seed=2)
    assert len({post.camera.id for post in placed}) == count
    assert [p.camera for p in placed[:4]] == [p.camera for p in posts(4)[:count]]


def test_no_camera_at_all_is_refused():
    with pytest.raises(SimulatorError, match="cannot place 0 cameras"):
        posts(0)


def test_itineraries_pass_two_to_four_cameras_one_after_another(view, mesh):
    views = [view, open_view(small(posts(2)[1])), open_view(small(posts(3)[2]))]
    lengths = set()
    for number in range(8):
        passages = itinerary(number, PERSON, mesh, views, seed=1)
        assert passages == itinerary(number, PERSON, mesh, views, seed=1)
        cameras = [passage.camera for passage in passages]
        lengths.add(len(cameras))
        assert len(set(cameras)) == len(cameras)
        for before, after in pairwise(passages):
            assert 30 <= (after.times[0] - before.times[-1]).total_seconds() <= 165
        for passage in passages:
            seconds = (passage.times[1] - passage.times[0]).total_seconds()
            walked = np.hypot(*np.subtract(passage.places[1], passage.places[0]))
            assert walked / seconds < 2.2
    assert lengths == {2, 3}
