"""Latent Co-attention, two stages (Li et al., *Identity-Aware Textual-Visual Matching*, ICCV 2017).

Stage 1 embeds sentences (LSTM) and pictures in one space with the cross-modal cross-entropy: each
embedding is told apart against a memory of every identity's embedding of the other kind. It ranks
the whole gallery. Stage 2 scores the best 20 of it again: each word of an encoding LSTM looks at
the picture's cells (spatial attention), and a decoding LSTM looks, step by step, at those
word-and-region pairs (latent semantic attention), so that sentences of another order come out
alike.

Departures: pictures come as frozen features, so stage 2 tunes no convolution. The memory keeps
running means. Stage 2's logit is added to stage 1's cosine, times 1/σ, so that 20 candidates of
our small training set are not ranked by stage 2 alone. The decoder takes four steps.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cmps.training.baselines.batches import Batch
from cmps.training.baselines.reading import BaselineNetwork, Reader, words_mask

HIDDEN = 192
SHARED = 256
LOOK = 64
DECODER = 96
STEPS = 4
TEMPERATURE = 0.05
"""σ of the cross-modal cross-entropy."""
KEEP = 0.5
"""How much of an identity's memory stays when it is seen again."""


class StageOne(BaselineNetwork):
    """Sentence and picture embeddings.

    Args:
        vectors: Word vectors to start from, see :class:`Reader`.
        people: How many identities the memories hold.
    """

    kept = ("seen", "regions")

    def __init__(self, vectors: NDArray[np.float32], people: int = 0) -> None:
        super().__init__()
        self.reader = Reader(vectors, HIDDEN)
        self.sentence = nn.Sequential(nn.Dropout(0.3), nn.Linear(HIDDEN, SHARED))
        self.seen = nn.Sequential(nn.Dropout(0.2), nn.Linear(256, SHARED))
        self.register_buffer("memory", torch.zeros(2, people, SHARED), persistent=False)

    def picture(self, embeddings: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        """Return unit embeddings ``(C, 256)``, and the cells for stage 2 as they are."""
        return functional.normalize(self.seen(embeddings * 16), dim=1), cells * 1.0

    def read(self, ids: Tensor) -> Tensor:
        """Return the sentences' unit embeddings ``(B, 256)``."""
        _, last, _ = self.reader(ids)
        return functional.normalize(self.sentence(last[-1]), dim=1)

    def forward(self, ids: Tensor, *kept: Tensor) -> Tensor:
        """Return the cosines over σ, ``(B, C)``."""
        return self.read(ids) @ kept[0].T / TEMPERATURE

    def loss(self, batch: Batch) -> Tensor:
        """Return the cross-modal cross-entropy of a batch."""
        seen, _ = self.picture(batch.embeddings[: len(batch.ids)], batch.cells[:1])
        return self.cross_entropy(self.read(batch.ids), seen, batch.people)

    @torch.no_grad()
    def remember(self, said: Tensor, seen: Tensor, people: Tensor) -> None:
        """Fill the memories: each identity's row becomes its mean embedding of the other kind.

        As in the paper this happens once, before the first step.

        Args:
            said: ``(N, 256)`` of all sentences.
            seen: ``(N, 256)`` of their pictures.
            people: ``(N,)`` identity numbers.
        """
        memory = self.get_buffer("memory").zero_()
        for side, other in enumerate((seen, said)):
            memory[side].index_add_(0, people, other)
        memory.copy_(functional.normalize(memory, dim=2))

    def cross_entropy(self, said: Tensor, seen: Tensor, people: Tensor) -> Tensor:
        """Cross-modal cross-entropy of paired embeddings; their memories move on.

        Right row and wrong rows both come from the memory. If the pair's own other half stood in
        for the right row, sentences and pictures could win by drifting together to where no row
        of the slower memory is yet, and would all end at one point.

        Args:
            said: ``(B, 256)`` of sentences.
            seen: ``(B, 256)`` of their pictures.
            people: ``(B,)`` identity numbers.
        """
        memory = self.get_buffer("memory")
        known = memory.clone()  # what the gradient is taken through must not move on with it
        losses = [
            functional.cross_entropy(own @ rows.T / TEMPERATURE, people)
            for own, rows in zip((said, seen), known, strict=True)
        ]
        with torch.no_grad():
            for side, other in enumerate((seen, said)):
                moved = KEEP * memory[side, people] + (1 - KEEP) * other
                memory[side, people] = functional.normalize(moved, dim=1)
        return torch.stack(losses).sum()


class StageTwo(nn.Module):
    """Spatial and latent semantic co-attention of a sentence and its candidates.

    Args:
        vectors: Word vectors to start from; usually overwritten by stage 1's reader.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        super().__init__()
        self.reader = Reader(vectors, HIDDEN)
        self.region = nn.Linear(128, LOOK)
        self.word = nn.Linear(HIDDEN, LOOK, bias=False)
        self.spatial = nn.Linear(LOOK, 1)
        pair = 128 + HIDDEN
        self.pair = nn.Linear(pair, LOOK)
        self.state = nn.Linear(DECODER, LOOK, bias=False)
        self.semantic = nn.Linear(LOOK, 1)
        self.decoder = nn.LSTMCell(pair, DECODER)
        self.dropout = nn.Dropout(0.3)
        self.judge = nn.Linear(DECODER, 1)

    def forward(self, ids: Tensor, cells: Tensor) -> Tensor:
        """Score each sentence against candidates of its own.

        Args:
            ids: ``(B, T)`` words, padded in front.
            cells: ``(B, K, 18, 128)`` of each sentence's K candidates.

        Returns:
            ``(B, K)`` logits.
        """
        states, _, _ = self.reader(ids)
        regions = cells * 11
        looks = torch.tanh(
            self.region(regions)[:, :, None] + self.word(states)[:, None, :, None]
        )  # (B, K, T, 18, look)
        seen = self.spatial(looks)[..., 0].softmax(3) @ regions  # (B, K, T, 128)
        said = states[:, None].expand(-1, cells.shape[1], -1, -1)
        pairs = self.dropout(torch.cat([seen, said], 3)).flatten(0, 1)  # (B·K, T, pair)
        absent = (1 - words_mask(ids)).repeat_interleave(cells.shape[1], 0)
        known = self.pair(pairs)
        state = pairs.new_zeros(pairs.shape[0], DECODER)
        cell = state
        for _ in range(STEPS):
            scores = self.semantic(torch.tanh(known + self.state(state)[:, None]))[..., 0]
            taken = (scores - 1e4 * absent).softmax(1)
            state, cell = self.decoder((taken[:, :, None] * pairs).sum(1), (state, cell))
        logits: Tensor = self.judge(self.dropout(state)).reshape(cells.shape[0], cells.shape[1])
        return logits


class SecondLook(nn.Module):
    """Both stages over one sentence's candidates, as exported.

    Args:
        first: Stage 1.
        second: Stage 2.
    """

    def __init__(self, first: StageOne, second: StageTwo) -> None:
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, ids: Tensor, seen: Tensor, regions: Tensor) -> Tensor:
        """Return ``(K,)`` scores for ``(1, T)`` words and K pictures."""
        rough: Tensor = self.first(ids, seen)
        fine: Tensor = self.second(ids, regions[None])
        return (rough + fine)[0]
