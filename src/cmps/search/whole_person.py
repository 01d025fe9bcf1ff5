"""All sightings of one person, for who wants them erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cmps.search.track import Tracker
from cmps.search.tracks.records import Stop


def stops_of(
    tracker: Tracker, sightings: Sequence[str], reject: Collection[str], threshold: float
) -> list[Stop]:
    """Return where a person was seen, followed from sightings that surely show them.

    Args:
        tracker: Of the gallery.
        sightings: Ids; taken as confirmed by a human.
        reject: Sightings of somebody else.
        threshold: Least probability of a stop, 0-1.
    """
    pursuit = tracker.pursue(sightings[:1], (), sightings, reject)
    return list(tracker.track(pursuit, threshold, sightings[0]).stops)
