from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.search.query import Query, QueryError, parse_time


def test_a_query_without_parts_is_refused():
    with pytest.raises(QueryError, match="give --text, --audio or --image"):
        Query()


@pytest.mark.parametrize("top", [0, -1])
def test_a_query_for_no_candidate_is_refused(top):
    with pytest.raises(QueryError, match=f"at least 1, not {top}"):
        Query(texts=("a man",), top=top)


@pytest.mark.parametrize(
    "parts",
    [
        {"texts": ("a man",)},
        {"pictures": (np.zeros((2, 2, 3), np.uint8),)},
        {"sightings": ("0123456789abcdef0123",)},
    ],
)
def test_one_part_of_any_kind_is_enough(parts):
    assert Query(**parts).where.is_open


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-05-01T14:30:00Z", 14),
        ("2026-05-01T14:30+02:00", 12),
        ("20260501T143000-0500", 19),
        (" 2026-05-01 14:30:00.5Z ", 14),
    ],
)
def test_times_with_a_zone(text, hour):
    assert parse_time(text).astimezone(UTC).hour == hour


@pytest.mark.parametrize("text", ["2026-05-01T14:30:00", "2026-05-01"])
def test_a_time_without_a_zone_is_refused_with_the_way_out(text):
    with pytest.raises(QueryError, match=r"has no zone; add one, e\.g\. 2026-05-01T.*Z"):
        parse_time(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00Z", "14:30Z", "1777645800"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(QueryError, match="not a time in ISO 8601"):
        parse_time(text)


def test_a_time_outside_the_calendar_is_refused():
    with pytest.raises(QueryError, match="outside the calendar"):
        parse_time("0001-01-01T00:00:00+10:00")


@given(st.text(max_size=30))
def test_any_text_is_a_time_with_a_zone_or_refused(text):
    with contextlib.suppress(QueryError):
        assert parse_time(text).tzinfo is not None


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_every_iso_time_comes_back(naive, minutes):
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_time(time.isoformat()) == time
