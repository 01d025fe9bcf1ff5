from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmps.evaluation.reranking import Reranking, best_places


def turned(similarities, distances, share):
    """Mix that turns the global order round."""
    return -similarities


def distances(probe, weights, gallery):
    return np.zeros(len(gallery))


SCORES = st.lists(st.integers(-50, 50), min_size=1, max_size=20, unique=True).map(
    lambda values: np.array(values) / 50
)


def again(scores, best, share=0.5, ignored=None):
    setting = Reranking({"image": share}, best, distances, turned)
    pyramids = np.zeros((len(scores), 2, 3), np.float16)
    return setting.scores("image", scores, np.zeros((2, 3)), np.ones(2), pyramids, ignored)


@given(SCORES, st.integers(0, 25))
def test_only_the_best_change_places(scores, best):
    before = np.argsort(-scores)
    after = np.argsort(-again(scores, best))
    count = min(best, len(scores))
    assert list(after) == [*before[:count][::-1], *before[count:]]


@given(SCORES)
def test_without_a_share_the_global_order_stays(scores):
    assert np.array_equal(again(scores, 10, share=0.0), scores)
    setting = Reranking({}, 10, distances, turned)
    assert np.array_equal(setting.scores("fast", scores, scores, scores, scores), scores)


def test_ignored_pictures_take_no_place_among_the_best():
    seen = []

    def spy(probe, weights, gallery):
        seen.extend(gallery[:, 0, 0].astype(int))
        return np.zeros(len(gallery))

    pyramids = np.arange(4, dtype=np.float16)[:, None, None]
    setting = Reranking({"image": 0.5}, 2, spy, turned)
    ignored = np.array([True, False, False, False])
    setting.scores(
        "image", np.array([0.9, 0.8, 0.7, 0.6]), np.zeros((1, 1)), np.ones(1), pyramids, ignored
    )
    assert sorted(seen) == [1, 2]


def test_the_search_rooms_fpr_is_the_default():
    rng = np.random.default_rng(3)
    cells = rng.normal(size=(6, 4, 8)).astype(np.float32)
    cells /= np.linalg.norm(cells, axis=2, keepdims=True)
    scores = Reranking({"image": 1.0}, 6).scores(
        "image", np.zeros(6, np.float32), cells[4], np.ones(4, np.float32), cells
    )
    assert int(scores.argmax()) == 4  # only its own cells rebuild a picture in full


@given(SCORES, st.integers(1, 25))
def test_best_places_are_the_greatest(scores, count):
    chosen = scores[best_places(scores, count)]
    assert sorted(chosen) == pytest.approx(sorted(scores)[-count:])


def test_look_alikes_count_among_the_best_only():
    alike = np.eye(3, dtype=np.float32)[[0, 1, 0, 0]]
    scores = np.array([0.9, 0.6, 0.5, 0.4])
    setting = Reranking({}, 3, sharing={"fast": (1.0, 0.05)})
    order = np.argsort(-setting.scores("fast", scores, alike, alike, alike, embeddings=alike))
    assert order.tolist() == [0, 2, 1, 3] or order.tolist() == [2, 0, 1, 3]
    kept = setting.scores("fast", scores, alike, alike, alike)
    np.testing.assert_array_equal(kept, scores)
