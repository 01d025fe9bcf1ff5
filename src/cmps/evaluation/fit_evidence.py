"""Count how people and witnesses are, for chips and questions.

``python -m cmps.evaluation.fit_evidence --root DIR`` reads the captions of the train split, all of
people who are in no measurement, and writes ``search/evidence.json``: how frequent each chip of
the catalogue is, and how often a witness who said one caption knows of a chip that it left open:
what all captions of the person tell, less what witnesses forget. How often a witness is right is
kept as it is, and so are the slopes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.evaluation.witness import FORGOTTEN, Knowledge, chips_of
from cmps.search.claims import verdict
from cmps.search.evidence import shipped_habits
from cmps.search.questions import catalogue
from cmps.search.witness import Understand, shipped_reader
from cmps.understanding.chips import Chip

FILE = Path(__file__).parents[1] / "search" / "evidence.json"
COLOURED = frozenset(("upper", "lower", "shoes", "hair"))
"""Slots of things that everybody has, in some colour."""
EXTRA = 20.0
"""So many made-up cases with the slot's mean steady the figures of rare chips."""


def counted(
    people: Iterable[Sequence[Sequence[str]]], understand: Understand, chips: Sequence[Chip]
) -> dict[str, dict[str, float]]:
    """Return ``shares`` and ``told`` by chip code, and by slot for chips that were not counted.

    Args:
        people: For each person the captions of each picture.
        understand: Reads them.
        chips: Which to count.
    """
    pictures = 0
    yes, known, opened, told = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for of_person in people:
        read = [[chips_of(one, understand) for one in captions] for captions in of_person]
        for knowledge, captions in zip(knowledge_of(read), read, strict=True):
            pictures += 1
            for chip in chips:
                code, answer = chip.code(), verdict(knowledge.own, chip)
                yes[code] += answer == "yes"
                known[code] += answer != "unknown"
                left_open = sum(verdict(one, chip) == "unknown" for one in captions)
                if left_open:
                    knows = knowledge.verdict(chip) != "unknown"
                    for key in (code, chip.slot):
                        opened[key] += left_open
                        told[key] += left_open * knows
    shares = {}
    for chip in chips:
        code = chip.code()
        # everybody has a sex and a colour of shirt; of what is told only where it is there, such
        # as stripes or a hat, silence means that it is not
        either = (chip.slot == "who" and not chip.age) or (chip.colours and chip.slot in COLOURED)
        of = known[code] if either else pictures
        shares[code] = (yes[code] + 1) / (of + 10)
    slots = {slot: told[slot] / max(opened[slot], 1) for slot in {chip.slot for chip in chips}}
    by_chip = {
        chip.code(): (told[chip.code()] + EXTRA * slots[chip.slot]) / (opened[chip.code()] + EXTRA)
        for chip in chips
    }
    remembered = {key: share * (1 - FORGOTTEN) for key, share in (by_chip | slots).items()}
    return {"shares": shares, "told": remembered}


def knowledge_of(read: Sequence[Sequence[tuple[Chip, ...]]]) -> list[Knowledge]:
    """Return what a witness of each picture of a person knows."""
    count = sum(len(captions) for captions in read)
    return [
        Knowledge(
            tuple(chip for one in captions for chip in one),
            tuple(one for other in read if other is not captions for one in other),
            count,
        )
        for captions in read
    ]


def main() -> None:
    """Count and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="CUHK-PEDES layout")
    parser.add_argument("--split", default="train", help="whose captions are counted")
    parser.add_argument("--out", type=Path, default=FILE, help="the file to write")
    options = parser.parse_args()
    people: dict[str, list[tuple[str, ...]]] = {}
    for one in read_cuhk_pedes(options.root, options.split):
        people.setdefault(str(one.person), []).append(one.captions)
    found = counted(people.values(), shipped_reader().understand, catalogue())
    habits: dict[str, Any] = asdict(shipped_habits())
    for name in ("shares", "told"):
        rounded = {key: round(value, 4) for key, value in sorted(found[name].items())}
        habits[name] = {"": habits[name][""]} | rounded
    del habits["directions"]  # they are in a file of their own
    options.out.write_text(json.dumps(habits, indent=2) + "\n", encoding="utf-8")
    print(f"{len(people):,} people counted; {options.out}")


if __name__ == "__main__":
    main()
