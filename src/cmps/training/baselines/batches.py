"""Batches of sentences with their pictures and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cmps.evaluation.baselines.words import UNKNOWN, word_ids
from cmps.evaluation.metrics import words_of
from cmps.training.baselines.features import Shown
from cmps.training.captions import mirror

LEAST = 2
"""How often a word must be used in the captions to have a row of its own."""

FORGOTTEN = 0.1
"""Part of the words that a batch shows as unknown, so that a network learns to do without."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B sentences and C pictures; picture number b, for b < B, is the one sentence b describes.

    Attributes:
        ids: ``(B, T)`` words.
        mask: ``(B, T)``, True at words.
        embeddings: ``(C, 256)``.
        cells: ``(C, 18, 128)``.
        people: ``(B,)`` identity numbers.
        same: ``(B, C)``, True where sentence and picture show the same person.
    """

    ids: Tensor
    mask: Tensor
    embeddings: Tensor
    cells: Tensor
    people: Tensor
    same: Tensor


def choose_words(
    language: Path, captions: Sequence[Sequence[str]], least: int = LEAST
) -> tuple[list[str], NDArray[np.float32]]:
    """Choose the words of the training captions that have a GloVe vector.

    Args:
        language: Folder of ``fast.json`` and ``vectors.npy`` from ``cmps.training.language``.
        captions: Sentences by picture.
        least: How often a word must be used.

    Returns:
        The words, and ``(len(words) + 2, 50)`` vectors with padding and unknown in front.
    """
    known = json.loads((language / "fast.json").read_text(encoding="utf-8"))["model"]["vocab"]
    vectors = np.load(language / "vectors.npy")
    counts: dict[str, int] = {}
    for group in captions:
        for caption in group:
            for word in words_of(caption):
                counts[word] = counts.get(word, 0) + 1
    words = sorted(word for word, count in counts.items() if count >= least and word in known)
    rows = [known["[PAD]"], known["[UNK]"], *(known[word] for word in words)]
    return words, vectors[rows].astype(np.float32)


class Batches:
    """Deals sentences with pictures, plain or mirrored, in an order that the seed decides.

    Args:
        shown: The training pictures.
        words: Row of each word.
        seed: Of everything drawn.
    """

    def __init__(self, shown: Shown, words: dict[str, int], seed: int) -> None:
        self.shown = shown
        self.random = np.random.default_rng(seed)
        self.embeddings = torch.from_numpy(
            np.stack([shown.plain.embeddings, shown.mirrored.embeddings])
        )
        self.cells = torch.from_numpy(np.stack([shown.plain.cells, shown.mirrored.cells]))
        self.people = torch.from_numpy(shown.people)
        self.sentences = [
            (row, tuple(word_ids(said, words) for said in (caption, mirror(caption))))
            for row, captions in enumerate(shown.captions)
            for caption in captions
        ]

    def __len__(self) -> int:
        return len(self.sentences)

    def epoch(self, size: int, others: int) -> Iterator[Batch]:
        """Yield every sentence once, the last incomplete batch left out.

        Args:
            size: Sentences in a batch.
            others: Pictures in a batch that belong to none of its sentences.
        """
        order = self.random.permutation(len(self.sentences))
        for start in range(0, len(order) - size + 1, size):
            chosen = order[start : start + size]
            flips = self.random.integers(0, 2, size)
            rows = np.array([self.sentences[number][0] for number in chosen])
            more = self.random.choice(len(self.people), others, replace=False)
            ids, mask = self.words(chosen, flips)
            all_rows = torch.from_numpy(np.concatenate([rows, more]))
            all_flips = torch.from_numpy(
                np.concatenate([flips, self.random.integers(0, 2, others)])
            )
            people = self.people[all_rows]
            yield Batch(
                ids,
                mask,
                self.embeddings[all_flips, all_rows].float(),
                self.cells[all_flips, all_rows].float(),
                people[:size],
                people[:size, None] == people[None],
            )

    def words(
        self, chosen: NDArray[np.int64], flips: NDArray[np.int64], forgotten: float = FORGOTTEN
    ) -> tuple[Tensor, Tensor]:
        """Return padded words and mask of sentences.

        Args:
            chosen: ``(B,)`` numbers of sentences.
            flips: ``(B,)``, 1 for the wording of the mirrored picture.
            forgotten: Part of the words that become unknown.
        """
        said = [self.sentences[number][1][flip] for number, flip in zip(chosen, flips, strict=True)]
        ids = np.zeros((len(said), max(map(len, said))), np.int64)
        for row, one in enumerate(said):
            ids[row, : len(one)] = one
        mask = ids > 0
        lost = mask & (self.random.random(ids.shape) < forgotten)
        return torch.from_numpy(np.where(lost, UNKNOWN, ids)), torch.from_numpy(mask)
