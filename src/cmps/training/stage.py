"""What the training stages share: loop, optimiser, schedule, averaged weights, checkpoints."""

from __future__ import annotations

import math
import os
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from cmps.training.memory import keep_memory
from cmps.training.network import CONFIGS

SAVE_EVERY = 120.0
"""Seconds between checkpoints."""

Batch = dict[str, Tensor]


@dataclass(slots=True)
class StageConfig:
    """One stage's settings, read from ``configs/<name>.toml``.

    Attributes:
        network: Preset of the networks' sizes.
        epochs: How often it sees its pictures.
        identities, pictures: People in a batch, and rows of each.
        backbone_rate, head_rate, text_rate, bert_rate: Learning rates at their highest; the text
            branches and BERT's layers have their own.
        weight_decay: Of all of them.
        warmup: Steps until the rates are at their highest.
        average: How much of the averaged weights stays at each step.
        weights: Of the loss terms, by name.
        distilled: Pictures without a sentence in a batch; in stage 3, further described ones.
        frozen: The backbone's first stages that stand still.
        still_norm: Keep the norms' statistics.
        attributes: Pictures of each Market person without captions that get sentences from
            attributes.
        forms: Altered forms that a caption gets (:class:`cmps.training.sentences.CaptionBank`).
        varied: The chance that one of them stands for the caption.
        word_dropout: The chance that a word is hidden.
        centre: See :class:`cmps.training.album.Album`.
        asked: Sentences without a picture that a chorus is asked about in each batch.
        against: Pictures that it is asked about, in stage 3.
        seed: Of chance.
        name: Of the result.
    """

    network: str
    epochs: int
    identities: int
    pictures: int
    backbone_rate: float
    head_rate: float
    weight_decay: float
    warmup: int
    average: float
    weights: dict[str, float] = field(default_factory=dict)
    distilled: int = 0
    text_rate: float = 0.0
    frozen: int = 0
    still_norm: bool = False
    attributes: int = 0
    varied: float = 0.33
    word_dropout: float = 0.1
    bert_rate: float = 0.0
    centre: float = 0.5
    forms: int = 1
    asked: int = 0
    against: int = 0
    seed: int = 0
    name: str = ""

    @classmethod
    def read(cls, name: str | Path) -> StageConfig:
        """Read a preset by name or a file by path.

        Raises:
            FileNotFoundError: If there is none.
        """
        path = Path(name) if str(name).endswith(".toml") else CONFIGS / f"{name}.toml"
        return cls(name=path.stem, **tomllib.loads(path.read_text()))


class Trainer:
    """Takes optimiser steps, keeps averaged weights, and can stop and go on anywhere.

    Args:
        network: What to train.
        groups: ``(parameters, learning rate)`` pairs.
        steps: Steps in all, for the cosine schedule.
        config: Warm-up, weight decay and averaging.
        checkpoint: File to resume from and to save to.
        device: Where the network and every batch lie, in torch's words (``cpu``, ``cuda``).
    """

    def __init__(
        self,
        network: nn.Module,
        groups: Iterable[tuple[Iterable[Tensor], float]],
        steps: int,
        config: StageConfig,
        checkpoint: Path,
        device: str = "cpu",
    ) -> None:
        keep_memory()
        self.network = network.to(device)
        self.device = device
        self.config = config
        self.steps = steps
        self.checkpoint = checkpoint
        self.optimiser = torch.optim.AdamW(
            [{"params": list(parameters), "lr": rate} for parameters, rate in groups],
            weight_decay=config.weight_decay,
        )

        def rate(step: int) -> float:
            warm = min(1.0, (step + 1) / config.warmup)
            return warm * (0.02 + 0.98 * (1 + math.cos(math.pi * min(1, step / steps))) / 2)

        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, rate)
        mean = get_ema_multi_avg_fn(config.average)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(network, multi_avg_fn=mean, use_buffers=True)
        self.step = 0
        self.sums: dict[str, Tensor] = {}
        self.since = self.saved = time.monotonic()
        if checkpoint.exists():
            self._resume()

    def run(
        self,
        batches: Callable[[np.random.Generator], Iterator[Batch]],
        terms: Callable[[Batch], dict[str, Tensor]],
    ) -> None:
        """Take all steps that are left; print and save on the way and at the end.

        Args:
            batches: Yields one epoch's batches, drawn with the generator that it is given. Its
                seed is the config's and the step at which the epoch starts, so a run can be
                repeated.
            terms: Every loss term of a batch.
        """
        while self.step < self.steps:
            for batch in batches(np.random.default_rng([self.config.seed, self.step])):
                there = {name: part.to(self.device) for name, part in batch.items()}
                self.take(terms(there), self.config.weights)
                self.report()
                if time.monotonic() - self.saved > SAVE_EVERY:
                    self.save()
                if self.step >= self.steps:
                    break
        self.save()

    def take(self, terms: dict[str, Tensor], weights: dict[str, float]) -> None:
        """Weigh the loss terms, step, average; terms with weight 0 cost nothing but their forward.

        Raises:
            FloatingPointError: If the loss is not finite; the message lists the terms.
        """
        loss = torch.stack([weights.get(name, 0.0) * term for name, term in terms.items()]).sum()
        if not bool(loss.isfinite()):
            values = {name: term.item() for name, term in terms.items()}
            raise FloatingPointError(f"the loss is not finite at step {self.step}: {values}")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.averaged.update_parameters(self.network)
        self.step += 1
        for name, term in terms.items():
            # a tensor: asking a GPU for the number would make it wait for every step's end
            self.sums[name] = self.sums.get(name, torch.zeros_like(term)) + term.detach()

    def report(self, every: int = 25) -> None:
        """Print the mean of each term and the pace, every so many steps."""
        if self.step % every:
            return
        pace = (time.monotonic() - self.since) / every
        terms = " ".join(f"{name} {float(total) / every:.3f}" for name, total in self.sums.items())
        print(f"step {self.step}/{self.steps} {pace:.2f} s/step {terms}", flush=True)
        self.sums.clear()
        self.since = time.monotonic()

    def save(self) -> None:
        """Write the checkpoint beside itself and rename it: a kill leaves the old one whole."""
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
        }
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.checkpoint)
        self.saved = time.monotonic()

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = int(state["step"])
        print(f"resumed {self.checkpoint} at step {self.step}")
