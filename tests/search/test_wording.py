from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from cmps.search.wording import iso, moment, percent


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "<0.1 %"),
        (0.00099, "<0.1 %"),
        (0.001, "0.1 %"),
        (0.5, "50.0 %"),
        (0.999, "99.9 %"),
        (0.9991, ">99.9 %"),
        (1.0, ">99.9 %"),
    ],
)
def test_percent_never_claims_certainty(probability, shown):
    assert percent(probability) == shown


def test_times_are_shown_in_utc():
    time = datetime(2026, 5, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert moment(time) == "2026-04-30 23:30:00Z"
    assert iso(time) == "2026-04-30T23:30:00Z"


def test_an_unknown_time_is_a_dash_or_nothing():
    assert moment(None) == "–"
    assert iso(None) is None
