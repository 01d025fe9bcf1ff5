"""What heights say."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.tracks.stature import ERROR, of_height


def test_as_tall_speaks_for_one_person_and_a_head_taller_against():
    ratios = of_height(np.array([0.0, ERROR, -ERROR, 0.1, 0.2, 0.4]))
    assert ratios[0] > 0.5
    assert ratios[1] == ratios[2]
    assert (np.diff(ratios[2:]) < 0).all()


def test_the_more_passes_were_measured_the_more_a_difference_says():
    apart = np.array([0.0, 0.1])
    few, many = of_height(apart, 1, 1), of_height(apart, 9, 9)
    assert many[0] > few[0]
    assert many[1] < few[1]


def test_no_difference_says_more_than_that_a_height_may_be_wrong():
    assert of_height(np.array([0.9, 5.0]), 99, 99) == pytest.approx(np.log(0.05))


def test_where_nobody_measured_nothing_is_said():
    assert of_height(np.array([np.nan, np.nan])).tolist() == [0, 0]
