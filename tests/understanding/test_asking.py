"""Questions in the words of a language, and what is answered."""

from __future__ import annotations

import pytest

from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import VALUES
from cmps.understanding.language import label, languages
from cmps.understanding.questions import question, read_answer

GIRL = Description((Chip("who", "girl"), Chip("upper", "jacket")))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("hat:cap", "Is she wearing a cap?"),
        ("upper:jacket red", "Is the jacket red?"),
        ("upper:shirt white", "Is she wearing a shirt in white?"),
        ("hair:hair length=long", "Is her hair long?"),
        ("who:person age=20-30", "Is she between 20 and 30 years old?"),
        ("carried:umbrella", "Is she carrying an umbrella?"),
        ("carried:dog", "Is there a dog with her?"),
        ("lower:jeans dark-blue", "Is she wearing jeans in dark blue?"),
    ],
)
def test_a_question_fits_the_person(code: str, text: str) -> None:
    assert question(Chip.read(code), now=GIRL).text == text


def test_of_nobody_known_it_asks_for_the_person() -> None:
    asked = question(Chip.read("not hat:cap"))
    assert asked.text == "Is the person wearing a cap?"
    assert asked.asks == Chip("hat", "cap")


@pytest.mark.parametrize(
    ("language", "code", "text"),
    [
        (
            "fr",
            "upper:shirt white sleeve=short",
            "Elle porte une chemise blanche à manches courtes ?",
        ),
        ("fr", "upper:jacket dark-green", "La veste est vert foncé ?"),
        ("es", "shoes:shoes black", "¿Lleva ella zapatos negros?"),
    ],
)
def test_adjectives_agree_with_their_noun(language: str, code: str, text: str) -> None:
    assert question(Chip.read(code), language, GIRL).text == text


@pytest.mark.parametrize("language", languages())
def test_everything_can_be_asked_and_shown(language: str) -> None:
    for slot, values in VALUES.items():
        for value in values:
            chip = Chip(slot, value)  # type: ignore[arg-type]
            text = question(chip, language, GIRL).text
            assert text.endswith(("?", "？"))
            assert "{" not in text + label(chip, language)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Yes.", "yes"),
        ("yes, she does", "yes"),
        ("I think so", "yes"),
        ("no", "no"),
        ("No, a blue one", "no"),
        ("I don't think so", "no"),
        ("I don't know", "unknown"),
        ("not sure", "unknown"),
        ("a blue hat", ""),
        ("", ""),
    ],
)
def test_answers(text: str, reply: str) -> None:
    assert read_answer(text) == reply
