from __future__ import annotations

import numpy as np
import pytest

from cmps.search.calibration import Curve
from cmps.search.fusion import prior
from cmps.search.tracks.adapt import FAINTEST, tempered
from cmps.search.tracks.looks import Looks, probe_of

SHIPPED = Curve(0.0, 40.0, -30.0, 1030, shift=0.0)


def ratios(curve: Curve, scores: np.ndarray) -> np.ndarray:
    return curve.log_odds(scores, curve.gallery) - prior(curve.gallery)


def test_a_curve_that_believes_too_much_of_strangers_is_made_fainter():
    strangers = np.random.default_rng(0).normal(0.6, 0.1, 4000)
    best = np.sort(strangers)[-400:]
    assert np.exp(ratios(SHIPPED, strangers)).mean() > 10
    fainter = tempered(SHIPPED, best, 0.1)
    assert np.exp(ratios(fainter, best)).mean() * 0.1 == pytest.approx(1, abs=0.01)
    before, after = ratios(SHIPPED, strangers), ratios(fainter, strangers)
    assert (np.sign(before) == np.sign(after)).all()
    assert fainter.slope < SHIPPED.slope


def test_a_curve_that_believes_little_stays_and_none_is_made_meaningless():
    assert tempered(SHIPPED, np.array([0.3, 0.4]), 0.1) == SHIPPED
    assert tempered(SHIPPED, np.array([0.99]), 1.0).slope == pytest.approx(
        SHIPPED.slope * FAINTEST, rel=1e-3
    )


def test_what_a_look_says_does_not_depend_on_the_size_of_the_gallery():
    from desks import CROWD

    from cmps.gallery.memory import MemoryGallery
    from cmps.search.tracks.passes import complete

    store = MemoryGallery()
    store.upsert(CROWD)
    passes = complete(store, CROWD)
    probe = probe_of(CROWD[0].encoding)
    small, large = (Looks(passes, SHIPPED, size, 0).ratios(probe) for size in (100, 100_000))
    np.testing.assert_array_equal(small, large)
