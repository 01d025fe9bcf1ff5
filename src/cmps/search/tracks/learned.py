"""Travel times learned from confirmed tracks, for places of which there is no floor plan.

For each pair of cameras, the times between leaving the one and entering the other are kept as they
were; their density is a histogram over asinh(t / 10 s), so fine for seconds and coarse for hours.
A pair that was rarely seen leans on all pairs together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cmps.gallery.records import GalleryError
from cmps.search.tracks.travel import MOMENT, Flags, Floats, Habits, Legs, Places

FORMAT, VERSION = "cmps-travel-times", 1
_SCALE, _BIN, _TRUST, _MOST = 10.0, 0.2, 10.0, 1000
_BOTH = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """One stop of a confirmed track; seconds on any clock that all cameras share."""

    camera: str
    enter: float
    leave: float


@dataclass(slots=True)
class TravelTimes:
    """Seconds between views, by pair of cameras; negative where the second view came earlier.

    Example:
        >>> times = TravelTimes()
        >>> times.add([Seen("gate", 0, 5), Seen("hall", 25, 30), Seen("gate", 90, 99)])
        >>> times.pairs
        {('gate', 'hall'): [20.0], ('hall', 'gate'): [60.0]}
    """

    pairs: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, track: Iterable[Seen]) -> None:
        """Learn from one confirmed track; of each pair the last thousand times are kept."""
        stops = sorted(track, key=lambda stop: (stop.enter, stop.leave, stop.camera))
        for one, other in pairwise(stops):
            times = self.pairs.setdefault((one.camera, other.camera), [])
            times.append(float(other.enter - one.leave))
            del times[:-_MOST]

    @classmethod
    def read(cls, path: Path) -> TravelTimes:
        """Read what :meth:`write` wrote.

        Raises:
            GalleryError: If the file cannot be read or holds something else.
        """
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            if plain["format"] != FORMAT or plain["version"] != VERSION:
                raise ValueError(f"it needs format {FORMAT}, version {VERSION}")
            pairs = {(one["from"], one["to"]): _numbers(one["seconds"]) for one in plain["pairs"]}
        except OSError as error:
            raise GalleryError(f"{path} cannot be read: {error.strerror}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise GalleryError(
                f"{path} holds no travel times ({error}); delete it or learn again"
            ) from error
        return cls(pairs)

    def write(self, path: Path) -> None:
        """Write a JSON file, whole or not at all."""
        pairs = [
            {"from": one, "to": other, "seconds": [round(time, 2) for time in times]}
            for (one, other), times in sorted(self.pairs.items())
        ]
        partial = path.with_name(path.name + ".partial")
        plain = {"format": FORMAT, "version": VERSION, "pairs": pairs}
        partial.write_text(json.dumps(plain) + "\n", encoding="utf-8")
        partial.replace(path)


def _numbers(plain: Any) -> list[float]:
    numbers = [float(one) for one in plain]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a time is not finite")
    return numbers


class LearnedTravel:
    """Travel times as confirmed tracks showed them.

    Args:
        times: What was learned.
        cameras: The gallery's cameras.
        span: Seconds that the gallery covers.
        habits: How people move about beside that.

    Example:
        >>> times = TravelTimes({("gate", "hall"): [20.0, 22.0, 25.0] * 9})
        >>> travel = LearnedTravel(times, ["gate", "hall"], 7200)
        >>> gate, hall = np.zeros(2, int), np.ones(2, int)
        >>> usual, odd = travel.log_density(gate, hall, np.array([23.0, 300]))
        >>> bool(usual - odd > 4)
        True
    """

    timed = True

    def __init__(
        self,
        times: TravelTimes,
        cameras: Sequence[str],
        span: float,
        habits: Habits = Habits(),  # noqa: B008 - frozen
    ) -> None:
        self._edge = math.asinh(max(span, 3600.0) / _SCALE) + _BIN
        self._bins = math.ceil(2 * self._edge / _BIN)
        self._anywhere = habits.away / (max(len(cameras), 1) * max(span, 1.0))
        self._kept = 1 - habits.away
        count = len(cameras)
        places = {camera: place for place, camera in enumerate(cameras)}
        seen = np.zeros((count, count, self._bins))
        early = np.zeros((count, count))
        self._quickest = np.full((count, count), MOMENT)
        for (one, other), seconds in times.pairs.items():
            if one in places and other in places:
                array = np.asarray(seconds)
                row = np.bincount(self._bin(array), minlength=self._bins)
                seen[places[one], places[other]] += row
                early[places[one], places[other]] += (array < 0).sum()
                if len(array) >= _TRUST:
                    # half of the quickest way that was ever confirmed
                    self._quickest[places[one], places[other]] = max(array.min() / 2, MOMENT)
        self._together = _overlapping(early, seen.sum(2))
        self._table = self._densities(seen)

    def _bin(self, seconds: Floats) -> Places:
        place = (np.arcsinh(seconds / _SCALE) + self._edge) / _BIN
        return np.clip(place.astype(np.intp), 0, self._bins - 1)

    def _densities(self, seen: Floats) -> Floats:
        """Return the share of ways per pair and bin, smoothed; each camera's sum to one."""
        kernel = np.exp(-0.5 * np.arange(-3, 4) ** 2 / 1.5**2)
        smooth = _convolved(seen, kernel / kernel.sum())
        count = len(seen)
        same = np.eye(count, dtype=bool)
        total = smooth.sum(2, keepdims=True)
        leaning = np.empty_like(smooth)
        late = np.arange(self._bins) >= self._bins // 2
        broad = np.where(late, np.exp(-np.abs(np.arange(self._bins) - 0.65 * self._bins) / 8), 0.0)
        for mask in (same, ~same):
            pooled = smooth[mask].sum(0) + _TRUST * broad / broad.sum()
            leaning[mask] = pooled / pooled.sum()
        shape = (smooth + _TRUST * leaning) / (total + _TRUST)
        share = total[..., 0] + _TRUST / max(count, 1)
        share /= share.sum(1, keepdims=True)
        return np.asarray(share[..., None] * shape)

    def log_density(
        self, here: Places, there: Places, seconds: Floats, legs: Legs | None = None
    ) -> Floats:
        """Return log densities; see :class:`~cmps.search.tracks.travel.Travel`."""
        seconds = np.asarray(seconds, float)
        width = _BIN * np.sqrt(seconds**2 + _SCALE**2)
        share = self._kept * self._table[here, there, self._bin(seconds)] / width
        barred = (seconds < 0) & ~self._together[here, there]
        return np.where(barred, -np.inf, np.log(share + self._anywhere))

    def together(self, here: int, there: int) -> bool:
        """Return whether confirmed tracks were in both views at once."""
        return bool(self._together[here, there])

    def apart(self, here: Places, there: Places, seconds: Floats) -> Flags:
        """Return who must be two people: seen sooner than anybody ever came, or at once."""
        quickest = np.minimum(self._quickest[here, there], self._quickest[there, here])
        return np.asarray((here != there) & ~self._together[here, there] & (seconds < quickest))


def _overlapping(early: Floats, total: Floats) -> Any:
    """Return for which pairs more than a few confirmed ways began before they ended."""
    both, ways = early + early.T, total + total.T
    found = (both >= 3) & (both >= _BOTH * np.maximum(ways, 1))
    np.fill_diagonal(found, False)
    return found


def _convolved(rows: Floats, kernel: Floats) -> Floats:
    reach = len(kernel) // 2
    padded = np.pad(rows, ((0, 0), (0, 0), (reach, reach)))
    bins = rows.shape[2]
    return np.asarray(sum(weight * padded[..., at : at + bins] for at, weight in enumerate(kernel)))


def learned(tracks: Iterable[Iterable[Seen]]) -> TravelTimes:
    """Return the travel times of confirmed tracks."""
    times = TravelTimes()
    for track in tracks:
        times.add(track)
    return times
