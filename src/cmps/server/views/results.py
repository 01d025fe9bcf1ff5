"""What a search finds, as the API says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from cmps.gallery.records import Camera
from cmps.search.desk import Asking
from cmps.search.evidence import Seen
from cmps.search.people import Mark, Ranking
from cmps.search.people import Person as Ranked
from cmps.search.ranking import Candidate
from cmps.search.session import SearchSession
from cmps.server.views.base import Answered, Chance


class Reason(Answered):
    """What one chip says of a person's best picture."""

    chip: str
    words: str
    seen: Seen = Field(description="Whether the picture shows it.")
    shown: Chance
    counts: float = Field(description="How much it moved the log-odds.")


class Found(Answered):
    """A sighting that was found."""

    id: str
    camera: str
    camera_name: str
    site: str
    time: datetime | None
    tracklet: str | None
    probability: Chance

    @classmethod
    def of(cls, one: Candidate, cameras: Mapping[str, Camera]) -> Found:
        """Return a candidate's answer."""
        sighting = one.sighting
        camera = cameras.get(sighting.camera) or Camera(sighting.camera)
        return cls(
            id=sighting.id,
            camera=sighting.camera,
            camera_name=camera.label,
            site=camera.site,
            time=sighting.time,
            tracklet=sighting.tracklet,
            probability=round(one.probability, 6),
        )


class Person(Answered):
    """Sightings that probably show one person; a human decides."""

    rank: int
    probability: Chance
    mark: Mark
    reasons: list[Reason]
    sightings: list[Found]

    @classmethod
    def of(cls, one: Ranked, cameras: Mapping[str, Camera]) -> Person:
        """Return a person's answer."""
        return cls(
            rank=one.rank,
            probability=round(one.probability, 6),
            mark=one.mark,
            reasons=[Reason(**reason.as_dict()) for reason in one.reasons],
            sightings=[Found.of(sighting, cameras) for sighting in one.sightings],
        )


class Question(Answered):
    """The question whose answer narrows down most."""

    chip: str = Field(description="What a yes would make known; empty of an open question.")
    about: str = Field(
        description="Topic of an open question, to send with the words that answer it to `say`; "
        "empty of a question of yes or no."
    )
    words: str
    gain: float = Field(description="Expected bits.")
    likely: Chance | None = Field(description="Of a yes; null of an open question.")

    @classmethod
    def of(cls, asking: Asking) -> Question:
        """Return a question's answer."""
        likely = asking.likely
        return cls(
            chip="" if asking.chip is None else asking.chip.code(),
            about=asking.about,
            words=asking.text,
            gain=round(asking.gain, 4),
            likely=None if likely is None else min(max(round(likely, 4), 0.0), 1.0),
        )


class Results(Answered):
    """Who fits best."""

    session: str
    version: int
    gallery: int = Field(description="How many sightings there are.")
    passing: int = Field(description="How many pass cameras, times and the caller's rights.")
    thin: str = Field(description="Why nobody can be named; empty where the evidence carries.")
    people: list[Person]
    question: Question | None
    milliseconds: dict[str, float]

    @classmethod
    def of(
        cls,
        session: SearchSession,
        ranking: Ranking,
        asked: list[Asking],
        cameras: Mapping[str, Camera],
    ) -> Results:
        """Return a ranking's answer."""
        return cls(
            session=session.id,
            version=session.version,
            gallery=ranking.gallery,
            passing=ranking.passing,
            thin=ranking.thin,
            people=[Person.of(one, cameras) for one in ranking.people],
            question=Question.of(asked[0]) if asked else None,
            milliseconds=ranking.timings.rounded(),
        )
