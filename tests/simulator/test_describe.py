"""Sentences say what the specification holds, in correct English."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.simulator.describe import (
    DARK,
    LIGHT,
    STYLES,
    describe,
    garment_words,
    person_noun,
    with_article,
)
from cmps.simulator.palette import CLOTH, DENIM, HAIR
from cmps.simulator.people import Garment, sample_crowd, sample_person

COLOURS = sorted({*CLOTH, *DENIM, *HAIR}, key=len, reverse=True)
COLOUR = re.compile(r"\b(" + "|".join(COLOURS) + r")\b")
CROWD = sample_crowd(2, 200)

people = st.integers(0, 2**32 - 1).map(lambda seed: sample_person(np.random.default_rng(seed), "p"))


def true_colours(person):
    worn = [person.top, person.bottom, person.shoes, person.hat, person.bag]
    colours = {c for g in worn if g for c in (g.colour, g.second) if c}
    return colours | ({person.hair_colour} if person.hair != "bald" else set())


@given(people)
def test_every_colour_that_is_named_is_there(person):
    for style, text in describe(person).items():
        named = set(COLOUR.findall(text))
        assert named <= true_colours(person), (style, text)


@given(people)
def test_dark_and_light_alone_stand_for_colours_of_that_kind(person):
    lower = person.bottom.colour if person.bottom else person.top.colour
    text = describe(person)["vague"]
    if " dark " in text:
        assert person.top.colour in DARK, text
    if " light clothes" in text:
        assert {person.top.colour, lower} <= LIGHT, text
    if " dark clothes" in text:
        assert {person.top.colour, lower} <= DARK, text


@given(people)
def test_the_full_sentence_holds_every_garment_in_its_colour(person):
    text = describe(person)["full"]
    for garment in (person.top, person.bottom, person.shoes, person.hat, person.bag):
        if garment is not None:
            assert f"{garment.colour} " in text
    assert ("no bag" in text) == (person.bag is None)
    assert ("glasses" in text) == person.glasses
    assert ("bald" in text) == (person.hair == "bald" and person.hat is None)


@given(people)
def test_age_and_gender_are_true(person):
    for text in describe(person).values():
        assert person_noun(person) in text
        assert ("elderly" in text) == (person.age_group == "elderly")
        female = re.search(r"\b([Ss]he|[Hh]er|woman|girl)\b", text) is not None
        male = re.search(r"\b([Hh]e|[Hh]is|man|boy)\b", text) is not None
        assert (female, male) == (person.gender == "female", person.gender == "male")


@given(people)
def test_sentences_are_well_formed(person):
    for text in describe(person).values():
        assert re.search(r"\b[Aa] [aeiou]", text) is None, text
        assert re.search(r"\b[Aa]n [^aeiou]", text) is None, text
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text
        assert "None" not in text
        assert ", ," not in text


@given(people)
def test_skin_and_face_are_never_mentioned(person):
    words = " ".join(describe(person).values()).lower()
    assert re.search(r"\b(skin|african|asian|caucasian|pale|face)\b", words) is None


def test_styles_go_from_vague_to_full():
    lengths = {s: np.mean([len(describe(p)[s]) for p in CROWD]) for s in STYLES}
    assert list(describe(CROWD[0])) == list(STYLES)
    assert lengths["vague"] < lengths["short"] < lengths["plain"] < lengths["full"]


def test_wordings_vary_over_people_and_stay_with_one():
    assert describe(CROWD[0]) == describe(CROWD[0])
    trousers = " ".join(describe(p)["short"] for p in CROWD)
    assert " pants" in trousers
    assert " trousers" in trousers
    openings = {describe(p)["spoken"].split(" a ")[0].split(" an ")[0] for p in CROWD}
    assert len(openings) == 3


def test_changed_clothes_change_the_words():
    person = replace(CROWD[0], bag=Garment("backpack", "yellow"))
    assert "yellow backpack" in describe(person)["spoken"]
    assert "backpack" not in describe(replace(person, bag=None))["spoken"]


@pytest.mark.parametrize(
    ("garment", "words"),
    [
        (Garment("T-shirt", "olive"), "an olive t-shirt"),
        (Garment("T-shirt", "black", "print", "orange"), "a black t-shirt with an orange print"),
        (Garment("jacket", "brown", "open", "white"), "a brown jacket over a white shirt"),
        (Garment("shirt", "red", "checks", "black"), "a red and black checked shirt"),
        (Garment("jeans", "light blue"), "light blue jeans"),
    ],
)
def test_garments_are_named(garment, words):
    assert garment_words(garment) == words


def test_articles():
    assert with_article("orange hat") == "an orange hat"
    assert with_article("hat") == "a hat"
