"""Logistic regression, as the fits of curves and of trust need it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cmps.search.calibration import probability


def fit_logistic(
    inputs: NDArray[np.floating],
    right: NDArray[np.bool_],
    weights: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Fit slopes ``(f,)`` and intercept of the log-odds by Newton's method on the logistic loss.

    Args:
        inputs: ``(n, f)``.
        right: ``(n,)``.
        weights: ``(n,)`` what each row counts; default all the same.

    Example:
        >>> scores = np.repeat([[0.], [1.]], 4, 0)
        >>> slopes, intercept = fit_logistic(scores, np.array([0,0,0,1,0,1,1,1], bool))
        >>> print(f"{slopes[0]:.3f} {intercept:.3f}")
        2.197 -1.099
    """
    counts = np.ones(len(right)) if weights is None else weights / weights.mean()
    centre, scale = inputs.mean(0, np.float64), inputs.std(0, dtype=np.float64) + 1e-9
    rows = np.column_stack([(inputs - centre) / scale, np.ones(len(inputs))])
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        chances = probability(rows @ found)
        gradient = rows.T @ (counts * (right - chances))
        curvature = (rows * (counts * chances * (1 - chances))[:, None]).T @ rows
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(found)), gradient)
        found += step
        if np.abs(step).max() < 1e-9:
            break
    slopes = found[:-1] / scale
    return slopes, float(found[-1] - slopes @ centre)
