"""What is erased is gone from every corner of every store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from people import NOON, encoding, sighting

from cmps.gallery.audit import recording
from cmps.gallery.audit_check import verify
from cmps.gallery.audit_events import Erased
from cmps.gallery.cases import Case, Event, Photo, SessionRecord, Step, Watch
from cmps.gallery.confirmations import Confirmation
from cmps.gallery.erasing import Erasure
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import UnknownError
from cmps.gallery.retention import Limits, overdue, retain, undated


def part(kind, **fields):
    return Step({"part": kind, **fields}, "ana", NOON)


def ids(*numbers):
    return [sighting(number).id for number in numbers]


@pytest.fixture
def filled(gallery):
    """Six sightings; a case that seeks the first, one that rejects it, one about somebody else."""
    gallery.upsert([replace(sighting(number), camera="gate", tracklet=None) for number in range(6)])
    (first, second, third) = ids(0, 1, 2)
    steps = {
        "seeks": [
            part("said", text="a woman in red"),
            part("picture", photo="p1", name="ana.jpg"),
            part("tick", sighting=first),
            part("reject", sighting=second),
        ],
        "rejects": [
            part("said", text="a man in blue"),
            part("picture", photo="p2", name="bo.jpg"),
            part("reject", sighting=first),
            part("tick", sighting=third),
        ],
        "other": [part("tick", sighting=third)],
    }
    for name, taken in steps.items():
        gallery.cases.open(Case(name, f"a lost child ({name})", "ana", NOON))
        record = SessionRecord(f"s-{name}", name)
        gallery.cases.create_session(record)
        gallery.cases.write_session(replace(record, steps=tuple(taken), cursor=len(taken) - 1))
    gallery.cases.add_photo(Photo("p1", "seeks", "ana.jpg", encoding(1)))
    gallery.cases.add_photo(Photo("p2", "rejects", "bo.jpg", encoding(2)))
    for name in steps:
        watch = Watch(f"s-{name}", 0.5, "ana", NOON, 0)
        gallery.cases.arm(watch)
        event = Event(watch.session, third, (third, second), 0.9, ({"chip": "coat"},), NOON)
        gallery.cases.record(watch, [event])
    for number, (case, one) in enumerate((("seeks", third), ("other", second))):
        gallery.confirmations.propose(Confirmation(f"k{number}", case, one, "note", "ana", NOON))
    return gallery


def everything(gallery):
    """Return all that a store says, as text."""
    cases = gallery.cases
    return repr(
        [
            gallery.listing(),
            cases.listing(),
            cases.sessions(),
            cases.watches(),
            cases.events(),
            gallery.confirmations.listing(),
        ]
    )


def test_a_sighting_goes_with_whatever_names_it(filled):
    (second,) = ids(1)
    assert filled.erase([second]) == Erasure(sightings=1, steps=1, events=3, confirmations=1)
    assert second not in everything(filled)
    seeks = filled.cases.session("s-seeks")
    assert [step.part["part"] for step in seeks.steps] == ["said", "picture", "tick"]
    assert (seeks.cursor, seeks.version) == (3, 2)
    assert filled.cases.session("s-other").version == 1
    assert filled.cases.photos("seeks", ["p1"])


def test_who_was_ruled_out_among_others_goes_alone(filled):
    first, second = ids(0, 1)
    before = filled.cases.session("s-other")
    steps = (
        *before.steps,
        part("none", sightings=[first, second]),
        part("none", sightings=[second]),
    )
    filled.cases.write_session(replace(before, steps=steps, cursor=3))
    filled.erase([second])
    assert second not in everything(filled)
    left = filled.cases.session("s-other")
    assert [step.part for step in left.steps[1:]] == [{"part": "none", "sightings": [first]}]
    assert left.cursor == 2


def test_a_person_goes_with_the_searches_that_sought_them(filled):
    (first,) = ids(0)
    done = filled.erase([first], person=True)
    assert done == Erasure(sightings=1, steps=5, photos=1, events=1)
    left = everything(filled)
    assert first not in left
    assert "woman in red" not in left
    assert "ana.jpg" not in left
    assert "man in blue" in left
    assert filled.cases.session("s-seeks").steps == ()
    assert filled.cases.session("s-seeks").cursor == 0
    assert len(filled.cases.session("s-rejects").steps) == 3
    assert [watch.session for watch in filled.cases.watches()] == ["s-other", "s-rejects"]
    with pytest.raises(UnknownError):
        filled.cases.photos("seeks", ["p1"])
    assert filled.cases.photos("rejects", ["p2"])


def test_a_person_who_was_confirmed_in_a_case_was_sought_in_its_sessions(filled):
    filled.erase(ids(1), person=True)  # proposed in the case "other"
    assert filled.cases.session("s-other").steps == ()
    assert filled.confirmations.listing("other") == []


def test_a_photo_that_another_session_shows_stays(filled):
    record = SessionRecord("s-more", "seeks")
    filled.cases.create_session(record)
    shown = (part("picture", photo="p1", name="ana.jpg"),)
    filled.cases.write_session(replace(record, steps=shown, cursor=1))
    filled.erase(ids(0), person=True)
    assert filled.cases.photos("seeks", ["p1"])


def test_a_case_goes_with_all_that_belongs_to_it(filled):
    done = filled.erase(cases=["seeks"])
    assert done == Erasure(cases=1, sessions=1, steps=4, photos=1, events=1, confirmations=1)
    assert "seeks" not in everything(filled)
    assert filled.count() == 6
    with pytest.raises(UnknownError):
        filled.cases.get("seeks")
    with pytest.raises(UnknownError):
        filled.cases.photos("seeks", ["p1"])


def test_an_unknown_case_keeps_everything(filled):
    before = everything(filled)
    with pytest.raises(UnknownError, match="x9"):
        filled.erase(ids(0), ["seeks", "x9"])
    assert everything(filled) == before


def test_what_is_not_there_is_no_error(filled):
    assert filled.erase(["nothing"]) == Erasure()
    assert filled.erase() == Erasure()


def test_the_audit_keeps_counts_and_nothing_of_the_person(filled):
    with recording(filled.audit, Erased("root", detail={"what": "person"})):
        filled.erase(ids(0), person=True)
    (row,) = filled.audit.walk()
    plain = row.as_dict()
    assert plain["detail"] == {
        "what": "person", "sightings": 1, "steps": 5, "photos": 1, "events": 1,
    }  # fmt: skip
    assert (plain["case"], plain["session"], plain["sightings"]) == (None, None, [])
    assert verify(filled.audit).sound


def test_nothing_of_a_person_is_left_in_any_table(tmp_path, postgres_url):
    gallery = open_gallery(tmp_path, postgres_url)
    one = replace(sighting(0), picture=b"the very picture", source="ana.jpg", tracklet="t1")
    gallery.upsert([one, sighting(1)])
    gallery.cases.open(Case("c1", "a lost child", "ana", NOON))
    record = SessionRecord("s1", "c1")
    gallery.cases.create_session(record)
    steps = (part("said", text="woman in red"), part("tick", sighting=one.id))
    gallery.cases.write_session(replace(record, steps=steps, cursor=2))
    gallery.erase([one.id], person=True)
    with psycopg.connect(postgres_url) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            )
        ]
        text = json.dumps(
            {name: str(connection.execute(f"SELECT * FROM {name}").fetchall()) for name in tables}
        )
    assert len(tables) > 10
    for trace in (one.id, "the very picture", "ana.jpg", "woman in red", "t1"):
        assert trace not in text
    gallery.close()


def test_cameras_keep_their_days_when_they_are_named_again(gallery):
    gallery.upsert([sighting(0)])
    (camera,) = gallery.cameras()
    assert camera.keep_days is None
    assert gallery.keep(camera.id, 30).keep_days == 30
    gallery.upsert_cameras([replace(camera, name="Gate")])
    assert gallery.cameras() == [replace(camera, name="Gate", keep_days=30)]
    assert gallery.keep(camera.id, None).keep_days is None
    with pytest.raises(Exception, match="moon"):
        gallery.keep("moon", 3)
    with pytest.raises(Exception, match="1 to 36,500 days"):
        gallery.keep(camera.id, 0)


def test_cases_say_for_how_long_they_are_kept(gallery):
    gallery.cases.open(Case("c1", "a lost child", "ana", NOON, keep_days=7))
    assert gallery.cases.get("c1").keep_days == 7
    assert gallery.cases.keep("c1", None).keep_days is None
    with pytest.raises(UnknownError):
        gallery.cases.keep("c9", 7)


def test_what_was_kept_long_enough_is_erased_and_recorded(gallery):
    days = {"gate": 30, "hall": 2, "yard": None}
    for number, camera in enumerate(days):
        gallery.upsert(
            [
                replace(sighting(10 * number + age), camera=camera, tracklet=None,
                        time=NOON - timedelta(days=age))
                for age in range(5)
            ]
            + [replace(sighting(10 * number + 9), camera=camera, tracklet=None, time=None)]
        )  # fmt: skip
    for camera, keep in days.items():
        gallery.keep(camera, keep)
    for case, (keep, closed) in {"a": (3, 4), "b": (3, 2), "c": (None, 9), "d": (3, None)}.items():
        gallery.cases.open(Case(case, "a lost child", "ana", NOON, keep_days=keep))
        if closed is not None:
            gallery.cases.close(case, NOON - timedelta(days=closed))
    done = list(retain(gallery, "cmps serve", now=NOON + timedelta(hours=1)))
    assert [(one.what, one.id) for one in done] == [("camera", "hall"), ("case", "a")]
    assert done[0].done.sightings == 3
    assert undated(gallery) == {"gate": 1, "hall": 1}
    assert overdue(gallery, now=NOON + timedelta(days=2)) == []
    assert [case.id for case in overdue(gallery, now=NOON + timedelta(days=3))] == ["d"]
    rows = [row.as_dict() for row in gallery.audit.walk()]
    assert [(row["kind"], row["case"]) for row in rows] == [("retention", None), ("retention", "a")]
    assert rows[0]["detail"] == {"what": "camera", "camera": "hall", "keep_days": 2, "sightings": 3}
    assert list(retain(gallery, "cmps serve", now=NOON + timedelta(hours=1))) == []
    again = retain(gallery, "cmps serve", Limits(sightings=1, cases=8), NOON + timedelta(hours=1))
    assert [(one.what, one.id) for one in again] == [("camera", "yard"), ("case", "c")]
