"""Market's attributes as sentences, and whose captions a stage trains on."""

import doctest
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from cmps.training import attributes
from cmps.training.attributes import (
    AGES,
    LOWER,
    UPPER,
    captions_by_row,
    describe_attributes,
    read_attributes,
)
from cmps.training.corpus import Corpus

NAMES = ("gender", "hair", "up", "down", "clothes", "hat", "backpack", "bag", "handbag")
COLOURS = [*(f"up{colour}" for colour in UPPER), *(f"down{colour}" for colour in LOWER)]


@pytest.fixture
def market_file(tmp_path):
    """``market_attribute.mat`` as the authors wrote it, with two people in each split."""

    def split(*people):
        columns = {name: np.array([[1, 2]], np.uint8) for name in (*NAMES, *COLOURS)}
        return columns | {
            "age": np.array([[1, 4]], np.uint8),
            "image_index": np.array([people], dtype=object),
        }

    path = tmp_path / "market_attribute.mat"
    savemat(
        path, {"market_attribute": {"train": split("0002", "0007"), "test": split("0001", "0003")}}
    )
    return path


def corpus_of(*rows):
    rows = [{"person": person, "camera": "c1", "captions": said} for person, said in rows]
    count = len(rows)
    return Corpus(np.zeros((count, 8, 4, 3), np.uint8), np.zeros((count, 256), np.float16), rows)


def test_the_file_is_read_by_person(market_file):
    table = read_attributes(market_file)
    assert set(table) == {"market:0002", "market:0007"}
    assert table["market:0002"]["age"] == 1
    assert table["market:0007"] | {"age": 4, "hat": 2, "upred": 2} == table["market:0007"]
    assert "image_index" not in table["market:0002"]
    assert set(read_attributes(market_file, "test")) == {"market:0001", "market:0003"}


@given(
    st.fixed_dictionaries(
        {name: st.integers(1, 2) for name in NAMES}
        | {"age": st.sampled_from(sorted(AGES)), "upper": st.sampled_from(UPPER)}
        | {"lower": st.sampled_from(LOWER)}
    ),
    st.integers(0, 2**32),
)
def test_a_sentence_says_what_the_attributes_say_and_nothing_else(drawn, seed):
    chosen = {f"up{drawn['upper']}": 2, f"down{drawn['lower']}": 2}
    known = dict.fromkeys(COLOURS, 1) | {name: drawn[name] for name in (*NAMES, "age")} | chosen
    said = describe_attributes(known, np.random.default_rng(seed))
    words = re.findall(r"[a-z-]+", said.lower())
    assert said.endswith(".")
    assert {word for word in words if word in {*UPPER, *LOWER}} == {drawn["upper"], drawn["lower"]}
    assert ("long hair" in said or "long dark hair" in said) == (drawn["hair"] == 2)
    assert bool({"hat", "cap"} & set(words)) == (drawn["hat"] == 2)
    assert bool(re.search(r"\b(backpack|back pack|rucksack)\b", said)) == (drawn["backpack"] == 2)
    assert ("handbag" in words) == (drawn["handbag"] == 2)
    assert bool(re.search(r"\b(a bag|shoulder bag)\b", said)) == (drawn["bag"] == 2)
    assert bool({"skirt", "dress"} & set(words)) == (drawn["gender"] == 2 and drawn["clothes"] == 1)
    female = {"girl", "woman", "lady", "female", "she"} & set(words)
    male = {"boy", "man", "male", "guy", "he"} & set(words)
    assert not (male if drawn["gender"] == 2 else female)
    assert bool({"old", "elderly"} & set(words)) == (drawn["age"] == 4)
    if drawn["age"] == 1:
        assert {"girl", "boy", "child"} & set(words)


def test_captions_stay_and_only_undescribed_people_get_sentences(market_file):
    corpus = corpus_of(
        ("market:0002", ["A man."]),
        ("market:0002", []),
        *[("market:0007", [])] * 6,
        ("cuhk01:0007", []),
    )
    assert captions_by_row(corpus) == {0: ["A man."]}
    assert captions_by_row(corpus, market_file, 0) == {0: ["A man."]}
    captions = captions_by_row(corpus, market_file, 4)
    assert captions[0] == ["A man."]
    added = set(captions) - {0}
    assert len(added) == 4
    assert added <= set(range(2, 8))
    assert all(len(captions[row]) == 2 for row in added)
    assert captions_by_row(corpus, market_file, 4) == captions


def test_the_example_in_the_docstring_holds():
    assert doctest.testmod(attributes).failed == 0
