"""Crowds are different people of all ages in believable clothes."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.simulator.palette import BRIGHT, CLOTH, DENIM, HAIR, SKIN
from cmps.simulator.people import (
    AGE_GROUPS,
    AGE_RANGES,
    Person,
    SimulatorError,
    sample_crowd,
    sample_person,
)

MUTED = set(CLOTH) - BRIGHT


@pytest.fixture(scope="module")
def crowd():
    return sample_crowd(11, 600)


def worn(person):
    return [g for g in (person.top, person.bottom, person.shoes, person.hat, person.bag) if g]


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, *AGE_GROUPS]))
def test_every_sampled_person_is_drawable(seed, group):
    person = sample_person(np.random.default_rng(seed), "p", group)
    low, high = AGE_RANGES[person.age_group]
    assert low <= person.years <= high
    assert group in (None, person.age_group)
    assert 0.9 < person.height < 2.05
    assert person.hair_colour in HAIR
    assert person.skin in SKIN
    assert (person.bottom is None) == (person.top.kind == "dress")
    for garment in worn(person):
        table = DENIM if garment.kind == "jeans" else CLOTH
        assert garment.colour in table
        assert (garment.second is None) == (garment.pattern == "plain")
        assert garment.second is None or garment.second in CLOTH
        assert garment.second != garment.colour


@given(st.integers(0, 2**32 - 1))
def test_a_person_survives_json(seed):
    person = sample_person(np.random.default_rng(seed), "p1")
    assert Person.from_dict(json.loads(json.dumps(person.as_dict()))) == person


def test_the_same_seed_draws_the_same_crowd_and_another_does_not():
    assert sample_crowd(5, 30) == sample_crowd(5, 30)
    assert not set(sample_crowd(5, 30)) & set(sample_crowd(6, 30))


def test_a_mall_holds_all_ages_and_both_genders(crowd):
    groups = Counter(person.age_group for person in sample_crowd(11, 64))
    assert set(groups) == set(AGE_GROUPS)
    assert groups["child"] >= 12
    assert groups["elderly"] >= 12
    years = [person.years for person in crowd]
    assert min(years) <= 5
    assert max(years) >= 85
    assert {y // 10 for y in years} == set(range(9))
    assert 0.4 < np.mean([person.gender == "female" for person in crowd]) < 0.6


def test_children_grow():
    rng = np.random.default_rng(0)
    children = [sample_person(rng, "p", "child") for _ in range(300)]
    small = np.mean([c.height for c in children if c.years <= 5])
    tall = np.mean([c.height for c in children if c.years >= 11])
    assert small < 1.15 < 1.35 < tall


def test_ids_are_different_and_sort_by_number(crowd):
    ids = [person.id for person in crowd]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)


def test_adults_wear_muted_colours_and_children_brighter_ones(crowd):
    def bright(groups):
        tops = [p.top.colour in BRIGHT for p in crowd if p.age_group in groups]
        return np.mean(tops)

    grown = bright({"adult", "elderly"})
    assert grown < 0.2
    assert bright({"child"}) > 2 * grown
    bottoms = [p.bottom.colour in MUTED for p in crowd if p.bottom and p.bottom.kind != "jeans"]
    assert np.mean(bottoms) > 0.9


def test_outfits_repeat_as_in_real_crowds(crowd):
    tops = Counter(p.top.colour for p in crowd if p.age_group == "adult")
    dull = sum(tops[c] for c in ("black", "white", "dark blue", "grey", "dark grey", "beige"))
    assert dull > 0.6 * sum(tops.values())
    outfits = Counter(
        (p.top.colour, p.bottom.kind, p.bottom.colour)
        for p in crowd
        if p.bottom and p.age_group == "adult"
    )
    assert outfits.most_common(1)[0][1] >= 5


def test_old_people_are_grey_and_only_grown_men_are_bald(crowd):
    old = [p for p in crowd if p.age_group == "elderly"]
    assert np.mean([p.hair_colour in ("grey", "white") for p in old]) > 0.8
    assert all(p.years >= 35 and p.gender == "male" for p in crowd if p.hair == "bald")
    assert any(p.hair == "bald" for p in crowd)


@pytest.mark.parametrize("count", [0, -4])
def test_a_crowd_of_nobody_is_refused(count):
    with pytest.raises(SimulatorError, match=f"cannot draw {count} people"):
        sample_crowd(1, count)


def test_an_unknown_age_group_is_named():
    with pytest.raises(SimulatorError, match="unknown age group 'ghost'"):
        sample_person(np.random.default_rng(0), "p", "ghost")
