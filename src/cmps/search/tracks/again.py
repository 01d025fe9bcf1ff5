"""How soon somebody is seen again, as a gallery's looks tell it.

Who was seen once is far likelier to be seen again within a minute than hours later, wherever
cameras hang. No floor plan is needed to know how much likelier: of all pairs of passes so far apart
in time, some share shows one person, and what scores mean tells how large that share is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmps.search.tracks.meaning import Says
from cmps.search.tracks.travel import Floats, Places

SPANS = 1.25 * 2.0 ** np.arange(15)
"""Seconds between which shares are told apart: finely for moments, coarsely for hours."""

_LEAN, _RARELY, _SCORES = 100.0, 0.05, 400


@dataclass(frozen=True, slots=True)
class Again:
    """How probably a pass shows who was seen by an earlier one, before anybody looks.

    Attributes:
        odds: ``(2, 16)`` log odds by the time in between; of other cameras' passes, then of the
            same camera's.
    """

    odds: Floats

    def log_odds(self, here: Places, there: Places, seconds: Floats) -> Floats:
        """Return log odds ``(n,)`` that two passes show one person.

        Args:
            here: ``(n,)`` cameras that somebody left.
            there: ``(n,)`` cameras of the later passes.
            seconds: ``(n,)`` in between.
        """
        return np.asarray(self.odds[(here == there).astype(np.intp), np.digitize(seconds, SPANS)])

    @classmethod
    def learned(
        cls, says: Says, scores: Floats, cameras: Places, times: Floats, usual: float
    ) -> Again:
        """Return what a gallery tells.

        A pair's chance is the share of its kind, weighed by what its score says; the share is the
        mean of its pairs' chances. That is solved by expectation maximisation.

        Args:
            says: What scores mean.
            scores: ``(n, n)`` cosines between passes.
            cameras: ``(n,)`` that saw them.
            times: ``(n, 2)`` entering and leaving, seconds.
            usual: Share of pairs that show one person, whatever the time in between; what few
                pairs lean on.
        """
        one, other = np.triu_indices(len(scores), 1)
        enter, leave = times.T
        gap = np.maximum(enter[one] - leave[other], enter[other] - leave[one])
        kept = gap >= 0
        one, other, gap = one[kept], other[kept], gap[kept]
        kind = np.digitize(gap, SPANS) + (len(SPANS) + 1) * (cameras[one] == cameras[other])
        place = ((scores[one, other] + 1) / 2 * _SCORES).astype(np.intp).clip(0, _SCORES - 1)
        kinds = 2 * (len(SPANS) + 1)
        counts = np.bincount(kind * _SCORES + place, minlength=kinds * _SCORES)
        pairs = counts.reshape(kinds, _SCORES).astype(float)
        middles = (np.arange(_SCORES) + 0.5) / _SCORES * 2 - 1
        likely = np.exp(says.ratios(middles, 1, np.ones(_SCORES, np.intp)))
        share = np.full((kinds, 1), usual)
        for _ in range(50):
            chances = share * likely / (share * likely + 1 - share)
            found = (pairs * chances).sum(1, keepdims=True) + _LEAN * usual
            share = found / (pairs.sum(1, keepdims=True) + _LEAN)
        # hours apart, many pairs are of few hours: they do not tell that nobody ever comes back
        share = share.clip(_RARELY * usual, 0.5)
        return cls(np.log(share / (1 - share)).reshape(2, -1))
