"""What each part of the method brings: short, equal runs that differ in one thing.

``python -m cmps.training.ablation --corpus RUNS/corpus --language RUNS/language --weights
RUNS/shipped.pt --attributes DATA/Market-1501-v15.09.15/market_attribute.mat --out ablation.json``

Every run starts from the same numbers: the backbone of ``--weights``, its first stages standing
still, and new heads and text branches from the seed. It sees the same batches in the same order and
is measured on the val corpus. Finished runs are kept in ``--out``, so the command can be stopped
and given again. :mod:`cmps.training.ablation_data` makes what they share.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cmps.training.ablation_data import BLOCK, Shared, prepare_shared
from cmps.training.crossmodal import (
    PairBatches,
    all_terms,
    make_trainer,
)
from cmps.training.network import (
    Attention,
    CrossModalNetwork,
    Summary,
    TextOutput,
    channels_last,
)
from cmps.training.sampler import identity_batches
from cmps.training.stage import Batch, StageConfig
from cmps.training.validate import Shown, join, picture_scores, sentence_scores

SHARE = 0.35
"""FPR's part in the second figure of each probe."""

FIGURES = ("rank1", "rank10", "mAP", "mAP with FPR")


@dataclass(frozen=True, slots=True)
class Row:
    """One run: what is taken away from the whole method.

    Attributes:
        name: For ``--rows``.
        title: For the table.
        off: Loss terms of weight 0, by the start of their names.
        attention, summary: See :class:`cmps.training.network.NetworkConfig`.
        attributes: Whether sentences from Market's attributes are learned from.
        varied, word_dropout: See :class:`StageConfig`; ``None`` keeps the config's.
    """

    name: str
    title: str
    off: tuple[str, ...] = ()
    attention: Attention = "sigmoid"
    summary: Summary = "convolution"
    attributes: bool = True
    varied: float | None = None
    word_dropout: float | None = None

    def config(self, config: StageConfig) -> StageConfig:
        """Return the stage's settings as this run has them.

        Raises:
            ValueError: If the row switches off a term that the config does not have.
        """
        weights = dict(config.weights)
        for start in self.off:
            terms = [term for term in weights if term.startswith(start)]
            if not terms:
                raise ValueError(f"row {self.name}: no loss term of the config begins with {start}")
            weights |= dict.fromkeys(terms, 0.0)
        return replace(
            config,
            weights=weights,
            varied=config.varied if self.varied is None else self.varied,
            word_dropout=config.word_dropout if self.word_dropout is None else self.word_dropout,
        )


ROWS = (
    Row("whole", "the whole method"),
    Row("identity-text", "without L_CT", off=("identity_text",)),
    Row("identity-image", "without L_CI", off=("identity_image",)),
    Row("balance", "without L_ABS", off=("balance",)),
    Row("triplet", "without L_triplet", off=("triplet",)),
    Row("fpr", "without L_FPR", off=("fpr",)),
    Row("paper", "the paper's five terms only", off=("contrastive", "words", "teacher", "distil")),
    Row("contrastive", "without the contrastive term", off=("contrastive",)),
    Row("words", "without words to cells", off=("words",)),
    Row("distillation", "without the teacher", off=("teacher_cosine", "distillation")),
    Row("softmax", "softmax for sigmoid attention", attention="softmax"),
    Row("pooling", "pooling for the convolution", summary="pooling"),
    Row("attributes", "without sentences from attributes", attributes=False),
    Row("reword", "without shortened, reworded captions", varied=0.0),
    Row("word-dropout", "without word dropout", word_dropout=0.0),
)


def start_network(shared: Shared, row: Row, frozen: int, seed: int) -> CrossModalNetwork:
    """Return the network that a run starts from; its backbone takes stored features.

    Whatever the row changes, all other numbers are the same for the same seed.
    """
    count = len(shared.start.identity.weight)
    table = shared.start.words.table.weight.data
    torch.manual_seed(seed)
    common = CrossModalNetwork(shared.sizes, count, table).state_dict()
    sizes = replace(shared.sizes, attention=row.attention, summary=row.summary)
    network = CrossModalNetwork(sizes, count, table)
    known = network.state_dict()
    network.load_state_dict({name: common[name] for name in known})
    backbone = network.image.backbone
    backbone.load_state_dict(shared.start.image.backbone.state_dict())
    backbone.features = nn.Sequential(*list(backbone.features)[frozen:])
    channels_last(network.image)
    return network


def extra_batches(
    people: NDArray[np.int64], config: StageConfig, random: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield rows of pictures without sentences, without end: four of each person."""
    while True:
        yield from identity_batches(list(people), config.distilled // 4, 4, random)


def run_row(shared: Shared, row: Row, base: StageConfig, steps: int, seed: int) -> dict[str, Any]:
    """Train one row once and return its figures by probe.

    Args:
        shared: What all runs read.
        row: What this one is without.
        base: The settings of the whole method.
        steps: Optimiser steps.
        seed: Of what starts new, and of the batches.
    """
    config = row.config(base)
    network = start_network(shared, row, base.frozen, seed)
    network.image.backbone.still_norm = config.still_norm
    bank = shared.bank if row.attributes else shared.human()
    deal = PairBatches(
        shared.people,
        bank,
        shared.near,
        shared.show,
        shared.sentences.spell,
        lambda random: extra_batches(shared.people, config, random),
        config,
    )

    def batches(random: np.random.Generator) -> Iterator[Batch]:
        # the trainer's generator knows the step alone; the order must differ between seeds too
        return deal(np.random.default_rng([seed, int(random.integers(2**31))]))

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # make_trainer counts steps in epochs of rows; here every run takes the same number of them
        rows = steps * config.identities * config.pictures
        checkpoint = Path(folder) / "checkpoint.pt"
        trainer = make_trainer(network, rows, replace(config, epochs=1), checkpoint, "cpu")
        network.train()
        torch.manual_seed(seed)
        trainer.run(batches, lambda batch: all_terms(network, batch))
    trained = time.monotonic() - started
    averaged = trainer.averaged.module
    assert isinstance(averaged, CrossModalNetwork)
    figures = measure(shared, averaged.eval())
    return {"row": row.name, "seed": seed, "seconds": round(trained, 1), "figures": figures}


@torch.inference_mode()
def measure(shared: Shared, network: CrossModalNetwork) -> dict[str, dict[str, float]]:
    """Search the val gallery with its sentences and pictures.

    Returns:
        ``fast``, ``accurate`` and ``image``, each with :data:`FIGURES` in percent.
    """
    parts = []
    for start in range(0, len(shared.val_features), BLOCK):
        features = torch.from_numpy(shared.val_features[start : start + BLOCK]).float()
        output = network.image(features.contiguous(memory_format=torch.channels_last))
        parts.append((output.embedding, output.pyramid, output.foreground))
    shown = Shown(*(torch.cat(part) for part in zip(*parts, strict=True)))
    right = shared.val_people[shared.val_rows][:, None] == shared.val_people[None]
    shares = (0.0, SHARE)
    found = {}
    for name in ("fast", "accurate"):
        text = join(list(_read(shared, network, name)))
        found[name] = list(sentence_scores(name, text, shown, right, shares))
    found["image"] = list(picture_scores(shown, shared.val_people, shares))
    return {
        name: dict(
            zip(
                FIGURES,
                (alone.rank1, alone.rank10, alone.mean_precision, mixed.mean_precision),
                strict=True,
            )
        )
        for name, (alone, mixed) in found.items()
    }


def _read(shared: Shared, network: CrossModalNetwork, name: str) -> Iterator[TextOutput]:
    still = np.random.default_rng(0)
    count = len(shared.val_sentences)
    for start in range(0, count, BLOCK):
        places = range(start, min(start + BLOCK, count))
        batch = shared.val_sentences.spell(places, 0.0, still)
        if name == "fast":
            yield network.fast(network.words(batch["ids"]), batch["ids_mask"])
        else:
            yield network.accurate(batch["states"], batch["pieces_mask"])


def table(runs: list[dict[str, Any]]) -> str:
    """Return the finished runs as a Markdown table: means over seeds, and how far seeds differ.

    After ± stands half the distance between a row's seeds: differences between rows that are not
    clearly larger say nothing.
    """
    probes = ("fast", "accurate", "image")
    wanted = [(probe, figure) for probe in probes for figure in ("rank1", "mAP", "mAP with FPR")]
    heads = " | ".join(f"{probe} {figure}" for probe, figure in wanted)
    lines = [f"| run | seeds | {heads} |", "|---|---|" + "---|" * len(wanted)]
    for row in ROWS:
        own = [run for run in runs if run["row"] == row.name]
        if own:
            cells = [
                _cell([run["figures"][probe][figure] for run in own]) for probe, figure in wanted
            ]
            lines.append(f"| {row.title} | {len(own)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    mean = f"{np.mean(values):.1f}"
    return mean if len(values) < 2 else f"{mean} ± {(max(values) - min(values)) / 2:.1f}"


def run_all(
    shared: Shared,
    config: StageConfig,
    out: Path,
    rows: list[str],
    seeds: list[int],
    steps: int,
) -> list[dict[str, Any]]:
    """Run every row with every seed, those in ``out`` excepted, and return all runs.

    Raises:
        ValueError: If ``out`` holds runs of another protocol.
    """
    protocol: dict[str, Any] = {
        "steps": steps,
        "train_pictures": len(shared.people),
        "val_pictures": len(shared.val_people),
        "share": SHARE,
        "config": asdict(config),
    }
    runs: list[dict[str, Any]] = []
    if out.exists():
        stored = json.loads(out.read_text())
        if stored["protocol"] != json.loads(json.dumps(protocol)):
            raise ValueError(f"{out} holds runs of other settings; give another --out or remove it")
        runs = stored["runs"]
    for seed in seeds:
        for row in ROWS:
            done = any(run["row"] == row.name and run["seed"] == seed for run in runs)
            if row.name not in rows or done:
                continue
            print(f"{row.title}, seed {seed}", flush=True)
            runs.append(run_row(shared, row, config, steps, seed))
            part = out.with_suffix(".part")
            part.write_text(json.dumps({"protocol": protocol, "runs": runs}, indent=1) + "\n")
            os.replace(part, out)
    return runs


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="cmps.training.ablation", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of train and val")
    parser.add_argument("--language", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="image branch or all networks")
    parser.add_argument("--out", type=Path, required=True, help="JSON of the finished runs")
    parser.add_argument("--attributes", type=Path, help="Market's market_attribute.mat")
    parser.add_argument("--cache", type=Path, help="of features; default: beside --out")
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="ROW")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--steps", type=int, default=160, help="default: %(default)s")
    parser.add_argument("--pictures", type=int, default=5000, help="captioned ones, at most")
    parser.add_argument("--config", default="ablation", help="preset or file")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    if "attributes" in options.rows and options.attributes is None:
        parser.error("the row attributes needs --attributes market_attribute.mat")
    config = StageConfig.read(options.config)
    shared = prepare_shared(
        options.corpus / "train",
        options.corpus / "val",
        options.language,
        options.weights,
        options.cache or options.out.resolve().parent / "features",
        config,
        options.attributes,
        options.pictures,
    )
    runs = run_all(shared, config, options.out, options.rows, options.seeds, options.steps)
    print(table(runs))


if __name__ == "__main__":
    main()
