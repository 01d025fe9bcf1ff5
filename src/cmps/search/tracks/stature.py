"""How tall people are, as calibrated cameras measure it.

Who wears the same seldom is as tall, and a camera that knows where somebody stands measures them.
Heights come with ``tracklets.csv``.
"""

from __future__ import annotations

import numpy as np

from cmps.search.tracks.travel import Floats

ERROR = 0.05
"""Metres by which the height of a pass is off: where the feet are, the stride, a bent back."""

_ALIKE, _SPOILT, _LASTING = 0.15, 0.05, 0.1


def of_height(apart: Floats, one: Floats | float = 1.0, others: Floats | float = 1.0) -> Floats:
    """Return log ratios of heights: one person, against two who look alike.

    Args:
        apart: ``(n,)`` differences of mean heights, metres; not a number where nobody measured.
        one: How many passes of the one were measured.
        others: The same of the others.

    Returns:
        ``(n,)``, 0 where nobody measured. A part of the error stays however many passes there are,
        and some heights are wrong altogether, so no difference says more than log 20.

    Example:
        >>> of_height(np.array([0.0, 0.1, 0.2, np.nan]), 4, 4).round(1).tolist()
        [1.1, -0.3, -2.1, 0.0]
    """
    error = ERROR * np.sqrt(1 / np.maximum(one, 1) + 1 / np.maximum(others, 1) + _LASTING)
    strangers = np.exp(-0.5 * (apart / _ALIKE) ** 2) / _ALIKE
    same = np.exp(-0.5 * (apart / error) ** 2) / error
    # far apart, both vanish: then it is one of the heights that are wrong
    ratio = np.log((1 - _SPOILT) * same / np.maximum(strangers, 1e-300) + _SPOILT)
    return np.where(np.isnan(apart), 0.0, ratio)
