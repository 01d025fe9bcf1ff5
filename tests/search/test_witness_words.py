"""Reading answers and wording questions."""

from __future__ import annotations

import pytest

from cmps.search.witness import both, edits_of_answer, plain_question
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
    ("code", "text"),
    [
        ("bag:backpack black", "Is the person carrying a black backpack?"),
        ("hair:hair length=long", "Does the person have long hair?"),
        ("who:person age=65-100", "Is it an elderly person?"),
        ("lower:jeans", "Is the person wearing jeans?"),
    ],
)
def test_plain_questions(code, text):
    assert plain_question(Chip.read(code)) == text
