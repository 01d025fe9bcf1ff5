from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from fakes import draw

from cmps.evaluation.drawn_days import corridor
from cmps.gallery.plan_files import write_floorplan

OUTFITS = [("red", "blue"), ("green", "white"), ("yellow", "purple"), ("black", "orange")]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def day(tmp_path, monkeypatch):
    """Four people who walk past three cameras, one minute after each other."""
    monkeypatch.setenv("CMPS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "day"
    lines, truth = ["path,camera,time,tracklet"], []
    for person, (upper, lower) in enumerate(OUTFITS):
        for camera in range(3):
            name = f"c{camera + 1}/t{person}.png"
            draw(folder / name, upper, lower, seed=10 * person + camera)
            time = NOON + timedelta(minutes=person, seconds=25 * camera)
            lines.append(f"{name},c{camera + 1},{time.isoformat()},c{camera + 1}-{person}")
            truth.append(json.dumps({"picture": name, "person": f"p{person}"}))
    (folder / "index.csv").write_text("\n".join(lines) + "\n")
    (folder / "truth.jsonl").write_text("\n".join(truth) + "\n")
    write_floorplan(corridor(3, 25.0), folder / "floorplan.json")
    return folder


def test_a_day_in_json(cmps, world, day):
    answer = cmps("evaluate", "track", "--day", day, "--json")
    assert (answer.code, answer.err) == (0, "")
    report = answer.json
    assert (report["dataset"], report["gallery"], report["tracks"]) == ("day", 12, 4)
    assert report["results"]["track"]["f1"] == 100
    assert report["results"]["track"]["order_errors"] == 0


def test_a_day_as_a_table(cmps, world, day):
    answer = cmps("evaluate", "track", "--day", day, "--limit", 2)
    assert answer.code == 0
    assert "2 tracks, gallery of 12 sightings" in answer.out
    assert "no travel times" in answer.out


def test_market_learns_its_travel_times_from_training_people(cmps, world, tmp_path, monkeypatch):
    monkeypatch.setenv("CMPS_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "Market-1501"
    for person, (upper, lower) in enumerate(OUTFITS, 1):
        for camera in (1, 2, 3):
            for folder, shift in (("bounding_box_test", 0), ("bounding_box_train", 500)):
                frame = 2000 * person + 500 * camera
                name = f"{person + shift:04}_c{camera}s1_{frame:06}_00.jpg"
                draw(root / folder / name, upper, lower, seed=10 * person + camera)
    answer = cmps("evaluate", "track", "--root", root, "--json")
    assert answer.code == 0
    assert answer.json["dataset"] == "market1501"
    assert answer.json["results"]["track"]["recall"] > 0


def test_a_day_without_truth_for_a_picture_is_named(cmps, world, day):
    lines = (day / "truth.jsonl").read_text().splitlines()
    (day / "truth.jsonl").write_text("\n".join(lines[1:]) + "\n")
    answer = cmps("evaluate", "track", "--day", day)
    assert answer.code == 2
    assert "c1/t0.png" in answer.err


@pytest.mark.parametrize("both", [False, True])
def test_one_thing_is_measured(cmps, world, day, both):
    options = ("--day", day, "--root", day) if both else ()
    answer = cmps("evaluate", "track", *options)
    assert answer.code == 2
    assert "--root DIR or --day DIR" in answer.err
