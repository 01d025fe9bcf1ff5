"""``cmps erase`` and ``cmps retain``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cmps.gallery.cases import Case

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def sought(cmps, filled):
    """A case in which the first red sighting is ticked."""
    case = json.loads(cmps("case", "new", "--purpose", "lost Ben", "--json").out)["case"]
    session = json.loads(cmps("session", "new", case, "--json").out)["session"]
    first = filled.store.listing()[0]
    cmps("session", "say", session, "a red top")
    cmps("session", "tick", session, first)
    filled.case, filled.session, filled.first = case, session, first
    return filled


def last(world):
    return list(world.store.audit.walk())[-1].as_dict()


def test_a_person_is_followed_shown_and_erased(cmps, sought):
    answer = cmps("erase", "person", sought.first, "--yes", "--json")
    done = json.loads(answer.out)["erased"]
    assert done["sightings"] >= 2
    assert done["steps"] == 2
    assert "given" in answer.err
    assert sought.first in answer.err
    assert sought.store.known([sought.first]) == set()
    assert sought.store.cases.session(sought.session).steps == ()
    row = last(sought)
    assert row["kind"] == "erased"
    assert row["detail"]["what"] == "person"
    assert row["detail"]["sightings"] == done["sightings"]
    assert sought.first not in json.dumps(row)


def test_who_is_rejected_stays_and_only_takes_what_is_named(cmps, sought):
    ids = sought.store.listing()
    done = json.loads(cmps("erase", "person", ids[0], "--only", "--yes", "--json").out)["erased"]
    assert done["sightings"] == 1
    done = json.loads(cmps("erase", "person", ids[1], "--reject", ids[2], "--yes", "--json").out)[
        "erased"
    ]
    assert sought.store.known([ids[2]]) == {ids[2]}
    assert done["sightings"] >= 1


def test_nothing_is_erased_before_somebody_agrees(cmps, sought, monkeypatch):
    count = sought.store.count()
    rows = len(list(sought.store.audit.walk()))
    answer = cmps("erase", "person", sought.first)  # no answer on standard input
    assert answer.code in (2, 130)
    assert cmps("erase", "case", sought.case).code in (2, 130)
    assert cmps("erase", "person", "unknown", "--yes").code == 2
    assert sought.store.count() == count
    assert len(list(sought.store.audit.walk())) == rows


def test_a_case_is_erased_and_its_id_is_all_that_stays(cmps, sought):
    answer = cmps("erase", "case", sought.case, "--yes")
    assert answer.out == "Erased: 1 case, 1 session, 2 steps.\n"
    assert cmps("case", "show", sought.case).code == 2
    assert last(sought)["case"] == sought.case
    assert "Ben" not in "".join(row.body for row in sought.store.audit.walk())
    assert sought.store.count() == 6


def test_what_is_from_before_a_date_goes(cmps, sought):
    cmps("case", "close", sought.case)
    assert cmps("erase", "before", "2026-05-01T12:05:00Z", "--yes").code == 0
    assert sought.store.count() == 4  # one of them without a time
    assert sought.store.cases.get(sought.case)
    assert cmps("erase", "before", "2027-01-01", "--yes").out.startswith("Erased: 3 sightings, 1")
    assert sought.store.count() == 1
    assert sought.store.cases.listing() == []
    assert last(sought)["detail"]["before"] == "2027-01-01T00:00:00+00:00"
    assert cmps("erase", "before", "yesterday", "--yes").code == 2


def test_retention_is_set_and_enforced(cmps, sought, monkeypatch):
    assert cmps("retain", "run").out == "Nothing was kept for longer than was said.\n"
    assert cmps("retain", "camera", "gate", "7").out == (
        "Sightings of camera gate are kept for 7 days.\n"
    )
    assert "as the settings say" in cmps("retain", "camera", "hall", "0").out
    assert cmps("retain", "camera", "moon", "7").code == 2
    assert cmps("retain", "case", sought.case, "1").code == 0
    old = datetime.now(UTC) - NOON > timedelta(days=7)
    answer = cmps("retain", "run", "--json")
    erased = json.loads(answer.out)["erased"]
    assert [one["id"] for one in erased] == (["gate"] if old else [])
    monkeypatch.setenv("CMPS_KEEP_SIGHTING_DAYS", "1")
    answer = cmps("retain", "run")
    assert "camera hall stays with what has no time (1 sighting)" in answer.err
    assert "nobody closed it" not in answer.err
    assert sought.store.count() == 1
    assert last(sought)["kind"] == "retention"
    assert [camera.keep_days for camera in sought.store.cameras()] == [7, None]


def test_a_case_that_nobody_closed_is_named(cmps, sought):
    opened = datetime.now(UTC) - timedelta(days=2)
    sought.store.cases.open(Case("forgotten", "lost Ben", "ana", opened, keep_days=1))
    answer = cmps("retain", "run")
    assert "close it with: cmps case close forgotten" in answer.err
    assert cmps("retain", "run", "--json").json["unclosed"] == ["forgotten"]
    cmps("case", "close", "forgotten")
    assert "forgotten" not in cmps("retain", "run").err
