from __future__ import annotations

import numpy as np
import pytest
from desks import CROWD, HABITS
from fakes import FakeTextEncoder

from cmps.search.evidence import Evidence, log_ratio, plain, seen, shipped_habits
from cmps.search.sentences import Sentences
from cmps.understanding.chips import Chip

RED = Chip("upper", "shirt", ("red",))
BLUE = Chip("lower", "jeans", ("blue",))


@pytest.fixture
def sentences():
    return Sentences(lambda variant: FakeTextEncoder())


@pytest.fixture
def evidence(sentences):
    vectors = np.stack([one.encoding.embedding for one in CROWD])
    return Evidence(sentences, "fast", HABITS, vectors)


def test_pictures_that_show_it_are_probable(evidence):
    red, blue = evidence.all([RED, BLUE])
    shows = np.array(["red" in one.id for one in CROWD])
    assert red[shows].min() > red[~shows].max()
    assert blue[[0, 1, 2, 3, 4]].min() > blue[[5, 6, 7]].max()


def test_a_chip_is_as_frequent_in_the_gallery_as_among_people(evidence):
    assert evidence.all([RED])[0].mean() == pytest.approx(HABITS.share(RED), abs=1e-3)


def test_who_said_it_and_how_makes_no_difference(evidence):
    other = Chip("upper", "shirt", ("red",), modality="not", said="no red shirt", confidence=0.5)
    np.testing.assert_array_equal(*evidence.all([RED, other]))
    assert plain(other) == RED


def test_some_pictures_are_scored_as_all_are(evidence):
    whole = evidence.all([RED, BLUE])
    np.testing.assert_allclose(
        evidence.of([RED, BLUE], evidence.vectors[2:5]), whole[:, 2:5], atol=1e-6
    )


def test_a_sentence_is_encoded_once():
    calls = []

    class Counting(FakeTextEncoder):
        def encode(self, sentence):
            calls.append(sentence)
            return super().encode(sentence)

    sentences = Sentences(lambda variant: Counting())
    for _ in range(3):
        sentences.encode("red shirt", "fast")
    sentences.encode("red shirt", "accurate")
    assert len(calls) == 2


def test_one_chip_never_outweighs_all_others():
    for holds in (True, False):
        worst = log_ratio(np.array([0.0, 1.0]), 0.05, 0.9, holds)
        assert np.abs(worst).max() < np.log(10)


def test_a_witness_who_guesses_says_nothing():
    assert log_ratio(np.array([0.1, 0.9]), 0.3, 0.5).tolist() == pytest.approx([0, 0])


def test_a_no_is_a_yes_turned_round():
    yes, no = (log_ratio(np.array([0.1, 0.9]), 0.5, 0.9, holds) for holds in (True, False))
    np.testing.assert_allclose(yes, no[::-1])


@pytest.mark.parametrize(
    ("shown", "word"), [(0.01, "not seen"), (0.15, "cannot tell"), (0.8, "seen")]
)
def test_in_words(shown, word):
    assert seen(shown, 0.1) == word


def test_the_shipped_habits_are_probabilities():
    habits = shipped_habits()
    assert habits.slope("upper") > 0
    assert 0.5 < habits.right <= 1
    assert all(0 <= one <= 1 for one in (*habits.shares.values(), *habits.told.values()))
