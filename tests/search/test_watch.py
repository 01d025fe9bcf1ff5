from __future__ import annotations

import pytest
from desks import desk, sighting

from cmps.gallery.records import GalleryError
from cmps.search.query import QueryError
from cmps.search.watch import arm, poll


@pytest.fixture
def office(store):
    return desk(store)


@pytest.fixture
def session(office):
    id = office.new_session(office.open_case("a lost child").id).id
    office.say(id, "red shirt and blue jeans")
    return id


def test_only_new_sightings_raise_an_event(office, session):
    arm(office, session, 0.3)
    assert poll(office) == []
    office.store.upsert([sighting("new", "red", "blue", 40)])
    assert len(poll(office)) == 1
    assert poll(office) == []


def test_an_event_has_reasons_and_is_kept(office, session):
    arm(office, session, 0.05, by="ana")
    office.store.upsert([sighting("new", "red", "blue", 40)])
    (event,) = poll(office)
    assert event.sighting == "new"
    assert {one["seen"] for one in event.reasons} == {"seen"}
    assert office.store.cases.events(session) == [event]


def test_one_event_a_person_however_often_they_are_seen(office, session):
    arm(office, session, 0.05)
    office.store.upsert([sighting(f"new-{n}", "red", "blue", 40 + n) for n in range(3)])
    assert len(poll(office)) == 1
    office.store.upsert([sighting("later", "red", "blue", 50)])
    assert poll(office) == []


def test_a_stranger_raises_none(office, session):
    arm(office, session, 0.3)
    office.store.upsert([sighting("stranger", "yellow", "green", 40)])
    assert poll(office) == []
    assert office.store.cases.watches()[0].seen == office.store.news(0)[0]


def test_disarmed_is_silent(office, session):
    arm(office, session, 0.05)
    office.store.cases.disarm(session)
    office.store.upsert([sighting("new", "red", "blue", 40)])
    assert poll(office) == []


def test_what_cannot_be_armed(office, session):
    empty = office.new_session(office.session(session).case).id
    with pytest.raises(QueryError, match="knows nothing"):
        arm(office, empty, 0.5)
    with pytest.raises(GalleryError, match="threshold"):
        arm(office, session, 0)
    office.close_case(office.session(session).case)
    with pytest.raises(GalleryError, match="closed"):
        arm(office, session, 0.5)
