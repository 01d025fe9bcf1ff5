"""What is known of a person: chips, and a description made of them.

A :class:`Chip` is one thing that a picture may show or not: *a red hat*, *long hair*, *no bag*. It
holds codes of :mod:`cmps.understanding.codes` and no words of a language, except those that were
said. A :class:`Description` is all chips and what was said beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cmps.understanding.codes import (
    COLOURS,
    DETAILS,
    LENGTHS,
    LONG_OR_SHORT,
    MODALITIES,
    OLDEST,
    PATTERNS,
    SLEEVED,
    SLEEVES,
    SLOTS,
    VALUES,
    Modality,
    Slot,
)


class ChipError(ValueError):
    """A chip says what no chip can say; the message names the code and what there is."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that is known, thought possible, or ruled out.

    Attributes:
        slot: What it is about, e.g. ``"upper"``.
        value: Which kind, e.g. ``"jacket"``; one of ``VALUES[slot]``.
        colours: All of them, the main one first, e.g. ``("dark-blue", "white")``.
        accents: Colours of a pattern, a print or a trim only: a white shirt *with black stripes*.
        pattern: ``""`` where nothing was said.
        sleeve: ``"long"``, ``"short"``, ``"none"`` or ``""``.
        length: Of hair, coat, skirt or boots: ``"long"``, ``"medium"``, ``"short"`` or ``""``.
        details: Size, cut, material, in the order of ``DETAILS``.
        age: Years from and to, both inclusive; only of ``who``.
        modality: ``"must"``, ``"maybe"`` or ``"not"``.
        said: The words that said so, as they were said.
        confidence: That it was understood as meant, 0 to 1; repaired words lower it.

    Raises:
        ChipError: If a code is unknown, or does not belong to the slot.

    Example:
        >>> Chip("hat", "cap", colours=("red",)).sentence()
        'a person wearing a red cap'
    """

    slot: Slot
    value: str
    colours: tuple[str, ...] = ()
    accents: tuple[str, ...] = ()
    pattern: str = ""
    sleeve: str = ""
    length: str = ""
    details: tuple[str, ...] = ()
    age: tuple[int, int] | None = None
    modality: Modality = "must"
    said: str = ""
    confidence: float = 1.0

    def __post_init__(self) -> None:
        _one_of("slot", self.slot, SLOTS)
        _one_of(f"value of {self.slot}", self.value, VALUES[self.slot])
        _one_of("modality", self.modality, MODALITIES)
        for name, codes, known in (
            ("colours", self.colours, COLOURS),
            ("accents", self.accents, COLOURS),
            ("details", self.details, DETAILS),
        ):
            for code in codes:
                _one_of(name, code, known)
            object.__setattr__(self, name, tuple(dict.fromkeys(codes)))
        object.__setattr__(self, "details", tuple(sorted(self.details, key=DETAILS.index)))
        _one_of("pattern", self.pattern, ("", *PATTERNS))
        _one_of("sleeve", self.sleeve, ("", *(SLEEVES if self.slot in SLEEVED else ())))
        _one_of("length", self.length, ("", *(LENGTHS if self.slot in LONG_OR_SHORT else ())))
        if self.slot in ("who", "build") and (self.colours or self.accents or self.pattern):
            raise ChipError(
                f"{self.slot} has no colour and no pattern; put it on a garment or hair"
            )
        if self.age is not None:
            object.__setattr__(self, "age", _age(self.slot, self.age))
        if not 0.0 <= self.confidence <= 1.0:
            raise ChipError(f"confidence must lie between 0 and 1, not {self.confidence}")

    @property
    def meaning(self) -> tuple[Any, ...]:
        """All that it claims: everything but the words and the confidence."""
        return (
            self.slot, self.value, self.colours, self.accents, self.pattern, self.sleeve,
            self.length, self.details, self.age, self.modality,
        )  # fmt: skip

    def sentence(self, person: str = "a person") -> str:
        """Word it as one short English phrase in the manner of captions.

        A ruled-out chip is worded as if it held: ranking asks the networks for the thing and turns
        the answer round.

        Args:
            person: Who has it, e.g. ``"a woman"``; not used by a chip of the slot ``who``.
        """
        from cmps.understanding.sentences import chip_sentence

        return chip_sentence(self, person)

    def code(self) -> str:
        """Write the meaning on one line, for logs and measured sets; :meth:`read` reads it.

        Example:
            >>> Chip("upper", "shirt", ("white",), sleeve="short", modality="maybe").code()
            'maybe upper:shirt white sleeve=short'
        """
        parts: list[str] = [] if self.modality == "must" else [self.modality]
        parts.append(f"{self.slot}:{self.value}")
        parts.extend(self.colours)
        parts.extend(f"+{colour}" for colour in self.accents)
        for name in ("pattern", "sleeve", "length"):
            if getattr(self, name):
                parts.append(f"{name}={getattr(self, name)}")
        parts.extend(f"is={detail}" for detail in self.details)
        if self.age:
            parts.append(f"age={self.age[0]}-{self.age[1]}")
        return " ".join(parts)

    @classmethod
    def read(cls, code: str) -> Chip:
        """Read what :meth:`code` wrote.

        Raises:
            ChipError: If it is no such line.

        Example:
            >>> Chip.read("not bag:backpack black is=small").modality
            'not'
        """
        words = code.split()
        modality = words.pop(0) if words and words[0] in MODALITIES else "must"
        slot, colon, value = (words.pop(0) if words else "").partition(":")
        if not colon:
            raise ChipError(f"{code!r} names no slot:value, e.g. upper:jacket red")
        fields: dict[str, Any] = {"colours": [], "accents": [], "details": []}
        for word in words:
            name, equals, content = word.partition("=")
            if not equals:
                key = "accents" if word.startswith("+") else "colours"
                fields[key].append(word.removeprefix("+"))
            elif name == "is":
                fields["details"].append(content)
            elif name == "age":
                first, _, last = content.partition("-")
                fields["age"] = [int(first), int(last)]
            else:
                fields[name] = content
        return cls.from_dict({"slot": slot, "value": value, "modality": modality, **fields})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is empty is left out."""
        plain: dict[str, Any] = {"slot": self.slot, "value": self.value, "modality": self.modality}
        for name in ("colours", "accents", "details", "age"):
            if getattr(self, name):
                plain[name] = list(getattr(self, name))
        for name in ("pattern", "sleeve", "length", "said"):
            if getattr(self, name):
                plain[name] = getattr(self, name)
        if self.confidence != 1.0:
            plain["confidence"] = round(self.confidence, 3)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Chip:
        """Read what :meth:`to_dict` wrote.

        Raises:
            ChipError: If a field is unknown or missing, or a code is not what a chip may say.
        """
        unknown = set(plain) - set(cls.__dataclass_fields__)
        if unknown or "slot" not in plain or "value" not in plain:
            raise ChipError(
                f"not a chip: {dict(plain)!r}; it needs slot and value, and only fields of Chip"
            )
        fields: dict[str, Any] = {
            key: tuple(one) if isinstance(one, list) else one for key, one in plain.items()
        }
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Description:
    """All that is known of a person.

    Chips are held in one canonical order (slot, then kind), so two descriptions that say the same
    are equal however they came about, and undoing an edit restores the very same description.

    Attributes:
        chips: What is known, in that order; no two with the same meaning.
        rest: What was said beside them and may still help the text network.

    Example:
        >>> Description((Chip("who", "girl"), Chip("bag", "backpack", ("yellow",)))).sentence()
        'A girl is carrying a yellow backpack.'
    """

    chips: tuple[Chip, ...] = ()
    rest: str = ""

    def __post_init__(self) -> None:
        unlike = {chip.meaning: chip for chip in reversed(self.chips)}
        object.__setattr__(self, "chips", tuple(sorted(unlike.values(), key=_place)))
        object.__setattr__(self, "rest", re.sub(r"\s+", " ", self.rest).strip())

    def of(self, slot: str, value: str = "", modality: str = "") -> tuple[Chip, ...]:
        """Return the chips of a slot, of one kind or modality where that is named."""
        return tuple(
            chip
            for chip in self.chips
            if chip.slot == slot and value in ("", chip.value) and modality in ("", chip.modality)
        )

    def with_chip(self, chip: Chip) -> Description:
        """Return it with one chip more."""
        return replace(self, chips=(*self.chips, chip))

    def without(self, chip: Chip) -> Description:
        """Return it without a chip."""
        return replace(self, chips=tuple(one for one in self.chips if one.meaning != chip.meaning))

    def sentence(self, maybe: bool = True, rest: bool = True) -> str:
        """Word it in English, in the manner of captions, for the text network.

        What is ruled out is left out.

        Args:
            maybe: Whether to say what is only thought possible.
            rest: Whether to end with what was said beside the chips.
        """
        from cmps.understanding.sentences import description_sentence

        return description_sentence(self, maybe, rest)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"chips": [chip.to_dict() for chip in self.chips], "rest": self.rest}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Description:
        """Read what :meth:`to_dict` wrote.

        Raises:
            ChipError: If a chip in it is none.
        """
        chips: Iterable[Mapping[str, Any]] = plain.get("chips", ())
        return cls(tuple(Chip.from_dict(one) for one in chips), str(plain.get("rest", "")))


def _place(chip: Chip) -> tuple[Any, ...]:
    kind = (SLOTS.index(chip.slot), VALUES[chip.slot].index(chip.value))
    return (*kind, MODALITIES.index(chip.modality), chip.code())


def _one_of(name: str, code: str, known: Iterable[str]) -> None:
    if code not in known:
        there_are = ", ".join(one for one in known if one) or "none for this slot"
        raise ChipError(f"unknown {name} {code!r}; there are: {there_are}")


def _age(slot: str, age: tuple[int, int]) -> tuple[int, int]:
    if slot != "who":
        raise ChipError(f"only who has an age, not {slot}")
    first, last = age
    if not 0 <= first <= last <= OLDEST:
        raise ChipError(
            f"an age goes from 0 to {OLDEST} years, the lower first, not {first} to {last}"
        )
    return int(first), int(last)
