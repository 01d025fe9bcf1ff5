"""What a gallery tells about itself."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from cmps.evaluation.drawn_days import NETWORK, START, Recipe, draw_day
from cmps.gallery.memory import MemoryGallery
from cmps.search.tracks.adapt import adapted, paired, sample, seen_by, strangers
from cmps.search.tracks.follower import Follower
from cmps.search.tracks.head import Head
from cmps.search.tracks.looks import Metric
from cmps.search.tracks.meaning import Meaning, Shipped
from cmps.search.tracks.passes import Pass, complete
from cmps.search.tracks.travel import AnyTravel, PlanTravel


@pytest.fixture(scope="module")
def day():
    return draw_day(Recipe(people=60, outfits=20, seed=4))


@pytest.fixture(scope="module")
def store(day):
    made = MemoryGallery()
    made.use(NETWORK)
    made.upsert(day.sightings)
    return made


@pytest.fixture(scope="module")
def cameras(day):
    return sorted({one.camera for one in day.sightings})


@pytest.fixture(scope="module")
def travel(day, cameras):
    return PlanTravel(day.plan, cameras, 7200.0)


@pytest.fixture(scope="module")
def passes(store, day):
    return complete(store, day.sightings)


def who_is_who(passes):
    people = np.array([one.sightings[0].person for one in passes])
    return people[:, None] == people[None]


def parted(scores, same):
    """Return how many deviations strangers' and one person's scores are apart."""
    above = np.triu(np.ones_like(same), 1)
    one, two = scores[above & same], scores[above & ~same]
    return (one.mean() - two.mean()) / np.hypot(one.std(), two.std())


def test_what_belongs_to_cameras_and_moments_counts_less(store, passes):
    same = who_is_who(passes)
    found = []
    for metric in (Metric(), Metric.learned(passes)):
        rows = metric.of(passes)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
        found.append(parted(rows @ rows.T, same))
    assert found[1] > found[0]


def test_a_photo_from_elsewhere_has_no_camera(store, passes):
    metric = Metric.learned(passes)
    one = metric.seen([passes[0].sightings[0].encoding])
    here, elsewhere = metric.rows(one, [passes[0].camera]), metric.rows(one, [""])
    assert 0.3 < float(here[0] @ elsewhere[0]) < 1


def test_few_passes_tell_nothing_of_how_pictures_differ(store, passes):
    assert Metric.learned(passes[:20]).turn is None


def test_a_gallery_tells_how_alike_one_persons_passes_are(day, store, travel, cameras, passes):
    own = adapted(store, day.curve, travel, cameras)
    assert isinstance(own.says, Meaning)
    rows = own.metric.of(passes)
    scores, same = rows @ rows.T, who_is_who(passes)
    above = np.triu(np.ones_like(same), 1)
    assert own.says.mean == pytest.approx(scores[above & same].mean(), abs=0.1)


def test_where_there_is_a_head_it_is_compared_and_company_is_not(day, store, travel, cameras):
    """The head sees the second half of the embedding only, doubled."""
    pyramid = day.sightings[0].encoding.pyramid
    weights = np.zeros((256, 256 + pyramid.size), np.float32)
    weights[128:, 128:256] = 2 * np.eye(128)
    own = adapted(store, day.curve, travel, cameras, head=Head(weights))
    plain = adapted(store, day.curve, travel, cameras)
    encodings = [one.encoding for one in day.sightings[:9]]
    assert not own.metric.seen(encodings)[:, :128].any()
    assert plain.metric.seen(encodings)[:, :128].any()
    assert own.beside._metric.head is None
    assert own.says.mean != plain.says.mean


def test_a_gallery_tells_how_soon_people_are_seen_again(day, store, travel, cameras):
    again = adapted(store, day.curve, travel, cameras).again
    here, there = np.zeros(2, np.intp), np.ones(2, np.intp)
    soon, late = again.log_odds(here, there, np.array([30.0, 6000.0]))
    assert soon > late + 1


def test_a_small_gallery_is_judged_as_shipped(day, cameras):
    store = MemoryGallery()
    store.use(NETWORK)
    store.upsert(day.sightings[:20])
    own = adapted(store, day.curve, AnyTravel(cameras, 7200.0), cameras)
    assert isinstance(own.says, Shipped)
    assert own.again is None


def test_pairs_that_are_surely_apart_show_two_people(passes, travel, cameras):
    pairs = paired(*seen_by(passes, cameras), np.zeros(len(passes), int), travel)
    same = who_is_who(passes)
    assert len(pairs.apart) > 300
    assert not same[tuple(pairs.apart.T)].any()
    assert len(pairs.far) == 0


def test_cameras_that_look_at_one_place_do_not_make_one_person_two():
    """Both cameras see everybody at once, so only different times tell who are strangers."""
    rng = np.random.default_rng(0)
    passes, looks = [], []
    for person in range(80):
        look = rng.standard_normal(64)
        moment = START + timedelta(seconds=40 * person)
        for camera in ("left", "right"):
            passes.append(Pass(camera, moment, moment, (), (f"{person} {camera}",)))
            looks.append(look + 0.2 * rng.standard_normal(64))
    rows = np.array(looks) / np.linalg.norm(looks, axis=1, keepdims=True)
    scores, part = rows @ rows.T, np.arange(160) // 40
    names = ["left", "right"]
    pairs = paired(*seen_by(passes, names), part, AnyTravel(names, 3600.0))
    assert scores[tuple(pairs.apart.T)].min() > 0.8
    assert strangers(pairs, scores).max() < 0.8


def test_a_sample_takes_whole_stretches_of_the_day(store):
    resident = store.snapshot().resident
    stretches = sample(resident, np.random.default_rng(0))
    for rows in stretches:
        assert (np.diff(resident.times[rows]) >= 0).all()
    every = np.concatenate(stretches)
    assert len(set(every.tolist())) == len(every)


def test_an_empty_gallery_cannot_be_followed_but_does_not_break(day):
    store = MemoryGallery()
    store.use(NETWORK)
    follower = Follower(store, day.curve)
    assert follower.traffic()[0].count == 0
