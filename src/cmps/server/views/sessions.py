"""Sessions: what a client asks for, and how a session is said."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from cmps.gallery.records import GalleryError
from cmps.search.parts import Answer, Part, Picture, Place
from cmps.search.places import Where as Looking
from cmps.search.places import Window
from cmps.search.session import SearchSession, chip_words, described
from cmps.server.views.base import Answered, Id, Line, Taken, Text
from cmps.server.views.results import Results
from cmps.understanding.chips import Chip as Known
from cmps.understanding.codes import TOPICS
from cmps.understanding.language import languages

MOST_READINGS = 9
"""Beside the likeliest; each is a sentence to encode."""

Click = Literal["tick", "reject", "like", "clear"]


def _chip(code: str) -> str:
    try:
        return Known.read(code).code()
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{code!r} is no chip ({error}); write it as upper:jacket red") from None


def _language(code: str) -> str:
    if code not in languages():
        raise ValueError(f"no language {code!r}; there are: {', '.join(languages())}")
    return code


ChipCode = Annotated[
    str,
    StringConstraints(max_length=200),
    AfterValidator(_chip),
    Field(examples=["upper:jacket red"]),
]
Language = Annotated[
    str, StringConstraints(max_length=8), AfterValidator(_language), Field(examples=["en"])
]


class Step(Taken):
    """What every step may say: which version of the session its sender saw."""

    version: int | None = Field(
        None, ge=0, description="Refused with 409 if somebody changed the session since."
    )


class Say(Step):
    """A sentence of the witness."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "a girl about six, pink jacket, yellow backpack"}]}
    )
    text: Text = Field(min_length=1)
    language: Language = "en"
    spoken: bool = Field(False, description="Heard rather than typed.")
    readings: list[Text] = Field(
        default_factory=list,
        max_length=MOST_READINGS,
        description="What else may have been heard; people are ranked by all of it.",
    )
    about: Literal["", *TOPICS] = Field(  # type: ignore[valid-type]
        "", description="Topic of the open question that it answers."
    )


class ClickStep(Step):
    """A click on a sighting."""

    kind: Click
    sighting: Id


class NoneStep(Step):
    """None of the people who are shown is the person."""

    sightings: list[Id] = Field(
        min_length=1, max_length=500, description="The picture by which each of them is shown."
    )


class MarkStep(Step):
    """A click on a chip."""

    chip: ChipCode
    to: Place


class Hours(Taken):
    """The same hours of several days; an end that is not after the start is the next day's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "start": "22:00",
                    "end": "06:00",
                    "first": "2026-05-01",
                    "last": "2026-05-03",
                    "zone": "Europe/Berlin",
                }
            ]
        }
    )
    start: Line
    end: Line
    first: Line
    last: Line = ""
    zone: Line = "UTC"

    def window(self) -> Window:
        """Return it as the search knows it.

        Raises:
            QueryError: If hours, days or zone are not understood.
        """
        return Window.read(f"{self.start}-{self.end}", self.first, self.last, self.zone)


class Where(Taken):
    """Where and when to look; empty means everywhere, at any time."""

    cameras: list[Id] = Field(default_factory=list, max_length=1000)
    sites: list[Line] = Field(default_factory=list, max_length=1000)
    after: datetime | None = Field(None, description="Earliest time, inclusive, with zone.")
    before: datetime | None = Field(None, description="Latest time, exclusive, with zone.")
    windows: list[Hours] = Field(default_factory=list, max_length=20)

    def looking(self) -> Looking:
        """Return it as the search knows it.

        Raises:
            QueryError: If a window is not understood.
            GalleryError: If a time has no zone, or no time lies between both.
        """
        windows = tuple(one.window() for one in self.windows)
        try:
            return Looking(tuple(self.cameras), tuple(self.sites), self.after, self.before, windows)
        except OverflowError as error:
            raise GalleryError(f"no clock shows this time ({error}); choose another") from None

    @classmethod
    def of(cls, where: Looking) -> Where:
        """Return the answer for where a session looks."""
        return cls(
            cameras=list(where.cameras),
            sites=list(where.sites),
            after=where.after,
            before=where.before,
            windows=[Hours(**window.to_dict()) for window in where.windows],
        )


class LookStep(Step):
    """Where and when to look from now on."""

    where: Where


class AnswerStep(Step):
    """The witness's answer to the question whether a chip holds."""

    chip: ChipCode
    answer: Answer


class Told(Answered):
    """A step that was taken."""

    n: int = Field(description="From 1 on.")
    kind: str
    words: str
    changed: list[str] = Field(description="What it changed, in words.")
    by: str
    at: datetime
    undone: bool


class Chip(Answered):
    """Something known of the person."""

    chip: str = Field(description="Its code, to send with a mark.", examples=["upper:jacket red"])
    words: str
    place: Literal["must", "maybe", "not"]


class Photo(Answered):
    """A photo that was given; only its vectors are kept."""

    id: str
    name: str


class Session(Answered):
    """A search that narrows down step by step."""

    id: str
    case: str
    version: int
    language: str
    steps: list[Told]
    chips: list[Chip]
    notes: list[str]
    where: Where
    ticked: list[str]
    rejected: list[str]
    liked: list[str]
    photos: list[Photo]
    can_undo: bool
    can_redo: bool

    @classmethod
    def of(cls, made: SearchSession, hidden: Collection[str] = ()) -> Session:
        """Return a session's answer.

        Args:
            made: The session.
            hidden: Sightings of cameras that the caller may not see.
        """
        state = made.state()
        photos = {one.photo: one.name for one in made.parts if isinstance(one, Picture)}
        rest = state.description.rest
        return cls(
            id=made.id,
            case=made.case,
            version=made.version,
            language=state.language,
            steps=_told(made, hidden),
            chips=[_known(one) for one in state.description.chips],
            notes=[rest] if rest else [],
            where=Where.of(state.where),
            ticked=[one for one in state.ticked if one not in hidden],
            rejected=[one for one in state.rejected if one not in hidden],
            liked=[one for one in state.liked if one not in hidden],
            photos=[Photo(id=id, name=photos.get(id, "")) for id in state.photos],
            can_undo=made.cursor > 0,
            can_redo=made.cursor < len(made.steps),
        )


class SessionAnswer(Answered):
    """A session as it stands, and what it finds."""

    session: Session
    results: Results | None = Field(description="Null where ``top`` is 0.")


class Heard(Answered):
    """What a recording says; it is not yet said in the session."""

    text: str
    language: str
    milliseconds: float


def _told(made: SearchSession, hidden: Collection[str]) -> list[Told]:
    return [
        Told(
            n=said["step"],
            kind=taken.part.kind,
            words=_words(taken.part, hidden),
            changed=said["changed"],
            by=taken.by,
            at=taken.at,
            undone=said["undone"],
        )
        for said, taken in zip(made.explain(), made.steps, strict=True)
    ]


def _known(chip: Known) -> Chip:
    return Chip(chip=chip.code(), words=chip_words(chip), place=chip.modality)


def _words(part: Part, hidden: Collection[str]) -> str:
    """Return a step in words, which do not name a sighting that the reader may not see."""
    words = described(part)
    sighting = getattr(part, "sighting", "")
    return words.replace(sighting, "a sighting") if sighting in hidden else words
