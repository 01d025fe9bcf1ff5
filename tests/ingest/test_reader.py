from __future__ import annotations

import json

import pytest
from fakes import draw

from cmps.datasets.picture import DatasetError
from cmps.ingest.reader import guess_layout, read_all, read_pictures


@pytest.fixture
def market(tmp_path):
    """Market-1501 as the archive unpacks: query and gallery, one picture each."""
    root = tmp_path / "Market-1501-v15.09.15"
    draw(root / "query" / "0001_c1s1_000151_00.jpg", "red", "blue")
    draw(root / "bounding_box_test" / "0001_c2s1_000301_00.jpg", "red", "blue", seed=1)
    return root


@pytest.fixture
def pedes(tmp_path):
    root = tmp_path / "CUHK-PEDES"
    draw(root / "imgs" / "cam_a" / "1.jpg", "red", "blue")
    record = {
        "split": "val",
        "captions": ["a red top"],
        "file_path": "cam_a/1.jpg",
        "id": 1,
    }
    (root / "reid_raw.json").write_text(json.dumps([record]))
    return root


@pytest.fixture
def listing(tmp_path):
    draw(tmp_path / "crops" / "1.jpg", "red", "blue")
    path = tmp_path / "crops" / "list.csv"
    path.write_text(
        "path,camera,time\n1.jpg,gate,2026-05-01T12:00:00Z\n1.jpg,gate,noon\n1.jpg,hall,\n"
    )
    return path


def test_layouts_are_told_from_the_contents(market, pedes, listing, tmp_path):
    assert guess_layout(market) == "market1501"
    assert guess_layout(pedes) == "cuhk-pedes"
    assert guess_layout(listing) == "csv"
    assert guess_layout(listing.parent) == "folder"
    assert guess_layout(listing.parent / "1.jpg") == "folder"


def test_the_folder_above_an_unpacked_archive_will_do(market):
    assert guess_layout(market.parent) == "market1501"
    assert len(list(read_pictures(market.parent))) == 2


def test_market_gives_camera_identity_and_time_of_all_its_folders(market):
    found = {one.split: one for one in read_pictures(market)}
    assert set(found) == {"query", "gallery"}
    assert (found["query"].camera, found["gallery"].camera) == ("c1", "c2")
    assert found["query"].person == found["gallery"].person == "market:0001"
    assert found["query"].time < found["gallery"].time


def test_one_of_markets_folders_may_be_named_itself(market):
    [picture] = read_pictures(market / "query", "market1501")
    assert picture.camera == "c1"


def test_a_folder_without_markets_names_is_refused(pedes):
    with pytest.raises(DatasetError, match="neither Market-1501's folders nor its pictures"):
        list(read_pictures(pedes, "market1501"))


def test_pedes_gives_captions(pedes):
    [picture] = read_pictures(pedes)
    assert picture.captions == ("a red top",)
    assert picture.camera == "cam_a"


def test_a_broken_csv_line_is_told_and_the_others_are_read(listing):
    errors = []
    found = read_all([listing], on_error=errors.append)
    assert [one.camera for one in found] == ["gate", "hall"]
    assert len(errors) == 1
    assert "list.csv line 3" in str(errors[0])


def test_without_a_handler_a_broken_csv_line_ends_the_reading(listing):
    with pytest.raises(DatasetError, match="line 3"):
        read_all([listing])


def test_a_camera_names_a_plain_folder(listing):
    found = read_all([listing.parent, listing.parent / "1.jpg"], camera="door")
    assert [one.camera for one in found] == ["door", "door"]


def test_a_camera_for_what_names_its_own_is_refused(listing, market):
    for path in (listing, market):
        with pytest.raises(DatasetError, match="--camera is for plain folders"):
            read_all([path], camera="door")


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        read_all([tmp_path / "nowhere"])
