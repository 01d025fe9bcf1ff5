"""Who is shown as one person."""

from __future__ import annotations

import numpy as np
from desks import sighting

from cmps.search.people import grouped


def people_of(sightings, alike=0.66, together=()):
    odds = -np.arange(len(sightings), dtype=float)
    looks = np.stack([one.encoding.embedding for one in sightings])
    groups = grouped(sightings, odds, looks, together, alike)
    return [[sightings[place].id for place in group] for group in groups]


RED = [sighting("red-1", "red", "blue", 1), sighting("red-2", "red", "blue", 2)]
GREEN = sighting("green", "green", "black", 3)


def test_look_alikes_are_one_person_and_others_are_not():
    assert people_of([RED[0], GREEN, RED[1]]) == [["red-1", "red-2"], ["green"]]


def test_who_wants_to_be_surer_gets_more_people():
    assert len(people_of([*RED, GREEN], alike=1.1)) == 3


def test_a_human_s_word_and_a_tracklet_gather_who_looks_different():
    assert people_of([RED[0], GREEN], together=[0, 1]) == [["red-1", "green"]]
    walk = [
        RED[0],
        sighting("red-3", "red", "blue", 3, tracklet="t"),
        sighting("black", "black", "green", 4, tracklet="t"),
    ]
    assert people_of(walk) == [["red-1"], ["red-3", "black"]]
    assert people_of(walk, alike=0.4) == [["red-1", "red-3", "black"]]


def test_who_is_left_out_is_in_no_group():
    looks = np.stack([one.encoding.embedding for one in (*RED, GREEN)])
    odds = np.array([1.0, -np.inf, 2.0])
    assert grouped([*RED, GREEN], odds, looks) == [[2], [0]]
    assert grouped([*RED, GREEN], np.full(3, -np.inf), looks) == []
