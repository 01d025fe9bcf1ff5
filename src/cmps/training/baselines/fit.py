"""Training of the baselines: the same optimiser and schedule for all, and stage 2's own loop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cmps.training.baselines.batches import Batches
from cmps.training.baselines.latent_coattention import StageOne, StageTwo
from cmps.training.baselines.reading import BaselineNetwork, pair_loss

WARM_UP = 100
EASY = 0.5
"""Part of stage 2's wrong pictures that are drawn from all: with hard ones alone, at half the
rate, its loss stayed at chance for a pass. One in a thousand is right, which does no harm."""

MISTAKEN = 100
"""Stage 1's best wrong pictures, from which stage 2 learns: of 5,000 training pictures these are as
hard as the best 20 of a gallery of 1,000, and the best 20 would be as hard as no gallery is."""
BLOCK = 128
"""Sentences that are embedded at once."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast a baseline learns.

    Attributes:
        epochs: Passes over all sentences.
        rate: Highest learning rate.
        batch: Sentences in a batch.
        others: Further pictures in a batch, all wrong but for the rare chance.
    """

    epochs: int
    rate: float = 2e-3
    batch: int = 64
    others: int = 192


class Descent:
    """AdamW with warm-up and a cosine, and a line of progress now and then.

    Args:
        name: Shown with the progress.
        network: What learns.
        steps: Steps in all.
        rate: Highest learning rate.
    """

    def __init__(self, name: str, network: nn.Module, steps: int, rate: float) -> None:
        self.name = name
        self.network = network
        self.steps = steps
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)

        def part(step: int) -> float:
            return min(1.0, (step + 1) / WARM_UP) * (1 + math.cos(math.pi * step / steps)) / 2

        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, part)
        self.step = 0
        self.total = 0.0
        self.started = time.monotonic()

    def take(self, loss: Tensor) -> None:
        """Take one step down the loss.

        Raises:
            FloatingPointError: If the loss is not finite.
        """
        if not bool(loss.isfinite()):
            raise FloatingPointError(f"{self.name}: the loss is {loss.item()} at step {self.step}")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.step += 1
        self.total += float(loss.detach())
        if self.step % 100 == 0 or self.step == self.steps:
            since = (self.step - 1) % 100 + 1
            seconds = time.monotonic() - self.started
            print(
                f"{self.name}: step {self.step} of {self.steps}, "
                f"loss {self.total / since:.4f}, {seconds:.0f} s",
                flush=True,
            )
            self.total = 0.0


def fit(name: str, network: BaselineNetwork, batches: Batches, schedule: Schedule) -> None:
    """Train a network on every sentence, ``schedule.epochs`` times."""
    network.train()
    steps = schedule.epochs * (len(batches) // schedule.batch)
    descent = Descent(name, network, steps, schedule.rate)
    for _ in range(schedule.epochs):
        for batch in batches.epoch(schedule.batch, schedule.others):
            descent.take(network.loss(batch))
    network.eval()


def fit_first(name: str, first: StageOne, batches: Batches, schedule: Schedule) -> None:
    """Fill the memories of stage 1 with what it makes of everything untrained; then train it."""
    said, seen, rows = embed(first, batches)
    first.remember(said, seen[rows], batches.people[rows])
    fit(name, first, batches, schedule)


@torch.no_grad()
def embed(first: StageOne, batches: Batches) -> tuple[Tensor, Tensor, Tensor]:
    """Return stage 1's embeddings of everything.

    Returns:
        ``(sentences, 256)``, ``(pictures, 256)``, and each sentence's picture, ``(sentences,)``.
    """
    first.eval()
    seen, _ = first.picture(batches.embeddings.float(), batches.cells[0, :1].float())
    said = torch.empty(len(batches), seen.shape[1])
    order = np.argsort(batches.lengths, kind="stable")  # like lengths together need little padding
    for start in range(0, len(order), BLOCK):
        chosen = order[start : start + BLOCK]
        ids = batches.words(chosen, np.zeros(len(chosen), np.int64), forgotten=0)
        said[torch.from_numpy(chosen)] = first.read(ids)
    return said, seen, torch.tensor([row for row, _ in batches.sentences])


@torch.no_grad()
def hard_candidates(first: StageOne, batches: Batches, count: int = MISTAKEN) -> Tensor:
    """Return for every sentence the pictures of other people that stage 1 finds best.

    Returns:
        ``(sentences, count)`` rows of pictures, fewer where there are not so many.
    """
    said, seen, rows = embed(first, batches)
    found = []
    for part, own in zip(torch.split(said, BLOCK), torch.split(rows, BLOCK), strict=True):
        cosines = part @ seen.T
        same = batches.people[own][:, None] == batches.people[None]
        found.append(cosines.masked_fill(same, -2.0).topk(min(count, cosines.shape[1])).indices)
    return torch.cat(found)


def fit_second(
    name: str, first: StageOne, second: StageTwo, batches: Batches, schedule: Schedule
) -> None:
    """Train stage 2 on each sentence's own picture against wrong ones, half of them hard.

    Args:
        name: Shown with the progress.
        first: Stage 1, trained; its reader is where stage 2's begins.
        second: Stage 2.
        batches: The training data.
        schedule: ``others`` is how many wrong candidates a sentence gets.
    """
    second.reader.load_state_dict(first.reader.state_dict())
    mistaken = hard_candidates(first, batches)
    second.train()
    steps = schedule.epochs * (len(batches) // schedule.batch)
    descent = Descent(name, second, steps, schedule.rate)
    for _ in range(schedule.epochs):
        for chosen in batches.deal(schedule.batch):
            flips = batches.random.integers(0, 2, len(chosen))
            ids = batches.words(chosen, flips)
            own = torch.tensor([batches.sentences[number][0] for number in chosen])
            drawn = batches.random.integers(0, mistaken.shape[1], (len(chosen), schedule.others))
            wrong = mistaken[torch.from_numpy(chosen)[:, None], torch.from_numpy(drawn)]
            easy = batches.random.integers(0, len(batches.people), drawn.shape)
            wrong = torch.where(
                torch.from_numpy(batches.random.random(drawn.shape) < EASY),
                torch.from_numpy(easy),
                wrong,
            )
            rows = torch.cat([own[:, None], wrong], 1)
            cells = batches.cells[torch.from_numpy(flips)[:, None], rows].float()
            same = torch.zeros(rows.shape, dtype=torch.bool)
            same[:, 0] = True
            descent.take(pair_loss(second(ids, cells), same))
    second.eval()
