from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from cmps.gallery.records import Camera, Filter
from cmps.search.places import Where, Window, merged
from cmps.search.query import QueryError

NIGHT = Window(time(22), time(6), date(2026, 5, 1), date(2026, 5, 3), "UTC")
CAMERAS = [Camera("gate", site="mall"), Camera("hall", site="mall"), Camera("bus", site="street")]


def test_a_night_ends_on_the_next_day():
    spans = NIGHT.spans()
    assert len(spans) == 3
    assert spans[2] == (datetime(2026, 5, 3, 22, tzinfo=UTC), datetime(2026, 5, 4, 6, tzinfo=UTC))


def test_hours_are_those_of_the_wall_clock_where_the_camera_hangs():
    window = Window(time(9), time(10), date(2026, 5, 1), date(2026, 5, 1), "Europe/Berlin")
    assert window.spans() == [
        (datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 5, 1, 8, tzinfo=UTC))
    ]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9)])
def test_the_night_of_the_changed_clock_is_an_hour_shorter_or_longer(day, hours):
    ((begin, end),) = Window.read("22:00–06:00", day, zone="Europe/Berlin").spans()
    assert (end - begin).total_seconds() == 3600 * hours


def test_a_whole_day():
    ((begin, end),) = Window.read("00:00-00:00", "2026-05-01").spans()
    assert (end - begin).days == 1


def test_windows_that_touch_become_one_span():
    all_day = Window(time(0), time(0), date(2026, 5, 1), date(2026, 5, 3))
    assert len(merged(all_day.spans())) == 1


@pytest.mark.parametrize(
    ("hours", "first", "last", "zone", "named"),
    [
        ("22:00", "2026-05-01", "", "UTC", "22:00"),
        ("22-25", "2026-05-01", "", "UTC", "22-25"),
        ("22:00-06:00", "tomorrow", "", "UTC", "tomorrow"),
        ("22:00-06:00", "", "", "UTC", "22:00-06:00"),
        ("22:00-06:00", "2026-05-02", "2026-05-01", "UTC", "2026-05-02"),
        ("22:00-06:00", "2026-05-01", "", "Mars/Base", "Mars/Base"),
        ("22:00-06:00", "2026-05-01", "", "../etc/passwd", "passwd"),
    ],
)
def test_what_is_no_window_is_refused_and_named(hours, first, last, zone, named):
    with pytest.raises(QueryError, match=named):
        Window.read(hours, first, last, zone)


def test_sites_stand_for_their_cameras():
    assert Where(sites=("mall",)).filter(CAMERAS).cameras == frozenset({"gate", "hall"})
    assert Where(("bus",), ("mall",)).filter(CAMERAS).cameras == frozenset({"gate", "hall", "bus"})
    with pytest.raises(QueryError, match=r"harbour.*mall, street"):
        Where(sites=("harbour",)).filter(CAMERAS)


def test_a_window_filters_exactly():
    where = Where(windows=(NIGHT,)).filter(CAMERAS)
    assert where.passes_time(datetime(2026, 5, 2, 5, 59, tzinfo=UTC))
    assert not where.passes_time(datetime(2026, 5, 2, 6, tzinfo=UTC))
    assert not where.passes_time(None)


def test_open_means_everything():
    assert Where().is_open
    assert Where().filter(CAMERAS) == Filter()


def test_it_comes_back_from_json():
    where = Where(("gate",), ("mall",), datetime(2026, 5, 1, tzinfo=UTC), None, (NIGHT,))
    assert Where.from_dict(where.to_dict()) == where
    assert "22:00–06:00 on 2026-05-01 to 2026-05-03" in str(where)
