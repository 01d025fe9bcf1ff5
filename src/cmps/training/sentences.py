"""Every sentence that training reads, in several forms, as token numbers for both text branches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmps.training.captions import mirror, pad, reword, shorten
from cmps.training.stage import Batch

CLAUSES = re.compile(r"(?<=[.,;])\s+|\s+(?=(?:and|with|wearing|carrying)\s)")
UNKNOWN = 1

Ints = NDArray[np.int64]


def recombine(first: str, second: str, random: np.random.Generator) -> str:
    """Return the beginning of one caption and the end of another, cut between clauses.

    Example:
        >>> recombine("A man in a red coat.", "She has a bag, and black shoes.",
        ...           np.random.default_rng(0))
        'A man in a red coat. and black shoes.'
    """
    begin, end = (CLAUSES.split(one.strip()) for one in (first, second))
    kept, left = int(random.integers(1, len(begin) + 1)), int(random.integers(len(end)))
    return " ".join(begin[:kept] + end[left:])


def vary(caption: str, random: np.random.Generator, chance: float) -> str:
    """Shorten, reword and mirror a caption, each by this chance."""
    if random.random() < chance:
        caption = shorten(caption, random)
    if random.random() < chance:
        caption = reword(caption, random)
    return mirror(caption) if random.random() < chance else caption


def without_pictures(
    captions: Sequence[str], others: Sequence[str], recombined: int, random: np.random.Generator
) -> list[str]:
    """Return sentences that describe no picture there is: networks can be asked about them.

    Args:
        captions: Of pictures.
        others: Sentences without a picture, as they are and varied; may be none.
        recombined: How many are put together of two, varied.
        random: Source of chance.
    """
    known = [*captions, *others]
    pairs = random.integers(len(known), size=(recombined, 2))
    mixed = [recombine(known[first], known[second], random) for first, second in pairs]
    return [*others, *(vary(one, random, 0.4) for one in [*others, *mixed])]


class CaptionBank:
    """Captions of pictures in plain, mirrored and altered forms, and sentences without a picture.

    Args:
        captions: Captions of each described row of a corpus.
        language: Folder that :mod:`cmps.training.language` wrote.
        forms: How many altered forms a caption gets: shortened and reworded.
        others: Sentences without a picture.

    Attributes:
        rows: The described rows.
        texts: All sentences; elsewhere a sentence is its place in this list.
        described: ``(S,)`` the row that each describes, -1 for those without a picture.
    """

    def __init__(
        self,
        captions: dict[int, list[str]],
        language: Path,
        forms: int = 1,
        others: Sequence[str] = (),
    ) -> None:
        self.rows = list(captions)
        random = np.random.default_rng(0)
        self.texts: list[str] = []
        described: list[int] = []
        self.forms: dict[int, list[tuple[list[int], list[int]]]] = {row: [] for row in self.rows}
        for row in self.rows:
            for caption in captions[row]:
                altered = [reword(shorten(caption, random), random) for _ in range(forms)]
                plain = [caption, *altered]
                mirrored = [mirror(variant) for variant in plain]
                places: dict[str, int] = {}
                for text in [*plain, *mirrored]:
                    places.setdefault(text, len(self.texts) + len(places))
                self.texts += places
                described += [row] * len(places)
                self.forms[row].append(
                    ([places[text] for text in plain], [places[text] for text in mirrored])
                )
        self.texts += others
        self.described = np.array(described + [-1] * len(others))
        words = Tokenizer.from_file(str(language / "fast.json"))
        pieces = Tokenizer.from_file(str(language / "accurate.json"))
        self.words = [encoding.ids for encoding in words.encode_batch(self.texts)]
        self.pieces = [encoding.ids for encoding in pieces.encode_batch(self.texts)]

    def draw(self, row: int, flipped: bool, varied: float, random: np.random.Generator) -> int:
        """Return a random caption of a picture, by a chance an altered form of it."""
        plain, mirrored = self.forms[row][int(random.integers(len(self.forms[row])))]
        altered = len(plain) > 1 and random.random() < varied
        form = int(random.integers(1, len(plain))) if altered else 0
        return (mirrored if flipped else plain)[form]

    def draw_others(self, count: int, random: np.random.Generator) -> list[int]:
        """Return sentences without a picture; any sentences where there are none such."""
        there = np.flatnonzero(self.described < 0)
        return [
            int(place) for place in random.choice(there if len(there) else len(self.texts), count)
        ]

    def spell(self, places: Sequence[int], dropout: float, random: np.random.Generator) -> Batch:
        """Return token numbers for both branches; by the chance ``dropout`` a word is hidden."""
        batch: Batch = {}
        for name, known in (("ids", self.words), ("pieces", self.pieces)):
            numbers, mask = pad([known[place] for place in places])
            numbers[(random.random(numbers.shape) < dropout) & mask] = UNKNOWN
            batch[name] = torch.from_numpy(numbers)
            batch[f"{name}_mask"] = torch.from_numpy(mask)
        return batch
