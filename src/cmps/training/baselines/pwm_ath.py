"""PWM-ATH: patch-word matching with adaptive threshold (Chen, Xu, Luo, WACV 2018).

Every word meets every patch of the picture; its affinity to the picture is that of its best
patch. Each word also sets itself a threshold, and what exceeds it is compressed, so that a single
word that fits too well cannot outvote the others. The affinity of sentence and picture is the sum.

Departures: the patches are the 6×3 cells of our pyramid's finest grid. Compression is by a tenth
of the excess. All pairs of a batch are examples
(:func:`~cmps.training.baselines.reading.pair_loss`).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cmps.training.baselines.reading import BaselineNetwork, Reader, words_mask

HIDDEN = 128
SHARED = 128
COMPRESSION = 0.1


class PatchWordMatching(BaselineNetwork):
    """See the module.

    Args:
        vectors: Word vectors to start from, see :class:`Reader`.
    """

    kept = ("patches",)

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        super().__init__()
        self.reader = Reader(vectors, HIDDEN, both=True)
        self.word = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * HIDDEN, SHARED))
        self.patch = nn.Sequential(nn.Dropout(0.2), nn.Linear(128, SHARED))
        self.threshold = nn.Linear(2 * HIDDEN, 1)
        self.offset = nn.Parameter(torch.tensor(-1.0))

    def picture(self, embeddings: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        """Return the patches ``(C, 18, 128)``."""
        return (self.patch(cells * 11),)

    def forward(self, ids: Tensor, *kept: Tensor) -> Tensor:
        """Return the logits ``(B, C)``."""
        (patches,) = kept
        states, _, _ = self.reader(ids)
        words = self.word(states)  # (B, T, d)
        flat = words.flatten(0, 1) @ patches.flatten(0, 1).T / SHARED**0.5
        best = flat.unflatten(1, (-1, patches.shape[1])).amax(2).unflatten(0, (ids.shape[0], -1))
        affinity = compress(best, self.threshold(states))
        return (affinity * words_mask(ids)[:, :, None]).sum(1) + self.offset


def compress(affinity: Tensor, threshold: Tensor, part: float = COMPRESSION) -> Tensor:
    """Let through what lies under the threshold, and a part of what exceeds it.

    Example:
        >>> compress(torch.tensor([1.0, 3.0]), torch.tensor(2.0)).tolist()
        [1.0, 2.0999999046325684]
    """
    excess = (affinity - threshold).clamp_min(0)
    return affinity - (1 - part) * excess
