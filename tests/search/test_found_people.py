"""Who is shown as one person."""

from __future__ import annotations

import numpy as np
from desks import sighting

from cmps.search.calibration import Curve
from cmps.search.people import NEAREST, _mutual, grouped
from cmps.search.reconstruction import Rebuilt

CURVE = Curve(0.0, 14.0, -9.0, 20)


def people_of(sightings, surely=0.0, together=()):
    odds = -np.arange(len(sightings), dtype=float)
    ready = Rebuilt(np.stack([one.encoding.pyramid for one in sightings]))
    groups = grouped(sightings, odds, ready, CURVE, together, surely)
    return [[sightings[place].id for place in group] for group in groups]


RED = [sighting("red-1", "red", "blue", 1), sighting("red-2", "red", "blue", 2)]
GREEN = sighting("green", "green", "black", 3)


def test_look_alikes_are_one_person_and_others_are_not():
    assert people_of([RED[0], GREEN, RED[1]]) == [["red-1", "red-2"], ["green"]]


def test_who_wants_to_be_surer_gets_more_people():
    assert len(people_of([*RED, GREEN], surely=50.0)) == 3


def test_a_human_s_word_and_a_tracklet_gather_who_looks_different():
    assert people_of([RED[0], GREEN], together=[0, 1]) == [["red-1", "green"]]
    walk = [
        RED[0],
        sighting("red-3", "red", "blue", 3, tracklet="t"),
        sighting("black", "black", "green", 4, tracklet="t"),
    ]
    assert people_of(walk) == [["red-1", "red-3", "black"]]


def test_neighbours_are_mutual_and_a_tracklet_is_one_of_them():
    """One in the middle of a crowd is everybody's neighbour, but not all are its nearest."""
    count = 2 * NEAREST
    cosines = np.full((count, count), 0.1)
    cosines[0] = cosines[:, 0] = np.linspace(0.9, 0.5, count)
    near = _mutual(cosines, np.arange(count))
    assert near[0, 1:].sum() == NEAREST
    assert (near == near.T).all()
    one_tracklet = np.array([0, *[1] * (count - 2), 2])
    assert _mutual(cosines, one_tracklet).all()
