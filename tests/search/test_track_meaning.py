"""What scores say."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.calibration import Curve
from cmps.search.tracks.meaning import FEWEST, Meaning, Shipped

ONE = np.ones(1, np.intp)


def mixture(share=0.02, mean=0.6, deviation=0.1, seed=0):
    """Scores of strangers, and of pairs of which some show one person, with a tail below."""
    rng = np.random.default_rng(seed)
    far = 1 - mean
    same = 1 - rng.gamma((far / deviation) ** 2, deviation**2 / far, round(share * 20_000))
    return rng.normal(0, 0.1, 9000), np.concatenate([rng.normal(0, 0.1, 20_000), same])


@pytest.mark.parametrize(("mean", "deviation"), [(0.4, 0.15), (0.6, 0.1), (0.85, 0.05)])
def test_nobody_needs_to_say_which_pairs_show_one_person(mean, deviation):
    found = Meaning.learned(*mixture(mean=mean, deviation=deviation))
    assert found.mean == pytest.approx(mean, abs=0.05)
    assert found.deviation == pytest.approx(deviation, abs=0.04)
    assert found.share == pytest.approx(0.02, abs=0.005)


def test_somebody_from_behind_is_not_taken_for_a_stranger():
    found = Meaning.learned(*mixture(mean=0.65, deviation=0.18))
    assert found.ratios(np.array([0.3]), 1, ONE)[0] > 1  # 0.3 if scores were taken for normal


def test_strangers_are_not_believed_more_than_can_be():
    found = Meaning.learned(*mixture())
    strangers = np.random.default_rng(9).normal(0, 0.1, 50_000)
    ratios = found.ratios(strangers, 1, np.ones(len(strangers), np.intp))
    assert np.exp(ratios).mean() < 1.1


def test_a_higher_score_never_says_less():
    found = Meaning.learned(*mixture())
    scores = np.linspace(-1, 1, 300)
    for size in (1, 3, 20):
        ratios = found.ratios(scores, size, np.ones(300, np.intp))
        assert (np.diff(ratios) >= 0).all()
        assert ratios[0] > -4  # somebody hidden looks like anybody


def test_many_passes_say_more_than_one():
    found = Meaning.learned(*mixture(mean=0.4, deviation=0.15))
    alike, unlike = np.array([0.45]), np.array([0.1])
    assert found.ratios(alike, 6, ONE)[0] > found.ratios(alike, 1, ONE)[0]
    assert found.ratios(unlike, 6, ONE)[0] < found.ratios(unlike, 1, ONE)[0]


def test_groups_may_be_given_either_way_round():
    found = Meaning.learned(*mixture())
    score = np.array([0.5])
    assert found.ratios(score, 2, np.array([5])) == found.ratios(score, 5, np.array([2]))


def test_nobody_comes_twice_and_that_is_said():
    strangers = np.random.default_rng(1).normal(0, 0.1, 20_000)
    assert Meaning.learned(strangers[:9000], strangers[9000:]) is None


def test_few_pairs_tell_nothing():
    apart, near = mixture()
    assert Meaning.learned(apart[: FEWEST - 1], near) is None


def test_the_shipped_curve_counts_from_what_is_known_before_anybody_looks():
    says = Shipped(Curve(0.0, 20.0, -10.0, 2))
    low, high = says.ratios(np.array([0.5, 0.6]), 3, np.ones(2, np.intp))
    assert (low, high) == pytest.approx((0, 2))
