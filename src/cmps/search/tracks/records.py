"""What a track says: stops, gaps, and who was near."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cmps.gallery.geometry import Point
from cmps.search.ranking import Candidate
from cmps.search.wording import HUMAN_DECIDES, iso


@dataclass(frozen=True, slots=True)
class Stop:
    """A person's stay at one camera.

    Attributes:
        camera: The camera's id.
        start, end: When they came into view and left it, or ``None`` where nobody knows.
        sightings: The pictures that were compared, in order of time.
        probability: That it is this person, given all other stops and the travel times.
        best: The picture that shows them best.
        ids: All its pictures, those that were not compared included.
        confirmed: Whether a human said so.
        unreachable: Whether nobody can walk here so fast from the stop before; both were
            confirmed by a human, so one of them or the floor plan is wrong.
        walk: Where on the floor they came into view and left it, pass by pass, metres on the plan;
            nothing where the camera does not know.
    """

    camera: str
    start: datetime | None
    end: datetime | None
    sightings: tuple[Candidate, ...]
    probability: float
    best: Candidate
    ids: tuple[str, ...]
    confirmed: bool = False
    unreachable: bool = False
    walk: tuple[Point, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "camera": self.camera,
            "from": iso(self.start),
            "to": iso(self.end),
            "probability": round(self.probability, 6),
            "confirmed": self.confirmed,
            "unreachable": self.unreachable,
            "walk": [[round(x, 2), round(y, 2)] for x, y in self.walk],
            "best": self.best.sighting.id,
            "pictures": len(self.ids),
            "sightings": [one.as_dict() for one in self.sightings],
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch between two stops in which no camera is known to have seen the person.

    Attributes:
        after: Place of the stop before it.
        seconds: How long.
        metres: The shortest walk from the one view to the other, or ``None`` without a floor plan.
        cameras: Those that they can have passed meanwhile; none without a floor plan.
        maybe: Sightings in that time which may show the person but were not taken, best first.
    """

    after: int
    seconds: float
    metres: float | None
    cameras: tuple[str, ...]
    maybe: tuple[Candidate, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "after": self.after,
            "seconds": round(self.seconds, 1),
            "metres": None if self.metres is None else round(self.metres, 1),
            "cameras": list(self.cameras),
            "maybe": [one.as_dict() for one in self.maybe],
        }


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody who was near the person, perhaps several times.

    Attributes:
        stops: At how many stops of the track they were near, as expected from their looks.
        probability: That they were near at more than one stop.
        sightings: Their best picture at each of these stops, with the probability that it is them.
        at: Places of those stops in the track, in the same order.
    """

    stops: float
    probability: float
    sightings: tuple[Candidate, ...]
    at: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "stops": round(self.stops, 3),
            "probability": round(self.probability, 6),
            "at": list(self.at),
            "sightings": [one.as_dict() for one in self.sightings],
        }


@dataclass(frozen=True, slots=True)
class Track:
    """The stops of one person in order of time; stops without a time come last.

    Attributes:
        sighting: What was asked for: a sighting's id, or a photo's name.
        stops: Where they were.
        gaps: Between stops.
        travel_times: Whether a floor plan or learned travel times took part.
    """

    sighting: str
    stops: tuple[Stop, ...]
    gaps: tuple[Gap, ...] = ()
    travel_times: bool = False

    @property
    def count(self) -> int:
        """How many sightings it holds."""
        return sum(len(stop.ids) for stop in self.stops)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "sighting": self.sighting,
            "sightings": self.count,
            "travel_times": self.travel_times,
            "stops": [stop.as_dict() for stop in self.stops],
            "gaps": [gap.as_dict() for gap in self.gaps],
            "note": HUMAN_DECIDES,
        }
