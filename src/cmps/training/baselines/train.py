"""Trains the earlier methods of Table 1 and writes what ``cmps evaluate table1`` runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import nn

from cmps.encoders.weights import manifest
from cmps.evaluation.baselines.files import FOLDER, METHODS, write_baseline_manifest
from cmps.training.baselines.batches import Batches, choose_words
from cmps.training.baselines.deeper_lstm import DeeperLSTM
from cmps.training.baselines.export import export_baseline, export_second
from cmps.training.baselines.features import Shown, read_shown
from cmps.training.baselines.fit import Schedule, fit, fit_first, fit_second
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
    "deeper-lstm": Schedule(16, others=32),
    "latent-coattention": Schedule(22, others=0),
    "gna-rnn": Schedule(14, others=64),
    "pwm-ath": Schedule(10, others=16),
}
"""How each learns, the longest first: two processes then end at about the same time."""
SECOND = Schedule(4, batch=32, others=3)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train from, and where everything goes.

    Attributes:
        corpus: Folder of the train corpus.
        language: Folder that :mod:`cmps.training.language` wrote.
        cache: Keeps the pictures' features, and the weights of what is trained, for a resumed run.
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
    """Train one baseline on one core, stage by stage, and write its graphs.

    Args:
        name: A key of ``METHODS``.
        plan: From what, and where to.
    """
    torch.set_num_threads(1)
    shown = read_shown(plan.corpus, plan.cache, 1)
    words, vectors = choose_words(plan.language, shown.captions)
    batches = Batches(shown, {word: row for row, word in enumerate(words, 2)}, plan.seed)
    schedule, second_schedule = plan.schedules[name], plan.second
    folder = plan.cache / f"{name}-{_key(plan, shown, schedule)}"
    torch.manual_seed(plan.seed)
    if name in ONE_STAGE:
        network = ONE_STAGE[name](vectors)
        train_once(folder / "one.pt", network, lambda: fit(name, network, batches, schedule))
        export_baseline(name, network, plan.out)
        return
    first, second = StageOne(vectors, int(shown.people.max()) + 1), StageTwo(vectors)
    train_once(
        folder / "one.pt", first, lambda: fit_first(f"{name} stage 1", first, batches, schedule)
    )
    # after a resumed stage 1 chance must go on as after one that was just trained
    torch.manual_seed(plan.seed)
    batches.restart(plan.seed)
    train_once(
        folder / "two.pt",
        second,
        lambda: fit_second(f"{name} stage 2", first, second, batches, second_schedule),
    )
    export_baseline(name, first, plan.out)
    export_second(name, first, second, plan.out)


def train_once(path: Path, network: nn.Module, train: Callable[[], None]) -> None:
    """Train a network and keep its weights, or load those that an earlier run kept.

    Args:
        path: Of the weights; a run that was killed leaves nothing under this name.
        network: What learns; ready to export afterwards.
        train: Trains it.
    """
    if path.exists():
        network.load_state_dict(torch.load(path, weights_only=True))
        network.eval()
        print(f"{path}: trained before", flush=True)
        return
    train()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(network.state_dict(), part)
    os.replace(part, path)


def _key(plan: Plan, shown: Shown, schedule: Schedule) -> str:
    """Return a name for all that decides the weights: pictures, words, plan, and this code."""
    found = sha256(manifest()["image.onnx"].sha256.encode())
    found.update(json.dumps(shown.captions).encode())
    found.update((plan.language / "vectors.npy").read_bytes())
    found.update(repr((plan.seed, schedule, plan.second)).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        found.update(source.read_bytes())
    return found.hexdigest()[:12]
