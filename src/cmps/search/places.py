"""Where and when to look: cameras, sites, times, and windows that come back every day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cmps.gallery.records import Camera, Filter, Span
from cmps.search.query import QueryError, parse_time

MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Window:
    """The same hours of several days, such as 22:00–06:00 from Friday to Sunday.

    Attributes:
        start, end: Hours on the wall clock; an end that is not after the start is the next day's.
        first, last: Days on which the window begins, both inclusive.
        zone: Name of the time zone, e.g. ``Europe/Berlin``.

    Raises:
        QueryError: If the zone is unknown, or the days are in the wrong order or too many.

    Example:
        >>> window = Window(time(22), time(6), date(2026, 5, 1), date(2026, 5, 2), "UTC")
        >>> [(a.isoformat(), b.isoformat()) for a, b in window.spans()][0]
        ('2026-05-01T22:00:00+00:00', '2026-05-02T06:00:00+00:00')
    """

    start: time
    end: time
    first: date
    last: date
    zone: str = "UTC"

    def __post_init__(self) -> None:
        days = (self.last - self.first).days
        if not 0 <= days < MOST_DAYS:
            raise QueryError(
                f"a window goes from its first day to its last, at most ten years, not from "
                f"{self.first} to {self.last}"
            )
        _zone(self.zone)

    @classmethod
    def read(cls, hours: str, first: str, last: str = "", zone: str = "UTC") -> Window:
        """Read ``22:00-06:00`` and days as ISO 8601; without a last day the first is all.

        Raises:
            QueryError: If one of them is not understood.
        """
        start, dash, end = hours.replace("–", "-").partition("-")
        try:
            if not dash:
                raise ValueError("no end")
            return cls(
                time.fromisoformat(start.strip()),
                time.fromisoformat(end.strip()),
                date.fromisoformat(first.strip()),
                date.fromisoformat((last or first).strip()),
                zone,
            )
        except QueryError:
            raise
        except ValueError as error:
            raise QueryError(
                f"the window {hours!r} from {first!r} to {last or first!r} is not understood; "
                "write hours as 22:00-06:00 and days as 2026-05-01"
            ) from error

    def spans(self) -> list[Span]:
        """Return its stretches of time in UTC; a clock that is put forward or back is minded."""
        zone = _zone(self.zone)
        later = timedelta(days=0 if self.end > self.start else 1)
        found = []
        for number in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=number)
            begin = datetime.combine(day, self.start, zone).astimezone(UTC)
            end = datetime.combine(day + later, self.end, zone).astimezone(UTC)
            if begin < end:
                found.append((begin, end))
        return found

    def to_dict(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return {
            "start": self.start.isoformat("minutes"),
            "end": self.end.isoformat("minutes"),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "zone": self.zone,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, str]) -> Window:
        """Read what :meth:`to_dict` wrote."""
        return cls.read(
            f"{plain['start']}-{plain['end']}",
            plain["first"],
            plain["last"],
            plain.get("zone", "UTC"),
        )

    def __str__(self) -> str:
        days = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.start:%H:%M}–{self.end:%H:%M} on {days} ({self.zone})"


@dataclass(frozen=True, slots=True)
class Where:
    """Which sightings a session looks at; empty means all.

    Attributes:
        cameras: Camera ids.
        sites: Names of sites: all cameras there.
        after: Earliest time, inclusive.
        before: Latest time, exclusive.
        windows: Daily windows; a sighting must lie in one of them.

    Example:
        >>> Where(sites=("mall",)).filter([Camera("gate", site="mall"), Camera("bus")]).cameras
        frozenset({'gate'})
    """

    cameras: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        Filter.of((), self.after, self.before)  # refuses times without zone or in the wrong order

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return not any(getattr(self, one.name) for one in fields(self))

    def filter(self, cameras: Sequence[Camera]) -> Filter:
        """Return it as the gallery's filter.

        Args:
            cameras: All of the gallery's: a site stands for its cameras.

        Raises:
            QueryError: If no camera stands at a site.
        """
        chosen = set(self.cameras)
        for site in self.sites:
            there = {camera.id for camera in cameras if camera.site == site}
            if not there:
                known = ", ".join(sorted({one.site for one in cameras if one.site})) or "none"
                raise QueryError(f"no camera stands at site {site}; the gallery's sites: {known}")
            chosen |= there
        spans = merged(span for window in self.windows for span in window.spans())
        return Filter(
            frozenset(chosen) or None,
            self.after,
            self.before,
            tuple(spans) if self.windows else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is empty is left out."""
        plain: dict[str, Any] = {}
        if self.cameras:
            plain["cameras"] = list(self.cameras)
        if self.sites:
            plain["sites"] = list(self.sites)
        if self.after:
            plain["after"] = self.after.isoformat()
        if self.before:
            plain["before"] = self.before.isoformat()
        if self.windows:
            plain["windows"] = [window.to_dict() for window in self.windows]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Where:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            cameras=tuple(plain.get("cameras", ())),
            sites=tuple(plain.get("sites", ())),
            after=parse_time(plain["after"]) if plain.get("after") else None,
            before=parse_time(plain["before"]) if plain.get("before") else None,
            windows=tuple(Window.from_dict(one) for one in plain.get("windows", ())),
        )

    def __str__(self) -> str:
        parts = []
        if self.cameras:
            parts.append("cameras " + ", ".join(self.cameras))
        if self.sites:
            parts.append("sites " + ", ".join(self.sites))
        if self.after:
            parts.append(f"after {self.after.isoformat()}")
        if self.before:
            parts.append(f"before {self.before.isoformat()}")
        parts.extend(map(str, self.windows))
        return "; ".join(parts) or "everywhere, at any time"


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order of time, those that touch or overlap joined."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise QueryError(
            f"the time zone {name!r} is unknown; use a name such as Europe/Berlin or UTC"
        ) from error
