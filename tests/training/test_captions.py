import doctest
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from cmps.training import captions  # noqa: E402
from cmps.training.captions import (  # noqa: E402
    SYNONYMS,
    mirror,
    pad,
    reword,
    shorten,
    word_tokeniser,
)


@given(st.text(alphabet="leftrigh ,.LR", max_size=40))
def test_mirroring_twice_gives_the_lower_case_sides_back(text):
    once = mirror(text)
    assert mirror(once).lower() == text.lower()
    assert len(once.split()) == len(text.split())


def test_mirror_swaps_sides_only():
    said = "Left arm bare, a leftover bag on the right."
    assert mirror(said) == "right arm bare, a leftover bag on the left."


@given(st.integers(0, 1000))
def test_shortening_drops_exactly_one_clause(seed):
    caption = "A woman in red, with a hat, and boots. She walks."
    short = shorten(caption, np.random.default_rng(seed))
    parts = ["A woman in red,", "with a hat,", "and boots.", "She walks."]
    assert short in [" ".join(p for p in parts if p != gone) for gone in parts]
    assert shorten("One clause only", np.random.default_rng(seed)) == "One clause only"


def test_word_tokeniser_knows_padding_and_unknown_words():
    tokeniser = word_tokeniser(["red", "coat", "-", "t"])
    assert tokeniser.encode("Red COAT, t-shirt").tokens == [
        "red",
        "coat",
        "[UNK]",
        "t",
        "-",
        "[UNK]",
    ]
    assert tokeniser.encode("red").ids == [2]


def test_padding_is_masked():
    ids, mask = pad([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[True, True, True], [True, False, False]]


class TestReword:
    said = "A man in gray pants and sneakers wearing a backpack, carrying a purse."

    @given(st.integers(0, 1000))
    def test_only_words_of_one_group_change_places(self, seed):
        again = reword(self.said, np.random.default_rng(seed), chance=1)
        pattern = (
            r"A (man|guy|male) in gr[ae]y (pants|trousers) and "
            r"(sneakers|trainers|tennis shoes|sport shoes) (wearing|dressed in) a "
            r"(backpack|back pack|rucksack), (carrying|holding) a (purse|handbag)\."
        )
        assert re.fullmatch(pattern, again), again

    def test_some_words_do_change_and_without_chance_none_does(self):
        random = np.random.default_rng(0)
        assert len({reword(self.said, random) for _ in range(20)}) > 5
        assert reword(self.said, random, chance=0) == self.said

    def test_parts_of_words_stay(self):
        said = "A policeman with a captain's bag and a womanly manner."
        assert reword(said, np.random.default_rng(0), chance=1) == said

    def test_no_group_mixes_two_colours_or_two_garments(self):
        for group in SYNONYMS:
            assert len(set(group)) == len(group) > 1
        colours = {"red", "blue", "green", "black", "white", "yellow", "pink", "purple", "brown"}
        assert not colours & {word for group in SYNONYMS for word in group}


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(captions)
    assert result.attempted
    assert not result.failed
