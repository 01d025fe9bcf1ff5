from __future__ import annotations

import pytest
from command_line import id_of


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
