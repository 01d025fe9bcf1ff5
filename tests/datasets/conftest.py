from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def painter():
    """A function that writes a small picture under any name, making its folders."""

    def paint(path: Path, **options) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 8), (200, 30, 30)).save(path, **options)
        return path

    return paint


@pytest.fixture
def real_data() -> Path:
    """The unpacked data pack; skips where it is absent."""
    default = Path(__file__).resolve().parents[3] / "data"
    folder = Path(os.environ.get("CMPS_TEST_DATA", default))
    if not (folder / "CUHK-PEDES").is_dir():
        pytest.skip(f"no unpacked data pack in {folder}; CMPS_TEST_DATA names its folder")
    return folder
