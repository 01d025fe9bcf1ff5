from __future__ import annotations

import pytest
from command_line import id_of

from cmps.gallery.floorplan import FloorPlan, PlacedCamera
from cmps.gallery.plan_files import write_floorplan


def test_stops_by_camera_in_order_of_time(cmps, filled):
    answer = cmps("track", id_of(filled, "1.bmp"), "--json")
    assert answer.code == 0
    stops = answer.json["stops"]
    assert [(stop["camera"], len(stop["sightings"])) for stop in stops] == [
        ("gate", 2),
        ("hall", 1),
    ]
    assert (stops[0]["from"], stops[0]["to"]) == ("2026-05-01T12:00:00Z", "2026-05-01T12:01:00Z")
    assert answer.json["sightings"] == 3
    assert all(one["probability"] >= 0.5 for stop in stops for one in stop["sightings"])


def test_the_threshold_is_a_setting(cmps, filled, monkeypatch):
    monkeypatch.setenv("CMPS_SAME_PERSON", "0")
    assert cmps("track", id_of(filled, "1.bmp"), "--json").json["sightings"] == 6


def test_an_id_may_be_written_as_search_takes_it(cmps, filled):
    id = id_of(filled, "4.bmp")
    assert cmps("track", f"sighting:{id}", "--json").json["sighting"] == id


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_an_unknown_sighting_is_named(cmps, filled, option):
    answer = cmps("track", "feed", *option)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "cmps: sighting feed is not in the gallery; cmps search shows ids\n"


def test_a_photo_may_be_followed(cmps, filled, crops):
    answer = cmps("track", crops.parent / "1.bmp", "--json")
    assert answer.code == 0
    stops = answer.json["stops"]
    assert [stop["camera"] for stop in stops[:2]] == ["gate", "hall"]
    # in a gallery of six nothing tells how alike strangers look: half a likeness may stay, below
    chances = [max(one["probability"] for one in stop["sightings"]) for stop in stops]
    assert all(chance < min(chances[:2]) for chance in chances[2:])


def test_confirmed_and_rejected_sightings_are_kept_to(cmps, filled):
    first, third, fifth = (id_of(filled, f"{number}.bmp") for number in (1, 3, 5))
    answer = cmps("track", first, "--confirm", fifth, "--reject", f"sighting:{third}", "--json")
    stops = answer.json["stops"]
    found = [one["sighting"] for stop in stops for one in stop["sightings"]]
    assert fifth in found
    assert third not in found
    assert next(stop for stop in stops if stop["best"] == fifth)["confirmed"]


def test_who_was_near_is_shown(cmps, filled):
    answer = cmps("track", id_of(filled, "3.bmp"), "--near", "--json")
    assert answer.json["near"] == []
    answer = cmps("track", id_of(filled, "3.bmp"), "--near")
    assert "Nobody was near." in answer.out


def test_a_floor_plan_makes_walking_times_count(cmps, filled, tmp_path):
    square = ((0, 0), (90, 0), (90, 9), (0, 9))
    eyes = tuple(
        PlacedCamera(id, (x, 4), 3, 0, 20, 60, (1280, 720), 6.0)
        for id, x in (("gate", 1), ("kiosk", 40), ("hall", 75))
    )
    plan = tmp_path / "plan.json"
    write_floorplan(FloorPlan("mall", square, cameras=eyes), plan)
    answer = cmps("track", id_of(filled, "1.bmp"), "--plan", plan, "--json")
    assert answer.json["travel_times"]
    gap = answer.json["gaps"][0]
    assert gap["seconds"] == 240
    assert gap["cameras"] == ["kiosk"]
    assert 60 < gap["metres"] < 80
    assert "maybe by kiosk" in cmps("track", id_of(filled, "1.bmp"), "--plan", plan).out


def test_travel_times_are_learned_from_what_is_confirmed(cmps, filled, tmp_path):
    ids = [id_of(filled, f"{number}.bmp") for number in (1, 3)]
    assert not cmps("track", ids[0], "--confirm", ids[1], "--learn", "--json").json["travel_times"]
    assert cmps("track", ids[0], "--json").json["travel_times"]


def test_a_broken_floor_plan_is_named(cmps, filled, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text("{")
    answer = cmps("track", id_of(filled, "1.bmp"), "--plan", plan)
    assert answer.code == 2
    assert "plan.json" in answer.err
