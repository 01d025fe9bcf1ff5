from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.search import calibration
from cmps.search.calibration import Curve, probability

CURVE = Curve(share=0.4, slope=12.0, intercept=-7.0, gallery=1000)


def test_a_curve_is_a_line_at_its_own_gallery_size():
    odds = CURVE.log_odds(np.array([0.0, 0.5, 1.0]), 1000)
    assert odds.tolist() == pytest.approx([-7.0, -1.0, 5.0])


def test_the_odds_sink_as_the_gallery_grows():
    small, large = (CURVE.log_odds(np.array([0.7]), size)[0] for size in (1000, 20_000))
    assert small - large == pytest.approx(math.log(20))


def test_an_empty_gallery_is_no_division_by_zero():
    assert np.isfinite(CURVE.log_odds(np.array([0.5]), 0)).all()


def test_the_odds_sink_as_the_level_of_rivals_rises():
    curve = replace(CURVE, crowd=20.0, usual=0.6)
    score = np.array([0.7])
    plain = CURVE.log_odds(score, 1000)[0]
    assert curve.log_odds(score, 1000)[0] == curve.log_odds(score, 1000, 0.6)[0] == plain
    assert curve.log_odds(score, 1000, 0.7)[0] == pytest.approx(plain - 2)
    with pytest.raises(ValueError, match="rivals cannot make a person likelier"):
        replace(CURVE, crowd=-1.0)


def test_the_shift_says_what_the_size_counts():
    still = replace(CURVE, shift=0.0)
    assert still.log_odds(np.array([0.7]), 20_000)[0] == CURVE.log_odds(np.array([0.7]), 1000)[0]


@given(st.floats(-700, 700))
def test_probability_is_the_logistic_function(odds):
    found = probability(np.array([odds]))[0]
    assert found == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-12)
    assert probability(np.array([-odds]))[0] == pytest.approx(1 - found, abs=1e-12)


def test_probability_of_huge_odds_is_one():
    assert probability(np.array([1e9, -1e9])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "wrong", [{"share": -0.1}, {"share": 1.1}, {"slope": 0}, {"slope": -1}, {"gallery": 0}]
)
def test_a_curve_that_makes_no_sense_is_refused(wrong):
    fields = {"share": 0.5, "slope": 10.0, "intercept": -5.0, "gallery": 100} | wrong
    with pytest.raises(ValueError, match="not a calibration curve"):
        Curve(**fields)


def test_curves_are_read_from_the_shipped_file(tmp_path, monkeypatch):
    entry = {"share": 0.2, "slope": 9.0, "intercept": -4.0, "gallery": 1030}
    file = tmp_path / "calibration.json"
    file.write_text(json.dumps({"curves": {"image": entry}}))
    monkeypatch.setattr(calibration, "weight_file", lambda name: tmp_path / name)
    calibration.shipped_curves.cache_clear()
    try:
        assert calibration.shipped_curves() == {"image": Curve(**entry)}
    finally:
        calibration.shipped_curves.cache_clear()
