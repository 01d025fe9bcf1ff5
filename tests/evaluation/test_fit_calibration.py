from dataclasses import replace

import numpy as np
import pytest

from cmps.evaluation.fit_calibration import (
    Retrieved,
    Way,
    best_way,
    calibration_error,
    chances,
    fit_curve,
    fits,
    metrics,
    parts,
)
from cmps.search.calibration import Curve, probability


def retrieved(similarities, right, distances=None, missed=0):
    similarities = np.array(similarities, np.float32)
    far = np.zeros_like(similarities) if distances is None else np.array(distances, np.float32)
    return Retrieved(True, similarities, far, np.array(right, bool), missed)


def test_calibration_error_by_hand():
    # two bins: 0.9 said and half right, 0.1 said and none right
    chances = np.array([0.9, 0.9, 0.1, 0.1])
    right = np.array([True, False, False, False])
    assert calibration_error(chances, right) == pytest.approx((0.4 + 0.1) / 2)


def test_honest_chances_have_little_error():
    random = np.random.default_rng(0)
    chances = random.random(50_000)
    assert calibration_error(chances, random.random(50_000) < chances) < 0.01


def test_chances_are_of_the_best_of_every_query():
    queries = [
        retrieved([0.1, 0.9, 0.5], [False, True, False]),
        retrieved([0.7, 0.2, 0.8], [True, False, False]),
    ]
    found, right, places = chances(queries, Curve(0.0, 10.0, -5.0, 1), 2)
    np.testing.assert_allclose(found, probability(np.array([4.0, 0, 3, 2])), atol=1e-5)
    assert right.tolist() == [True, False, False, True]
    assert places.tolist() == [0, 1, 0, 1]


def queries_with_rivals(seed, count=400):
    """Where a query's strangers score high, so does chance: only the margin tells."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        height, found = random.uniform(0.3, 0.7), random.random() < 0.5
        scores = height + random.normal(0, 0.02, 30)
        scores[0] = height + (0.15 if found else 0.02) + random.normal(0, 0.03)
        right = np.zeros(30, bool)
        right[0] = found
        far = np.zeros(30, np.float32)
        alike = np.eye(30, dtype=np.float32)
        made.append(Retrieved(True, scores.astype(np.float32), far, right, 0, alike, 30))
    return made


def test_the_level_of_rivals_makes_first_candidates_honest():
    curve = fit_curve(queries_with_rivals(0), Way(), 30)
    assert curve.crowd > 0
    unseen = queries_with_rivals(1)
    found, right, places = chances(unseen, curve, 20)
    assert calibration_error(found[places == 0], right[places == 0]) < 0.06
    blind = replace(curve, crowd=0.0)
    worse, right, places = chances(unseen, blind, 20)
    assert calibration_error(worse[places == 0], right[places == 0]) > 0.15


def queries_in(size, seed, count=400):
    """The same strangers and finds in a gallery of some size: the best stranger is its maximum."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        strangers = np.sort(random.normal(0, 0.1, size))[::-1][:29]
        scores = np.concatenate([[random.normal(0.32, 0.05)], strangers]).astype(np.float32)
        right = np.arange(len(scores)) == 0
        alike = np.eye(len(scores), dtype=np.float32)
        made.append(Retrieved(True, scores, np.zeros_like(scores), right, 0, alike, size))
    return made


def test_galleries_of_several_sizes_make_the_curve_honest_in_each():
    fitted = [one for size in (50, 200, 1000) for one in queries_in(size, size)]
    curve = fit_curve(fitted, Way(), 1000)
    alone = fit_curve(queries_in(1000, 1000), Way(), 1000)
    assert alone.shift == 0

    def error(curve, size):
        found, right, places = chances(queries_in(size, size + 1), curve, 20)
        return calibration_error(found[places == 0], right[places == 0])

    assert all(error(curve, size) < 0.1 for size in (50, 200, 1000))
    assert all(error(curve, size) < error(alone, size) - 0.04 for size in (50, 200))


def test_hubs_that_mislead_lose_and_those_that_do_not_stay():
    def query(hubness):
        scores, right = np.array([0.6, 0.5], np.float32), np.array([False, True])
        far, alike = 1 - scores, np.eye(2, dtype=np.float32)
        return Retrieved(True, scores, far, right, 0, alike, 2, np.array(hubness, np.float32))

    assert best_way([query([0.6, 0.2])]).hubs > 0
    assert best_way([query([0.2, 0.6])]).hubs == 0
    assert best_way([replace(query([0.6, 0.2]), hubness=None)]).hubs == 0


def test_a_gallery_is_split_by_person_and_nothing_is_lost():
    people = np.array([f"p{number // 3}" for number in range(60)], object)
    split = parts(people, 15)
    assert len(split) == 4
    assert sorted(np.concatenate(split).tolist()) == list(range(60))
    assert [len(rows) for rows in split] == [15] * 4
    owners = [set(people[rows]) for rows in split]
    assert len(set.union(*owners)) == sum(map(len, owners))
    assert len(parts(people, None)) == 1


def test_fpr_can_turn_the_order_and_missed_pictures_count():
    query = retrieved([0.6, 0.5], [False, True], distances=[0.9, 0.1])
    assert metrics([query], Way(0.0)).mean_precision == pytest.approx(50)
    assert metrics([query], Way(0.5)).mean_precision == pytest.approx(100)
    short = retrieved([0.9], [True], missed=1)
    assert metrics([short], Way(0.0)).mean_precision == pytest.approx(
        100
    )  # the missed one comes second
    wrong = retrieved([0.9, 0.8], [False, False], missed=1)
    assert metrics([wrong], Way(0.0)).mean_precision == pytest.approx(100 / 3)


def test_people_are_halved_the_same_way_everywhere():
    people = [f"market:{number:04d}" for number in range(2000)]
    halves = [fits(person) for person in people]
    assert halves == [fits(person) for person in people]
    assert 0.45 < np.mean(halves) < 0.55


def test_look_alikes_that_help_are_chosen_and_those_that_harm_are_not():
    def query(right):
        alike = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], np.float32)
        scores = np.array([0.9, 0.3, 0.5], np.float32)  # the second looks like the first
        return Retrieved(True, scores, 1 - scores, np.array(right, bool), 0, alike)

    assert best_way([query([True, True, False])]).part > 0
    assert best_way([query([True, False, True])]).part < 0.5
