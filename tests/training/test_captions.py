import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from cmps.training.captions import mirror, pad, shorten, word_tokeniser  # noqa: E402


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
