"""Tracks that are worked on: a word more is quick, a word taken back leaves nothing behind."""

from __future__ import annotations

import pytest
from desks import sighting

from cmps.gallery.floorplan import FloorPlan, PlacedCamera
from cmps.gallery.plan_files import write_floorplan
from cmps.gallery.records import GalleryError
from cmps.search.track import track
from cmps.server.pursuits import Pursuits, SeenBy


@pytest.fixture
def pursuits(served):
    return Pursuits(served)


def stops(found):
    return [(stop.best.sighting.id, stop.confirmed) for stop in found.stops]


def test_it_is_the_track_that_the_command_line_shows(served, pursuits):
    found, near = pursuits.follow("c1", "red-1")
    assert stops(found) == stops(track(served.engine, "red-1", served.settings.same_person))
    assert near is None


def test_what_is_taken_back_leaves_nothing_behind(served, pursuits):
    before, _ = pursuits.follow("c1", "red-1")
    confirmed, _ = pursuits.follow("c1", "red-1", confirm=["white"])
    assert ("white", True) in stops(confirmed)
    rejected, _ = pursuits.follow("c1", "red-1", reject=["red-3"])
    assert "red-3" not in dict(stops(rejected))
    fresh, _ = Pursuits(served).follow("c1", "red-1", reject=["red-3"])
    assert rejected == fresh
    after, _ = pursuits.follow("c1", "red-1")
    assert after == before


def test_nothing_is_searched_again_for_a_word_more(served, pursuits, monkeypatch):
    pursuits.follow("c1", "red-1")
    monkeypatch.setattr(
        served.store, "search", lambda *_: pytest.fail("the gallery was searched again")
    )
    pursuits.follow("c1", "red-1", reject=["red-3"])
    pursuits.follow("c1", "red-1")


def test_a_sighting_that_is_unknown_leaves_nothing_half_said(pursuits):
    before, _ = pursuits.follow("c1", "red-1")
    with pytest.raises(GalleryError, match="x9"):
        pursuits.follow("c1", "red-1", confirm=["white", "x9"])
    assert pursuits.follow("c1", "red-1")[0] == before


def test_a_new_gallery_is_followed_anew(served, pursuits):
    pursuits.follow("c1", "red-1")
    served.store.upsert([sighting("red-9", "red", "blue", 9, camera="hall")])
    assert "red-9" in str(pursuits.follow("c1", "red-1")[0])


def test_a_new_floor_plan_counts_at_once(served, pursuits):
    assert not pursuits.follow("c1", "red-1")[0].travel_times
    square = ((0.0, 0.0), (20.0, 0.0), (20.0, 12.0), (0.0, 12.0))
    cameras = tuple(
        PlacedCamera(name, (x, 6.0), 3, turn, 20, 60, (1280, 720), 6.0)
        for name, x, turn in (("gate", 2.0, 0.0), ("hall", 18.0, 180.0))
    )
    served.settings.data.mkdir(exist_ok=True)
    write_floorplan(
        FloorPlan("hall", square, cameras=cameras), served.settings.data / "floorplan.json"
    )
    assert pursuits.follow("c1", "red-1")[0].travel_times


def test_who_may_see_some_cameras_follows_there_only(served, pursuits):
    found, near = pursuits.follow("c1", "red-3", near=True, cameras=frozenset({"hall"}))
    assert {stop.camera for stop in found.stops} == {"hall"}
    assert all(one.sighting.camera == "hall" for other in near for one in other.sightings)
    seen = SeenBy(served.store, frozenset({"hall", "not there"}))
    assert {
        hit.sighting for hit in seen.search(found.stops[0].best.sighting.encoding.embedding, 9)
    } == {
        "red-3",
        "white",
    }
    with pytest.raises(GalleryError, match="red-1 is not in the gallery"):
        seen.get(["red-3", "red-1"])
