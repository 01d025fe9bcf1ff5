"""GNA-RNN: recurrent network with gated neural attention (Li et al., CVPR 2017).

The picture excites visual units. At each word the LSTM's state says by a softmax which units
matter (unit-level attention) and by a sigmoid how much the word itself matters (word-level gate).
The affinity is the sum over words of gate × attended units.

Departures: the LSTM reads words only. In the paper the picture's features enter it at each word,
so every pair needs its own LSTM: 2.1 million for our val split. In exchange training sees all
pairs of a batch (:func:`~cmps.training.baselines.reading.pair_loss`), not one right and three
wrong pictures a sentence. 256 visual units, not 512.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cmps.training.baselines.reading import BaselineNetwork, Reader, words_mask

HIDDEN = 256
UNITS = 256
SCALE = 8.0
"""At the start attention lies evenly on all units, each word's share of the answer is a mean over
256 of them, and at a scale of 1 sentences hardly differ: a quarter of the training passed so."""


class GatedNeuralAttention(BaselineNetwork):
    """See the module.

    Args:
        vectors: Word vectors to start from, see :class:`Reader`.
    """

    kept = ("units",)

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        super().__init__()
        self.reader = Reader(vectors, HIDDEN)
        self.units = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(256, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS)
        )
        self.centre = nn.LayerNorm(UNITS, elementwise_affine=False)
        self.attention = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(HIDDEN, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS)
        )
        self.gate = nn.Linear(HIDDEN, 1)
        self.scale = nn.Parameter(torch.tensor(SCALE))
        self.offset = nn.Parameter(torch.tensor(-1.0))

    def picture(self, embeddings: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        """Return the visual units ``(C, 256)``."""
        return (self.centre(self.units(embeddings * 16)),)

    def forward(self, ids: Tensor, *kept: Tensor) -> Tensor:
        """Return the logits ``(B, C)``.

        Since the units do not change from word to word, Σₜ gₜ Σₙ aₜₙ vₙ = Σₙ (Σₜ gₜ aₜₙ) vₙ.
        """
        (units,) = kept
        states, _, _ = self.reader(ids)
        attention = self.attention(states).softmax(2)
        gates = self.gate(states).sigmoid() * words_mask(ids)[:, :, None]
        said = (gates * attention).sum(1)
        logits: Tensor = self.scale * (said @ units.T) + self.offset
        return logits
