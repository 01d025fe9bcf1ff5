"""Following people over a drawn day whose outfits repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from cmps.evaluation.drawn_days import NETWORK, START, Recipe, draw_day
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import Network, Passage, Sighting
from cmps.search.calibration import COSINE
from cmps.search.ranking import SearchEngine
from cmps.search.track import Tracker, TravelTimes, Ways, learn_times, ways_in
from cmps.search.tracks.follow import Setting
from cmps.search.tracks.follower import Follower
from cmps.search.tracks.learned import Seen


@pytest.fixture(scope="module")
def day():
    return draw_day(Recipe(people=40, outfits=10, seed=3))


@pytest.fixture(scope="module")
def engine(day):
    store = MemoryGallery()
    store.use(NETWORK)
    store.upsert(day.sightings)
    return SearchEngine(store, None, None, {COSINE: day.curve}, 0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hard():
    """A day on which looks tell little: many wear the same and light changes much."""
    return draw_day(Recipe(people=40, outfits=6, own=0.25, noise=0.6, seed=3))


@pytest.fixture(scope="module")
def hard_engine(hard):
    store = MemoryGallery()
    store.use(NETWORK)
    store.upsert(hard.sightings)
    return SearchEngine(store, None, None, {COSINE: hard.curve}, 0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hard_truth(hard):
    return runs_of(hard)


@pytest.fixture(scope="module")
def tracker(day, engine):
    return Tracker(engine, Ways(day.plan))


@pytest.fixture(scope="module")
def truth(day):
    return runs_of(day)


def runs_of(day):
    """Return ids of each person's sightings, by tracklet, in order of time."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in day.sightings:
        found.setdefault(one.person, {}).setdefault(one.tracklet, []).append(one.id)
    return {person: runs for person, runs in found.items() if len(runs) >= 5}


def scores(tracker, truth, people):
    right = wrong = missed = 0
    for person in people:
        runs = list(truth[person].values())
        probe = runs[len(runs) // 2]
        found = tracker.track(tracker.pursue([probe[0]]), 0.5)
        got = {id for stop in found.stops for id in stop.ids} - set(probe)
        want = {id for run in runs for id in run} - set(probe)
        right += len(got & want)
        wrong += len(got - want)
        missed += len(want - got)
    return right / max(right + wrong, 1), right / (right + missed)


def test_tracks_beat_every_threshold(day, engine, tracker, truth):
    people = sorted(truth)[:12]
    precision, recall = scores(tracker, truth, people)
    f1 = 2 * precision * recall / (precision + recall)
    assert f1 > 0.8
    vectors = np.stack([one.encoding.embedding for one in day.sightings])
    rows = {one.id: row for row, one in enumerate(day.sightings)}
    cosines, right = [], []
    for person in people:
        runs = list(truth[person].values())
        probe = runs[len(runs) // 2]
        mean = vectors[[rows[id] for id in probe]].mean(0)
        want = {id for run in runs for id in run} - set(probe)
        for one in day.sightings:
            if one.id not in probe:
                cosines.append(float(vectors[rows[one.id]] @ mean))
                right.append(one.id in want)
    hits = np.cumsum(np.array(right)[np.argsort(cosines)[::-1]])
    plain = (2 * hits / (np.arange(len(hits)) + 1 + sum(right))).max()
    assert f1 > plain + 0.05


def test_stops_are_in_order_and_never_at_two_places(tracker, truth):
    person = sorted(truth)[0]
    found = tracker.track(tracker.pursue([next(iter(truth[person].values()))[0]]), 0.5)
    assert len(found.stops) > 2
    for one, other in zip(found.stops, found.stops[1:], strict=False):
        assert one.end < other.start
    for gap in found.gaps:
        assert gap.seconds > 0
        assert not set(gap.cameras) & {found.stops[gap.after].camera}
        assert gap.metres is not None


def test_a_stop_tells_where_on_the_floor_it_was(day):
    """Of two passes of the track cameras know the floor; of the others they do not."""
    runs: dict[str, list[Sighting]] = {}
    for one in day.sightings:
        runs.setdefault(one.tracklet, []).append(one)
    first = day.sightings[0]
    known = {}
    for tracklet, run in runs.items():
        if run[0].person == first.person and len(known) < 2:
            x = 25.0 * int(run[0].camera[1:])
            ends = run[0].time, run[-1].time
            known[tracklet] = Passage(tracklet, run[0].camera, *ends, (x, 3.0), (x + 1, 3.5))
    store = MemoryGallery()
    store.use(NETWORK)
    store.upsert([replace(one, passage=known.get(one.tracklet)) for one in day.sightings])
    engine = SearchEngine(store, None, None, {COSINE: day.curve}, 0)  # type: ignore[arg-type]
    tracker = Tracker(engine, Ways(day.plan))
    ids = [runs[tracklet][0].id for tracklet in known]
    found = tracker.track(tracker.pursue(ids), 0.5)
    places = [place for one in known.values() for place in (one.first, one.last)]
    assert [place for stop in found.stops for place in stop.walk] == places
    assert any(not stop.walk for stop in found.stops)
    told = [place for stop in found.as_dict()["stops"] for place in stop["walk"]]
    assert told == [list(place) for place in places]


def test_a_rejected_stop_leaves_and_a_confirmed_one_comes_back(tracker, truth):
    person = sorted(truth)[1]
    runs = list(truth[person].values())
    pursuit = tracker.pursue([runs[2][0]])
    before = tracker.track(pursuit, 0.5)
    stop = next(one for one in before.stops if not one.confirmed)
    pursuit.reject([stop.ids[0]])
    after = tracker.track(pursuit, 0.5)
    assert stop.ids[0] not in {id for one in after.stops for id in one.ids}
    pursuit.confirm([stop.ids[-1]])
    again = next(one for one in tracker.track(pursuit, 0.5).stops if stop.ids[0] in one.ids)
    assert again.confirmed
    assert again.probability == 1


def test_confirming_somebody_unlike_brings_them_in(tracker, truth):
    one, other = sorted(truth)[:2]
    stranger = next(iter(truth[other].values()))
    pursuit = tracker.pursue([next(iter(truth[one].values()))[0]], confirm=[stranger[0]])
    found = tracker.track(pursuit, 0.5)
    stop = next(stop for stop in found.stops if stranger[0] in stop.ids)
    assert stop.confirmed


def test_two_confirmed_stops_that_nobody_can_walk_are_marked(day, engine, tracker, truth):
    probe = next(iter(truth[sorted(truth)[0]].values()))
    seen = engine.store.get([probe[0]])[0]
    far = "c6" if seen.camera in ("c1", "c2", "c3") else "c1"
    later = seen.time + timedelta(seconds=15)
    twin = replace(seen, id="twin", camera=far, tracklet=None, time=later)
    store = MemoryGallery()
    store.use(NETWORK)
    store.upsert([*day.sightings, twin])
    other = Tracker(replace(engine, store=store), Ways(day.plan))
    assert "twin" not in {
        id for stop in other.track(other.pursue([probe[0]]), 0.5).stops for id in stop.ids
    }
    found = other.track(other.pursue([probe[0]], confirm=["twin"]), 0.5)
    assert any(stop.unreachable for stop in found.stops)


def test_a_photo_needs_no_sighting(engine, tracker, truth):
    from cmps.search.tracks.looks import probe_of

    person = sorted(truth)[2]
    run = list(truth[person].values())[1]
    photo = probe_of(engine.store.get([run[0]])[0].encoding)
    found = tracker.track(tracker.pursue((), [photo]), 0.5)
    people = [one.sighting.person for stop in found.stops for one in stop.sightings]
    assert people.count(person) > len(people) / 2


def test_learned_times_help_where_there_is_no_plan(hard, hard_engine, hard_truth):
    seen: dict[str, dict[str, list[Sighting]]] = {}
    for one in hard.sightings:
        seen.setdefault(one.person, {}).setdefault(one.tracklet, []).append(one)
    people = sorted(hard_truth)
    times = TravelTimes()
    for person in people[12:]:
        times.add(
            Seen(run[0].camera, run[0].time.timestamp(), run[-1].time.timestamp())
            for run in seen[person].values()
        )
    setting = Setting()
    with_times = scores(Tracker(hard_engine, Ways(times=times), setting), hard_truth, people[:12])
    blind = scores(Tracker(hard_engine, Ways(), setting), hard_truth, people[:12])
    f1 = [2 * p * r / (p + r) for p, r in (with_times, blind)]
    assert f1[0] > f1[1]


def test_ways_are_read_from_the_data_folder(tmp_path, day, tracker, truth):
    assert ways_in(tmp_path) == Ways(None, None)
    runs = list(truth[sorted(truth)[0]].values())
    found = tracker.track(tracker.pursue([runs[0][0]], confirm=[runs[1][0], runs[2][0]]), 0.99)
    learn_times(tmp_path, found)
    assert ways_in(tmp_path).times.pairs


def test_explaining_all_together_is_better_than_one_by_one(hard, hard_engine, hard_truth):
    people = sorted(hard_truth)[:12]
    f1 = []
    for jointly in (False, True):
        tracker = Tracker(hard_engine, Ways(hard.plan), Setting(jointly=jointly))
        precision, recall = scores(tracker, hard_truth, people)
        f1.append(2 * precision * recall / (precision + recall))
    assert f1[1] > f1[0]


def test_without_travel_times_much_is_still_found(engine, truth):
    precision, recall = scores(Tracker(engine, Ways()), truth, sorted(truth)[:12])
    assert precision > 0.9
    assert recall > 0.9


def test_without_travel_times_the_gallery_tells_who_comes_again_soon(day, engine, truth):
    follower = Follower(engine.store, day.curve)
    run = truth[sorted(truth)[0]]
    pursuit = follower.pursue([next(iter(run.values()))[0]])
    enter, leave = pursuit.times[pursuit.order].T
    gap = enter[None] - leave[:, None]
    possible = np.isfinite(pursuit.step)
    assert not (possible & (gap < 0)).any()
    soon, late = possible & (gap < 120), possible & (gap > 3600)
    assert pursuit.step[soon].mean() > pursuit.step[late].mean() + 1


@pytest.fixture
def family():
    """A child with a grown-up at three cameras, and strangers who come once each."""
    rng = np.random.default_rng(0)
    day = draw_day(Recipe(people=12, outfits=12, own=1.0, seed=5))
    first = {}
    for one in day.sightings:
        first.setdefault(one.person, one)
    looks = list(first.values())

    def near(number, look, camera, seconds):
        vector = look.encoding.embedding + 0.01 * rng.standard_normal(256).astype(np.float32)
        vector /= np.linalg.norm(vector)
        return replace(
            look,
            id=f"{number}",
            camera=camera,
            time=START + timedelta(seconds=seconds),
            tracklet=f"t{number}",
            encoding=replace(look.encoding, embedding=vector),
        )

    sightings = []
    for visit, camera in enumerate(("c1", "c2", "c3")):
        clock = 60 * visit
        sightings.append(near(f"child{visit}", looks[0], camera, clock))
        sightings.append(near(f"grown{visit}", looks[1], camera, clock + 2))
        sightings.append(near(f"stranger{visit}", looks[2 + visit], camera, clock + 1))
    return day, sightings


def test_who_was_near_again_comes_first(family):
    day, sightings = family
    store = MemoryGallery()
    store.use(NETWORK)
    store.upsert(sightings)
    engine = SearchEngine(store, None, None, {COSINE: day.curve}, 0)  # type: ignore[arg-type]
    tracker = Tracker(engine, Ways(day.plan))
    pursuit = tracker.pursue(["child0", "child1", "child2"])
    found = tracker.track(pursuit, 0.5)
    assert [stop.best.sighting.id for stop in found.stops] == ["child0", "child1", "child2"]
    company = tracker.near(pursuit, found)
    assert [one.sighting.id for one in company[0].sightings] == ["grown0", "grown1", "grown2"]
    assert company[0].at == (0, 1, 2)
    assert company[0].stops > 2.5 > 1.9 > company[1].stops
    assert company[0].probability > 0.9


def test_a_gallery_that_grows_a_little_is_not_learned_anew_and_its_new_pictures_count(
    day, monkeypatch
):
    from cmps.search.tracks import follower as module

    learned = []
    plain = module.adapted
    monkeypatch.setattr(module, "adapted", lambda *all: learned.append(1) or plain(*all))
    store = MemoryGallery()
    store.use(NETWORK)
    most = len(day.sightings) * 19 // 20
    store.upsert(day.sightings[:most])
    follower = Follower(store, day.curve, Ways(day.plan).travel(Setting()))
    _, travel = follower.traffic()
    before = follower._own
    store.upsert(day.sightings[most:])
    traffic, kept = follower.traffic()
    assert (len(learned), kept is travel) == (1, True)
    assert traffic.count == len(day.sightings)
    assert follower._own.says is before.says
    assert len(follower._own.beside._resident.ids) == len(day.sightings)
    store.upsert([replace(day.sightings[0], id="new", camera="another", tracklet=None)])
    assert follower.traffic()[1] is not travel
    store.delete([one.id for one in day.sightings[: len(day.sightings) // 5]])
    follower.traffic()
    assert len(learned) == 3
    store.use(Network("another", "0" * 64))
    store.reencode({one.id: one.encoding for one in store.get(store.listing())})
    follower.traffic()
    assert len(learned) == 4
