"""Who looks alike, whatever camera took them."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.likeness import FEWEST, Centres, linked, unit


def test_what_a_camera_adds_is_taken_off():
    random = np.random.default_rng(0)
    looks = random.standard_normal((200, 256))
    cameras = ["gate", "hall"] * 100
    light = {"gate": 3 * random.standard_normal(256), "hall": 3 * random.standard_normal(256)}
    lit = looks + np.stack([light[one] for one in cameras])
    centres = Centres.of(lit, cameras)
    strangers = unit(lit)[0] @ unit(lit)[2], unit(centres.off(lit, cameras))[:3]
    assert strangers[0] > 0.7
    assert abs(strangers[1][0] @ strangers[1][2]) < 0.3
    one_person = np.stack([looks[0] + light["gate"], looks[0] + light["hall"]])
    before, after = unit(one_person), unit(centres.off(one_person, ["gate", "hall"]))
    assert after[0] @ after[1] > before[0] @ before[1] + 0.3


def test_few_pictures_have_nothing_in_common_and_an_unknown_camera_the_middle():
    few = np.ones((FEWEST - 1, 256))
    assert Centres.of(few, ["gate"] * len(few)).off(few, ["gate"] * len(few)) == pytest.approx(few)
    many = np.ones((FEWEST, 256))
    centres = Centres.of(many, ["gate"] * FEWEST)
    assert centres.off(many[:1], ["roof"]) == pytest.approx(np.zeros((1, 256)))


def test_a_chain_of_likes_is_not_one_person():
    chain = np.eye(5)
    for one in range(4):
        chain[one, one + 1] = chain[one + 1, one] = 0.9
    assert len(set(linked(chain, np.arange(5), 0.66).tolist())) == 3


def test_who_belongs_together_is_joined_whatever_they_look_like():
    apart = np.eye(3)
    assert linked(apart, np.array([0, 1, 0]), 0.5).tolist() == [0, 1, 0]
    assert linked(np.ones((3, 3)), np.array([4, 2, 4]), 2.0).tolist() == [4, 2, 4]
    assert linked(np.empty((0, 0)), np.empty(0, np.intp), 0.5).tolist() == []
