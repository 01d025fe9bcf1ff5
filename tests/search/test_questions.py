from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from desks import HABITS, desk

from cmps.search.evidence import shipped_habits
from cmps.search.parts import Answered, Said
from cmps.search.people import Ranking
from cmps.search.questions import (
    _gain_of_one,
    catalogue,
    chances_of,
    contested,
    entropy,
    open_chips,
    open_topics,
    worded_chip,
    worth_asking,
)
from cmps.search.session import SearchSession
from cmps.timings import Timings
from cmps.understanding.chips import Chip, Description
from cmps.understanding.edits import Add

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def state_of(*codes, asked=()):
    session = SearchSession("s", "c").add(
        Said("so", tuple(Add(new=Chip.read(code)) for code in codes)), at=NOW
    )
    for code in asked:
        session = session.add(Answered(Chip.read(code), "unknown"), at=NOW)
    return session.state()


def codes(state):
    return {chip.code() for chip in open_chips(state)}


def test_every_chip_of_the_catalogue_was_counted():
    assert len(set(catalogue())) == len(catalogue())
    habits = shipped_habits()
    for chip in catalogue():
        assert 0 < habits.share(chip) < 1, chip
        assert chip.sentence()


def test_what_was_said_is_not_asked():
    left = codes(state_of("who:woman", "upper:jacket black", "lower:jeans", "not bag:bag"))
    assert not {"who:female", "who:male", "who:child"} & left
    assert not {"upper:top black", "upper:top red", "upper:jacket", "upper:coat"} & left
    assert not {"lower:jeans", "lower:skirt", "whole:dress"} & left
    assert not {"bag:bag", "bag:backpack", "bag:bag red"} & left
    assert {"who:person age=65-100", "lower:trousers blue", "hat:hat"} <= left


def test_a_question_is_never_put_twice():
    before = codes(state_of("upper:jacket"))
    after = codes(state_of("upper:jacket", asked=["upper:jacket red", "hat:hat"]))
    assert before - after == {"upper:top red", "hat:hat", "hat:cap"}


def test_a_maybe_may_be_asked():
    assert "hat:cap" in codes(state_of("maybe hat:cap"))


def test_it_is_asked_of_the_thing_that_was_spoken_of():
    known = Description((Chip("upper", "jacket"), Chip("lower", "jeans", ("blue",))))
    assert worded_chip(Chip.read("upper:top red"), known).code() == "upper:jacket red"
    assert worded_chip(Chip.read("upper:coat"), known).code() == "upper:coat"
    assert worded_chip(Chip.read("shoes:shoes red"), known).code() == "shoes:shoes red"


def test_the_best_question_is_the_one_that_splits(store):
    """Of two equal candidates only the trousers differ."""
    office = desk(store)
    session = office.new_session(office.open_case("test").id).id
    office.say(session, "red shirt")
    ranking = office.results(office.session(session))
    state = office.session(session).state()
    chips = [Chip("lower", "jeans", ("black",)), Chip("upper", "coat", ("purple",))]
    snapshot = store.snapshot()
    ids = [str(id) for id in ranking.ids[contested(ranking)]]
    vectors = snapshot.resident.vectors[snapshot.resident.places(ids)]
    evidence = office.refiner.evidence("accurate")
    found = worth_asking(ranking, state, evidence, HABITS, vectors, chips)
    assert found[0].asks == chips[0]
    assert 0 < found[0].gain <= 1
    assert 0 < found[0].likely < 1


def test_the_expected_gain_is_the_mutual_information():
    """Two equal candidates, one shows it: the gain is that of a channel that errs at 10 %."""
    chances = chances_of(np.zeros(2))
    yes = HABITS.right * np.array([1.0, 0.0]) + (1 - HABITS.right) * np.array([0.0, 1.0])
    gain = entropy(yes[None] @ chances) - entropy(yes)[None] @ chances
    assert gain[0] == pytest.approx(1 - 0.469, abs=1e-3)


def test_an_open_question_is_worth_what_its_answer_may_name():
    """Of four equal candidates each shows one of four colours: two bits, less what errs."""
    sure = _gain_of_one(np.eye(4), np.full(4, 0.25), 1.0)
    assert sure == pytest.approx(2, abs=1e-6)
    assert 0.9 < _gain_of_one(np.eye(4), np.full(4, 0.25), 0.9) < sure
    assert _gain_of_one(np.ones((1, 4)), np.full(4, 0.25), 0.9) == pytest.approx(0, abs=1e-9)


def test_no_topic_is_asked_twice_nor_one_of_which_all_is_known():
    state = state_of("hat:hat", "glasses:glasses").after(
        Said("I don't know", about="shoes", describes=False)
    )
    topics = open_topics(state, open_chips(state))
    assert "shoes" not in topics
    assert {"upper", "lower", "hair", "carried"} <= set(topics)
    assert open_topics(state, [Chip("hat", "cap")]) == ["head"]


def test_chances_add_up_whatever_was_rejected():
    chances = chances_of(np.array([1.0, -np.inf, 1.0, -700.0]))
    assert chances.sum() == pytest.approx(1)
    assert chances[1] == 0


@pytest.mark.parametrize("count", [1, 3, 5, 8, 20])
def test_the_best_are_those_that_a_full_sort_finds_equals_in_order(count):
    odds = np.array([0.5, -np.inf, 2.0, 0.5, 0.5, -np.inf, 1.0, 0.5])
    ranking = Ranking((), "", 8, 8, Timings(), np.arange(8).astype(object), odds)
    wanted = np.argsort(-odds, kind="stable")[:count]
    assert contested(ranking, count).tolist() == wanted.tolist()
