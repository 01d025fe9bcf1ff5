"""CUHK01 and CUHK03 (labeled crops), used for image-side training only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cmps.datasets.picture import DatasetError, Picture

CUHK01 = re.compile(r"(?P<person>\d{4})(?P<number>\d{3})\.(jpg|png)", re.ASCII)
CUHK03 = re.compile(r"(?P<person>\d{4})_(?P<number>\d{2})\.(jpg|png)", re.ASCII)


def read_cuhk01(root: Path) -> Iterator[Picture]:
    """Yield CUHK01: ``PPPPIII.jpg``; pictures 1 and 2 come from camera A, 3 and 4 from B.

    Raises:
        DatasetError: If ``root/CUHK01`` is missing or empty, or holds a foreign file name.
    """
    yield from _read(root / "CUHK01", CUHK01, "cuhk01", "PPPPIII.jpg", 2)


def read_cuhk03(root: Path) -> Iterator[Picture]:
    """Yield CUHK03's labeled crops: ``PPPP_NN.jpg``; the first five are camera A's.

    Raises:
        DatasetError: If ``root/CUHK03/labeled`` is missing or empty, or holds a foreign file name.
    """
    yield from _read(root / "CUHK03" / "labeled", CUHK03, "cuhk03", "PPPP_NN.jpg", 5)


def _read(
    folder: Path, pattern: re.Pattern[str], name: str, expected: str, last_of_a: int
) -> Iterator[Picture]:
    paths = sorted(folder.glob("*.[jp][pn]g")) if folder.is_dir() else []
    if not paths:
        raise DatasetError(f"{folder} is missing or empty; unpack cuhk_reid.tar.gz there")
    for path in paths:
        match = pattern.fullmatch(path.name)
        if match is None:
            raise DatasetError(f"{path}: not a picture of {name}; expected {expected}")
        camera = "a" if int(match["number"]) <= last_of_a else "b"
        person = f"{name}:{match['person']}"
        yield Picture(path, camera=f"{name}-{camera}", person=person, split="train")
