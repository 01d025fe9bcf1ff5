"""Look-alikes, explained together."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.calibration import Curve
from cmps.search.tracks.meaning import Shipped
from cmps.search.tracks.rivals import claimed, grouped
from cmps.search.tracks.signs import Signs

SAYS = Shipped(Curve(0.0, 20.0, -10.0, 2))
"""Log ratio 0 at a score of 0.5, and 2 more for each 0.1."""


def alike(*groups, within=0.95, between=0.4):
    """Return scores of passes by their person."""
    who = np.concatenate([[number] * size for number, size in enumerate(groups)])
    return Signs(np.where(who[:, None] == who, within, between), SAYS)


def free(count):
    return np.zeros((count, count), bool), np.full((count, count), -4.0)


def test_everybody_gets_a_group():
    apart, price = free(6)
    assert grouped(alike(3, 2, 1), apart, price, [1]).tolist() == [1, 1, 1, 3, 3, 5]


def test_who_is_at_two_places_at_once_is_two_people():
    apart, price = free(3)
    apart[0, 1] = apart[1, 0] = True
    groups = grouped(alike(3), apart, price, [0])
    assert groups[0] != groups[1]


def test_what_a_human_confirmed_is_one_person_and_who_is_like_half_of_them_is_not():
    apart, price = free(4)
    apart[0, 2] = apart[2, 0] = True
    assert grouped(alike(2, 2), apart, price, [0, 2]).tolist() == [0, 1, 0, 3]


def test_before_anybody_looks_few_are_the_person():
    apart, price = free(2)
    signs = alike(2, within=0.65)  # a ratio of 3
    assert len(set(grouped(signs, apart, price, [0]))) == 2
    assert len(set(grouped(signs, apart, price + 2, [0]))) == 1


def test_who_wears_the_same_is_told_apart_by_height_and_by_company():
    """Two people, six passes, all of which look alike."""
    apart, price = free(6)
    looks = alike(6, within=0.75).scores  # a ratio of 5, one more than it takes
    two = np.array([0, 0, 0, 1, 1, 1])
    assert grouped(Signs(looks, SAYS), apart, price, [0]).tolist() == [0] * 6
    tall = Signs(looks, SAYS, heights=np.array([1.1, 1.12, 1.08, 1.3, 1.31, 1.29]))
    assert grouped(tall, apart, price, [0]).tolist() == [0, 0, 0, 3, 3, 3]
    company = Signs(looks, SAYS, beside=np.where(two[:, None] == two, 2.0, -1.2))
    assert grouped(company, apart, price, [0]).tolist() == [0, 0, 0, 3, 3, 3]


def test_what_somebody_else_explains_is_taken_from_the_person():
    apart, price = free(5)
    signs = alike(2, 2, 1)
    groups = np.array([0, 0, 2, 2, 4])
    lone = np.zeros(5, bool)
    taken = claimed(signs, apart, price, groups, 0, lone)
    assert taken[[2, 3]] == pytest.approx(5, abs=0.1)
    assert taken[[0, 1, 4]] == pytest.approx(0, abs=0.1)
    apart[2, 4] = apart[4, 2] = True
    signs.scores[4, 3] = signs.scores[3, 4] = 0.95
    assert claimed(signs, apart, price, groups, 0, lone)[4] == 0


def test_a_rejected_pass_is_somebody_even_alone():
    apart, price = free(3)
    signs = alike(1, 2)
    groups = np.array([0, 1, 2])
    for rejected, least in ((False, 0), (True, 4.9)):
        lone = np.array([False, rejected, False])
        taken = claimed(signs, apart, price, groups, 0, lone)
        assert taken[2] == pytest.approx(least, abs=0.2)
