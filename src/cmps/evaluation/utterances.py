"""How well descriptions are understood: chips found against chips written by hand.

Run it with ``python -m cmps.evaluation.utterances tests/data/utterances.jsonl``. Each line of the
file holds ``text``, ``before`` (what was said earlier), ``language``, ``half`` (``dev`` or
``held``) and ``chips``, all that is known afterwards as lines of
:meth:`cmps.understanding.chips.Chip.code`. A chip counts as found only where all of it is right:
kind, colours, pattern, sleeve, length, details, age and modality.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmps.understanding.chips import Chip, ChipError, Description
from cmps.understanding.reading import understand


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said, and the chips that a person reads in it."""

    text: str
    before: tuple[str, ...]
    language: str
    half: str
    chips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Chips right, found in all, and expected in all."""

    right: int
    found: int
    expected: int

    @property
    def precision(self) -> float:
        """Share of the found chips that are right; 1 where none was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the expected chips that were found; 1 where none was expected."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.found + self.expected
        return 2 * self.right / both if both else 1.0


def read_utterances(file: Path) -> list[Utterance]:
    """Read a measured set.

    Raises:
        ChipError: If a line holds no chips or one that is none; the message names the line.
    """
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            plain = json.loads(line)
            chips = tuple(Chip.read(code).code() for code in plain["chips"])
            text, half = plain["text"], plain["half"]
        except (ValueError, KeyError) as error:
            raise ChipError(f"{file}, line {number}: {error}") from error
        before = tuple(plain.get("before", ()))
        found.append(Utterance(text, before, plain.get("language", "en"), half, chips))
    return found


def chips_of(utterance: Utterance) -> tuple[str, ...]:
    """Return the chips that the program finds, as codes."""
    now, focus = Description(), None
    for text in (*utterance.before, utterance.text):
        found = understand(text, utterance.language, now, focus)
        now, focus = found.description, found.focus
    return tuple(chip.code() for chip in now.chips)


def score(pairs: Iterable[tuple[Sequence[str], Sequence[str]]], slot: str = "") -> Score:
    """Return how many chips are right.

    Args:
        pairs: Found and expected chips of each utterance, as codes.
        slot: Only chips of this slot; default: all.

    Example:
        >>> score([(["hat:cap red", "bag:bag"], ["hat:cap blue", "bag:bag"])])
        Score(right=1, found=2, expected=2)
    """
    right = found = expected = 0
    for one, other in pairs:
        of_one, of_other = (Counter(_of(slot, codes)) for codes in (one, other))
        right += (of_one & of_other).total()
        found += of_one.total()
        expected += of_other.total()
    return Score(right, found, expected)


def _of(slot: str, codes: Iterable[str]) -> list[str]:
    return [code for code in codes if not slot or Chip.read(code).slot == slot]


def main(arguments: Sequence[str]) -> int:
    """Print precision, recall and F1 of a file, and what went wrong with ``--wrong HALF``."""
    if not arguments:
        print("usage: python -m cmps.evaluation.utterances FILE [--wrong HALF]", file=sys.stderr)
        return 2
    utterances = read_utterances(Path(arguments[0]))
    understand("a first sentence reads the word list")
    start = time.perf_counter()
    answers = [chips_of(one) for one in utterances]
    seconds = time.perf_counter() - start
    sentences = sum(1 + len(one.before) for one in utterances)
    if "--wrong" in arguments:
        _print_wrong(utterances, answers, arguments[-1])
    print(f"{'':24}precision recall    F1  chips")
    for name, rows in _groups(utterances):
        pairs = [(answers[row], utterances[row].chips) for row in rows]
        _print_row(f"{name} ({len(rows)})", score(pairs))
        if name.endswith("held"):
            slots = {Chip.read(code).slot for row in rows for code in utterances[row].chips}
            for slot in sorted(slots):
                _print_row(f"  {slot}", score(pairs, slot))
    print(f"{1000 * seconds / max(1, sentences):.2f} ms a sentence")
    return 0


def _groups(utterances: Sequence[Utterance]) -> list[tuple[str, list[int]]]:
    rows: dict[tuple[str, str], list[int]] = {}
    for row, one in enumerate(utterances):
        rows.setdefault((one.language, one.half), []).append(row)
    return [(f"{language} {half}", rows[language, half]) for language, half in sorted(rows)]


def _print_row(name: str, found: Score) -> None:
    print(f"{name:24}{found.precision:9.3f}{found.recall:7.3f}{found.f1:6.3f}{found.expected:7}")


def _print_wrong(
    utterances: Sequence[Utterance], answers: Sequence[Sequence[str]], half: str
) -> None:
    for one, found in zip(utterances, answers, strict=True):
        if one.half == half and set(found) != set(one.chips):
            print(f"{' / '.join((*one.before, one.text))}")
            print(f"    missing {sorted(set(one.chips) - set(found))}")
            print(f"    too much {sorted(set(found) - set(one.chips))}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
