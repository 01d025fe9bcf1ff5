"""Who walks beside whom: company tells people apart who look alike.

Families, couples and friends walk together from camera to camera. Two passes at which the same face
is beside somebody are likely one person's, and two passes with different company seldom are. It
needs no more than the times of pictures: beside somebody is who was taken by the same camera within
three seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmps.gallery.codec import microseconds
from cmps.gallery.resident import Resident
from cmps.search.tracks.looks import Metric, Rows
from cmps.search.tracks.meaning import Says
from cmps.search.tracks.passes import Pass
from cmps.search.tracks.travel import Floats, Places

AROUND = 3.0
"""Seconds within which two pictures of a camera show people beside each other."""

KEPT, CHANCE = 0.7, 0.03
"""How often somebody who has company is beside the same people again, and a stranger is.

A child that is led away leaves its company: that it changed must not say much.
"""

_MOST = 8


class Beside:
    """Finds who walks beside people in one gallery.

    Args:
        resident: The gallery's pictures, or a fair sample of them.
        metric: How people look.
        says: What scores mean.
    """

    def __init__(self, resident: Resident, metric: Metric, says: Says) -> None:
        self._resident, self._metric, self._says = resident, metric, says
        kinds, numbers = np.unique(resident.cameras.astype(str), return_inverse=True)
        order = np.lexsort((resident.times, numbers))
        bounds = np.searchsorted(numbers[order], np.arange(len(kinds) + 1))
        self._rows = {str(k): order[bounds[n] : bounds[n + 1]] for n, k in enumerate(kinds)}
        self._times = {k: resident.times[rows] for k, rows in self._rows.items()}

    def over(self, resident: Resident) -> Beside:
        """Return the same for another state of the gallery."""
        return Beside(resident, self._metric, self._says)

    def ratios(self, passes: Sequence[Pass]) -> Floats:
        """Return log ratios of company, ``(n, n)``: one person, against two.

        Not a number where one of both walks alone: that says little, for who is beside somebody is
        often hidden, or not yet indexed.
        """
        found = np.full((len(passes), len(passes)), np.nan)
        around = [self._others(one, self._around(one)) for one in passes]
        has = [number for number, rows in enumerate(around) if len(rows)]
        if not has:
            return found
        counts = np.array([len(around[number]) for number in has])
        rows, at = np.unique(np.concatenate([around[n] for n in has]), return_inverse=True)
        vectors = self._vectors(rows)
        scores = (vectors @ vectors.T).astype(np.float64)
        alike = self._says.ratios(scores.ravel(), 1, np.ones(scores.size, np.intp))
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        best = np.maximum.reduceat(alike.reshape(scores.shape)[at], starts)
        best = np.maximum.reduceat(best[:, at], starts, axis=1)
        # among more people the best one is like anybody sooner
        same = np.exp(best - np.log(np.maximum(counts[:, None], counts)))
        found[np.ix_(has, has)] = np.log((1 - KEPT + KEPT * same) / (1 - CHANCE + CHANCE * same))
        return found

    def _around(self, one: Pass) -> Places:
        """Return rows of the pictures of others that were taken beside a pass's."""
        times = self._times.get(one.camera)
        moments = [microseconds(picture.time) for picture in one.sightings if picture.time]
        if times is None or not moments:
            return np.empty(0, np.intp)
        reach = int(AROUND * 1e6)
        low, high = np.searchsorted(times, [min(moments) - reach, max(moments) + reach + 1])
        near = np.abs(times[low:high, None] - np.array(moments)).min(1)
        own = set(one.ids)
        rows = self._rows[one.camera][low:high]
        others = np.array([id not in own for id in self._resident.ids[rows]], bool)
        kept = np.flatnonzero((near <= reach) & others)
        kept = kept[np.argsort(near[kept], kind="stable")[:_MOST]]
        return np.asarray(rows[kept], np.intp)

    def _others(self, one: Pass, rows: Places) -> Places:
        """Return those of some pictures that show somebody else, as far as anybody knows.

        Without tracklets, looks must tell: else people would be their own company.
        """
        if one.tracklet is not None or not len(rows):
            return rows
        scores = (self._vectors(rows) @ self._metric.of([one])[0]).astype(np.float64)
        alike = self._says.ratios(scores, 1, np.ones(len(rows), np.intp))
        return rows[alike <= 0]

    def _vectors(self, rows: Places) -> Rows:
        cameras = [str(camera) for camera in self._resident.cameras[rows]]
        return self._metric.rows(self._resident.vectors[rows], cameras)
