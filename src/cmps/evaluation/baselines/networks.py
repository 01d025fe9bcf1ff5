"""The trained baselines at run time: ONNX files, run by ONNX Runtime.

A baseline is two or three graphs. ``NAME.picture.onnx`` turns a gallery's features into what the
baseline keeps of each picture, once. ``NAME.query.onnx`` scores one sentence against all of it.
``NAME.again.onnx``, where there is one, scores the best :data:`BEST` of those again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.runtime import open_session
from cmps.evaluation.baselines.files import FOLDER, METHODS, baseline_files
from cmps.evaluation.baselines.words import word_ids
from cmps.evaluation.pictures import EncodedGallery
from cmps.evaluation.reranking import best_places
from cmps.evaluation.runs import Scores
from cmps.gallery.records import Encoding

GRID_SHAPE = (6, 3)
"""Rows and columns of the finest grid of the pyramid; its cells lie last in it."""
GRID = GRID_SHAPE[0] * GRID_SHAPE[1]

BEST = 20
"""How many pictures the second stage of Latent Co-attention scores again (its paper, §3.2)."""

BLOCK = 256

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Features:
    """What every baseline is given of N pictures.

    Attributes:
        embeddings: ``(N, 256)`` unit rows.
        cells: ``(N, 18, d)`` unit local vectors of the finest grid.
    """

    embeddings: Array
    cells: Array

    @classmethod
    def of(cls, gallery: EncodedGallery) -> Features:
        """Take them from an encoded gallery."""
        return cls(gallery.embeddings, gallery.pyramids[:, -GRID:])


def stack_features(encodings: Sequence[Encoding]) -> Features:
    """Stack the encodings of single pictures."""
    return Features(
        np.stack([one.embedding for one in encodings]),
        np.stack([one.pyramid[-GRID:] for one in encodings]),
    )


class Baseline:
    """One earlier method of Table 1, trained on our data.

    Args:
        name: Its file name, a key of ``METHODS``.
        words: Row of each known word, from ``words.json``.
        folder: Where its graphs lie.
        threads: For ONNX Runtime.
    """

    def __init__(self, name: str, words: dict[str, int], folder: Path, threads: int = 2) -> None:
        self.name = name
        self.method = METHODS[name]
        self._words = words
        self._picture, self._query = (
            open_session(folder / f"{name}.{part}.onnx", threads) for part in ("picture", "query")
        )
        again = folder / f"{name}.again.onnx"
        self._again = open_session(again, threads) if again.is_file() else None

    def prepare(self, features: Features) -> dict[str, Array]:
        """Return what the baseline keeps of each picture, by the name of the query's input."""
        names = [output.name for output in self._picture.get_outputs()]
        blocks = []
        for start in range(0, len(features.embeddings), BLOCK):
            part = slice(start, start + BLOCK)
            given = {
                "embeddings": features.embeddings[part].astype(np.float32),
                "cells": features.cells[part].astype(np.float32),
            }
            wanted = {one.name for one in self._picture.get_inputs()}
            given = {name: value for name, value in given.items() if name in wanted}
            blocks.append(self._picture.run(names, given))
        joined = [np.concatenate(column) for column in zip(*blocks, strict=True)]
        return dict(zip(names, joined, strict=True))

    def __call__(self, gallery: EncodedGallery) -> Scores:
        """Take a gallery in; return what scores it for sentences."""
        pictures = self.prepare(Features.of(gallery))
        return lambda sentence: self.scores(sentence.text, pictures)

    def scores(self, sentence: str, pictures: dict[str, Array]) -> NDArray[np.float64]:
        """Score every picture for one sentence; greater is better.

        Args:
            sentence: The description; words it was not trained on count as unknown.
            pictures: From :meth:`prepare`.

        Returns:
            ``(N,)``. Where there is a second stage, its best pictures lie above all others.
        """
        ids = np.array([word_ids(sentence, self._words)], np.int64)
        scores = _run(self._query, {"ids": ids, **pictures}).astype(np.float64)
        if self._again is None:
            return scores
        best = best_places(scores, min(BEST, len(scores)))
        kept = {name: part[best] for name, part in pictures.items()}
        second = _run(self._again, {"ids": ids, **kept}).astype(np.float64)
        scores[best] = scores.max() + 1 + (second - second.min())
        return scores


def _run(session: Any, given: dict[str, Array]) -> Array:
    """Run a graph on those of the inputs that it knows, and return its one output."""
    wanted = {one.name for one in session.get_inputs()}
    scores: Array = session.run(
        None, {name: value for name, value in given.items() if name in wanted}
    )[0]
    return scores


def open_baselines(threads: int = 2, folder: Path = FOLDER) -> list[Baseline]:
    """Open every trained baseline, in the order of Table 1, its files checked.

    Raises:
        WeightsError: If files are missing or changed, or the baselines were trained on the
            features of another image network than the one that ships.
    """
    words = baseline_files(folder)
    return [Baseline(name, words, folder, threads) for name in METHODS]
