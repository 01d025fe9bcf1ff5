"""Trains the earlier methods of Table 1 and writes what ``cmps evaluate table1`` runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import torch

from cmps.evaluation.baselines.files import FOLDER, METHODS, write_baseline_manifest
from cmps.training.baselines.batches import Batches, choose_words
from cmps.training.baselines.deeper_lstm import DeeperLSTM
from cmps.training.baselines.export import export_baseline, export_second
from cmps.training.baselines.features import read_shown
from cmps.training.baselines.fit import Schedule, fit, fit_second
from cmps.training.baselines.gna_rnn import GatedNeuralAttention
from cmps.training.baselines.latent_coattention import StageOne, StageTwo
from cmps.training.baselines.pwm_ath import PatchWordMatching
from cmps.training.baselines.reading import BaselineNetwork

ONE_STAGE: dict[str, type[BaselineNetwork]] = {
    "deeper-lstm": DeeperLSTM,
    "gna-rnn": GatedNeuralAttention,
    "pwm-ath": PatchWordMatching,
}
SCHEDULES = {
    "pwm-ath": Schedule(6, others=16),
    "deeper-lstm": Schedule(20, others=64),
    "latent-coattention": Schedule(10, others=0),
    "gna-rnn": Schedule(20, others=64),
}
"""How each learns, the longest first: two processes then end at about the same time."""
SECOND = Schedule(3, rate=1e-3, batch=32, others=3)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train from, and where everything goes.

    Attributes:
        corpus: Folder of the train corpus.
        language: Folder that :mod:`cmps.training.language` wrote.
        cache: Keeps the pictures' features.
        out: Where the graphs go.
        seed: Of weights, order and chance.
        threads: Methods that train at the same time, each on one core.
        schedules: How each method learns.
        second: How stage 2 of Latent Co-attention learns.
    """

    corpus: Path
    language: Path
    cache: Path
    out: Path = FOLDER
    seed: int = 7
    threads: int = 2
    schedules: dict[str, Schedule] = field(default_factory=lambda: dict(SCHEDULES))
    second: Schedule = SECOND


def train_baselines(plan: Plan, names: Sequence[str] = ()) -> int:
    """Train baselines, each in a process of its own, and list all files in the manifest.

    Args:
        plan: From what, and where to.
        names: Keys of ``METHODS``; none means all. The others' files stay as they are.

    Returns:
        Bytes of all files together.
    """
    shown = read_shown(plan.corpus, plan.cache, plan.threads)
    words, _ = choose_words(plan.language, shown.captions)
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / "words.json").write_text(json.dumps(words), encoding="utf-8")
    chosen = [name for name in plan.schedules if name in (names or METHODS)]
    # an LSTM of this size gains little from a second thread; a second method gains all of it
    with ProcessPoolExecutor(plan.threads, get_context("spawn")) as pool:
        for _ in pool.map(train_one, chosen, [plan] * len(chosen)):
            pass
    return write_baseline_manifest(plan.out)


def train_one(name: str, plan: Plan) -> None:
    """Train one baseline on one core and write its graphs.

    Args:
        name: A key of ``METHODS``.
        plan: From what, and where to.
    """
    torch.set_num_threads(1)
    shown = read_shown(plan.corpus, plan.cache, 1)
    words, vectors = choose_words(plan.language, shown.captions)
    torch.manual_seed(plan.seed)
    batches = Batches(shown, {word: row for row, word in enumerate(words, 2)}, plan.seed)
    schedule = plan.schedules[name]
    if name in ONE_STAGE:
        network = ONE_STAGE[name](vectors)
        fit(name, network, batches, schedule)
        export_baseline(name, network, plan.out)
        return
    first = StageOne(vectors, int(shown.people.max()) + 1)
    fit(f"{name} stage 1", first, batches, schedule)
    second = StageTwo(vectors)
    fit_second(f"{name} stage 2", first, second, batches, plan.second)
    export_baseline(name, first, plan.out)
    export_second(name, first, second, plan.out)
