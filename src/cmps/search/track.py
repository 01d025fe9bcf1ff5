"""The track of a person: every sighting that is probably them, by camera and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmps.gallery.records import Filter, Sighting
from cmps.search.query import Query
from cmps.search.ranking import Candidate, SearchEngine

# more sightings than one person leaves in a day at a few dozen cameras
REACH = 400


@dataclass(frozen=True, slots=True)
class Stop:
    """A person's stay at one camera: consecutive sightings there.

    Attributes:
        camera: The camera's id.
        start, end: First and last time, or ``None`` where sightings have no time.
        sightings: In order of time.
        probability: Of the best sighting.
    """

    camera: str
    start: datetime | None
    end: datetime | None
    sightings: tuple[Candidate, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Track:
    """The stops of one person in order of time; stops without a time come last."""

    sighting: str
    stops: tuple[Stop, ...]

    @property
    def count(self) -> int:
        """How many sightings it holds."""
        return sum(len(stop.sightings) for stop in self.stops)


def track(engine: SearchEngine, sighting: str, threshold: float) -> Track:
    """Collect the sightings that show the same person as one sighting.

    The sighting is the probe; FPR ranks what is near it, and whatever reaches the threshold joins,
    together with the rest of the probe's own tracklet.

    Args:
        engine: Searches the gallery.
        sighting: The id of the probe.
        threshold: Least probability, 0–1.

    Raises:
        GalleryError: If the sighting is unknown.
    """
    probe = engine.store.get([sighting])[0]
    answer = engine.search(Query(sightings=(sighting,), top=REACH, where=Filter()))
    members = [
        candidate
        for candidate in answer.candidates
        if candidate.probability >= threshold or _same_run(candidate.sighting, probe)
    ]
    return Track(sighting, _stops(members))


def _same_run(sighting: Sighting, probe: Sighting) -> bool:
    return sighting.id == probe.id or (
        sighting.tracklet is not None and sighting.tracklet == probe.tracklet
    )


def _stops(members: list[Candidate]) -> tuple[Stop, ...]:
    def moment(member: Candidate) -> tuple[bool, float, str]:
        time = member.sighting.time
        return time is None, time.timestamp() if time else 0.0, member.sighting.camera

    runs: list[list[Candidate]] = []
    for member in sorted(members, key=moment):
        if runs and runs[-1][-1].sighting.camera == member.sighting.camera:
            runs[-1].append(member)
        else:
            runs.append([member])
    return tuple(
        Stop(
            camera=run[0].sighting.camera,
            start=run[0].sighting.time,
            end=run[-1].sighting.time,
            sightings=tuple(run),
            probability=max(member.probability for member in run),
        )
        for run in runs
    )
