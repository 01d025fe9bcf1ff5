from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.search.neighbours import level, likeness, share_evidence


def candidates(count, seed):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return random.uniform(-1, 1, count).astype(np.float32), vectors


GALLERIES = st.builds(candidates, st.integers(1, 30), st.integers(0, 1000))


@given(GALLERIES, st.floats(0, 1), st.floats(0.01, 0.2))
def test_shared_scores_stay_in_the_range_of_the_scores(found, part, width):
    scores, vectors = found
    shared = share_evidence(scores, likeness(vectors), part, width)
    assert shared.min() >= scores.min() - 1e-5
    assert shared.max() <= scores.max() + 1e-5


@given(GALLERIES)
def test_without_a_part_nothing_changes(found):
    scores, vectors = found
    np.testing.assert_array_equal(share_evidence(scores, likeness(vectors), 0, 0.05), scores)


@given(GALLERIES, st.integers(0, 100))
def test_the_order_of_the_candidates_does_not_matter(found, seed):
    scores, vectors = found
    order = np.random.default_rng(seed).permutation(len(scores))
    shared = share_evidence(scores, likeness(vectors), 0.8, 0.08)
    turned = share_evidence(scores[order], likeness(vectors[order]), 0.8, 0.08)
    np.testing.assert_allclose(turned, shared[order], atol=1e-5)


def test_pictures_of_one_person_lift_the_one_that_fits_badly():
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 2]]
    scores = np.array([0.8, 0.7, 0.3, 0.5, 0.4], np.float32)
    shared = share_evidence(scores, likeness(vectors), 0.5, 0.05)
    assert shared[2] > scores[2]
    assert shared[3] == pytest.approx(0.5, abs=1e-4)
    assert shared[:3].argmin() == 2


@given(GALLERIES, st.floats(-0.3, 0.3))
def test_the_level_moves_with_the_scores(found, by):
    scores, vectors = found
    cosines = likeness(vectors)
    moved = level(scores + np.float32(by), cosines, 0.05)
    assert moved == pytest.approx(level(scores, cosines, 0.05) + by, abs=1e-5)


@given(GALLERIES)
def test_more_pictures_of_the_same_people_leave_the_level_where_it_is(found):
    scores, vectors = found
    twice = level(np.tile(scores, 2), likeness(np.tile(vectors, (2, 1))), 0.05)
    assert twice == pytest.approx(level(scores, likeness(vectors), 0.05), abs=1e-5)


def test_the_probe_itself_is_no_rival():
    vectors = np.eye(3, dtype=np.float32)
    scores = np.array([1.0, 0.5, 0.4], np.float32)
    ignored = np.array([True, False, False])
    others = level(scores[1:], likeness(vectors[1:]), 0.05)
    assert level(scores, likeness(vectors), 0.05, ignored) == pytest.approx(others)
    assert level(scores[:1], likeness(vectors[:1]), 0.05, ignored[:1]) == pytest.approx(1.0)
