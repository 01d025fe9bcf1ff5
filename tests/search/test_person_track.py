from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes import FakeImageEncoder, drawn

from cmps.gallery.records import GalleryError
from cmps.ingest.index import index
from cmps.search.track import track

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
# the person in red and blue: twice at the gate, once in the hall, at the gate again, and once at a
# time that nobody noted; a stranger in between
WALK = [
    ("gate", 0, "red", "blue"),
    ("gate", 1, "red", "blue"),
    ("hall", 5, "red", "blue"),
    ("hall", 6, "green", "white"),
    ("gate", 9, "red", "blue"),
    ("lift", None, "red", "blue"),
]


@pytest.fixture
def ids(store, tmp_path):
    pictures = [
        drawn(
            tmp_path / f"{number}.png",
            upper,
            lower,
            seed=number,
            camera=camera,
            time=None if minute is None else NOON + timedelta(minutes=minute),
        )
        for number, (camera, minute, upper, lower) in enumerate(WALK)
    ]
    index(pictures, store, FakeImageEncoder())
    by_file = {one.source.split("/")[-1]: one.id for one in store.get(store.listing())}
    return [by_file[f"{number}.png"] for number in range(len(WALK))]


def test_stops_follow_time_and_an_unknown_time_comes_last(engine, ids):
    found = track(engine, ids[2], 0.5)
    assert [stop.camera for stop in found.stops] == ["gate", "hall", "gate", "lift"]
    members = [one.sighting.id for stop in found.stops for one in stop.sightings]
    assert members == [ids[0], ids[1], ids[2], ids[4], ids[5]]
    assert found.count == 5
    first, last = found.stops[0], found.stops[-1]
    assert (first.start, first.end) == (NOON, NOON + timedelta(minutes=1))
    assert (last.start, last.end) == (None, None)
    assert first.probability == max(one.probability for one in first.sightings)


def test_a_threshold_that_nothing_reaches_leaves_the_probe_alone(engine, ids):
    found = track(engine, ids[3], 1.0)
    assert [one.sighting.id for stop in found.stops for one in stop.sightings] == [ids[3]]


def test_without_a_threshold_everybody_joins(engine, ids):
    assert track(engine, ids[0], 0.0).count == len(WALK)


def test_the_probes_own_tracklet_joins_whatever_it_looks_like(store, engine, tmp_path):
    pictures = [
        drawn(tmp_path / "a.png", "red", "blue", camera="gate", tracklet="t1"),
        drawn(tmp_path / "b.png", "white", "black", camera="gate", tracklet="t1"),
        drawn(tmp_path / "c.png", "green", "green", camera="gate", tracklet="t2"),
    ]
    index(pictures, store, FakeImageEncoder())
    probe = next(one.id for one in store.get(store.listing()) if one.source.endswith("a.png"))
    found = track(engine, probe, 1.0)
    joined = {one.sighting.source[-5:] for stop in found.stops for one in stop.sightings}
    assert joined == {"a.png", "b.png"}


def test_an_unknown_sighting_is_named(engine, ids):
    with pytest.raises(GalleryError, match="feed"):
        track(engine, "feed", 0.5)
