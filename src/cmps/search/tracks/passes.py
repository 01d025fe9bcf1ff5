"""Pictures grouped to passes: one run of pictures of somebody by one camera."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Filter, Passage, Sighting, Tracklet
from cmps.gallery.resident import UNKNOWN
from cmps.gallery.store import GalleryStore
from cmps.search.tracks.travel import WALKED, Legs

MOST_PICTURES = 5
"""Of one pass that are compared; more of the same say little."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Somebody in one camera's view, from entering to leaving it.

    Attributes:
        camera: The camera's id.
        enter, leave: When, or ``None`` where nobody knows.
        sightings: The pictures that are compared, in order of time.
        ids: All its pictures.
        tracklet: The tracklet that it is, or ``None`` for a single picture.
        passage: When and where on the floor it begins and ends, where the camera knows.
    """

    camera: str
    enter: datetime | None
    leave: datetime | None
    sightings: tuple[Sighting, ...]
    ids: tuple[str, ...]
    tracklet: str | None = None
    passage: Passage | None = None

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.ids[0] if self.tracklet is None else f"tracklet {self.tracklet}"


def key_of(sighting: Sighting) -> str:
    """Return the key of the pass that a sighting belongs to."""
    return sighting.id if sighting.tracklet is None else f"tracklet {sighting.tracklet}"


def complete(store: GalleryStore, found: Sequence[Sighting]) -> list[Pass]:
    """Return the passes that sightings belong to, with other pictures of the same tracklets.

    Args:
        store: The gallery.
        found: Sightings, most wanted first; they are kept before others of their tracklet.

    Returns:
        In the order in which they were found.
    """
    groups: dict[str, list[Sighting]] = {}
    for sighting in found:
        groups.setdefault(key_of(sighting), []).append(sighting)
    names = {group[0].tracklet for group in groups.values()} - {None}
    tracklets = {one.id: one for one in store.tracklets({str(name) for name in names})}
    members = store.members(tracklets.keys())
    chosen = {
        key: _chosen(group, members.get(group[0].tracklet or "", ()))
        for key, group in groups.items()
    }
    have = {sighting.id: sighting for sighting in found}
    missing = [id for ids in chosen.values() for id in ids if id not in have]
    have |= {sighting.id: sighting for sighting in store.get(missing)}
    passes = []
    for key, group in groups.items():
        first = group[0]
        tracklet = tracklets.get(first.tracklet or "")
        pictures = sorted((have[id] for id in chosen[key]), key=_moment)
        passage = next((one.passage for one in pictures if one.passage), None)
        enter, leave = _span(first, tracklet, passage)
        passes.append(
            Pass(
                first.camera,
                enter,
                leave,
                tuple(pictures),
                tuple(members.get(first.tracklet or "", ())) or (first.id,),
                first.tracklet if tracklet else None,
                passage,
            )
        )
    return passes


def _span(
    one: Sighting, tracklet: Tracklet | None, passage: Passage | None
) -> tuple[datetime | None, datetime | None]:
    """Return when a pass begins and ends: pictures may be taken of its middle only."""
    if passage is not None:
        return passage.enter, passage.leave
    return (tracklet.start, tracklet.end) if tracklet else (one.time, one.time)


def _chosen(group: Sequence[Sighting], members: Sequence[str]) -> list[str]:
    """Return ids of the pictures to compare: those found, then others spread over the pass."""
    found = [one.id for one in group][:MOST_PICTURES]
    others = [id for id in members if id not in found]
    room = min(MOST_PICTURES - len(found), len(others))
    if room <= 0:
        return found
    return found + [others[place] for place in np.linspace(0, len(others) - 1, room).astype(int)]


def _moment(sighting: Sighting) -> tuple[float, str]:
    return sighting.time.timestamp() if sighting.time else 0.0, sighting.id


def legs(passes: Sequence[Pass], one: NDArray[np.intp], other: NDArray[np.intp]) -> Legs | None:
    """Return what cameras know of the ways from passes to later ones; ``None`` if nothing.

    Args:
        passes: All passes.
        one: ``(n,)`` places among them, of the earlier ones.
        other: ``(n,)`` of the later ones.
    """
    nobody = (np.nan,) * 7
    known = np.array([_walk(item.passage) if item.passage else nobody for item in passes])
    if not len(one) or np.isnan(known).all():
        return None
    enter, leave, pace = known[:, 0], known[:, 1], known[:, 6]
    first, last = known[:, 2:4], known[:, 4:6]
    # views may overlap: where was the one when the other was first seen?
    share = (enter[other] - enter[one]) / np.maximum(leave[one] - enter[one], 1e-3)
    share = np.clip(share, 0, 1)[:, None]
    both = np.stack([pace[one], pace[other]])
    count = np.isfinite(both).sum(0)
    mean = np.where(count > 0, np.nansum(both, 0) / np.maximum(count, 1), np.nan)
    starts = (1 - share) * first[one] + share * last[one]
    return Legs(first[one], starts, first[other], mean)


def _walk(passage: Passage) -> tuple[float, ...]:
    """Return entering, leaving, first and last place, and the log of the speed."""
    metres = math.dist(passage.first, passage.last)
    pace = math.log(metres / max(passage.seconds, 0.5)) if metres >= WALKED else math.nan
    moments = passage.enter.timestamp(), passage.leave.timestamp()
    return (*moments, *passage.first, *passage.last, pace)


class Traffic:
    """How often anybody passes each camera; what a sighting is by chance.

    Args:
        cameras: ``(n,)`` camera ids of a gallery's pictures, or of a fair sample of them.
        times: ``(n,)`` microseconds since 1970, or ``UNKNOWN``.
        scale: How many pictures of the gallery each of these stands for.

    Example:
        >>> seconds = np.arange(0, 3600, 10) * 1_000_000
        >>> traffic = Traffic(np.array(["gate"] * 360, object), seconds)
        >>> round(traffic.rate("gate", 1800.0), 2), traffic.span
        (0.1, 3590.0)
    """

    WINDOW = 900.0

    def __init__(
        self, cameras: NDArray[np.object_], times: NDArray[np.int64], scale: float = 1.0
    ) -> None:
        known = times != UNKNOWN
        seconds, names = times[known] / 1e6, cameras[known]
        order = np.argsort(seconds, kind="stable")
        self.scale = scale
        self.count = len(times) * scale
        self.span = float(np.ptp(seconds)) if len(seconds) else 0.0
        kinds, numbers = np.unique(names[order].astype(str), return_inverse=True)
        seconds = seconds[order]
        self._times: Mapping[str, NDArray[np.float64]] = {
            str(kind): seconds[numbers == number] for number, kind in enumerate(kinds)
        }

    @property
    def cameras(self) -> list[str]:
        """The cameras that took anything."""
        return list(self._times)

    def rate(self, camera: str, time: float) -> float:
        """Return pictures per second of a camera around a time (seconds since 1970)."""
        times = self._times.get(camera, np.empty(0))
        low, high = np.searchsorted(times, [time - self.WINDOW / 2, time + self.WINDOW / 2])
        # one more than there are: where nobody comes, a single one must not look certain
        return (int(high - low) + 1) * self.scale / self.WINDOW


def near(
    camera: str, start: datetime | None, end: datetime | None, seconds: float
) -> Filter | None:
    """Return the filter for what a camera saw around a stay, or ``None`` without times."""
    if start is None or end is None:
        return None
    more = timedelta(seconds=seconds)
    return Filter(frozenset([camera]), after=start - more, before=end + more)
