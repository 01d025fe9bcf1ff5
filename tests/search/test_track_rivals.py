"""Look-alikes, explained together."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.calibration import Curve
from cmps.search.tracks.meaning import Shipped
from cmps.search.tracks.rivals import belonging, claimed, grouped

SAYS = Shipped(Curve(0.0, 20.0, -10.0, 2))
"""Log ratio 0 at a score of 0.5, and 2 more for each 0.1."""


def alike(*groups, within=0.95, between=0.4):
    """Return scores of passes by their person."""
    who = np.concatenate([[number] * size for number, size in enumerate(groups)])
    return np.where(who[:, None] == who, within, between)


def free(count):
    return np.zeros((count, count), bool), np.full((count, count), -4.0)


def test_everybody_gets_a_group():
    apart, price = free(6)
    assert grouped(alike(3, 2, 1), SAYS, apart, price, [1]).tolist() == [1, 1, 1, 3, 3, 5]


def test_who_is_at_two_places_at_once_is_two_people():
    apart, price = free(3)
    apart[0, 1] = apart[1, 0] = True
    groups = grouped(alike(3), SAYS, apart, price, [0])
    assert groups[0] != groups[1]


def test_what_a_human_confirmed_is_one_person_and_who_is_like_half_of_them_is_not():
    apart, price = free(4)
    apart[0, 2] = apart[2, 0] = True
    assert grouped(alike(2, 2), SAYS, apart, price, [0, 2]).tolist() == [0, 1, 0, 3]


def test_before_anybody_looks_few_are_the_person():
    apart, price = free(2)
    scores = alike(2, within=0.65)  # a ratio of 3
    assert len(set(grouped(scores, SAYS, apart, price, [0]))) == 2
    assert len(set(grouped(scores, SAYS, apart, price + 2, [0]))) == 1


def test_a_pass_does_not_speak_for_itself():
    scores = alike(2, 1)
    members = np.array([True, True, False])
    assert belonging(scores, SAYS, members) == pytest.approx([9, 9, -2])
    assert belonging(scores, SAYS, np.array([True, False, False]))[0] == -np.inf


def test_what_somebody_else_explains_is_taken_from_the_person():
    apart, price = free(5)
    scores = alike(2, 2, 1)
    groups = np.array([0, 0, 2, 2, 4])
    lone = np.zeros(5, bool)
    taken = claimed(scores, SAYS, apart, price, groups, 0, lone)
    assert taken[[2, 3]] == pytest.approx(5, abs=0.1)
    assert taken[[0, 1, 4]] == pytest.approx(0, abs=0.1)
    apart[2, 4] = apart[4, 2] = True
    scores[4, 3] = scores[3, 4] = 0.95
    assert claimed(scores, SAYS, apart, price, groups, 0, lone)[4] == 0


def test_a_rejected_pass_is_somebody_even_alone():
    apart, price = free(3)
    scores = alike(1, 2)
    groups = np.array([0, 1, 2])
    for rejected, least in ((False, 0), (True, 4.9)):
        lone = np.array([False, rejected, False])
        taken = claimed(scores, SAYS, apart, price, groups, 0, lone)
        assert taken[2] == pytest.approx(least, abs=0.2)
