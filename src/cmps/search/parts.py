"""The parts of a session: each is one thing that the operator or the witness did.

A part keeps what was understood, not only what was said: a session that is opened again means the
same, even if a later CMPS understands the words better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from cmps.encoders.text import has_word
from cmps.search.places import Where
from cmps.search.query import QueryError
from cmps.understanding.chips import Chip
from cmps.understanding.codes import TOPICS
from cmps.understanding.edits import Edit, edit_from_dict

Place = Literal["must", "maybe", "not", "gone"]
Answer = Literal["yes", "no", "unknown"]

PLACES: tuple[Place, ...] = ("must", "maybe", "not", "gone")
ANSWERS: tuple[Answer, ...] = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the witness, and what they changed.

    Attributes:
        text: As heard or typed.
        edits: What was understood.
        language: Its code.
        spoken: Whether it was heard rather than typed.
        focus: The chip spoken of last; "it" of the next sentence.
        describes: Whether they say by themselves what the person looks like; a correction ("no, a
            red hat") does not, and takes back the sentences that it corrects.
        about: The topic of the open question that they answer; empty where none was put.
        question: That question, as it was worded.
        readings: What else may have been heard; ranking asks with all of them.

    Raises:
        QueryError: If they hold no word, or there is no such topic.
    """

    kind: ClassVar[str] = "said"
    text: str
    edits: tuple[Edit, ...] = ()
    language: str = "en"
    spoken: bool = False
    focus: Chip | None = None
    describes: bool = True
    about: str = ""
    question: str = ""
    readings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.about not in ("", *TOPICS):
            raise QueryError(f"no question is about {self.about!r}; there are: {', '.join(TOPICS)}")
        if not has_word(self.text):
            raise QueryError(f"the description {self.text!r} holds no word; say what they wear")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        plain: dict[str, Any] = {"text": self.text, "edits": [one.to_dict() for one in self.edits]}
        plain |= {"language": self.language, "spoken": self.spoken, "describes": self.describes}
        if self.about:
            plain |= {"about": self.about, "question": self.question}
        if self.readings:
            plain["readings"] = list(self.readings)
        return plain | ({"focus": self.focus.to_dict()} if self.focus else {})

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Said:
        """Read what :meth:`to_dict` wrote."""
        edits = tuple(map(edit_from_dict, plain["edits"]))
        # sessions of before held no such word: what replaced anything was taken for a correction
        adds = all(edit.old is None and edit.name in ("add", "note") for edit in edits)
        return cls(
            plain["text"],
            edits,
            plain["language"],
            plain["spoken"],
            Chip.from_dict(plain["focus"]) if plain.get("focus") else None,
            plain.get("describes", adds),
            plain.get("about", ""),
            plain.get("question", ""),
            tuple(plain.get("readings", ())),
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo of the person; its vectors lie with the case.

    Attributes:
        photo: Id of the photo.
        name: Of its file, for the operator.
    """

    kind: ClassVar[str] = "picture"
    photo: str
    name: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"photo": self.photo, "name": self.name}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Picture:
        """Read what :meth:`to_dict` wrote."""
        return cls(plain["photo"], plain["name"])


@dataclass(frozen=True, slots=True)
class _OfSighting:
    kind: ClassVar[str] = ""
    sighting: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"sighting": self.sighting}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Any:
        """Read what :meth:`to_dict` wrote."""
        return cls(plain["sighting"])


class Like(_OfSighting):
    """A sighting that was clicked: "more like this". It need not be the person."""

    __slots__ = ()
    kind = "like"


class Tick(_OfSighting):
    """A sighting that shows the person."""

    __slots__ = ()
    kind = "tick"


class Reject(_OfSighting):
    """A sighting that shows somebody else."""

    __slots__ = ()
    kind = "reject"


class Clear(_OfSighting):
    """A sighting or photo about which nothing is said any more."""

    __slots__ = ()
    kind = "clear"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Several sightings, of different people, none of whom is the person: one step takes it back.

    Attributes:
        sightings: Ids; the picture by which each of these people was shown.

    Raises:
        QueryError: If there are none.
    """

    kind: ClassVar[str] = "none"
    sightings: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.sightings:
            raise QueryError(
                "nobody is shown, so nobody can be ruled out; describe the person first"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"sightings": list(self.sightings)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> NoneOf:
        """Read what :meth:`to_dict` wrote."""
        return cls(tuple(plain["sightings"]))


@dataclass(frozen=True, slots=True)
class Mark:
    """A chip that was clicked to be a must, a maybe, a not, or gone."""

    kind: ClassVar[str] = "mark"
    chip: Chip
    to: Place

    def __post_init__(self) -> None:
        if self.to not in PLACES:
            raise QueryError(f"a chip can be set to {', '.join(PLACES)}, not to {self.to!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"chip": self.chip.to_dict(), "to": self.to}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Mark:
        """Read what :meth:`to_dict` wrote."""
        return cls(Chip.from_dict(plain["chip"]), plain["to"])


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was put to the witness, with the answer.

    Attributes:
        asks: The chip that was asked for.
        answer: ``yes``, ``no`` or ``unknown``.
        question: As it was worded.
        edits: What the answer changed.
    """

    kind: ClassVar[str] = "answered"
    asks: Chip
    answer: Answer
    question: str = ""
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise QueryError(f"an answer is {', '.join(ANSWERS)}, not {self.answer!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "asks": self.asks.to_dict(),
            "answer": self.answer,
            "question": self.question,
            "edits": [one.to_dict() for one in self.edits],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Answered:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            Chip.from_dict(plain["asks"]),
            plain["answer"],
            plain["question"],
            tuple(map(edit_from_dict, plain["edits"])),
        )


@dataclass(frozen=True, slots=True)
class Look:
    """Where and when to look from now on; takes the place of an earlier one."""

    kind: ClassVar[str] = "look"
    where: Where

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"where": self.where.to_dict()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Look:
        """Read what :meth:`to_dict` wrote."""
        return cls(Where.from_dict(plain["where"]))


Part = Said | Picture | Like | Tick | Reject | Clear | NoneOf | Mark | Answered | Look

KINDS: dict[str, Any] = {
    one.kind: one
    for one in (Said, Picture, Like, Tick, Reject, Clear, NoneOf, Mark, Answered, Look)
}


def part_to_dict(part: Part) -> dict[str, Any]:
    """Return a part in plain values; ``part`` names its kind.

    Example:
        >>> part_to_dict(Tick("a1"))
        {'part': 'tick', 'sighting': 'a1'}
    """
    return {"part": part.kind, **part.to_dict()}


def part_from_dict(plain: Mapping[str, Any]) -> Part:
    """Read what :func:`part_to_dict` wrote.

    Raises:
        QueryError: If it is no part.
    """
    kind = KINDS.get(str(plain.get("part")))
    if kind is None:
        raise QueryError(f"unknown part {plain.get('part')!r}; there are: {', '.join(KINDS)}")
    try:
        part: Part = kind.from_dict(plain)
    except (KeyError, TypeError, AttributeError) as error:
        raise QueryError(f"the part {dict(plain)!r} lacks or distorts {error}") from error
    return part
