"""Questions to the witness, worded in their language, and their answers read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cmps.understanding.chips import Chip, Description
from cmps.understanding.language import Lexicon, colour_name, lexicon, marks_of, name_of
from cmps.understanding.reading import read_reply
from cmps.understanding.refining import same_kind
from cmps.understanding.result import Question, Reply

_FEMALE = ("female", "woman", "girl")
_MALE = ("male", "man", "boy")


def question(chip: Chip, language: str = "en", now: Description | None = None) -> Question:
    """Word the question whether a chip holds.

    Args:
        chip: What a yes would make known; its modality does not matter.
        language: Code of the witness's language.
        now: What is known; it tells *she* from *he*, and *the jacket* from *a jacket*.

    Raises:
        cmps.understanding.language.LanguageError: If there is no such language.

    Example:
        >>> known = Description((Chip("who", "woman"), Chip("upper", "jacket")))
        >>> question(Chip("bag", "backpack", ("red",)), now=known).text
        'Does she carry a backpack in red?'
        >>> question(Chip("upper", "jacket", ("dark-blue",)), now=known).text
        'Is the jacket dark blue?'
    """
    words = lexicon(language)
    chip = replace(chip, modality="must", said="", confidence=1.0)
    person = _person(now or Description(), words)
    text = _template(chip, words, now or Description()).format(
        **person, **_thing(chip, words), **_years(chip)
    )
    return Question(chip, _sentence(text), language)


def open_question(about: str, language: str = "en", now: Description | None = None) -> str:
    """Word an open question, which is answered in words.

    Args:
        about: One of :data:`cmps.understanding.codes.TOPICS`.
        language: Code of the witness's language.
        now: What is known; it tells *she* from *he*.

    Raises:
        cmps.understanding.language.LanguageError: If there is no such language.

    Example:
        >>> open_question("shoes", now=Description((Chip("who", "woman"),)))
        'What shoes is she wearing?'
    """
    words = lexicon(language)
    person = _person(now or Description(), words)
    return _sentence(str(words.plain["questions"]["open"][about]).format(**person))


def read_answer(text: str, language: str = "en") -> Reply:
    """Read what a witness says to a question.

    Returns:
        ``"yes"``, ``"no"``, ``"unknown"``, or ``""`` where the text does not say.

    Example:
        >>> [read_answer(text) for text in ("Yes, she does.", "I don't think so", "a red hat")]
        ['yes', 'no', '']
    """
    return read_reply(text, lexicon(language))


def _template(chip: Chip, words: Lexicon, now: Description) -> str:
    questions = words.plain["questions"]
    if chip.slot == "who" and chip.age and chip.value in ("person", *_known_kinds(now)):
        return str(questions["age_exact" if chip.age[0] == chip.age[1] else "age"])
    marks = marks_of(chip, words)
    known = [one for one in now.of(chip.slot, modality="must") if same_kind(one, chip)]
    same = len(known) == 1 and known[0].value == chip.value
    if marks and same and chip.slot not in ("who", "build", "hair"):
        return str(questions["of_thing"])
    named = str(questions.get(f"{chip.slot}:{chip.value}", questions[chip.slot]))
    if "{marks}" in named and not marks:
        named = str(questions[chip.slot])
    return named


def _known_kinds(now: Description) -> tuple[str, ...]:
    return tuple(one.value for one in now.of("who", modality="must"))


def _person(now: Description, words: Lexicon) -> dict[str, str]:
    """Return the pronouns that fit who it is."""
    kinds = _known_kinds(now)
    kind = "neither"
    if kinds and kinds[0] in _FEMALE:
        kind = "female"
    elif kinds and kinds[0] in _MALE:
        kind = "male"
    questions = words.plain["questions"]
    she, her = questions[kind]
    objects: dict[str, Any] = questions.get("object", {})
    return {"she": she, "her": her, "her_object": str(objects.get(kind, she))}


def _thing(chip: Chip, words: Lexicon) -> dict[str, str]:
    """Return the thing with and without what is asked of it."""
    noun, kind = name_of(chip, words)
    indefinite, definite, verb = words.plain["articles"][kind]
    questions = words.plain["questions"]
    marks = marks_of(replace(chip, age=None), words)
    a = f"{indefinite}{noun}"
    if chip.slot not in ("who", "build"):
        colour = f" {words.plain['shown']['and']} ".join(
            colour_name(one, words, kind) for one in chip.colours
        )
        others = marks_of(replace(chip, colours=(), age=None), words)
        if colour:
            a = str(questions["coloured"]).format(a=a, colour=colour)
        if others:
            a = str(questions["marked"]).format(a=a, marks=", ".join(others))
    return {
        "a": a,
        "the": f"{definite}{noun}",
        "is": verb,
        "Is": verb.capitalize(),
        "marks": ", ".join(marks),
    }


def _years(chip: Chip) -> dict[str, int]:
    first, last = chip.age or (0, 0)
    return {"from": first, "to": last}


def _sentence(text: str) -> str:
    text = " ".join(text.split()).strip()
    return text[:1].upper() + text[1:]
