from __future__ import annotations

import pytest
from command_line import id_of
from fakes import draw

from cmps.gallery.records import GalleryError
from cmps.ingest import index as room


def test_a_folder_a_picture_and_a_list_at_once(cmps, world, crops, tmp_path):
    draw(tmp_path / "more" / "door" / "7.png", "orange", "black", seed=7)
    draw(tmp_path / "8.png", "black", "red", seed=8)
    answer = cmps("index", crops, "more", "8.png", "--json")
    assert answer.code == 0
    assert answer.err == ""
    assert answer.json["pictures"] == answer.json["new"] == answer.json["gallery"] == 8
    assert answer.json["cameras"] == ["door", "gate", "hall", "unknown"]
    assert answer.json["refused"] == []
    assert set(answer.json["milliseconds"]) == {"decode", "encode", "store"}


def test_indexing_again_adds_nothing(cmps, filled, crops):
    answer = cmps("index", crops, "--json").json
    assert (answer["new"], answer["known"], answer["gallery"]) == (0, 6, 6)
    assert filled.image.seen == 6


def test_a_camera_for_a_folder(cmps, world, tmp_path):
    draw(tmp_path / "photos" / "1.bmp", "red", "blue")
    assert cmps("index", "photos", "--camera", "door", "--json").json["cameras"] == ["door"]


def test_a_layout_may_be_named(cmps, world, tmp_path):
    draw(tmp_path / "0002_c3s1_000451_03.jpg", "red", "blue")
    arguments = ("index", tmp_path, "--dataset", "market1501", "--json")
    assert cmps(*arguments).json["cameras"] == ["c3"]


def test_broken_pictures_and_lines_are_named_and_the_rest_is_indexed(cmps, world, crops):
    (crops.parent / "2.bmp").write_bytes(b"not a picture")
    with crops.open("a") as file:
        file.write("3.bmp,hall,yesterday\n9.bmp,hall,\n")
    answer = cmps("index", crops)
    assert answer.code == 2
    lines = answer.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("cmps: ") for line in lines)
    assert "list.csv line 8" in lines[0]
    assert "2.bmp: not a picture" in lines[1]
    assert "9.bmp: cannot be read" in lines[2]
    assert "5 new, 0 known, 3 refused" in answer.out
    assert world.store.count() == 5
    assert cmps("search", "--text", "red top", "--json").json["gallery"] == 5


def test_refusals_are_in_the_json_too(cmps, world, crops):
    (crops.parent / "2.bmp").write_bytes(b"")
    answer = cmps("index", crops, "--json")
    assert answer.code == 2
    assert len(answer.json["refused"]) == 1
    assert "2.bmp" in answer.json["refused"][0]


def test_a_full_disk_is_one_line_and_what_was_indexed_stays(cmps, world, crops, monkeypatch):
    monkeypatch.setattr(room, "BATCH", 4)
    upsert = world.store.upsert

    def filling(sightings):
        if world.store.count():
            raise GalleryError("disk full; make room, then run the command again")
        return upsert(sightings)

    monkeypatch.setattr(world.store, "upsert", filling)
    answer = cmps("index", crops)
    assert answer.code == 2
    assert answer.err == "cmps: disk full; make room, then run the command again\n"
    assert answer.out == ""
    assert len(cmps("search", "--text", "red top", "--json").json["candidates"]) == 4


def test_a_second_path_that_is_missing_stops_before_any_work(cmps, world, crops):
    answer = cmps("index", crops, "nowhere")
    assert (answer.code, answer.err) == (2, "cmps: nowhere does not exist\n")
    assert world.store.count() == 0


def test_delete_removes_and_says_how_many(cmps, filled):
    first, second = id_of(filled, "1.bmp"), id_of(filled, "2.bmp")
    answer = cmps("delete", first, f"sighting:{second}", first, "--json").json
    assert answer == {"removed": 2, "gallery": 4}
    assert cmps("search", "--image", f"sighting:{first}").code == 2


def test_delete_of_an_unknown_sighting_removes_nothing(cmps, filled):
    answer = cmps("delete", id_of(filled, "1.bmp"), "feed")
    assert answer.code == 2
    assert "sighting feed is not in the gallery" in answer.err
    assert filled.store.count() == 6


@pytest.mark.parametrize("arguments", [("index",), ("delete",)])
def test_commands_need_something_to_work_on(cmps, world, arguments):
    answer = cmps(*arguments)
    assert answer.code == 2
    assert answer.err.startswith("cmps: Missing argument")
