"""A small draw, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cmps.simulator.gallery import draw_gallery


@dataclass(frozen=True)
class Drawn:
    """A drawn gallery: its folder and what ``draw_gallery`` returned."""

    folder: Path
    truth: dict[str, Any]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Twelve people before four cameras."""
    folder = tmp_path_factory.mktemp("simulator") / "gallery"
    return Drawn(folder, draw_gallery(folder, people=12, cameras=4, seed=3))
