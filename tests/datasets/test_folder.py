from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cmps.datasets.folder import exif_time, read_folder
from cmps.datasets.picture import DatasetError


def tagged(path: Path, tags: dict[int, str]) -> Path:
    """Write a JPEG with tags in its EXIF sub-directory."""
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(tags)
    Image.new("RGB", (4, 8)).save(path, exif=exif)
    return path


def test_a_tree_is_read_in_order_without_hidden_files(tmp_path, painter):
    for name in ("b.png", "a.JPG", "hall/2.webp", "hall/deep/1.bmp", "gate/9.jpeg"):
        painter(tmp_path / name)
    painter(tmp_path / ".thumbs" / "x.jpg")
    painter(tmp_path / ".hidden.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    found = [
        (str(picture.path.relative_to(tmp_path)), picture.camera)
        for picture in read_folder(tmp_path)
    ]
    assert found == [
        ("a.JPG", "unknown"),
        ("b.png", "unknown"),
        ("gate/9.jpeg", "gate"),
        ("hall/2.webp", "hall"),
        ("hall/deep/1.bmp", "hall"),
    ]


def test_a_given_camera_holds_for_all(tmp_path, painter):
    painter(tmp_path / "hall" / "1.png")
    painter(tmp_path / "2.png")
    assert {picture.camera for picture in read_folder(tmp_path, "c7")} == {"c7"}


def test_a_single_picture_is_accepted(tmp_path, painter):
    path = painter(tmp_path / "one.png")
    (picture,) = read_folder(path)
    assert (picture.path, picture.camera, picture.time) == (path, "unknown", None)
    assert next(read_folder(path, "gate")).camera == "gate"


def test_what_is_no_collection_is_named(tmp_path):
    with pytest.raises(DatasetError, match="none does not exist"):
        next(read_folder(tmp_path / "none"))
    with pytest.raises(DatasetError, match="holds no pictures"):
        next(read_folder(tmp_path))
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DatasetError, match=r"notes\.txt is not a picture"):
        next(read_folder(tmp_path / "notes.txt"))


def test_time_comes_from_exif_with_its_zone(tmp_path):
    path = tagged(tmp_path / "a.jpg", {0x9003: "2026:05:01 14:30:05", 0x9011: "+02:00"})
    expected = datetime(2026, 5, 1, 14, 30, 5, tzinfo=timezone(timedelta(hours=2)))
    assert next(read_folder(path)).time == expected


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {0x9003: "2026:05:01 14:30:05"},
        {0x9011: "+02:00"},
        {0x9003: "0000:00:00 00:00:00", 0x9011: "+02:00"},
        {0x9003: "yesterday", 0x9011: "+02:00"},
        {0x9003: "2026:05:01 14:30:05", 0x9011: "summer"},
    ],
)
def test_half_a_time_is_no_time(tmp_path, tags):
    assert exif_time(tagged(tmp_path / "a.jpg", tags)) is None


@given(st.binary(max_size=300))
def test_any_bytes_have_a_time_or_none(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "a.jpg"
    path.write_bytes(content)
    (picture,) = read_folder(path)
    assert picture.time is None
