"""Between the words of a witness and the parts of a session: reading, asking, answering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cmps.search.claims import entails
from cmps.search.parts import Answer
from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import GENERAL, TOPICS
from cmps.understanding.edits import Add, Edit, Negate, Replace
from cmps.understanding.result import Understanding

Understand = Callable[[str, str, Description, Chip | None], Understanding]
"""From text, language, what is known and what was spoken of last to what the text changes."""

Word = Callable[[Chip, str, Description], str]
"""From a chip, a language and what is known to the question whether the chip holds."""

WordOpen = Callable[[str, str, Description], str]
"""From a topic, a language and what is known to the open question about it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How sentences are understood and questions worded."""

    understand: Understand
    word: Word
    word_open: WordOpen

    def read(
        self,
        text: str,
        language: str,
        known: Description,
        focus: Chip | None = None,
        about: str = "",
    ) -> Understanding:
        """Read what a witness says: by themselves, or to an open question.

        Args:
            text: As heard or typed.
            language: Its code.
            known: What was known before.
            focus: The chip that was spoken of last.
            about: The topic of the open question that it answers, which says what "a red one" is.
        """
        if about not in TOPICS:
            return self.understand(text, language, known, focus)
        found = self.understand(text, language, known, asked_of(about, known))
        # who does not know has not spoken of it either
        return found if found.edits else replace(found, focus=focus)


def shipped_reader() -> Reader:
    """Return the reader that CMPS ships with: rules and word lists, see docs/understanding.md."""
    from cmps.understanding.questions import open_question, question
    from cmps.understanding.reading import understand

    return Reader(
        understand, lambda chip, language, now: question(chip, language, now).text, open_question
    )


def asked_of(about: str, known: Description) -> Chip:
    """Return the thing that an open question asks of: a known one, or any of its kind.

    Example:
        >>> asked_of("upper", Description((Chip("lower", "jeans"),))).code()
        'upper:top'
    """
    slots = TOPICS[about]
    things = [chip for slot in slots for chip in known.of(slot, modality="must")]
    return things[-1] if things else Chip(slots[0], GENERAL[slots[0]])


def edits_of_answer(asked: Chip, answer: Answer, known: Description) -> tuple[Edit, ...]:
    """Return what an answer changes.

    Args:
        asked: What a yes would make known.
        answer: ``yes``, ``no`` or ``unknown``.
        known: What was known before.

    Example:
        >>> jacket = Chip("upper", "jacket")
        >>> red = Chip("upper", "jacket", ("red",))
        >>> [edit.new.code() for edit in edits_of_answer(red, "yes", Description((jacket,)))]
        ['upper:jacket red']
    """
    if answer == "unknown":
        return ()
    if answer == "no":
        return (Negate(new=replace(asked, modality="not")),)
    fitting = [one for one in known.of(asked.slot, modality="must") if _completes(asked, one)]
    if len(fitting) == 1:
        return (Replace(fitting[0], both(fitting[0], asked)),)
    return (Add(new=asked),)


def both(known: Chip, more: Chip) -> Chip:
    """Return one chip that says what two say of the same thing."""
    return replace(
        known,
        value=_kind(known, more),
        colours=known.colours or more.colours,
        accents=known.accents or more.accents,
        pattern=known.pattern or more.pattern,
        sleeve=known.sleeve or more.sleeve,
        length=known.length or more.length,
        details=(*known.details, *more.details),
        age=known.age or more.age,
    )


def _completes(asked: Chip, known: Chip) -> bool:
    """Whether an answer tells more of a known thing rather than of another one."""
    if asked.slot == "who":
        return True
    if asked.slot in ("bag", "carried", "accessory", "beard", "build"):
        return entails(asked, known)
    general = GENERAL.get(asked.slot)
    return asked.value == known.value or general in (asked.value, known.value)


def _kind(known: Chip, more: Chip) -> str:
    if known.slot == "who":
        pair = {known.value, more.value}
        joined = {
            frozenset(("female", "child")): "girl",
            frozenset(("male", "child")): "boy",
        }.get(frozenset(pair))
        return joined or (more.value if entails(more, replace(known, age=None)) else known.value)
    return more.value if known.value == GENERAL.get(known.slot) else known.value
