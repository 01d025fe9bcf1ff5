"""Reading answers and wording questions."""

from __future__ import annotations

import pytest

from cmps.search.witness import both, edits_of_answer, shipped_reader
from cmps.understanding.chips import Chip, Description
from cmps.understanding.edits import apply_all


def after(known, asked, answer):
    description = Description(tuple(Chip.read(one) for one in known))
    edits = edits_of_answer(Chip.read(asked), answer, description)
    return [one.code() for one in apply_all(edits, description).chips]


@pytest.mark.parametrize(
    ("known", "asked", "answer", "expected"),
    [
        (["upper:jacket"], "upper:jacket red", "yes", ["upper:jacket red"]),
        (["upper:jacket red"], "upper:jacket sleeve=long", "yes", ["upper:jacket red sleeve=long"]),
        (["upper:top red"], "upper:coat", "yes", ["upper:coat red"]),
        (["upper:jacket red"], "upper:jacket", "unknown", ["upper:jacket red"]),
        (["who:female"], "who:child", "yes", ["who:girl"]),
        (["who:woman"], "who:person age=65-100", "yes", ["who:woman age=65-100"]),
        ([], "hat:cap", "no", ["not hat:cap"]),
        ([], "hat:cap", "yes", ["hat:cap"]),
        (["bag:backpack"], "bag:handbag", "yes", ["bag:backpack", "bag:handbag"]),
    ],
)
def test_what_an_answer_makes_known(known, asked, answer, expected):
    assert after(known, asked, answer) == expected


def test_two_chips_of_one_thing():
    assert both(Chip.read("who:male"), Chip.read("who:child")).code() == "who:boy"


@pytest.mark.parametrize(
    ("known", "said", "about", "expected"),
    [
        (["lower:jeans blue"], "a red one", "upper", ["upper:top red", "lower:jeans blue"]),
        (["lower:jeans blue"], "a red one", "", ["lower:jeans red"]),
        (["upper:jacket", "lower:jeans"], "red", "upper", ["upper:jacket red", "lower:jeans"]),
        (["lower:jeans"], "long", "hair", ["lower:jeans", "hair:hair length=long"]),
        (["lower:jeans"], "a red backpack", "upper", ["lower:jeans", "bag:backpack red"]),
    ],
)
def test_a_short_answer_is_of_what_was_asked_for(known, said, about, expected):
    description = Description(tuple(Chip.read(one) for one in known))
    found = shipped_reader().read(said, "en", description, Chip.read("lower:jeans"), about)
    assert [one.code() for one in found.description.chips] == expected


def test_who_does_not_know_leaves_what_was_spoken_of_last():
    jeans = Chip.read("lower:jeans")
    found = shipped_reader().read("I don't know", "en", Description((jeans,)), jeans, "upper")
    assert (found.focus, found.edits) == (jeans, ())


def test_the_shipped_reader_asks_in_the_language_of_the_witness():
    reader = shipped_reader()
    known = reader.understand(
        "ein Mädchen mit einem Rucksack", "de", Description(), None
    ).description
    assert [chip.code() for chip in known.chips] == ["who:girl", "bag:backpack"]
    assert reader.word(Chip.read("hat:cap"), "de", known) == "Trägt sie eine Kappe?"
