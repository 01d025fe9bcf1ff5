"""Batches of sentences with their pictures and wrong ones.

Sentences of like length come together, and the rest is padded in front: an LSTM then ends at the
last word, needs no packing, and takes less than half the time of packed sentences of mixed length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cmps.evaluation.baselines.networks import GRID_SHAPE
from cmps.evaluation.baselines.words import UNKNOWN, word_ids
from cmps.evaluation.metrics import words_of
from cmps.training.baselines.features import Shown
from cmps.training.captions import mirror
from cmps.training.export import mirrored_cells

LEAST = 2
"""How often a word must be used in the captions to have a row of its own."""

FORGOTTEN = 0.1
"""Part of the words that a batch shows as unknown, so that a network learns to do without."""

ALIKE = 16
"""Batches' worth of sentences, drawn by chance, that are sorted by length together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B sentences and C pictures; picture number b, for b < B, is the one sentence b describes.

    Attributes:
        ids: ``(B, T)`` words, padded with 0 in front.
        embeddings: ``(C, 256)``.
        cells: ``(C, 18, 128)``.
        people: ``(B,)`` identity numbers.
        same: ``(B, C)``, True where sentence and picture show the same person.
    """

    ids: Tensor
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
        self.restart(seed)
        self.embeddings = torch.from_numpy(shown.features.embeddings)
        cells = torch.from_numpy(shown.features.cells)
        self.cells = torch.stack([cells, cells[:, mirrored_cells([GRID_SHAPE])]])
        self.people = torch.from_numpy(shown.people)
        self.sentences = [
            (row, tuple(word_ids(said, words) for said in (caption, mirror(caption))))
            for row, captions in enumerate(shown.captions)
            for caption in captions
        ]
        self.lengths = np.array([len(said) for _, (said, _) in self.sentences])

    def restart(self, seed: int) -> None:
        """Draw from here on as with a new seed."""
        self.random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self.sentences)

    def epoch(self, size: int, others: int) -> Iterator[Batch]:
        """Yield every sentence once with its picture and others, see :meth:`deal`.

        Args:
            size: Sentences in a batch.
            others: Pictures in a batch that belong to none of its sentences.
        """
        for chosen in self.deal(size):
            flips = self.random.integers(0, 2, size)
            rows = np.array([self.sentences[number][0] for number in chosen])
            more = self.random.choice(len(self.people), others, replace=False)
            ids = self.words(chosen, flips)
            all_rows = torch.from_numpy(np.concatenate([rows, more]))
            all_flips = torch.from_numpy(
                np.concatenate([flips, self.random.integers(0, 2, others)])
            )
            people = self.people[all_rows]
            yield Batch(
                ids,
                self.embeddings[all_rows].float(),
                self.cells[all_flips, all_rows].float(),
                people[:size],
                people[:size, None] == people[None],
            )

    def deal(self, size: int) -> list[NDArray[np.int64]]:
        """Deal the numbers of all sentences into batches of like length, in an order of chance.

        Args:
            size: Sentences in a batch; the last incomplete one is left out.
        """
        order = self.random.permutation(len(self.sentences))
        parts: list[NDArray[np.int64]] = []
        for start in range(0, len(order), size * ALIKE):
            block = order[start : start + size * ALIKE]
            block = block[np.argsort(self.lengths[block], kind="stable")]
            parts += [block[at : at + size] for at in range(0, len(block) - size + 1, size)]
        return [parts[number] for number in self.random.permutation(len(parts))]

    def words(
        self, chosen: NDArray[np.int64], flips: NDArray[np.int64], forgotten: float = FORGOTTEN
    ) -> Tensor:
        """Return the words ``(B, T)`` of sentences, padded in front.

        Args:
            chosen: ``(B,)`` numbers of sentences.
            flips: ``(B,)``, 1 for the wording of the mirrored picture.
            forgotten: Part of the words that become unknown.
        """
        said = [self.sentences[number][1][flip] for number, flip in zip(chosen, flips, strict=True)]
        ids = np.zeros((len(said), max(map(len, said))), np.int64)
        for row, one in enumerate(said):
            ids[row, -len(one) :] = one
        lost = (ids > 0) & (self.random.random(ids.shape) < forgotten)
        return torch.from_numpy(np.where(lost, UNKNOWN, ids))
