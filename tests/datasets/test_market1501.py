from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.datasets.market1501 import (
    NOMINAL_DAY,
    find_market1501,
    is_junk,
    parse_name,
    read_market1501,
)
from cmps.datasets.picture import DatasetError

PARTS = st.tuples(
    st.integers(-1, 1501),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 170_000),
    st.integers(0, 99),
)


def name(person, camera, sequence, frame, number):
    written = "-1" if person == -1 else f"{person:04}"
    return f"{written}_c{camera}s{sequence}_{frame:06}_{number:02}.jpg"


@given(PARTS)
def test_names_round_trip(parts):
    picture = parse_name(Path(name(*parts)), "gallery")
    person, camera, sequence, frame, number = parts
    since = picture.time - NOMINAL_DAY
    told = (
        -1 if is_junk(picture) else int((picture.person or "market:0000").removeprefix("market:"))
    )
    read_sequence, rest = divmod(since, timedelta(hours=2))
    read_frame = round(rest / timedelta(seconds=1) * 25)
    read = (told, int(picture.camera[1:]), read_sequence, read_frame, number)
    assert name(*read) == picture.path.name
    assert (picture.person is None) == (person < 1)
    assert picture.split == "gallery"
    assert (camera, sequence, frame) == read[1:4]


@given(PARTS, PARTS)
def test_sequences_of_a_camera_never_overlap(one, two):
    if one[2] < two[2]:
        assert parse_name(Path(name(*one))).time < parse_name(Path(name(*two))).time


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_any_other_name_is_a_dataset_error(text):
    with pytest.raises(DatasetError, match="not a Market-1501 file name"):
        parse_name(Path("folder") / f"x{text}")


@pytest.mark.parametrize(
    "text", ["0002_c1s1_000451_03x.jpg", "10002_c1s1_000451_03.jpg", "0002_c1s1_00045١_03.jpg"]
)
def test_names_that_almost_fit_are_refused(text):
    with pytest.raises(DatasetError, match="not a Market-1501 file name"):
        parse_name(Path(text))


def test_official_folders_are_read_in_order(tmp_path, painter):
    root = tmp_path / "Market-1501-v15.09.15"
    for file in ("query/0002_c2s1_000002_00.jpg", "query/0001_c1s1_000001_00.jpg"):
        painter(root / file)
    (root / "query" / "Thumbs.db").touch()
    names = ["0001_c1s1_000001_00.jpg", "0002_c2s1_000002_00.jpg"]
    for start in (root, tmp_path):
        assert [picture.path.name for picture in read_market1501(start, "query")] == names
    assert find_market1501(tmp_path) == root


def test_what_is_no_market_layout_is_named(tmp_path, painter):
    with pytest.raises(DatasetError, match="no split 'val'; choose one of train, query, gallery"):
        next(read_market1501(tmp_path, "val"))
    with pytest.raises(DatasetError, match="--root must hold"):
        next(read_market1501(tmp_path))
    (tmp_path / "query").mkdir()
    with pytest.raises(DatasetError, match="query is missing or empty"):
        next(read_market1501(tmp_path, "query"))
    painter(tmp_path / "query" / "holiday.jpg")
    with pytest.raises(DatasetError, match=r"holiday\.jpg: not a Market-1501 file name"):
        next(read_market1501(tmp_path, "query"))


@pytest.mark.slow
def test_counts_of_the_real_set(data_pack):
    counts = {"train": (12_049, 696), "query": (3_368, 750), "gallery": (15_913, None)}
    for split, (pictures, people) in counts.items():
        found = list(read_market1501(data_pack, split))
        assert len(found) == pictures
        if people is not None:
            assert len({picture.person for picture in found} - {None}) == people


@pytest.mark.slow
def test_real_sequences_stay_apart_in_time(data_pack):
    spans = {}
    for split in ("train", "query", "gallery"):
        for picture in read_market1501(data_pack, split):
            key = (picture.camera, picture.path.name.split("_")[1][-1])
            first, last = spans.get(key, (picture.time, picture.time))
            spans[key] = (min(first, picture.time), max(last, picture.time))
    for (one, (_, end)), (two, (start, _)) in pairwise(sorted(spans.items())):
        assert one[0] != two[0] or end < start
