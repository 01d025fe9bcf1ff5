"""CUHK01 and CUHK03 (labeled crops), used for image-side training only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cmps.datasets.picture import DatasetError, Picture


def read_cuhk01(root: Path) -> Iterator[Picture]:
    """Yield CUHK01: ``PPPPIII.jpg``; pictures 1 and 2 come from camera A, 3 and 4 from B."""
    for path in _pictures(root / "CUHK01"):
        camera = "cuhk01-a" if int(path.stem[4:7]) <= 2 else "cuhk01-b"
        yield Picture(path, camera=camera, person=f"cuhk01:{path.stem[:4]}", split="train")


def read_cuhk03(root: Path) -> Iterator[Picture]:
    """Yield CUHK03's labeled crops: ``PPPP_NN.jpg``; the first five are camera A's."""
    for path in _pictures(root / "CUHK03" / "labeled"):
        person, number = path.stem.split("_")[:2]
        camera = "cuhk03-a" if int(number) <= 5 else "cuhk03-b"
        yield Picture(path, camera=camera, person=f"cuhk03:{person}", split="train")


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError(f"{folder} is missing; unpack cuhk_reid.tar.gz there")
    return sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
