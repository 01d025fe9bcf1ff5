"""A drawn gallery: files, list and truth agree, and the draw can be repeated."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from cmps.simulator.describe import describe
from cmps.simulator.gallery import COLUMNS, draw_gallery
from cmps.simulator.people import Person, SimulatorError, sample_crowd


def rows(folder):
    with (folder / "pictures.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_the_list_names_every_picture_once(drawn):
    listed = rows(drawn.folder)
    assert tuple(listed[0]) == COLUMNS
    paths = [row["path"] for row in listed]
    on_disk = {p.relative_to(drawn.folder).as_posix() for p in drawn.folder.rglob("*.jpg")}
    assert len(set(paths)) == len(paths)
    assert set(paths) == on_disk == set(drawn.truth["pictures"])


def test_list_and_truth_agree(drawn):
    for row in rows(drawn.folder):
        told = drawn.truth["pictures"][row["path"]]
        for column in ("camera", "time", "tracklet", "person"):
            assert row[column] == told[column]
        assert [row[c] for c in "xywh"] == [""] * 4
        assert row["path"].startswith(f"{row['camera']}/")
        assert row["time"].endswith("Z")
        assert datetime.fromisoformat(row["time"]).tzinfo is not None


def test_the_truth_on_disk_is_the_one_returned(drawn):
    assert json.loads((drawn.folder / "truth.json").read_text()) == drawn.truth


def test_people_in_the_truth_are_the_crowd_of_the_seed(drawn):
    crowd = sample_crowd(3, 12)
    for entry, person in zip(drawn.truth["people"], crowd, strict=True):
        fields = {name: entry[name] for name in Person.__dataclass_fields__}
        assert Person.from_dict(fields) == person
        assert entry["descriptions"] == describe(person)
        shown = {p for p, t in drawn.truth["pictures"].items() if t["person"] == person.id}
        assert set(entry["pictures"]) == shown


def test_everybody_is_seen_twice_by_two_to_four_cameras(drawn):
    tracklets = defaultdict(list)
    for row in rows(drawn.folder):
        tracklets[row["tracklet"]].append(row)
    for pictures in tracklets.values():
        assert len(pictures) == 2
        assert len({(p["camera"], p["person"]) for p in pictures}) == 1
        first, last = (datetime.fromisoformat(p["time"]) for p in pictures)
        assert 0.5 < (last - first).total_seconds() < 2
    cameras = defaultdict(set)
    for row in rows(drawn.folder):
        cameras[row["person"]].add(row["camera"])
    assert all(2 <= len(seen) <= 4 for seen in cameras.values())
    assert len(cameras) == 12


def test_every_person_is_inside_their_crop(drawn):
    for path, told in drawn.truth["pictures"].items():
        with Image.open(drawn.folder / path) as picture:
            width, height = picture.size
        x, y, w, h = told["box"]
        assert 0 <= x < x + w <= width, path
        assert 0 <= y < y + h <= height, path
        assert 0.3 < told["visible"] <= 1.0, path
        if told["visible"] > 0.95 and not told["others"]:
            assert h > 0.8 * height, path


def test_crops_look_like_crops(drawn):
    sizes, spread = [], []
    for path in drawn.truth["pictures"]:
        with Image.open(drawn.folder / path) as picture:
            assert picture.format == "JPEG"
            assert picture.mode == "RGB"
            sizes.append(picture.size)
            spread.append(np.asarray(picture, float).std())
    widths, heights = np.array(sizes).T
    assert (heights > 70).all()
    assert (heights < 420).all()
    assert 1.4 < np.median(heights / widths) < 3.2
    assert min(spread) > 12


def test_some_are_partly_hidden_and_some_have_company(drawn):
    told = drawn.truth["pictures"].values()
    assert any(t["visible"] < 0.9 for t in told)
    assert any(t["others"] for t in told)
    ids = {p["id"] for p in drawn.truth["people"]}
    assert all(set(t["others"]) <= ids - {t["person"]} for t in told)


def test_the_same_seed_gives_the_same_bytes_however_many_threads_draw(tmp_path):
    for name, workers in (("one", 1), ("three", 3)):
        draw_gallery(tmp_path / name, people=3, cameras=2, seed=5, workers=workers)
    assert contents(tmp_path / "one") == contents(tmp_path / "three")


def test_another_seed_gives_other_pictures(drawn, tmp_path):
    draw_gallery(tmp_path, people=2, cameras=2, seed=4)
    pictures = {data for name, data in contents(tmp_path).items() if name.endswith(".jpg")}
    assert len(pictures) == 8
    assert not pictures & set(contents(drawn.folder).values())


def test_drawing_again_replaces_the_pictures_and_nothing_else(tmp_path):
    draw_gallery(tmp_path, people=2, cameras=2, seed=1)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "court").mkdir(exist_ok=True)
    (tmp_path / "court" / "holiday.jpg").write_bytes(b"mine")
    before = set(contents(tmp_path))
    truth = draw_gallery(tmp_path, people=1, cameras=2, seed=1)
    kept = {"notes.txt", "court/holiday.jpg", "pictures.csv", "truth.json"}
    assert set(contents(tmp_path)) == kept | set(truth["pictures"])
    assert set(contents(tmp_path)) < before


def test_progress_counts_to_the_end(tmp_path):
    calls = []
    draw_gallery(tmp_path, 2, 1, 1, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    with pytest.raises(SimulatorError, match="blocked: the gallery cannot be written"):
        draw_gallery(blocked, people=1, cameras=1)


@pytest.mark.parametrize(("people", "cameras"), [(0, 4), (4, 0)])
def test_counts_that_make_no_gallery_are_refused(tmp_path, people, cameras):
    with pytest.raises(SimulatorError, match="ask for at least 1"):
        draw_gallery(tmp_path / "out", people=people, cameras=cameras)
    assert not (tmp_path / "out").exists()
