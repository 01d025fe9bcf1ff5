"""A simulated witness: knows how a person looks, tells one picture, errs, and forgets.

They *say* the captions of one picture. They *know* more, as a mother does: what the captions of
all pictures of the person tell, those of their own picture first. What none of at least six
captions speaks of, though everybody would see it (a bag, a hat, glasses, something carried),
is taken not to be there.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cmps.datasets.picture import Picture
from cmps.search.claims import Verdict, entails, verdict
from cmps.search.parts import Answer
from cmps.search.witness import Understand
from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import (
    GENERAL,
    LENGTHS,
    PATTERNS,
    PLAIN_COLOURS,
    SLEEVES,
    VALUES,
    Slot,
)
from cmps.understanding.sentences import person_words, thing_words

MISTAKES = 0.1
FORGOTTEN = 0.2
OPPOSITE: dict[str, Answer] = {"yes": "no", "no": "yes"}

NOTICED = frozenset(("bag", "hat", "glasses", "accessory", "carried", "beard"))
"""Slots of things that not everybody has: who has one is described with it."""
ENOUGH = 6
"""So many captions, and silence on a thing means that it is not there."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What several descriptions of one person tell together.

    Attributes:
        own: Chips of the picture that a witness tells.
        others: Chips of each caption of the person's other pictures.
        captions: How many captions there are in all.
    """

    own: tuple[Chip, ...]
    others: tuple[tuple[Chip, ...], ...] = ()
    captions: int = 0

    def of(self, slot: Slot) -> tuple[Chip, ...]:
        """Return what is known of a slot: by the own picture, else by the others, else by silence.

        Of the other pictures' captions that one speaks for all with which most others agree.
        """
        own = _fullest(chip for chip in self.own if chip.slot == slot)
        if own:
            return own
        told = [of for one in self.others if (of := _fullest(c for c in one if c.slot == slot))]
        if told:
            return max(told, key=lambda of: sum(self._agrees(chip) for chip in of) / len(of))
        absent = Chip(slot, GENERAL.get(slot, VALUES[slot][0]), modality="not")
        silent = slot in NOTICED and self.captions >= ENOUGH
        return (absent,) if silent else ()

    def _agrees(self, chip: Chip) -> int:
        votes = Counter(verdict(one, chip) for one in self.others)
        return votes["yes"] - votes["no"]

    def verdict(self, chip: Chip) -> Verdict:
        """Return whether a chip holds: by the own picture, else by most others, else by silence."""
        chip = replace(chip, modality="must")
        own = verdict(self.own, chip)
        if own != "unknown":
            return own
        votes = Counter(verdict(one, chip) for one in self.others)
        if votes["yes"] != votes["no"]:
            return "yes" if votes["yes"] > votes["no"] else "no"
        spoken_of = any(one.slot == chip.slot for told in (self.own, *self.others) for one in told)
        silent = chip.slot in NOTICED and not spoken_of and self.captions >= ENOUGH
        return "no" if silent else "unknown"


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who saw one picture, and knows the person.

    Attributes:
        person: Identity of the person in it.
        sentences: What they can say, the vaguest first.
        truth: What they know when they are asked.
        seed: Of mistakes and gaps: the same question gets the same answer in every setting.
    """

    person: str
    sentences: tuple[str, ...]
    truth: Knowledge
    seed: str

    @classmethod
    def of(
        cls,
        picture: Picture,
        understand: Understand,
        seed: int,
        others: Sequence[Picture] = (),
    ) -> Witness:
        """Return the witness of a picture that has captions.

        Args:
            picture: What they saw.
            understand: Reads captions.
            seed: Of what they get wrong.
            others: Further pictures of the person.
        """
        told = {one: chips_of(one, understand) for one in dict.fromkeys(picture.captions)}
        # the fewest things told, then the fewest letters: that is the vaguest
        sentences = sorted(told, key=lambda one: (detail(told[one]), len(one), one))
        own = tuple(dict.fromkeys(chip for chips in told.values() for chip in chips))
        rest = [one for other in others for one in other.captions]
        truth = Knowledge(
            own, tuple(chips_of(one, understand) for one in rest), len(told) + len(rest)
        )
        return cls(str(picture.person), tuple(sentences), truth, f"{seed}:{picture.path.name}")

    def answer(self, chip: Chip) -> Answer:
        """Answer from the truth, with mistakes and gaps."""
        truth = self.truth.verdict(chip)
        chance = random.Random(f"{self.seed}:{chip.code()}")
        if chance.random() < FORGOTTEN or truth == "unknown":
            return "unknown"
        return OPPOSITE[truth] if chance.random() < MISTAKES else truth

    def tell(self, slots: Sequence[Slot]) -> str:
        """Answer an open question from the truth; nothing where they don't know.

        Each thing is forgotten as often as the answer to a question of yes or no, and each mark of
        it, kind, colour, pattern and so on, is wrong as often.
        """
        told = []
        for chip in (chip for slot in slots for chip in self.truth.of(slot)):
            chance = random.Random(f"{self.seed}:open {chip.code()}")
            if chance.random() >= FORGOTTEN:
                told.append(_worded(_mistaken(chip, chance)))
        return ", ".join(told)


def _worded(chip: Chip) -> str:
    if chip.modality == "not":
        return f"without {thing_words(replace(chip, modality='must'))}"
    if chip.slot == "who":
        return person_words(chip)
    return chip.value if chip.slot == "build" else thing_words(chip)


def _mistaken(chip: Chip, chance: random.Random) -> Chip:
    """Return a chip of which each mark is wrong in one of ten cases."""

    def other(value: str, values: Sequence[str]) -> str:
        if not value or chance.random() >= MISTAKES:
            return value
        return chance.choice([one for one in values if one != value])

    if chip.modality == "not":
        return chip if chance.random() >= MISTAKES else replace(chip, modality="must")
    if chip.slot == "who":
        pairs = {"woman": "man", "female": "male", "girl": "boy"}
        pairs |= {one: two for two, one in pairs.items()}
        wrong = chance.random() < MISTAKES
        return replace(chip, value=pairs.get(chip.value, chip.value)) if wrong else chip
    return replace(
        chip,
        value=other(chip.value, VALUES[chip.slot]),
        colours=tuple(other(one, PLAIN_COLOURS) for one in chip.colours),
        pattern=other(chip.pattern, PATTERNS),
        sleeve=other(chip.sleeve, SLEEVES),
        length=other(chip.length, LENGTHS),
    )


def _fullest(chips: Iterable[Chip]) -> tuple[Chip, ...]:
    """Return chips without those that another one says with more."""
    found = list(dict.fromkeys(chip for chip in chips if chip.modality == "must"))
    return tuple(
        one for one in found if not any(entails(other, one) for other in found if other is not one)
    )


def chips_of(sentence: str, understand: Understand) -> tuple[Chip, ...]:
    """Return what a sentence tells by itself."""
    return understand(sentence, "en", Description(), None).description.chips


def detail(chips: Sequence[Chip]) -> int:
    """Count the things that chips tell: each kind, colour, pattern, sleeve, length and mark."""
    return sum(
        1
        + len(chip.colours)
        + len(chip.accents)
        + len(chip.details)
        + bool(chip.pattern)
        + bool(chip.sleeve)
        + bool(chip.length)
        + bool(chip.age)
        for chip in chips
    )


def witnesses(
    pictures: Sequence[Picture], understand: Understand, seed: int, limit: int | None = None
) -> list[Witness]:
    """Return one witness a person, of a picture chosen by chance.

    Args:
        pictures: Of the split.
        understand: Reads captions.
        seed: Of the choice and of what witnesses get wrong.
        limit: At most so many, evenly spread over all.
    """
    by_person: dict[str, list[Picture]] = {}
    for picture in pictures:
        if picture.captions and picture.person:
            by_person.setdefault(picture.person, []).append(picture)
    people = sorted(by_person)
    if limit is not None and limit < len(people):
        people = [people[number * len(people) // limit] for number in range(limit)]
    found = []
    for one in people:
        chosen = random.Random(f"{seed}:{one}").choice(by_person[one])
        others = [picture for picture in by_person[one] if picture is not chosen]
        found.append(Witness.of(chosen, understand, seed, others))
    return found
