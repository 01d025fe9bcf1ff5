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

SAVE_EVERY = 100

Batch = dict[str, Tensor]


@dataclass(slots=True)
class StageConfig:
    """One stage's settings, read from ``configs/<name>.toml``; ``weights`` names the loss terms.

    ``frozen`` is how many of the backbone's first stages stand still: edges and colours are learned
    by then, and their large maps cost most of the backward pass. ``still_norm`` keeps the norms'
    statistics; ``attributes`` is how many pictures of each Market person without captions get
    sentences from attributes. ``varied`` is the chance that a caption is shortened and reworded,
    ``word_dropout`` that a word is hidden.
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
        self.sums: dict[str, float] = {}
        self.since = time.monotonic()
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
                seed is the step at which the epoch starts, so a run can be repeated.
            terms: Every loss term of a batch.
        """
        while self.step < self.steps:
            for batch in batches(np.random.default_rng(self.step)):
                there = {name: part.to(self.device) for name, part in batch.items()}
                self.take(terms(there), self.config.weights)
                self.report()
                if self.step % SAVE_EVERY == 0:
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
            self.sums[name] = self.sums.get(name, 0.0) + float(term.detach())

    def report(self, every: int = 25) -> None:
        """Print the mean of each term and the pace, every so many steps."""
        if self.step % every:
            return
        pace = (time.monotonic() - self.since) / every
        terms = " ".join(f"{name} {total / every:.3f}" for name, total in self.sums.items())
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

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = int(state["step"])
        print(f"resumed {self.checkpoint} at step {self.step}")
