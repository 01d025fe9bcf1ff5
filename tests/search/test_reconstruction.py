from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmps.search.reconstruction import BETA, fpr_distances, rerank


def unit(rng, *shape):
    rows = rng.normal(size=shape)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def by_the_paper(x, p, y, beta):
    """Equation of the paper with an explicit inverse, one gallery picture, float64."""
    y, x = y.T, x.T  # columns are cells, as in the paper
    w = np.linalg.inv(y.T @ y + beta * np.eye(y.shape[1])) @ y.T @ x
    errors = [np.linalg.norm(x[:, n] - y @ w[:, n]) ** 2 for n in range(x.shape[1])]
    return sum(weight * error for weight, error in zip(p, errors, strict=True)) / sum(p)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    probes=st.integers(1, 9),
    cells=st.integers(1, 9),
    size=st.integers(2, 24),
    beta=st.sampled_from([0.05, BETA, 1.0]),
)
def test_agrees_with_the_papers_formula(seed, probes, cells, size, beta):
    rng = np.random.default_rng(seed)
    x, y = unit(rng, probes, size), unit(rng, 3, cells, size)
    p = rng.uniform(0.05, 1, probes)
    expected = [by_the_paper(x, p, one, beta) for one in y]
    found = fpr_distances(x.astype(np.float32), p.astype(np.float32), y.astype(np.float32), beta)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_half_precision_of_the_gallery_changes_little():
    rng = np.random.default_rng(1)
    x, y = unit(rng, 6, 32).astype(np.float32), unit(rng, 4, 6, 32)
    exact = fpr_distances(x, np.ones(6), y.astype(np.float32))
    stored = fpr_distances(x, np.ones(6), y.astype(np.float16))
    np.testing.assert_allclose(stored, exact, atol=2e-3)


def test_the_same_cells_are_nearest():
    rng = np.random.default_rng(2)
    y = unit(rng, 5, 4, 32).astype(np.float32)
    for number in range(5):
        assert fpr_distances(y[number], np.ones(4), y).argmin() == number


def test_background_does_not_count():
    cells = np.eye(4, dtype=np.float32)
    probe = cells[[0, 3]]  # the second cell is nowhere in the gallery picture
    gallery = cells[None, [0, 1]]
    seen = fpr_distances(probe, np.array([1.0, 0.0]), gallery)
    unseen = fpr_distances(probe, np.array([0.0, 1.0]), gallery)
    assert seen[0] < 0.02
    assert unseen[0] == pytest.approx(1.0)


def test_a_probe_without_foreground_gives_numbers():
    cells = np.eye(2, dtype=np.float32)
    assert np.isfinite(fpr_distances(cells, np.zeros(2), cells[None])).all()


def test_distances_lie_between_rebuilt_and_not_at_all():
    rng = np.random.default_rng(3)
    distances = fpr_distances(
        unit(rng, 5, 12).astype(np.float32), np.ones(5), unit(rng, 50, 8, 12).astype(np.float32)
    )
    assert ((distances >= 0) & (distances <= 1)).all()


def test_mix_goes_from_global_to_local():
    similarities, distances = np.array([0.9, 0.5]), np.array([0.8, 0.1])
    assert rerank(similarities, distances, 0).tolist() == pytest.approx([0.9, 0.5])
    assert rerank(similarities, distances, 1).tolist() == pytest.approx([0.2, 0.9])
    assert rerank(similarities, distances, 0.5).tolist() == pytest.approx([0.55, 0.7])
