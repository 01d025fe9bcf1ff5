"""deeper LSTM Q+norm (Antol et al., *VQA*, ICCV 2015), asked whether a sentence fits a picture.

A two-layer LSTM reads the sentence; the last states and cells of both layers go through a layer
with tanh. The unit-length picture embedding goes through another. Their product, element by
element, goes through a small perceptron with dropout.

Departures, as in Li et al. (CVPR 2017), who brought it to person search: the answer is one
number, "do they fit", in place of 1,000 words. Ours: half the paper's sizes, and all pairs of a
batch as examples (:func:`~cmps.training.baselines.reading.pair_loss`).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cmps.training.baselines.reading import BaselineNetwork, Reader

HIDDEN = 192
FUSED = 256


class DeeperLSTM(BaselineNetwork):
    """See the module.

    Args:
        vectors: Word vectors to start from, see :class:`Reader`.
    """

    kept = ("seen",)

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        super().__init__()
        self.reader = Reader(vectors, HIDDEN, layers=2)
        self.sentence = nn.Sequential(nn.Linear(4 * HIDDEN, FUSED), nn.Tanh(), nn.Dropout(0.3))
        self.seen = nn.Sequential(nn.Dropout(0.2), nn.Linear(256, FUSED), nn.Tanh())
        self.judge = nn.Sequential(
            nn.Linear(FUSED, FUSED // 2), nn.Tanh(), nn.Dropout(0.3), nn.Linear(FUSED // 2, 1)
        )

    def picture(self, embeddings: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        """Return ``seen`` ``(C, 256)``."""
        # unit rows have entries of about 1/16: tanh needs them larger to be more than a line
        return (self.seen(embeddings * 16),)

    def forward(self, ids: Tensor, *kept: Tensor) -> Tensor:
        """Return the logits ``(B, C)``."""
        (seen,) = kept
        _, last, cell = self.reader(ids)
        said = self.sentence(torch.cat([last[0], cell[0], last[1], cell[1]], 1))
        logits: Tensor = self.judge(said[:, None] * seen[None])
        return logits[:, :, 0]
