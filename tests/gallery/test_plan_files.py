"""``tracklets.csv``, written and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cmps.gallery.floorplan import FloorPlanError
from cmps.gallery.plan_files import passages_beside, read_passages, write_passages
from cmps.gallery.records import Passage

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=9.5)
PASSAGES = {
    "t1": Passage("t1", "gate", NOON, LATER, (1.5, -2.0), (4.0, 0.25), 1.12),
    "t2": Passage("t2", "hall", NOON, NOON, (0.0, 0.0), (0.0, 0.0)),
}


def test_what_is_written_is_read(tmp_path):
    write_passages(PASSAGES.values(), tmp_path / "tracklets.csv")
    assert read_passages(tmp_path / "tracklets.csv") == PASSAGES
    assert passages_beside([tmp_path / "a.jpg", tmp_path]) == PASSAGES


def test_cameras_that_measure_nobody_leave_the_column_out(tmp_path):
    path = tmp_path / "tracklets.csv"
    write_passages(PASSAGES.values(), path)
    rows = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(rows) + "\n")
    assert [one.height for one in read_passages(path).values()] == [None, None]


@pytest.mark.parametrize(
    ("height", "wrong"), [("tall", "could not convert"), ("172", "nobody is 172.0 m tall")]
)
def test_a_wrong_height_is_refused_by_its_line(tmp_path, height, wrong):
    path = tmp_path / "tracklets.csv"
    write_passages(PASSAGES.values(), path)
    path.write_text(path.read_text().replace("1.12", height))
    with pytest.raises(FloorPlanError, match=rf"tracklets.csv line 2: .*{wrong}"):
        read_passages(path)


def test_a_header_that_lacks_something_is_refused(tmp_path):
    path = tmp_path / "tracklets.csv"
    path.write_text("tracklet,camera\n")
    with pytest.raises(FloorPlanError, match="the header lacks enter, leave"):
        read_passages(path)
