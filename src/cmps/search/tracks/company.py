"""Who was near a person: at the same camera at the same time, at as many stops as possible.

A child that is led away walks beside somebody. One such moment says little, since in a crowd many
are near; the same face at the third camera says much. Everybody near any stop is compared with
everybody near the others, and ranked by the number of stops at which they are expected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cmps.gallery.store import GalleryStore
from cmps.search.ranking import Candidate
from cmps.search.tracks.adapt import Own
from cmps.search.tracks.passes import Pass, complete, near
from cmps.search.tracks.records import Companion, Stop
from cmps.search.tracks.travel import Floats

NEAR = 8.0
"""Seconds before and after a stop in which somebody at the same camera is near."""

_AGAIN = 0.3
_MOST_NEAR = 40


def companions(
    store: GalleryStore, own: Own, stops: Sequence[Stop], top: int = 5
) -> list[Companion]:
    """Return who was near at the stops of a track, those first who were so at most of them.

    Args:
        store: The gallery.
        own: How people are compared in this gallery.
        stops: Of the track.
        top: How many to return.
    """
    passes: list[Pass] = []
    at: list[int] = []
    known = {id for stop in stops for id in stop.ids}
    for number, stop in enumerate(stops):
        where = near(stop.camera, stop.start, stop.end, NEAR)
        if where is None:
            continue
        ids = [id for id in store.listing(where) if id not in known]
        found = complete(store, store.get(ids[: 5 * _MOST_NEAR]))[:_MOST_NEAR]
        passes += found
        at += [number] * len(found)
    if not passes:
        return []
    chances = _same(passes, np.array(at), own)
    return _ranked(passes, np.array(at), chances, top)


def _same(passes: Sequence[Pass], at: np.ndarray, own: Own) -> Floats:
    """Return the probability ``(n, n)`` that the person of row i is pass j, near another stop.

    Somebody is near again with a fixed probability, and then each pass there is as probable as
    another before anybody looks.
    """
    rows = own.metric.of(passes)
    count = len(passes)
    scores = (rows @ rows.T).astype(np.float64)
    chances = np.zeros((count, count))
    for i in range(count):
        ratios = own.says.ratios(scores[i], 1, np.ones(count, np.intp))
        for stop in np.unique(at):
            there = np.flatnonzero(at == stop)
            if stop == at[i]:
                chances[i, i] = 1.0
                continue
            weight = ratios[there] - math.log(len(there)) + math.log(_AGAIN / (1 - _AGAIN))
            top = max(float(weight.max()), 0.0)
            parts = np.exp(weight - top)
            chances[i, there] = parts / (parts.sum() + math.exp(-top))
    return (chances + chances.T) / 2


def _ranked(passes: Sequence[Pass], at: np.ndarray, chances: Floats, top: int) -> list[Companion]:
    free = np.ones(len(passes), bool)
    found: list[Companion] = []
    stops = np.unique(at)
    while free.any() and len(found) < top:
        by_stop = np.stack(
            [np.where(free & (at == stop), chances, 0.0).max(1) for stop in stops], axis=1
        )
        expected = np.where(free, by_stop.sum(1), -1.0)
        seed = int(expected.argmax())
        members = [
            int(np.where(free & (at == stop), chances[seed], 0.0).argmax())
            for place, stop in enumerate(stops)
            if by_stop[seed, place] >= 0.5
        ]
        again = 1 - float(np.prod(1 - np.delete(by_stop[seed], np.searchsorted(stops, at[seed]))))
        pictures = tuple(
            Candidate(
                rank,
                passes[number].sightings[len(passes[number].sightings) // 2],
                float(chances[seed, number]),
                (),
            )
            for rank, number in enumerate(members, 1)
        )
        found.append(
            Companion(float(expected[seed]), again, pictures, tuple(int(at[n]) for n in members))
        )
        free[[seed, *members]] = False
    return found
