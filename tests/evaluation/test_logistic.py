import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmps.evaluation.logistic import fit_logistic
from cmps.search.calibration import probability


@settings(deadline=None)  # 20,000 rows: a busy machine may take its time
@given(st.floats(2, 30), st.floats(-10, 2), st.integers(0, 100))
def test_the_line_that_made_the_data_is_found_again(slope, centre, seed):
    random = np.random.default_rng(seed)
    intercept = -slope * 0.5 + centre / 10
    scores = random.uniform(0, 1, 20_000)
    right = random.random(20_000) < probability(slope * scores + intercept)
    slopes, found = fit_logistic(scores[:, None], right)
    assert slopes[0] == pytest.approx(slope, rel=0.15, abs=0.3)
    middle = -found / slopes[0]
    assert middle == pytest.approx(-intercept / slope, abs=0.05)


def test_weights_count_as_repetitions():
    inputs = np.array([[0.0], [0.0], [1.0], [1.0]])
    right = np.array([False, True, False, True])
    counts = np.array([3, 1, 1, 2])
    slopes, intercept = fit_logistic(inputs, right, counts)
    again = fit_logistic(np.repeat(inputs, counts, 0), np.repeat(right, counts))
    assert slopes[0] == pytest.approx(again[0][0])
    assert intercept == pytest.approx(again[1])
