"""A progressive search: parts in order, of which any earlier state can be shown again.

A :class:`SearchSession` never changes; every step makes a new one. What the parts amount to is
found by folding them, from the first to the cursor: :meth:`SearchSession.state`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from cmps.gallery.cases import SessionRecord, Step
from cmps.search.claims import entails
from cmps.search.parts import (
    Answered,
    Clear,
    Like,
    Look,
    Mark,
    NoneOf,
    Part,
    Picture,
    Reject,
    Said,
    Tick,
    part_from_dict,
    part_to_dict,
)
from cmps.search.places import Where
from cmps.search.query import QueryError
from cmps.understanding.chips import Chip, Description
from cmps.understanding.edits import Edit, apply_all


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that was said.

    Attributes:
        text: As heard or typed.
        chips: What it brought.
        stands: Whether none of them was changed since.
        readings: What else may have been heard.
    """

    text: str
    chips: tuple[Chip, ...]
    stands: bool = True
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What the parts of a session amount to.

    Attributes:
        description: Chips and what was said beside them.
        sentences: What was said; one whose chips were changed later no longer ``stands``.
        photos: Ids of photos.
        liked, ticked, rejected: Ids of sightings, in the order of the clicks.
        answers: Questions of yes or no that were asked, with the answers.
        topics: What open questions were about.
        where: Where and when to look.
        focus: The chip spoken of last.
        language: Of the last sentence.
    """

    description: Description = field(default_factory=Description)
    sentences: tuple[Sentence, ...] = ()
    photos: tuple[str, ...] = ()
    liked: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    answers: tuple[Answered, ...] = ()
    topics: tuple[str, ...] = ()
    where: Where = field(default_factory=Where)
    focus: Chip | None = None
    language: str = "en"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said of the person yet: there is nothing to rank by."""
        asked = (self.description.chips, self.sentences, self.photos, self.liked, self.ticked)
        return not any(asked)

    @property
    def asked(self) -> tuple[Chip, ...]:
        """The chips that were asked for."""
        return tuple(one.asks for one in self.answers)

    def after(self, part: Part) -> State:
        """Return the state after one part more."""
        if isinstance(part, Said):
            return self._said(part)
        if isinstance(part, Mark):
            return self._edited(_mark(part, self.description))
        if isinstance(part, Answered):
            return replace(self._edited(part.edits), answers=(*self.answers, part))
        if isinstance(part, Look):
            return replace(self, where=part.where)
        return self._shown(part)

    def _said(self, part: Said) -> State:
        state = self._edited(part.edits)
        if part.describes or part.about:
            # of one person two descriptions may differ; both help to rank, and their average best
            state = replace(state, sentences=self.sentences)
        new = tuple(edit.new for edit in part.edits if edit.new is not None)
        # "no, a red hat" is an order, not a description, and "a red one" answers a question:
        # ranking words the chips instead
        stands = part.describes and not part.about
        said = Sentence(part.text, new, stands, part.readings)
        told = () if part.about and not part.edits else (said,)  # "I don't know" tells nothing
        return replace(
            state,
            sentences=(*state.sentences, *told),
            topics=(*state.topics, part.about) if part.about else state.topics,
            focus=part.focus or state.focus,
            language=part.language if told else state.language,
        )

    def _edited(self, edits: Iterable[Edit]) -> State:
        edits = tuple(edits)
        # a chip of which more is known takes nothing back
        gone = {
            edit.old.meaning
            for edit in edits
            if edit.old is not None and not (edit.new is not None and _more(edit.old, edit.new))
        }
        return replace(
            self,
            description=apply_all(edits, self.description),
            sentences=tuple(
                replace(one, stands=one.stands and not _any_gone(one.chips, gone))
                for one in self.sentences
            ),
        )

    def _shown(self, part: Part) -> State:
        if isinstance(part, Picture):
            return replace(self, photos=(*_without(self.photos, part.photo), part.photo))
        if isinstance(part, NoneOf):
            state = self
            for one in part.sightings:
                if one not in (*self.ticked, *self.liked):  # what was said of one by itself stands
                    state = state._shown(Reject(one))
            return state
        assert isinstance(part, Like | Tick | Reject | Clear)
        one = part.sighting
        clear = replace(
            self,
            liked=_without(self.liked, one),
            ticked=_without(self.ticked, one),
            rejected=_without(self.rejected, one),
        )
        if isinstance(part, Tick):
            return replace(clear, ticked=(*clear.ticked, one))
        if isinstance(part, Reject):
            return replace(clear, rejected=(*clear.rejected, one))
        if isinstance(part, Like):
            return replace(clear, liked=(*clear.liked, one))
        return replace(clear, photos=_without(self.photos, one))


@dataclass(frozen=True, slots=True)
class Taken:
    """A part with who took the step and when."""

    part: Part
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SearchSession:
    """An ordered list of parts that belongs to a case.

    Attributes:
        id: Of the session.
        case: Id of the case, which says what the search is for.
        steps: All parts, undone ones included.
        cursor: How many count.
        version: How often it was stored.

    Example:
        >>> from datetime import UTC
        >>> now = datetime(2026, 5, 1, tzinfo=UTC)
        >>> session = SearchSession("s1", "c1").add(Tick("a1"), at=now).add(Reject("b2"), at=now)
        >>> session.undo().state().rejected, session.undo().redo() == session
        ((), True)
    """

    id: str
    case: str
    steps: tuple[Taken, ...] = ()
    cursor: int = 0
    version: int = 0
    # what the parts amount to, once somebody asked
    _folded: list[State] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.case:
            raise QueryError("a session belongs to a case; open one: cmps case new --purpose …")
        if not 0 <= self.cursor <= len(self.steps):
            raise QueryError(f"a session of {len(self.steps)} steps has no step {self.cursor}")

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that count."""
        return tuple(one.part for one in self.steps[: self.cursor])

    def add(self, part: Part, *, at: datetime, by: str = "") -> SearchSession:
        """Return it with one part more; what was undone is forgotten."""
        steps = (*self.steps[: self.cursor], Taken(part, by, at))
        added = replace(self, steps=steps, cursor=len(steps))
        added._folded.extend(one.after(part) for one in self._folded)
        return added

    def numbered(self, version: int) -> SearchSession:
        """Return it as the version that was stored."""
        stored = replace(self, version=version)
        stored._folded.extend(self._folded)
        return stored

    def undo(self) -> SearchSession:
        """Return it without its last part, which :meth:`redo` brings back.

        Raises:
            QueryError: If there is none.
        """
        if self.cursor == 0:
            raise QueryError("there is nothing to undo")
        return replace(self, cursor=self.cursor - 1)

    def redo(self) -> SearchSession:
        """Return it with the part that was undone last.

        Raises:
            QueryError: If there is none.
        """
        if self.cursor == len(self.steps):
            raise QueryError("there is nothing to redo")
        return replace(self, cursor=self.cursor + 1)

    def at(self, step: int) -> SearchSession:
        """Return it as it was after so many steps; all of them can be redone."""
        return replace(self, cursor=step)

    def state(self) -> State:
        """Return what the parts amount to."""
        if not self._folded:
            state = State()
            for part in self.parts:
                state = state.after(part)
            self._folded.append(state)
        return self._folded[0]

    def explain(self) -> list[dict[str, Any]]:
        """Return every step in words: what was done, by whom, when, and what it changed."""
        return [
            {
                "step": number,
                "did": described(taken.part),
                "changed": [_change(edit) for edit in _edits(taken.part)],
                "by": taken.by,
                "at": taken.at.isoformat(),
                "undone": number > self.cursor,
            }
            for number, taken in enumerate(self.steps, 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "id": self.id,
            "case": self.case,
            "cursor": self.cursor,
            "version": self.version,
            "steps": [
                {"part": part_to_dict(one.part), "by": one.by, "at": one.at.isoformat()}
                for one in self.steps
            ],
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> SearchSession:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            plain["id"],
            plain["case"],
            tuple(
                Taken(part_from_dict(one["part"]), one["by"], datetime.fromisoformat(one["at"]))
                for one in plain["steps"]
            ),
            plain["cursor"],
            plain["version"],
        )

    def record(self) -> SessionRecord:
        """Return what the gallery keeps of it."""
        steps = tuple(Step(part_to_dict(one.part), one.by, one.at) for one in self.steps)
        return SessionRecord(self.id, self.case, steps, self.cursor, self.version)

    @classmethod
    def of(cls, record: SessionRecord) -> SearchSession:
        """Return the session that the gallery kept."""
        steps = tuple(Taken(part_from_dict(one.part), one.by, one.at) for one in record.steps)
        return cls(record.id, record.case, steps, record.cursor, record.version)


def described(part: Part) -> str:
    """Say in words what a part is.

    Example:
        >>> described(Tick("a1"))
        'ticked a1: this is the person'
    """
    if isinstance(part, Said):
        told = f"{'said' if part.spoken else 'typed'}: {part.text}"
        return f"{part.question} {told}" if part.question else told
    if isinstance(part, Picture):
        return f"gave the photo {part.name or part.photo}"
    if isinstance(part, Mark):
        return f"set {chip_words(part.chip)} to {part.to}"
    if isinstance(part, Answered):
        asked = part.question or f"{chip_words(part.asks)}?"
        return f"{asked} {part.answer if part.answer != 'unknown' else 'nobody knows'}"
    if isinstance(part, Look):
        return f"look at {part.where}"
    if isinstance(part, NoneOf):
        count = len(part.sightings)
        return f"none of these {count} is the person" if count > 1 else "this is not the person"
    words = {
        "like": "look for people like {}",
        "tick": "ticked {}: this is the person",
        "reject": "rejected {}: this is somebody else",
        "clear": "took back what was said of {}",
    }
    return words[part.kind].format(part.sighting)


@lru_cache(maxsize=4096)
def chip_words(chip: Chip) -> str:
    """Word a chip briefly, what it is ruled out or possible included.

    Example:
        >>> chip_words(Chip("hat", "cap", ("red",), modality="not"))
        'no: wearing a red cap'
    """
    words = chip.sentence().removeprefix("a person ")
    return {"must": "", "maybe": "maybe: ", "not": "no: "}[chip.modality] + words


def _change(edit: Edit) -> str:
    if edit.note:
        return f"+ {edit.note}"
    old = f"− {chip_words(edit.old)}" if edit.old else ""
    new = f"+ {chip_words(edit.new)}" if edit.new else ""
    return f"{old} {new}".strip()


def _edits(part: Part) -> tuple[Edit, ...]:
    return part.edits if isinstance(part, Said | Answered) else ()


def _mark(part: Mark, description: Description) -> list[Edit]:
    """Return how a click on a chip changes the description, wherever the chip stood before."""
    same = replace(part.chip, modality="must").meaning
    olds = [one for one in description.chips if replace(one, modality="must").meaning == same]
    if [one.modality for one in olds] == [part.to]:
        return []
    edits = [Edit(old=old) for old in olds]
    if part.to != "gone":
        edits.append(Edit(new=replace(part.chip, modality=part.to)))
    return edits


def _more(old: Chip, new: Chip) -> bool:
    return old.modality == new.modality and entails(new, old)


def _any_gone(chips: Iterable[Chip], gone: set[tuple[Any, ...]]) -> bool:
    return any(chip.meaning in gone for chip in chips)


def _without(ids: tuple[str, ...], id: str) -> tuple[str, ...]:
    return tuple(one for one in ids if one != id)
