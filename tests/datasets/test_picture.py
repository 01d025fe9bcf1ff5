from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from cmps.datasets.picture import DatasetError, Picture


def test_naive_times_and_empty_boxes_are_refused():
    with pytest.raises(DatasetError, match=r"a\.jpg: the time .* has no zone"):
        Picture(Path("a.jpg"), time=datetime(2026, 5, 1))
    with pytest.raises(DatasetError, match=r"a\.jpg: the box .* is empty"):
        Picture(Path("a.jpg"), box=(0, 0, 0, 5))
