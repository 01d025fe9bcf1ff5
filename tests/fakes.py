"""Networks that need no weights: they see the colours of a picture and read colour words.

Embeddings hold, for each colour, how much of it the upper and the lower half show, so a sentence
and a picture of the same clothes are near each other and rankings mean something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmps.datasets.picture import Picture
from cmps.encoders.text import TextEncoding
from cmps.gallery.records import EMBEDDING_SIZE, Encoding
from cmps.search.calibration import COSINE, Curve
from cmps.speech.recogniser import Transcript

COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 160, 60),
    "blue": (30, 60, 200),
    "yellow": (240, 220, 40),
    "white": (245, 245, 245),
    "black": (15, 15, 15),
    "purple": (130, 30, 150),
    "orange": (250, 140, 20),
}
UPPER = ("top", "shirt", "jacket", "coat", "hat")
LOWER = ("trousers", "skirt", "jeans", "shorts")
LOCAL_SIZE = 2 * len(COLOURS)
CELLS = 4


def shares(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how much of each colour an area shows."""
    palette = np.array(list(COLOURS.values()), np.float32)
    distances = np.linalg.norm(pixels.reshape(-1, 1, 3) - palette, axis=2)
    counts = np.bincount(distances.argmin(1), minlength=len(palette))
    return (counts / counts.sum()).astype(np.float32)


def embed(local: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a unit embedding of a ``(16,)`` description of both halves."""
    # the last number keeps unlike pictures from being orthogonal, as real ones never are
    embedding = np.zeros(EMBEDDING_SIZE, np.float32)
    embedding[:LOCAL_SIZE] = local
    embedding[-1] = 0.3
    return embedding / np.linalg.norm(embedding)


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


class FakeImageEncoder:
    """Sees the colours of the upper and lower half; counts the pictures it was given."""

    def __init__(self) -> None:
        self.seen = 0

    def encode(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Encoding]:
        self.seen += len(pictures)
        return [self._encode(picture) for picture in pictures]

    def _encode(self, picture: NDArray[np.uint8]) -> Encoding:
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        middle = max(1, picture.shape[0] // 2)
        halves = [shares(picture[:middle]), shares(picture[middle:] if middle else picture)]
        cells = np.zeros((CELLS, LOCAL_SIZE), np.float32)
        for number in range(CELLS):
            half = number // 2
            cells[number, half * len(COLOURS) : (half + 1) * len(COLOURS)] = halves[half]
        return Encoding(
            embed(np.concatenate(halves)),
            unit_rows(cells).astype(np.float16),
            np.ones(CELLS, np.float32),
        )


class FakeTextEncoder:
    """Reads "red top" and "blue trousers"."""

    def encode(self, sentence: str) -> TextEncoding:
        words = re.findall(r"[a-z]+", sentence.lower())
        if not words:
            raise ValueError(f"the description {sentence!r} holds no word; say what they wear")
        found = []
        for colour, thing in pairwise(words):
            if colour in COLOURS and thing in (*UPPER, *LOWER):
                row = np.zeros(LOCAL_SIZE, np.float32)
                row[list(COLOURS).index(colour) + len(COLOURS) * (thing in LOWER)] = 1
                found.append(row)
        rows = np.stack(found or [np.full(LOCAL_SIZE, 0.1, np.float32)])
        return TextEncoding(embed(rows.sum(0)), unit_rows(rows), np.ones(len(rows), np.float32))


class FakeRecogniser:
    """Hears what it was told, whatever the sound; without words, what it hears is nothing."""

    name = "fake"
    languages = frozenset({"en"})

    def __init__(
        self,
        text: str = "a person in a red top and blue trousers",
        readings: tuple[str, ...] = (),
    ) -> None:
        self.text = text
        self.readings = readings

    def transcribe(
        self,
        audio: NDArray[np.float32],
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        seconds = len(audio) / 16_000
        spans = ((0.0, seconds),)
        return Transcript(self.text, language, seconds, 0.01, spans, self.name, self.readings)


def fake_curves() -> dict[str, Curve]:
    curves = {
        kind: Curve(share=0.3, slope=14.0, intercept=-9.0, gallery=20)
        for kind in ("fast", "accurate", "image")
    }
    return curves | {COSINE: Curve(share=0.0, slope=14.0, intercept=-11.5, gallery=20)}


def draw(
    path: Path,
    upper: str,
    lower: str,
    size: tuple[int, int] = (24, 60),
    seed: int = 0,
    shoes: int = 0,
) -> Path:
    """Write a picture of a person in two colours.

    Args:
        path: The file; its suffix chooses the format.
        upper, lower: Names of colours.
        size: Width and height, pixels.
        seed: Of the noise, so that every seed gives its own bytes.
        shoes: How many rows at the bottom are black.
    """
    width, height = size
    pixels = np.zeros((height, width, 3), np.int16)
    pixels[: height // 2] = COLOURS[upper]
    pixels[height // 2 :] = COLOURS[lower]
    pixels[height - shoes :] = COLOURS["black"]
    pixels += np.random.default_rng(seed).integers(-6, 7, pixels.shape, np.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    image.save(path, **({"quality": 95} if path.suffix == ".jpg" else {}))
    return path


def drawn(path: Path, upper: str, lower: str, seed: int = 0, **fields: object) -> Picture:
    """Write a picture and return its record."""
    return Picture(draw(path, upper, lower, seed=seed), **fields)  # type: ignore[arg-type]
