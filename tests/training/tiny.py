"""A corpus, language files and configs so small that every training stage takes seconds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

NETWORK = {
    "height": 64,
    "width": 32,
    "last_stride": 1,
    "embedding": 256,
    "local": 16,
    "pyramid": [[1, 1], [2, 1], [4, 2]],
    "hidden": 8,
    "token": 12,
    "word": 5,
}
COLOURS = ("red", "green", "blue", "white", "black", "pink")
GARMENTS = ("coat", "shirt", "skirt", "hat")


@dataclass(frozen=True)
class Tiny:
    """Where everything lies."""

    root: Path

    @property
    def corpus(self) -> Path:
        return self.root / "corpus"

    @property
    def language(self) -> Path:
        return self.root / "language"

    @property
    def network(self) -> Path:
        return self.root / "tiny.json"


def write_corpus(folder: Path, people: int = 6, each: int = 4) -> None:
    """Pictures in a colour for each person; the first half of a person's have captions."""
    random = np.random.default_rng(0)
    rows, pictures = [], []
    for person in range(people):
        for number in range(each):
            shade = random.integers(0, 255, 3)
            noise = random.integers(0, 60, (64, 32, 3))
            pictures.append(np.clip(shade // 2 + person * 20 + noise, 0, 255).astype(np.uint8))
            said = f"A person, in a {COLOURS[person]} {GARMENTS[number]}, with a bag on the left."
            captions = [said, f"Somebody wearing {COLOURS[person]}."] if number < each / 2 else []
            rows.append(
                {
                    "person": f"market:{person:04d}",
                    "camera": f"c{number % 2}",
                    "path": f"{person}-{number}.jpg",
                    "captions": captions,
                    "split": "train",
                }
            )
    folder.mkdir(parents=True)
    np.save(folder / "pictures.npy", np.stack(pictures))
    teacher = random.normal(size=(len(rows), 256))
    teacher /= np.linalg.norm(teacher, axis=1, keepdims=True)
    np.save(folder / "teacher.npy", teacher.astype(np.float16))
    np.save(folder / "foreground.npy", random.random((len(rows), 4, 2)).astype(np.float16))
    (folder / "corpus.json").write_text(json.dumps(rows))


def write_language(folder: Path) -> None:
    """Two tokenisers over the words of the captions, a BERT of one layer, word vectors."""
    import torch

    from cmps.training.bert import Bert, BertConfig
    from cmps.training.captions import word_tokeniser

    folder.mkdir(parents=True)
    others = ["a", "person", "in", "with", "bag", "on", "the", "left", "right", "wearing"]
    words = [*COLOURS, *GARMENTS, *others]
    for name in ("fast", "accurate"):
        word_tokeniser(words).save(str(folder / f"{name}.json"))
    torch.manual_seed(0)
    sizes = BertConfig(len(words) + 2, 12, 1, 2, 24, 40)
    bert = {"config": asdict(sizes), "state": Bert(sizes).state_dict()}
    torch.save(bert, folder / "bert.pt")
    vectors = np.random.default_rng(1).normal(size=(len(words) + 2, 5)).astype(np.float32)
    np.save(folder / "vectors.npy", vectors)


def write_imagenet(path: Path) -> None:
    """Weights of the backbone's shape, from a seed."""
    import torch

    from cmps.training.mobilenet import MobileNetV2

    torch.manual_seed(7)
    torch.save(MobileNetV2(1).state_dict(), path)


def make_tiny(root: Path) -> Tiny:
    """Write everything below ``root``."""
    tiny = Tiny(root)
    write_corpus(tiny.corpus)
    write_language(tiny.language)
    tiny.network.write_text(json.dumps(NETWORK))
    return tiny
