"""A simulated witness: knows what the captions of one picture tell, errs, and forgets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cmps.datasets.picture import Picture
from cmps.search.claims import verdict
from cmps.search.parts import Answer
from cmps.search.witness import Understand
from cmps.understanding.chips import Chip, Description

MISTAKES = 0.1
FORGOTTEN = 0.2
OPPOSITE: dict[str, Answer] = {"yes": "no", "no": "yes"}


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who saw one picture.

    Attributes:
        person: Identity of the person in it.
        sentences: What they can say, the vaguest first.
        truth: Chips that the sentences tell.
        seed: Of mistakes and gaps: the same question gets the same answer in every setting.
    """

    person: str
    sentences: tuple[str, ...]
    truth: tuple[Chip, ...]
    seed: str

    @classmethod
    def of(cls, picture: Picture, understand: Understand, seed: int) -> Witness:
        """Return the witness of a picture that has captions."""
        told = {one: chips_of(one, understand) for one in dict.fromkeys(picture.captions)}
        # the fewest things told, then the fewest letters: that is the vaguest
        sentences = sorted(told, key=lambda one: (detail(told[one]), len(one), one))
        truth = tuple(dict.fromkeys(chip for chips in told.values() for chip in chips))
        return cls(str(picture.person), tuple(sentences), truth, f"{seed}:{picture.path.name}")

    def answer(self, chip: Chip) -> Answer:
        """Answer from the truth, with mistakes and gaps."""
        truth = verdict(self.truth, replace(chip, modality="must"))
        chance = random.Random(f"{self.seed}:{chip.code()}")
        if chance.random() < FORGOTTEN or truth == "unknown":
            return "unknown"
        return OPPOSITE[truth] if chance.random() < MISTAKES else truth


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
    return [
        Witness.of(random.Random(f"{seed}:{one}").choice(by_person[one]), understand, seed)
        for one in people
    ]
