"""Looks, height and company of a group, together."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.calibration import Curve
from cmps.search.tracks.meaning import Shipped
from cmps.search.tracks.signs import Merging, Signs
from cmps.search.tracks.stature import of_height

SAYS = Shipped(Curve(0.0, 20.0, -10.0, 2))
"""Log ratio 0 at a score of 0.5, and 2 more for each 0.1."""

LOOKS = np.array([[1, 0.8, 0.6], [0.8, 1, 0.4], [0.6, 0.4, 1.0]])
NAN = np.nan


def test_a_pass_does_not_speak_for_itself():
    signs = Signs(LOOKS, SAYS)
    assert signs.of(np.array([True, True, False])) == pytest.approx([6, 6, 0])
    assert signs.of(np.array([True, False, False]))[0] == -np.inf


def test_heights_are_compared_with_the_mean_of_the_others():
    signs = Signs(LOOKS, SAYS, heights=np.array([1.0, 1.1, 1.3]))
    found = signs.of(np.array([True, True, False])) - Signs(LOOKS, SAYS).of(
        np.array([True, True, False])
    )
    assert found == pytest.approx(of_height(np.array([0.1, 0.1, 0.25]), 1.0, np.array([1, 1, 2])))


def test_company_is_the_mean_of_what_is_known():
    beside = np.array([[NAN, 3, NAN], [3, NAN, -1], [NAN, -1, NAN]])
    everybody = np.ones(3, bool)
    found = Signs(LOOKS, SAYS, beside=beside).of(everybody) - Signs(LOOKS, SAYS).of(everybody)
    assert found == pytest.approx([3, 1, -1])


def test_who_was_not_measured_and_a_photo_have_looks_only():
    """Photos come after the passes, and nobody knows of them how tall, or with whom."""
    two = np.ones((2, 2)), np.array([1.7, NAN])
    signs = Signs(LOOKS, SAYS, heights=two[1], beside=two[0])
    assert np.isnan(signs.tall).tolist() == [False, True, True]
    assert np.isnan(signs.company[2]).all()
    assert signs.of(np.array([False, False, True])) == pytest.approx([2, -2, -np.inf])


def test_a_joined_group_is_what_its_members_are_together():
    beside = np.array([[NAN, 3, 2], [3, NAN, NAN], [2, NAN, NAN]])
    signs = Signs(LOOKS, SAYS, heights=np.array([1.2, 1.3, 1.9]), beside=beside)
    merging = Merging(signs)
    before = merging.ratios(0)[2]
    assert before == pytest.approx(2 + of_height(np.array([0.7]))[0] + 2)
    merging.join(0, 1)
    tall = of_height(np.array([0.65]), 2, 1)[0]
    assert merging.ratios(0)[2] == pytest.approx(0 + tall + 2)
    assert merging.ratios(2)[0] == pytest.approx(0 + tall + 2)
    assert signs.heights.tolist() == [1.2, 1.3, 1.9]
