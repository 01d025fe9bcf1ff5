"""What cosines say of any two pictures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cmps.evaluation.fit_cosines import fit_cosines
from cmps.search.tracks.meaning import Shipped


@pytest.fixture(scope="module")
def gallery():
    """A hundred and fifty people in four pictures each."""
    rng = np.random.default_rng(0)
    people = np.repeat([f"p{number}" for number in range(150)], 4).astype(object)
    looks = np.repeat(rng.standard_normal((150, 24)), 4, 0) + rng.standard_normal((600, 24))
    rows = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    return SimpleNamespace(pictures=list(range(600)), people=people, embeddings=rows)


def test_strangers_are_on_average_as_likely_as_strangers(gallery):
    curve, measured = fit_cosines(gallery)
    assert curve.share == 0
    assert measured["strangers_ratio"] == pytest.approx(1, abs=0.3)
    assert measured["same_ratio"] > 2


def test_what_the_curve_says_does_not_depend_on_how_often_people_come(gallery):
    """Half of everybody's pictures: a third of the pairs of one person for each of strangers."""
    fewer = SimpleNamespace(
        pictures=gallery.pictures[::2],
        people=gallery.people[::2],
        embeddings=gallery.embeddings[::2],
    )
    score, one = np.array([0.6]), np.ones(1, np.intp)
    found = [Shipped(fit_cosines(some)[0]).ratios(score, 1, one)[0] for some in (gallery, fewer)]
    assert found[0] == pytest.approx(found[1], abs=0.5)
