"""What every store of confirmations does: two people, one word each."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from people import NOON

from cmps.gallery.cases import Case
from cmps.gallery.confirmations import Confirmation, SamePersonError
from cmps.gallery.records import ConflictError, GalleryError, UnknownError

CASE = Case("c1", "a lost child, reported by her mother", "ana", NOON)
PROPOSED = Confirmation("k1", "c1", "a1", "the yellow backpack", "ana", NOON)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def confirmations(gallery):
    gallery.cases.open(CASE)
    gallery.confirmations.propose(PROPOSED)
    return gallery.confirmations


def test_it_comes_back_as_it_was_proposed(confirmations):
    assert confirmations.get("k1") == PROPOSED
    assert confirmations.listing("c1") == confirmations.listing() == [PROPOSED]
    assert confirmations.listing("c9") == []


@pytest.mark.parametrize("agreed", [True, False])
def test_a_second_person_decides(confirmations, agreed):
    made = confirmations.decide("k1", agreed, "ben", LATER, "seen the shoes")
    assert made == replace(
        PROPOSED, agreed=agreed, decided_by="ben", decided_at=LATER, answer="seen the shoes"
    )
    assert confirmations.get("k1") == made


@pytest.mark.parametrize("name", ["ana", "Ana", " ana "])
def test_who_proposed_it_does_not_decide(confirmations, name):
    with pytest.raises(SamePersonError, match="second person"):
        confirmations.decide("k1", True, name, LATER)
    assert confirmations.get("k1") == PROPOSED


def test_nobody_decides_twice(confirmations):
    confirmations.decide("k1", False, "ben", LATER)
    with pytest.raises(ConflictError, match="decided by ben"):
        confirmations.decide("k1", True, "eve", LATER)
    assert confirmations.get("k1").agreed is False


def test_nobody_without_a_name_decides_or_proposes(confirmations):
    with pytest.raises(GalleryError, match="name"):
        confirmations.decide("k1", True, " ", LATER)
    with pytest.raises(GalleryError, match="name"):
        replace(PROPOSED, proposed_by="")


def test_one_sighting_waits_once_and_can_be_proposed_again_after_a_no(confirmations):
    again = replace(PROPOSED, id="k2", proposed_by="eve")
    with pytest.raises(ConflictError, match="waits for a second person"):
        confirmations.propose(again)
    confirmations.decide("k1", False, "ben", LATER)
    confirmations.propose(again)
    confirmations.decide("k2", True, "ben", LATER)
    with pytest.raises(ConflictError, match="confirmed already"):
        confirmations.propose(replace(again, id="k3"))
    assert [one.agreed for one in confirmations.listing("c1")] == [False, True]


def test_two_who_propose_one_sighting_at_once_take_turns(confirmations):
    taken = []

    def propose(number: int) -> None:
        try:
            confirmations.propose(replace(PROPOSED, id=f"n{number}", sighting="b2"))
            taken.append(number)
        except ConflictError:
            pass

    threads = [threading.Thread(target=propose, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_a_closed_case_takes_neither(gallery, confirmations):
    gallery.cases.close("c1", LATER)
    for work in (
        lambda: confirmations.propose(replace(PROPOSED, id="k2", sighting="b2")),
        lambda: confirmations.decide("k1", True, "ben", LATER),
    ):
        with pytest.raises(ConflictError, match="closed"):
            work()


def test_what_is_unknown_is_named(confirmations):
    for work in (
        lambda: confirmations.get("x9"),
        lambda: confirmations.decide("x9", True, "ben", LATER),
        lambda: confirmations.propose(replace(PROPOSED, id="k2", case="x9")),
    ):
        with pytest.raises(UnknownError, match="x9"):
            work()


def test_a_note_has_an_end():
    with pytest.raises(GalleryError, match="2000 characters"):
        replace(PROPOSED, note="x" * 2001)
