from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeImageEncoder, draw, drawn
from PIL import Image

from cmps.datasets.picture import Picture
from cmps.gallery.records import GalleryError, Passage, sighting_id
from cmps.ingest import index as room
from cmps.ingest.index import decode, index


def test_pictures_become_sightings_with_all_that_is_known(store, tmp_path):
    time = datetime(2026, 5, 1, 12, tzinfo=UTC)
    picture = drawn(
        tmp_path / "a.jpg",
        "red",
        "blue",
        camera="gate",
        time=time,
        tracklet="t1",
        person="p1",
        box=(2, 4, 10, 40),
    )
    report = index([picture], store, FakeImageEncoder())
    assert (report.pictures, report.new, report.known, report.failures) == (1, 1, 0, [])
    assert set(report.timings.stages) == {"decode", "encode", "store"}
    assert report.per_second > 0
    [sighting] = store.get(store.listing(), pictures=True)
    assert sighting.id == sighting_id(picture.path.read_bytes(), picture.box)
    assert (sighting.camera, sighting.time, sighting.tracklet) == ("gate", time, "t1")
    assert (sighting.person, sighting.source) == ("p1", str(picture.path))
    assert Image.open(io.BytesIO(sighting.picture)).size == (10, 40)


def test_a_picture_takes_what_the_camera_knows_of_its_tracklet(store, tmp_path):
    time = datetime(2026, 5, 1, 12, tzinfo=UTC)
    passage = Passage("t1", "gate", time, time, (1.0, 2.0), (3.0, 2.0))
    pictures = [
        drawn(tmp_path / f"{name}.jpg", "red", colour, camera="gate", tracklet=name)
        for name, colour in (("t1", "blue"), ("t2", "green"))
    ]
    index(pictures, store, FakeImageEncoder(), passages={"t1": passage})
    found = {one.tracklet: one.passage for one in store.get(store.listing())}
    assert found == {"t1": passage, "t2": None}


def test_the_same_picture_twice_is_one_sighting_and_is_encoded_once(store, tmp_path):
    first = drawn(tmp_path / "a.jpg", "red", "blue")
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(first.path.read_bytes())
    encoder = FakeImageEncoder()
    report = index([first, first, Picture(copy)], store, encoder)
    assert (report.new, report.known, encoder.seen) == (1, 2, 1)
    again = index([first, Picture(copy)], store, encoder)
    assert (again.new, again.known, encoder.seen) == (0, 2, 1)
    assert store.count() == 1


def test_two_boxes_of_one_picture_are_two_sightings(store, tmp_path):
    path = draw(tmp_path / "frame.png", "red", "blue", size=(80, 60))
    boxes = [(0, 0, 30, 60), (40, 0, 30, 60)]
    report = index([Picture(path, box=box) for box in boxes], store, FakeImageEncoder())
    assert report.new == 2


def test_a_broken_picture_costs_only_itself(store, tmp_path):
    good = [drawn(tmp_path / f"{n}.jpg", "red", "blue", seed=n) for n in range(3)]
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(good[0].path.read_bytes()[:300])
    empty = tmp_path / "empty.png"
    empty.touch()
    gone = tmp_path / "gone.jpg"
    broken = [Picture(path) for path in (text, cut, empty, gone)]
    report = index([good[0], *broken, *good[1:]], store, FakeImageEncoder())
    assert (report.pictures, report.new) == (7, 3)
    assert len(report.failures) == 4
    for path, line in zip((text, cut, empty, gone), report.failures, strict=True):
        assert str(path) in line
        assert "\n" not in line
    assert "not a picture" in report.failures[0]
    assert "damaged" in report.failures[1]
    assert "cannot be read (No such file or directory)" in report.failures[3]


def test_a_small_jpeg_is_stored_byte_for_byte_and_a_large_one_smaller(tmp_path):
    small = drawn(tmp_path / "small.jpg", "red", "blue")
    assert decode(small).jpeg == small.path.read_bytes()
    large = Picture(draw(tmp_path / "large.jpg", "red", "blue", size=(300, 900)))
    stored = decode(large)
    assert Image.open(io.BytesIO(stored.jpeg)).size == (128, room.STORED_HEIGHT)
    assert stored.pixels.shape == (900, 300, 3)


def test_a_tracklet_over_two_cameras_costs_only_the_picture(store, tmp_path):
    def seen(name, camera, seed):
        return drawn(tmp_path / name, "red", "blue", seed=seed, camera=camera, tracklet="t1")

    report = index([seen("a.png", "gate", 1)], store, FakeImageEncoder())
    later = [seen("b.png", "hall", 2), seen("c.png", "gate", 3)]
    report = index(later, store, FakeImageEncoder())
    assert report.new == 1
    assert len(report.failures) == 1
    assert "b.png: tracklet t1 belongs to camera gate, not hall" in report.failures[0]


def test_a_full_disk_leaves_earlier_batches_searchable(store, tmp_path, monkeypatch):
    pictures = [drawn(tmp_path / f"{n}.jpg", "red", "blue", seed=n) for n in range(5)]
    monkeypatch.setattr(room, "BATCH", 2)
    upsert, batches = store.upsert, []

    def filling(sightings):
        batches.append(len(sightings))
        if len(batches) == 3:
            raise GalleryError("disk full; make room, then run the command again")
        return upsert(sightings)

    monkeypatch.setattr(store, "upsert", filling)
    done = []
    with pytest.raises(GalleryError, match="disk full"):
        index(pictures, store, FakeImageEncoder(), done.append)
    assert store.count() == 4
    assert done == [2, 2]


def test_no_pictures_are_no_work(store):
    report = index([], store, FakeImageEncoder())
    assert (report.pictures, report.per_second) == (0, 0.0)


def test_the_source_is_a_path_that_stays_true_elsewhere(store, tmp_path, monkeypatch):
    draw(tmp_path / "a.jpg", "red", "blue")
    monkeypatch.chdir(tmp_path)
    index([Picture(Path("a.jpg"))], store, FakeImageEncoder())
    assert store.get(store.listing())[0].source == str(tmp_path / "a.jpg")
