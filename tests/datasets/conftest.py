from __future__ import annotations

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
