import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.evaluation.fit_calibration import (
    Retrieved,
    Way,
    best_way,
    calibration_error,
    firsts,
    fit_line,
    fits,
    metrics,
)
from cmps.search.calibration import probability


def retrieved(similarities, right, distances=None, missed=0):
    similarities = np.array(similarities, np.float32)
    far = np.zeros_like(similarities) if distances is None else np.array(distances, np.float32)
    return Retrieved(True, similarities, far, np.array(right, bool), missed)


@given(st.floats(2, 30), st.floats(-10, 2), st.integers(0, 100))
def test_the_line_that_made_the_data_is_found_again(slope, centre, seed):
    random = np.random.default_rng(seed)
    intercept = -slope * 0.5 + centre / 10
    scores = random.uniform(0, 1, 20_000)
    right = random.random(20_000) < probability(slope * scores + intercept)
    found = fit_line(scores, right)
    assert found[0] == pytest.approx(slope, rel=0.15, abs=0.3)
    middle = -found[1] / found[0]
    assert middle == pytest.approx(-intercept / slope, abs=0.05)


def test_calibration_error_by_hand():
    # two bins: 0.9 said and half right, 0.1 said and none right
    chances = np.array([0.9, 0.9, 0.1, 0.1])
    right = np.array([True, False, False, False])
    assert calibration_error(chances, right) == pytest.approx((0.4 + 0.1) / 2)


def test_honest_chances_have_little_error():
    random = np.random.default_rng(0)
    chances = random.random(50_000)
    assert calibration_error(chances, random.random(50_000) < chances) < 0.01


def test_firsts_are_the_best_of_every_query():
    queries = [
        retrieved([0.1, 0.9, 0.5], [False, True, False]),
        retrieved([0.7, 0.2, 0.8], [True, False, False]),
    ]
    scores, right = firsts(queries, Way(), 2)
    np.testing.assert_allclose(scores, [0.9, 0.5, 0.8, 0.7], atol=1e-6)
    assert right.tolist() == [True, False, False, True]


def test_fpr_can_turn_the_order_and_missed_pictures_count():
    query = retrieved([0.6, 0.5], [False, True], distances=[0.9, 0.1])
    assert metrics([query], Way(0.0)).mean_precision == pytest.approx(50)
    assert metrics([query], Way(0.5)).mean_precision == pytest.approx(100)
    short = retrieved([0.9], [True], missed=1)
    assert metrics([short], Way(0.0)).mean_precision == pytest.approx(
        100
    )  # the missed one comes second
    wrong = retrieved([0.9, 0.8], [False, False], missed=1)
    assert metrics([wrong], Way(0.0)).mean_precision == pytest.approx(100 / 3)


def test_people_are_halved_the_same_way_everywhere():
    people = [f"market:{number:04d}" for number in range(2000)]
    halves = [fits(person) for person in people]
    assert halves == [fits(person) for person in people]
    assert 0.45 < np.mean(halves) < 0.55


def test_look_alikes_that_help_are_chosen_and_those_that_harm_are_not():
    def query(right):
        alike = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], np.float32)
        scores = np.array([0.9, 0.3, 0.5], np.float32)  # the second looks like the first
        return Retrieved(True, scores, 1 - scores, np.array(right, bool), 0, alike)

    assert best_way([query([True, True, False])]).part > 0
    assert best_way([query([True, False, True])]).part < 0.5
