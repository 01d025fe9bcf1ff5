"""What a chip says about another: whether it implies it, allows it, or rules it out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cmps.understanding.chips import Chip
from cmps.understanding.codes import GENERAL

Verdict = Literal["yes", "no", "unknown"]

_KINDS_OF_PEOPLE: dict[str, frozenset[str]] = {
    "woman": frozenset(("female", "person")),
    "man": frozenset(("male", "person")),
    "girl": frozenset(("female", "child", "person")),
    "boy": frozenset(("male", "child", "person")),
    "female": frozenset(("person",)),
    "male": frozenset(("person",)),
    "child": frozenset(("person",)),
    "person": frozenset(),
}
_CHILDHOOD = range(0, 18)


def entails(known: Chip, asked: Chip) -> bool:
    """Tell whether the one chip says all that the other says; modalities are not looked at.

    Example:
        >>> entails(Chip("upper", "jacket", ("dark-blue",)), Chip("upper", "top", ("blue",)))
        True
        >>> entails(Chip("upper", "jacket"), Chip("upper", "jacket", ("red",)))
        False
    """
    return (
        known.slot == asked.slot
        and _is_a(known, asked)
        and all(any(_shade(own, one) for own in known.colours) for one in asked.colours)
        and set(asked.accents) <= {*known.accents, *known.colours}
        and asked.pattern in ("", known.pattern)
        and asked.sleeve in ("", known.sleeve)
        and asked.length in ("", known.length)
        and set(asked.details) <= set(known.details)
        and _age_within(known, asked)
    )


def allows(known: Chip, asked: Chip) -> bool:
    """Tell whether both chips may be said of the same thing.

    Example:
        >>> allows(Chip("upper", "jacket"), Chip("upper", "jacket", ("red",)))
        True
        >>> allows(Chip("upper", "jacket", ("black",)), Chip("upper", "top", ("red",)))
        False
    """
    colours = [(one, two) for one in known.colours for two in asked.colours]
    return (
        known.slot == asked.slot
        and (_is_a(known, asked) or _is_a(asked, known) or _child_and_age(known, asked))
        and (not colours or any(_shade(a, b) or _shade(b, a) for a, b in colours))
        and _agree(known.pattern, asked.pattern)
        and _agree(known.sleeve, asked.sleeve)
        and _agree(known.length, asked.length)
        and _ages_overlap(known, asked)
    )


def verdict(known: Iterable[Chip], asked: Chip) -> Verdict:
    """Answer whether a chip holds, for who knows some others.

    Who told of a thing of this slot, and of none that the chip could mean, is taken to know that
    it does not hold; where the slot was not spoken of, nobody knows.

    Args:
        known: What is known; of modality ``must`` or ``not``.
        asked: What is asked for.

    Example:
        >>> known = [Chip("bag", "backpack", ("black",)), Chip("hat", "hat", modality="not")]
        >>> [verdict(known, Chip.read(one)) for one in ("bag:bag", "bag:handbag", "hat:cap")]
        ['yes', 'no', 'no']
        >>> verdict(known, Chip("shoes", "boots"))
        'unknown'
    """
    own = [chip for chip in known if chip.slot == asked.slot]
    if any(chip.modality == "must" and entails(chip, asked) for chip in own):
        return "yes"
    if any(chip.modality == "not" and entails(asked, chip) for chip in own):
        return "no"
    musts = [chip for chip in own if chip.modality == "must"]
    if not musts or any(allows(chip, asked) for chip in musts):
        return "unknown"
    return "no"


def _is_a(known: Chip, asked: Chip) -> bool:
    if known.value == asked.value or asked.value == GENERAL.get(asked.slot):
        return known.value != "bald" or asked.value == "bald"
    if known.slot == "who":
        return asked.value in _KINDS_OF_PEOPLE[known.value]
    return False


def _child_and_age(known: Chip, asked: Chip) -> bool:
    """Whether one says that it is a female, the other that it is a child."""
    pair = {known.value, asked.value}
    return known.slot == "who" and pair in ({"female", "child"}, {"male", "child"})


def _shade(colour: str, asked: str) -> bool:
    """Whether a colour is the asked one or a shade of it."""
    return (
        colour == asked
        or colour.split("-")[-1] == asked
        or (asked in ("dark", "light") and colour.startswith(asked))
    )


def _agree(known: str, asked: str) -> bool:
    return not known or not asked or known == asked


def _age_within(known: Chip, asked: Chip) -> bool:
    if asked.age is None:
        return True
    known_age = _age(known)
    return known_age is not None and asked.age[0] <= known_age[0] and known_age[1] <= asked.age[1]


def _ages_overlap(known: Chip, asked: Chip) -> bool:
    one, other = _age(known), _age(asked)
    return one is None or other is None or (one[0] <= other[1] and other[0] <= one[1])


def _age(chip: Chip) -> tuple[int, int] | None:
    if chip.age is not None:
        return chip.age
    if chip.slot == "who" and chip.value in ("girl", "boy", "child"):
        return _CHILDHOOD[0], _CHILDHOOD[-1]
    return None
