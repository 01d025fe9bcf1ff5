"""``cmps simulate day``, and ``cmps index`` of what it writes."""

from __future__ import annotations

import json
import sys

import pytest
from fakes import draw

from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.plan_files import kept_floorplan, write_floorplan
from cmps.simulator import day_files
from cmps.simulator.day_files import Written


@pytest.fixture
def days(monkeypatch):
    """Days of two drawn pictures; remembers what was asked for."""
    asked = []

    def draw_day(out, people, hours, cameras, seed, *, led_away=0, progress=None):
        asked.append((people, hours, cameras, seed, led_away))
        lines = ["path,camera,time,tracklet"]
        for number in range(2):
            draw(out / "hall" / f"hall-1_{number}.bmp", "red", "blue", seed=number)
            lines.append(f"hall/hall-1_{number}.bmp,hall,2026-03-14T10:00:0{number}Z,hall-1")
        (out / "index.csv").write_text("\n".join(lines) + "\n")
        write_floorplan(FloorPlan("mall", ((0, 0), (9, 0), (9, 9))), out / "floorplan.json")
        progress(1, 1)
        return Written(out, people, ("hall",), 1, 2, seed)

    monkeypatch.setattr(day_files, "draw_day", draw_day)
    return asked


def test_a_day_has_sizes_of_its_own(cmps, days):
    answer = cmps("simulate", "day", "--out", "day", "--json")
    assert answer.code == 0
    assert days == [(500, 3.0, 8, 7, 0)]
    assert (answer.json["pictures"], answer.json["tracklets"]) == (2, 1)
    assert answer.json["cameras"] == ["hall"]


def test_a_day_takes_every_option_and_says_what_to_do_with_it(cmps, days):
    options = ("--people", 9, "--hours", 0.5, "--cameras", 2, "--seed", 4, "--led-away", 1)
    answer = cmps("simulate", "day", "--out", "day", *options)
    assert days == [(9, 0.5, 2, 4, 1)]
    assert "2 pictures of 9 people by 1 camera" in answer.out
    assert "index them with: cmps index day" in answer.out


def test_a_day_is_indexed_with_its_floor_plan(cmps, world, days, tmp_path):
    cmps("simulate", "day", "--out", "day")
    answer = cmps("index", "day", "--data", "here", "--json").json
    assert (answer["new"], answer["floorplan"]) == (2, "mall")
    assert [tracklet.id for tracklet in world.store.tracklets()] == ["hall-1"]
    assert kept_floorplan(tmp_path / "here").name == "mall"
    assert "Its floor plan: mall" in cmps("index", "day", "--data", "here").out


def test_a_broken_floor_plan_is_named(cmps, world, days, tmp_path):
    cmps("simulate", "day", "--out", "day")
    (tmp_path / "day" / "floorplan.json").write_text(json.dumps({"format": "other"}))
    answer = cmps("index", "day")
    assert answer.code == 2
    assert "day/floorplan.json: not a floor plan" in answer.err


def test_pictures_without_a_floor_plan_have_none(cmps, world, tmp_path):
    draw(tmp_path / "photos" / "1.bmp", "red", "blue")
    assert cmps("index", "photos", "--json").json["floorplan"] is None
    assert kept_floorplan(tmp_path / "cmps-data") is None


def test_a_missing_simulator_is_named_with_its_extra(cmps, monkeypatch):
    monkeypatch.setitem(sys.modules, "cmps.simulator.day_files", None)
    monkeypatch.delattr("cmps.simulator.day_files", raising=False)
    answer = cmps("simulate", "day", "--out", "x")
    assert answer.code == 2
    assert "pip install 'cmps[simulator]'" in answer.err


def test_what_is_neither_crowd_nor_day_is_refused(cmps):
    answer = cmps("simulate", "week", "--out", "x")
    assert answer.code == 2
    assert "week is not one of crowd, day" in answer.err
