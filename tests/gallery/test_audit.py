"""What every audit does: rows with the deed, chained, never changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from people import NOON, sighting

from cmps.gallery.audit import START, link, pending, recording
from cmps.gallery.audit_events import (
    KINDS,
    AuditEvent,
    CaseClosed,
    CaseOpened,
    Deleted,
    LoggedIn,
    LoggedOut,
    SawPicture,
    Searched,
    SessionBegun,
    Stepped,
)
from cmps.gallery.cases import Case, SessionRecord
from cmps.gallery.memory_audit import MemoryAudit
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError

CASE = Case("c1", "a lost child", "ana", NOON)


def kinds(log):
    return [row.as_dict()["kind"] for row in log.walk()]


def test_rows_are_numbered_and_chained(gallery):
    log = gallery.audit
    assert (log.head().number, log.head().hash) == (0, START)
    log.append(LoggedIn("ana", detail={"address": "127.0.0.1"}))
    log.append(SawPicture("ana", case="c1", sightings=("a1", "b2")))
    rows = list(log.walk())
    assert [row.number for row in rows] == [1, 2]
    assert rows[0].hash == link(START, rows[0].body)
    assert rows[1].hash == link(rows[0].hash, rows[1].body)
    assert (log.head().number, log.head().hash) == (2, rows[1].hash)
    plain = rows[1].as_dict()
    assert plain["by"] == "ana"
    assert plain["case"] == "c1"
    assert plain["sightings"] == ["a1", "b2"]
    assert datetime.now(UTC) - datetime.fromisoformat(plain["at"]) < timedelta(minutes=5)


def test_every_character_is_kept_but_nul(gallery):
    gallery.audit.append(LoggedIn("ana\0", detail={"address": "ü 在 \\u0000 \ud83d \0"}))
    (row,) = gallery.audit.walk()
    assert row.hash == link(START, row.body)
    assert row.as_dict()["by"] == "ana\ufffd"


def test_the_newest_rows_that_fit_are_found(gallery):
    log = gallery.audit
    for number in range(5):
        log.append(SawPicture("ana" if number % 2 else "bo", case=f"c{number // 3}"))
    log.append(LoggedOut("ana"))

    def numbers(**wanted):
        return [row.number for row in log.find(**wanted)]

    assert numbers() == [6, 5, 4, 3, 2, 1]
    assert numbers(limit=2) == [6, 5]
    assert numbers(case="c0") == [3, 2, 1]
    assert numbers(by="ana", case="c1") == [4]
    assert numbers(kind="logged out") == [6]
    assert numbers(before_number=3) == [2, 1]
    assert numbers(after=datetime.now(UTC) + timedelta(hours=1)) == []
    assert numbers(after=datetime.now(UTC) - timedelta(hours=1), limit=1) == [6]
    assert numbers(by="x\0") == []


def test_a_row_is_written_with_the_deed(gallery):
    with recording(gallery.audit, CaseOpened("ana", case="c1")):
        gallery.cases.open(CASE)
        assert kinds(gallery.audit) == ["case opened"]
        assert pending() is None
    assert kinds(gallery.audit) == ["case opened"]


def test_reading_inside_does_not_write_the_row_early(gallery):
    gallery.cases.open(CASE)
    gallery.cases.create_session(SessionRecord("s1", "c1"))
    with recording(gallery.audit, Stepped("ana", case="c1", session="s1")):
        session = gallery.cases.session("s1")
        gallery.cases.sessions("c1")
        assert kinds(gallery.audit) == []
        gallery.cases.write_session(session)
        assert kinds(gallery.audit) == ["stepped"]


def test_stores_tell_what_a_deed_is_about(gallery):
    with recording(gallery.audit, CaseOpened("ana")):
        gallery.cases.open(CASE)
    with recording(gallery.audit, SessionBegun("ana")):
        gallery.cases.create_session(SessionRecord("s1", "c1"))
    with recording(gallery.audit, Stepped("ana")):
        gallery.cases.write_session(gallery.cases.session("s1"))
    with recording(gallery.audit, Searched("ana")):
        gallery.cases.session("s1")
    rows = [row.as_dict() for row in gallery.audit.walk()]
    assert [(row["case"], row["session"]) for row in rows] == [("c1", None)] + 3 * [("c1", "s1")]


def test_a_deed_that_fails_leaves_no_row(gallery):
    gallery.cases.open(CASE)
    with pytest.raises(GalleryError), recording(gallery.audit, CaseOpened("ana", case="c1")):
        gallery.cases.open(CASE)
    with pytest.raises(GalleryError), recording(gallery.audit, CaseClosed("ana", case="c9")):
        gallery.cases.close("c9", NOON)
    assert kinds(gallery.audit) == []
    assert pending() is None


def test_what_writes_nothing_is_recorded_when_it_ends(gallery):
    gallery.upsert([sighting(1)])
    with recording(gallery.audit, SawPicture("ana", case="c1")):
        gallery.get(gallery.listing())
        assert kinds(gallery.audit) == []
    assert kinds(gallery.audit) == ["saw picture"]


def test_deleting_sightings_carries_its_row(gallery):
    gallery.upsert([sighting(1)])
    with recording(gallery.audit, Deleted("ana")):
        gallery.delete(gallery.listing())
        assert kinds(gallery.audit) == ["deleted"]
    assert kinds(gallery.audit) == ["deleted"]


def test_many_writers_make_one_chain(gallery):
    def write(number):
        if number % 3:
            gallery.audit.append(LoggedOut(f"user{number}"))
        else:
            with recording(gallery.audit, CaseOpened("ana", case=f"c{number}")):
                gallery.cases.open(Case(f"c{number}", "a lost child", "ana", NOON))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    before = START
    for number, row in enumerate(gallery.audit.walk(), 1):
        assert row.number == number
        assert row.hash == link(before, row.body)
        before = row.hash
    assert (gallery.audit.head().number, gallery.audit.head().hash) == (60, before)


def test_two_programs_make_one_chain(tmp_path, postgres_url):
    galleries = [open_gallery(tmp_path, postgres_url) for _ in range(2)]

    def write(number):
        galleries[number % 2].audit.append(LoggedOut(f"user{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(30)))
    rows = list(galleries[0].audit.walk())
    assert [row.number for row in rows] == list(range(1, 31))
    for gallery in galleries:
        gallery.close()


def test_a_row_that_cannot_be_written_undoes_the_deed(tmp_path, postgres_url):
    gallery = open_gallery(tmp_path, postgres_url)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE audit ADD CHECK (number < 1)")
    with pytest.raises(GalleryError), recording(gallery.audit, CaseOpened("ana", case="c1")):
        gallery.cases.open(CASE)
    assert gallery.cases.listing() == []
    with pytest.raises(GalleryError):
        gallery.audit.append(LoggedOut("ana"))
    assert gallery.audit.head().number == 0
    gallery.close()


@pytest.mark.parametrize(
    "change",
    ["UPDATE audit SET body = '{}'", "DELETE FROM audit WHERE number = 1", "TRUNCATE audit"],
)
def test_the_database_keeps_rows_from_being_changed_by_mistake(tmp_path, postgres_url, change):
    gallery = open_gallery(tmp_path, postgres_url)
    gallery.audit.append(LoggedOut("ana"))
    with (
        psycopg.connect(postgres_url) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="never changed"),
    ):
        connection.execute(change)
    gallery.close()


def test_an_event_says_who_and_carries_what_its_kind_allows():
    with pytest.raises(GalleryError, match="who did it"):
        LoggedIn("")
    with pytest.raises(GalleryError, match="who did it"):
        AuditEvent("ana")
    with pytest.raises(GalleryError, match="a case is needed"):
        MemoryAudit().append(SawPicture("ana"))
    with pytest.raises(GalleryError, match="no detail words is known"):
        SawPicture("ana", case="c1", detail={"words": "a woman in red"})
    assert len(KINDS) == len(AuditEvent.__subclasses__())
    assert all(kind and event.__doc__ for kind, event in KINDS.items())
