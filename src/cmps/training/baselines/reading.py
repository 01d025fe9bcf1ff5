"""What all baselines share: how they read a sentence, their interface, and the loss over pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cmps.training.baselines.batches import Batch

WRONG = 3.0
"""Weight of the wrong pairs against the right ones; the papers draw three wrong for each right."""


class Reader(nn.Module):
    """Word vectors, which go on learning, and an LSTM over them.

    Args:
        vectors: ``(words, 50)`` GloVe vectors; rows 0 and 1 are padding and the unknown word.
        hidden: Size of the LSTM's state (of each direction).
        layers: LSTMs above each other.
        both: Read backwards too.
    """

    def __init__(
        self, vectors: NDArray[np.float32], hidden: int, layers: int = 1, both: bool = False
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(len(vectors), vectors.shape[1], padding_idx=0)
        self.words.weight.data.copy_(torch.from_numpy(vectors))
        self.dropout = nn.Dropout(0.3)
        self.lstm = nn.LSTM(vectors.shape[1], hidden, layers, batch_first=True, bidirectional=both)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read sentences.

        Args:
            ids: ``(B, T)`` rows of the word table, padded in front.

        Returns:
            States ``(B, T, hidden)``, and the last state and last cell, ``(layers, B, hidden)``.
        """
        states, (last, cell) = self.lstm(self.dropout(self.words(ids)))
        return states, last, cell


class BaselineNetwork(nn.Module, ABC):
    """A baseline: what it keeps of a picture, and how it scores sentences against pictures."""

    kept: tuple[str, ...]
    """Names of what :meth:`picture` returns; the exported graphs use them."""

    @abstractmethod
    def picture(self, embeddings: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        """Turn features ``(C, 256)`` and ``(C, 18, 128)`` into what is kept, a row a picture."""

    @abstractmethod
    def forward(self, ids: Tensor, *kept: Tensor) -> Tensor:
        """Return the logits ``(B, C)`` that sentence and picture show the same person."""

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a batch; the default is :func:`pair_loss` of all its pairs."""
        kept = self.picture(batch.embeddings, batch.cells)
        return pair_loss(self(batch.ids, *kept), batch.same)


def pair_loss(logits: Tensor, same: Tensor, wrong: float = WRONG) -> Tensor:
    """Binary cross-entropy over all pairs of a batch.

    The papers draw three wrong pictures for each right one. Here every other picture of the batch
    is a wrong one, and all of them together weigh three times the right ones.

    Args:
        logits: ``(B, C)``.
        same: ``(B, C)``, True where both show the same person.
        wrong: Weight of the wrong pairs.

    Example:
        >>> same = torch.tensor([[True, False]])
        >>> round(float(pair_loss(torch.tensor([[0.0, 0.0]]), same)), 4)
        0.6931
    """
    each = functional.binary_cross_entropy_with_logits(logits, same.float(), reduction="none")
    right = each[same].mean()
    return (right + wrong * each[~same].mean()) / (1 + wrong)


def words_mask(ids: Tensor) -> Tensor:
    """Return ``(B, T)``: 1 at words, 0 at padding."""
    return (ids > 0).float()
