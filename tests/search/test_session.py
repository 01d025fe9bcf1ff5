from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmps.search.parts import (
    Answered,
    Clear,
    Like,
    Look,
    Mark,
    NoneOf,
    Picture,
    Reject,
    Said,
    Tick,
    part_from_dict,
    part_to_dict,
)
from cmps.search.places import Where
from cmps.search.query import QueryError
from cmps.search.session import SearchSession
from cmps.understanding.chips import Chip
from cmps.understanding.edits import Add, Negate, Note, Replace

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CAP = Chip("hat", "cap", said="a cap")
RED_CAP = Chip("hat", "cap", ("red",))
BLUE_CAP = Chip("hat", "cap", ("blue",))
COAT = Chip("upper", "coat")
PARTS = [
    Said("a cap and a coat", (Add(new=CAP), Add(new=COAT)), "en", True, CAP),
    Said("no, a red cap", (Replace(CAP, RED_CAP), Note(note="limps")), "de"),
    Said("a read hat", (), "en", True, readings=("a red hat", "a red cat")),
    Picture("p1", "phone.jpg"),
    Like("a1"),
    Tick("a2"),
    Reject("a3"),
    Clear("a1"),
    Mark(COAT, "maybe"),
    Mark(COAT, "gone"),
    Answered(Chip("bag", "bag"), "no", "A bag?", (Negate(new=Chip("bag", "bag", modality="not")),)),
    Look(Where(("gate",))),
]


def begun(*parts) -> SearchSession:
    session = SearchSession("s1", "c1")
    for part in parts:
        session = session.add(part, at=NOW, by="ana")
    return session


def test_no_session_without_a_case():
    with pytest.raises(QueryError, match="belongs to a case"):
        SearchSession("s1", "")


def test_what_else_was_heard_stays_with_its_sentence():
    said = Said("a read hat", (Add(new=CAP),), "en", True, readings=("a red hat",))
    kept = SearchSession.from_dict(begun(said).to_dict())
    assert [one.readings for one in kept.state().sentences] == [("a red hat",)]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.kind)
def test_a_part_comes_back_from_json(part):
    assert part_from_dict(json.loads(json.dumps(part_to_dict(part)))) == part


@pytest.mark.parametrize(
    "plain", [{}, {"part": "prayed"}, {"part": "tick"}, {"part": "said", "text": "a coat"}]
)
def test_what_is_no_part_is_refused(plain):
    with pytest.raises(QueryError, match="part"):
        part_from_dict(plain)


@pytest.mark.parametrize(
    "wrong",
    [lambda: Said(" ?! "), lambda: Mark(COAT, "often"), lambda: Answered(COAT, "perhaps")],
)
def test_a_part_that_says_nothing_is_refused(wrong):
    with pytest.raises(QueryError):
        wrong()


def test_a_session_comes_back_from_json_and_from_the_gallery():
    session = begun(*PARTS).undo()
    assert SearchSession.from_dict(json.loads(json.dumps(session.to_dict()))) == session
    assert SearchSession.of(session.record()) == session


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([*PARTS, "undo", "redo"]), max_size=25))
def test_undo_and_redo_lead_through_the_very_same_states(moves):
    session, states = SearchSession("s1", "c1"), [SearchSession("s1", "c1").state()]
    for move in moves:
        if move == "undo":
            session = session.undo() if session.cursor else session
        elif move == "redo":
            session = session.redo() if session.cursor < len(session.steps) else session
        else:
            states = [*states[: session.cursor + 1], session.state().after(move)]
            session = session.add(move, at=NOW)
        assert session.state() == states[session.cursor]


def test_the_ends_say_that_they_are():
    with pytest.raises(QueryError, match="nothing to undo"):
        begun().undo()
    with pytest.raises(QueryError, match="nothing to redo"):
        begun(Tick("a1")).redo()
    with pytest.raises(QueryError, match="no step 7"):
        begun().at(7)


def test_a_new_step_forgets_what_was_undone():
    session = begun(Tick("a1"), Tick("a2")).undo().add(Tick("a3"), at=NOW)
    assert session.state().ticked == ("a1", "a3")
    assert len(session.steps) == 2


def test_the_last_click_on_a_sighting_counts():
    state = begun(Tick("a1"), Reject("a1"), Like("b1"), Tick("b1"), Like("c1"), Clear("c1")).state()
    assert (state.ticked, state.rejected, state.liked) == (("b1",), ("a1",), ())


def test_none_of_these_leaves_what_was_said_of_one_by_itself():
    state = begun(Tick("a1"), Like("b1"), NoneOf(("a1", "b1", "c1", "c2"))).state()
    assert (state.ticked, state.liked, state.rejected) == (("a1",), ("b1",), ("c1", "c2"))
    assert begun(NoneOf(("c1",)), Tick("c1")).state().rejected == ()
    with pytest.raises(QueryError, match="nobody is shown"):
        NoneOf(())


def test_a_correction_takes_the_sentence_back_and_a_closer_word_does_not():
    first = Said("a cap", (Add(new=CAP),))
    closer = begun(first, Said("it is red", (Replace(CAP, RED_CAP),), describes=False)).state()
    assert [one.stands for one in closer.sentences] == [True, False]
    assert closer.description.chips == (RED_CAP,)
    corrected = begun(
        Said("a red cap", (Add(new=RED_CAP),)),
        Said("no, blue", (Replace(RED_CAP, BLUE_CAP),), describes=False),
    ).state()
    assert [one.stands for one in corrected.sentences] == [False, False]
    assert corrected.description.chips == (BLUE_CAP,)


def test_a_second_description_that_differs_leaves_the_first_one_standing():
    state = begun(
        Said("a man in a red cap", (Add(new=RED_CAP),)),
        Said("he has a coat and a blue cap", (Add(new=COAT), Replace(RED_CAP, BLUE_CAP))),
    ).state()
    assert [one.stands for one in state.sentences] == [True, True]
    assert state.description.chips == (COAT, BLUE_CAP)


def test_sessions_of_before_know_a_correction_by_what_it_replaced():
    for edit, stands in ((Add(new=CAP), True), (Replace(RED_CAP, CAP), False)):
        plain = part_to_dict(Said("a cap", (edit,)))
        del plain["describes"]
        assert part_from_dict(plain).describes is stands


def test_a_chip_is_marked_wherever_it_stood():
    said = Said("a cap", (Add(new=CAP),))
    for place in ("must", "maybe", "not"):
        (chip,) = begun(said, Mark(CAP, place)).state().description.chips
        assert chip.modality == place
    assert begun(said, Mark(CAP, "not"), Mark(CAP, "gone")).state().description.chips == ()
    assert begun(said, Mark(CAP, "must")).state().sentences[0].stands
    assert not begun(said, Mark(CAP, "maybe")).state().sentences[0].stands
    assert begun(Mark(COAT, "must")).state().description.chips == (COAT,)


def test_answers_change_the_description_and_are_remembered():
    state = begun(PARTS[10]).state()
    assert state.asked == (Chip("bag", "bag"),)
    assert state.description.chips[0].modality == "not"


def test_every_step_is_explained():
    told = begun(*PARTS).undo().explain()
    assert told[0]["did"] == "said: a cap and a coat"
    assert told[0]["changed"] == ["+ wearing a cap", "+ wearing a coat"]
    assert told[1]["changed"] == ["− wearing a cap + wearing a red cap", "+ limps"]
    assert told[5]["did"] == "ticked a2: this is the person"
    assert told[10]["did"] == "A bag? no"
    assert [one["undone"] for one in told] == [False] * 11 + [True]
    assert told[0]["by"] == "ana"


def test_empty_until_something_is_said_of_the_person():
    assert begun(Look(Where(("gate",))), Reject("a1")).state().is_empty
    for part in (Tick("a1"), Like("a1"), Picture("p1"), PARTS[0], Mark(COAT, "must")):
        assert not begun(part).state().is_empty
