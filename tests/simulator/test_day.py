"""A small simulated day: who walks where, and what is written of it."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from cmps.datasets.picture import DatasetError
from cmps.gallery.geometry import inside
from cmps.gallery.plan_files import read_floorplan, read_passages
from cmps.ingest.reader import read_pictures
from cmps.simulator.day import plan_day
from cmps.simulator.day_files import COLUMNS, draw_day
from cmps.simulator.people import SimulatorError
from cmps.simulator.trails import STEP

SMALL = {"people": 12, "hours": 1 / 6, "cameras": 3, "seed": 2}


@pytest.fixture(scope="module")
def day():
    """Twelve people, ten minutes, three cameras, without pictures."""
    return plan_day(**SMALL)


@pytest.fixture(scope="module")
def crowded():
    """Sixty people in half an hour, without pictures."""
    return plan_day(people=60, hours=0.5, cameras=8, seed=5, led_away=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The small day on disk."""
    folder = tmp_path_factory.mktemp("day")
    return draw_day(folder, **SMALL, workers=1)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def listed(folder):
    with (folder / "index.csv").open(newline="") as rows:
        return list(csv.DictReader(rows))


def by_person(day):
    found = defaultdict(list)
    for trail in day.story.trails:
        found[trail.person].append(trail)
    return found


def test_nobody_is_in_two_places_at_once(crowded):
    for trails in by_person(crowded).values():
        times = np.sort(np.concatenate([trail.times for trail in trails]))
        assert (np.diff(times) >= STEP - 1e-9).all()


def test_nobody_walks_through_walls_or_furniture(crowded):
    places = np.concatenate([trail.places[trail.present] for trail in crowded.story.trails])
    assert inside(places, crowded.plan.outline).all()
    for block in [*crowded.plan.shops, *crowded.plan.obstacles]:
        assert not inside(places, block.polygon).any(), block


def test_people_walk_as_fast_as_people_do(crowded):
    speeds = defaultdict(list)
    groups = defaultdict(set)
    for person, group in zip(crowded.company.people, crowded.cast.groups, strict=True):
        groups[group].add(person.age_group)
    for trail in crowded.story.trails:
        steps = np.linalg.norm(np.diff(trail.places, axis=0), axis=1) / np.diff(trail.times)
        assert steps.max() < 2.2  # a hurried adult
        together = trail.present[1:] & trail.present[:-1] & (steps > 0.4)
        # who comes with others is as fast as the slowest of them
        ages = "+".join(sorted(groups[crowded.cast.groups[trail.person]]))
        speeds[ages] += steps[together].tolist()
    assert 1.0 < np.median(speeds["adult"]) < 1.5
    assert 0.5 < np.median(speeds["elderly"]) < 1.0
    assert np.median(speeds["adult+child"]) < np.median(speeds["adult"])


def test_people_come_and_go_stand_and_shop(crowded):
    entrances = np.array([entrance.place for entrance in crowded.plan.entrances])
    visitors = {
        member for group in crowded.company.groups if group.kind != "staff"
        for member in group.members
    }  # fmt: skip
    assert set(by_person(crowded)) >= visitors
    for person, trails in by_person(crowded).items():
        if person in visitors:
            start = trails[0].places[0]
            assert np.linalg.norm(entrances - start, axis=1).min() < 2.5
    stood = np.concatenate([trail.speeds < 0.05 for trail in crowded.story.trails])
    assert 0.1 < stood.mean() < 0.9
    assert any(not trail.present.all() for trail in crowded.story.trails)


def test_families_stay_together(crowded):
    families = [group for group in crowded.company.groups if group.kind == "family"]
    apart = {event["group"] for event in crowded.story.events}
    assert len(families) > len(apart)
    trails = by_person(crowded)
    for group in families:
        if group.id in apart:
            continue
        one, other = trails[group.members[0]][0], trails[group.members[1]][0]
        shared = min(len(one.times), len(other.times))
        assert shared > 0.95 * max(len(one.times), len(other.times))
        gaps = np.linalg.norm(one.places[:shared] - other.places[:shared], axis=1)
        assert np.percentile(gaps, 95) < 3.5


def test_families_share_passages(crowded):
    cameras = defaultdict(list)
    for one in crowded.cast.passes:
        cameras[one.person].append((one.camera, crowded.cast.trails.trails[one.trail], one))
    apart = {event["group"] for event in crowded.story.events}
    shared = total = 0
    for group in crowded.company.groups:
        if group.kind not in ("family", "couple") or group.id in apart:
            continue
        first, second = group.members[:2]
        for camera, trail, one in cameras[first]:
            total += 1
            shared += any(
                camera == there and other.times[two.first] <= trail.times[one.last]
                and trail.times[one.first] <= other.times[two.last]
                for there, other, two in cameras[second]
            )  # fmt: skip
    assert total > 20
    assert shared > 0.8 * total


def test_outfits_repeat(crowded):
    people, outfits = {p.id: p for p in crowded.company.people}, crowded.company.outfits
    wearing = defaultdict(list)
    for person, outfit in outfits.items():
        wearing[outfit].append(people[person])
    assert 0.15 < len(outfits) / len(people) < 0.6
    assert sum(len(group) > 1 for group in wearing.values()) >= 3
    for group in wearing.values():
        assert len({person.top for person in group}) == 1
    assert not plan_day(people=30, hours=0.1, cameras=1, alike=0).company.outfits.keys() - {
        crowd.id for crowd in plan_day(people=30, hours=0.1, cameras=1).company.people[:2]
    }


def test_a_child_gets_lost_and_one_is_led_away(crowded):
    events = {event["kind"]: event for event in crowded.story.events}
    assert set(events) == {"lost-child", "led-away"}
    people = {person.id: person for person in crowded.company.people}
    for event in events.values():
        assert people[event["child"]].years <= 9
        assert event["time"] < event["missed"]
    assert events["lost-child"]["missed"] < events["lost-child"]["found"]
    away = events["led-away"]
    assert people[away["by"]].age_group == "adult"
    numbers = [int(away[key][1:]) - 1 for key in ("child", "by")]
    child, leader = (by_person(crowded)[number][-1] for number in numbers)
    assert np.linalg.norm(child.places[-1] - leader.places[-1]) < 1.5
    assert away["exit"] in {entrance.name for entrance in crowded.plan.entrances}


def test_passages_are_where_the_camera_sees(day):
    assert day.cast.passes
    for one in day.cast.passes:
        trail = day.cast.trails.trails[one.trail]
        camera = day.plan.cameras[one.camera].id
        assert day.plan.sees(camera, trail.places[[one.first, one.last]]).all()
        assert 1 <= len(one.shots) <= 4
        assert trail.times[one.first] <= one.shots[0] <= one.shots[-1] <= trail.times[one.last]


def test_list_truth_and_disk_agree(written):
    folder, truth = written.folder, lines(written.folder / "truth.jsonl")
    rows = listed(folder)
    assert tuple(rows[0]) == COLUMNS
    assert [row["path"] for row in rows] == [told["picture"] for told in truth]
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")}
    assert {row["path"] for row in rows} == on_disk
    assert written.pictures == len(rows) == len(on_disk)
    for row, told in zip(rows, truth, strict=True):
        for column in ("camera", "time", "tracklet"):
            assert row[column] == told[column]
        assert datetime.fromisoformat(told["time"]).tzinfo is not None
        assert row["path"].startswith(f"{row['camera']}/{row['tracklet']}_")
        assert told["person"] not in row["path"]


def test_the_truth_is_true(written, day):
    for told in lines(written.folder / "truth.jsonl"):
        number = int(told["person"][1:]) - 1
        seconds = (
            datetime.fromisoformat(told["time"]) - datetime.fromisoformat("2026-03-14T10:00:00Z")
        ).total_seconds()
        trail = next(
            k for k, one in enumerate(day.story.trails)
            if one.person == number and one.times[0] <= seconds <= one.times[-1]
        )  # fmt: skip
        assert day.cast.trails.at(trail, seconds).place == pytest.approx(
            told["position"], abs=0.006
        )
        assert day.plan.sees(told["camera"], np.array([told["position"]]))[0]
        group = day.cast.groups[number]
        assert {day.cast.groups[int(id[1:]) - 1] for id in told["companions"]} <= {group}


def test_every_tracklet_is_one_person_before_one_camera(written):
    tracklets = defaultdict(list)
    for told in lines(written.folder / "truth.jsonl"):
        tracklets[told["tracklet"]].append(told)
    passages = read_passages(written.folder / "tracklets.csv")
    assert set(passages) == set(tracklets)
    assert len(tracklets) == written.tracklets
    for name, group in tracklets.items():
        assert len({(told["person"], told["camera"]) for told in group}) == 1
        assert len(group) <= 4
        for told in group:
            time = datetime.fromisoformat(told["time"])
            assert passages[name].enter <= time <= passages[name].leave


def test_cameras_measure_people_nearly_right(written):
    tall = {one["id"]: one["height"] for one in lines(written.folder / "people.jsonl")}
    who = {one["tracklet"]: one["person"] for one in lines(written.folder / "truth.jsonl")}
    passages = read_passages(written.folder / "tracklets.csv")
    measured = {name: one.height for name, one in passages.items() if one.height is not None}
    assert 0.5 < len(measured) / len(passages) < 1
    # with hat and shoes everybody is some centimetres taller
    errors = np.array([height - tall[who[name]] for name, height in measured.items()])
    assert 0 < np.median(errors) < 0.09
    assert 0.01 < errors.std() < 0.08


def test_crops_show_the_person(written):
    for told in lines(written.folder / "truth.jsonl"):
        with Image.open(written.folder / told["picture"]) as picture:
            width, height = picture.size
            spread = np.asarray(picture, float).std()
        x, y, w, h = told["box"]
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        assert height >= 40
        assert told["visible"] >= 0.3
        assert spread > 8


def test_everybody_is_told_of(written):
    people = lines(written.folder / "people.jsonl")
    truth = lines(written.folder / "truth.jsonl")
    assert len({person["id"] for person in people}) == SMALL["people"] == written.people
    for person in people:
        styles = list(person["descriptions"])
        assert styles[0] == "vague"
        assert len(person["descriptions"]["vague"]) < len(person["descriptions"]["full"])
        assert person["id"] not in person["companions"]
        assert bool(person["companions"]) == (person["kind"] not in ("alone", "staff"))
        shown = [told["tracklet"] for told in truth if told["person"] == person["id"]]
        assert person["tracklets"] == list(dict.fromkeys(shown))
        for enter, leave in person["visits"]:
            assert enter < leave


def test_the_floor_plan_holds_the_cameras(written):
    plan = read_floorplan(written.folder / "floorplan.json")
    assert tuple(camera.id for camera in plan.cameras) == written.cameras
    one, other = written.cameras[:2]
    assert 5 < plan.walking_metres(one, other) < 60


def test_the_folder_is_read_by_its_list(written):
    pictures = list(read_pictures(written.folder))
    assert len(pictures) == written.pictures
    assert all(picture.tracklet and picture.time and picture.person is None for picture in pictures)
    with pytest.raises(DatasetError, match="--camera is for plain folders"):
        list(read_pictures(written.folder, camera="hall"))


def test_the_same_seed_gives_the_same_bytes_however_many_processes_draw(tmp_path):
    for name, workers in (("one", 1), ("two", 2)):
        draw_day(tmp_path / name, people=3, hours=0.1, cameras=1, seed=4, workers=workers)
    contents = [
        {path.relative_to(tmp_path / name): path.read_bytes()
         for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    ]  # fmt: skip
    assert contents[0] == contents[1]
    assert any(path.suffix == ".jpg" for path in contents[0])


def test_another_seed_is_another_day(day):
    other = plan_day(**{**SMALL, "seed": 3})
    assert other.company.people != day.company.people
    assert plan_day(**SMALL).cast.passes == day.cast.passes


def test_a_new_day_replaces_the_old_one_and_nothing_else(tmp_path):
    (tmp_path / "west-door").mkdir()
    (tmp_path / "west-door" / "old.jpg").write_bytes(b"old")
    (tmp_path / "west-door" / "mine.jpg").write_bytes(b"mine")
    (tmp_path / "index.csv").write_text("path,camera,time,tracklet\nwest-door/old.jpg,c,,\n")
    draw_day(tmp_path, people=1, hours=0.05, cameras=1, seed=1, workers=1)
    assert not (tmp_path / "west-door" / "old.jpg").exists()
    assert (tmp_path / "west-door" / "mine.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"people": 0}, "ask for at least 1"),
        ({"hours": 0}, "0.05 to 24 hours"),
        ({"cameras": 99}, "places for 1 to 12"),
        ({"alike": 1.5}, "share from 0 to 1"),
        ({"people": 1, "led_away": 1}, "no family whose child"),
    ],
)
def test_what_makes_no_day_is_refused(changed, message):
    with pytest.raises(SimulatorError, match=message):
        plan_day(**{**SMALL, **changed})


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    with pytest.raises(SimulatorError, match="blocked: the day cannot be written"):
        draw_day(blocked, people=1, hours=0.05, cameras=1, workers=1)
