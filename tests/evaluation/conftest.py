"""Tiny data sets of flat colours, and encoders that see nothing but the colour."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cmps.evaluation.interfaces import Encoders
from cmps.evaluation.reranking import Reranking
from cmps.gallery.records import EMBEDDING_SIZE, Encoding

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def vector(rgb) -> np.ndarray:
    """A unit vector of 256 that holds a colour."""
    values = np.zeros(EMBEDDING_SIZE, np.float32)
    values[:3] = np.asarray(rgb, np.float32)
    values[3] = 1.0
    return values / np.linalg.norm(values)


class ColourEncoder:
    """An image network that sees the mean colour; every cell of the pyramid is that colour."""

    def __init__(self):
        self.batches = []

    def encode(self, pictures):
        self.batches.append(len(pictures))
        return [self._one(picture) for picture in pictures]

    def _one(self, picture):
        embedding = vector(picture.reshape(-1, 3).mean(0))
        cells = np.tile(embedding[:4], (2, 1)).astype(np.float16)
        return Encoding(embedding, cells, np.ones(2, np.float32))


@dataclass
class WordEncoder:
    """A text network that knows four colour words and sums them up."""

    def encode(self, sentence):
        words = [COLOURS[word] for word in sentence.lower().split() if word in COLOURS]
        embedding = vector(np.sum(words, 0) if words else (1, 1, 1))
        return SimpleNamespace(
            embedding=embedding,
            words=embedding[None, :4],
            attention=np.ones(1, np.float32),
        )


def paint(path: Path, rgb) -> None:
    """Write a lossless picture of one colour under any name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 16), rgb).save(path, "PNG")


@pytest.fixture
def image_encoder():
    return ColourEncoder()


@pytest.fixture
def encoders(image_encoder):
    return Encoders(image_encoder, {"fast": WordEncoder(), "accurate": WordEncoder()})


@pytest.fixture
def reranking():
    """The search room's FPR with a fixed share for every probe."""
    return Reranking({"accurate": 0.5, "image": 0.5}, best=3)


@pytest.fixture
def painter():
    return paint


# file, person, split, captions
RECORDS = [
    ("cam/red1.jpg", 1, "val", ["a red person", "red"]),
    ("cam/red2.jpg", 1, "val", ["green", "red hat"]),
    ("cam/green.jpg", 2, "val", ["green"]),
    ("cam/blue.jpg", 3, "val", ["white"]),
    ("cam/white.jpg", 4, "train", ["white"]),
]
FILE_COLOURS = {
    "cam/red1.jpg": (250, 0, 20),
    "cam/red2.jpg": (240, 0, 30),
    "cam/green.jpg": COLOURS["green"],
    "cam/blue.jpg": COLOURS["blue"],
    "cam/white.jpg": COLOURS["white"],
}


@pytest.fixture
def pedes(tmp_path):
    """A CUHK-PEDES layout of five pictures, four of them in val."""
    root = tmp_path / "CUHK-PEDES"
    for name, rgb in FILE_COLOURS.items():
        paint(root / "imgs" / name, rgb)
    records = [
        {"file_path": name, "id": person, "split": split, "captions": captions}
        for name, person, split, captions in RECORDS
    ]
    (root / "reid_raw.json").write_text(json.dumps(records))
    return root


@pytest.fixture
def market(tmp_path):
    """A Market-1501 layout: two people, a distractor, a junk picture, two queries."""
    root = tmp_path / "Market-1501-v15.09.15"
    pictures = {
        "query/0001_c1s1_000001_00.jpg": (255, 0, 0),
        "query/0002_c1s1_000002_00.jpg": (0, 255, 0),
        "bounding_box_test/-1_c2s1_000003_00.jpg": (255, 0, 0),
        "bounding_box_test/0000_c2s1_000004_00.jpg": (253, 0, 0),
        "bounding_box_test/0001_c1s1_000005_00.jpg": (255, 0, 0),
        "bounding_box_test/0001_c2s1_000006_00.jpg": (230, 0, 60),
        "bounding_box_test/0002_c3s1_000007_00.jpg": (0, 255, 0),
    }
    for name, rgb in pictures.items():
        paint(root / name, rgb)
    return root
