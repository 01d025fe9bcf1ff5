"""What every store of cases does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from people import NOON, encoding

from cmps.gallery.cases import Case, Event, Photo, SessionRecord, Step, Watch
from cmps.gallery.records import GalleryError

CASE = Case("c1", "a lost child, reported by her mother", "ana", NOON)
SESSION = SessionRecord("s1", "c1")


def step(number: int) -> Step:
    return Step({"part": "tick", "sighting": f"{number:020x}"}, "ana", NOON)


@pytest.fixture
def cases(gallery):
    gallery.cases.open(CASE)
    return gallery.cases


def test_a_case_comes_back_as_it_was_opened(cases):
    assert cases.get("c1") == CASE
    later = Case("c0", "another", "", NOON + timedelta(hours=1))
    cases.open(later)
    assert cases.listing() == [later, CASE]


@pytest.mark.parametrize("purpose", ["", "  \n"])
def test_no_case_without_a_purpose(purpose):
    with pytest.raises(GalleryError, match="purpose"):
        Case("c1", purpose, "", NOON)


def test_an_id_is_taken_once(cases):
    with pytest.raises(GalleryError, match="there already"):
        cases.open(replace(CASE, purpose="other"))
    cases.create_session(SESSION)
    with pytest.raises(GalleryError, match="there already"):
        cases.create_session(SESSION)
    assert cases.get("c1") == CASE


def test_what_is_unknown_is_named(cases):
    for work in (
        lambda: cases.get("x9"),
        lambda: cases.close("x9", NOON),
        lambda: cases.session("x9"),
        lambda: cases.create_session(SessionRecord("s9", "x9")),
        lambda: cases.write_session(SessionRecord("x9", "c1")),
        lambda: cases.photos("c1", ["x9"]),
        lambda: cases.disarm("x9"),
        lambda: cases.arm(Watch("x9", 0.5, "", NOON, 0)),
    ):
        with pytest.raises(GalleryError, match="x9"):
            work()


def test_steps_are_kept_in_order_with_what_was_undone(cases):
    cases.create_session(SESSION)
    written = cases.write_session(replace(SESSION, steps=(step(1), step(2)), cursor=2))
    assert written.version == 1
    undone = cases.write_session(replace(written, cursor=1))
    assert cases.session("s1") == undone
    assert len(undone.steps) == 2
    other = cases.write_session(replace(undone, steps=(step(1), step(3), step(4)), cursor=3))
    assert cases.session("s1") == other
    assert cases.sessions("c1") == [other]
    assert cases.sessions() == [other]
    assert cases.sessions("c9") == []


def test_who_saw_an_older_session_is_refused_and_changes_nothing(cases):
    cases.create_session(SESSION)
    first = cases.write_session(replace(SESSION, steps=(step(1),), cursor=1))
    with pytest.raises(GalleryError, match="changed by somebody else"):
        cases.write_session(replace(SESSION, steps=(step(2),), cursor=1))
    assert cases.session("s1") == first


def test_any_text_can_be_said(cases):
    said = Step({"part": "said", "text": "naïve \0 \\u0000 \u2028 😀 'quoted'"}, "ana", NOON)
    cases.create_session(replace(SESSION, steps=(said,), cursor=1))
    assert "😀 'quoted'" in cases.session("s1").steps[0].part["text"]


def test_a_closed_case_can_be_read_and_not_changed(cases):
    cases.create_session(SESSION)
    cases.arm(Watch("s1", 0.5, "", NOON, 0))
    ended = NOON + timedelta(days=1)
    assert cases.close("c1", ended).closed_at == ended
    assert cases.get("c1").closed_at == ended
    assert cases.session("s1") == SESSION
    assert cases.watches() == []
    for work in (
        lambda: cases.close("c1", NOON),
        lambda: cases.create_session(SessionRecord("s2", "c1")),
        lambda: cases.write_session(SESSION),
        lambda: cases.add_photo(Photo("p1", "c1", "", encoding(1))),
        lambda: cases.arm(Watch("s1", 0.5, "", NOON, 0)),
    ):
        with pytest.raises(GalleryError, match="closed"):
            work()


def test_photos_belong_to_their_case(cases):
    cases.open(replace(CASE, id="c2"))
    cases.add_photo(Photo("p1", "c1", "phone.jpg", encoding(1)))
    cases.add_photo(Photo("p1", "c1", "again.jpg", encoding(2)))
    (found,) = cases.photos("c1", ["p1"])
    assert found.name == "phone.jpg"
    np.testing.assert_array_equal(found.encoding.pyramid, encoding(1).pyramid)
    np.testing.assert_allclose(found.encoding.embedding, encoding(1).embedding, atol=1e-3)
    with pytest.raises(GalleryError, match="p1"):
        cases.photos("c2", ["p1"])


def test_a_watch_notes_events_and_how_far_it_looked(cases):
    cases.create_session(SESSION)
    watch = Watch("s1", 0.5, "ana", NOON, 3)
    cases.arm(watch)
    event = Event("s1", "a1", ("a1", "a2"), 0.75, ({"chip": "hat:cap red", "seen": "yes"},), NOON)
    cases.record(replace(watch, seen=7), [event])
    assert cases.watches() == [replace(watch, seen=7)]
    (found,) = cases.events("s1")
    assert found == event
    assert found.id > 0
    assert cases.events() == [found]
    assert cases.events("s2") == []
    cases.record(replace(watch, seen=5), [])
    assert cases.watches()[0].seen == 7


def test_a_disarmed_watch_says_nothing_more_and_keeps_its_events(cases):
    cases.create_session(SESSION)
    watch = Watch("s1", 0.5, "", NOON, 0)
    cases.arm(watch)
    event = Event("s1", "a1", ("a1",), 0.75, (), NOON)
    cases.record(watch, [event])
    assert cases.disarm("s1") is True
    assert cases.disarm("s1") is False
    cases.record(watch, [event])
    assert len(cases.events()) == 1


@pytest.mark.parametrize("threshold", [0, 1.2, -0.1])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(GalleryError, match="threshold"):
        Watch("s1", threshold, "", NOON, 0)
