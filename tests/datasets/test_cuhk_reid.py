from __future__ import annotations

import pytest

from cmps.datasets.cuhk_reid import read_cuhk01, read_cuhk03
from cmps.datasets.picture import DatasetError


def test_cuhk01_names(tmp_path, painter):
    for name in ("0001001", "0001003", "0012004"):
        painter(tmp_path / "CUHK01" / f"{name}.jpg")
    found = [(picture.person, picture.camera) for picture in read_cuhk01(tmp_path)]
    assert found == [
        ("cuhk01:0001", "cuhk01-a"),
        ("cuhk01:0001", "cuhk01-b"),
        ("cuhk01:0012", "cuhk01-b"),
    ]


def test_cuhk03_names(tmp_path, painter):
    for name in ("0001_05", "0001_06"):
        painter(tmp_path / "CUHK03" / "labeled" / f"{name}.png")
    found = [(picture.person, picture.camera) for picture in read_cuhk03(tmp_path)]
    assert found == [("cuhk03:0001", "cuhk03-a"), ("cuhk03:0001", "cuhk03-b")]


@pytest.mark.parametrize(("read", "folder"), [(read_cuhk01, "CUHK01"), (read_cuhk03, "labeled")])
def test_missing_folders_and_foreign_names(tmp_path, painter, read, folder):
    with pytest.raises(DatasetError, match=f"{folder} is missing or empty"):
        next(read(tmp_path))
    path = tmp_path / ("CUHK03/labeled" if folder == "labeled" else folder)
    painter(path / "holiday.jpg")
    with pytest.raises(DatasetError, match=r"holiday\.jpg: not a picture of cuhk0"):
        next(read(tmp_path))


@pytest.mark.slow
def test_counts_of_the_real_sets(data_pack):
    assert sum(1 for _ in read_cuhk01(data_pack)) == 3_564
    assert sum(1 for _ in read_cuhk03(data_pack)) == 7_490
