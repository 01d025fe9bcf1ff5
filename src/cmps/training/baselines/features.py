"""What the shipped image network gives for every captioned training picture, kept on disk.

The shipped graph sees each picture plain and mirrored and averages the two
(:mod:`cmps.training.export`), so a mirrored picture has the same embedding, and the same cells with
left and right exchanged: nothing is encoded twice.

All baselines of Table 1 learn from these frozen features, the ones that our own search uses, so
the table compares ways to match words and pictures and not image networks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.image import ImageEncoder, OnnxImageEncoder
from cmps.encoders.weights import manifest
from cmps.evaluation.baselines.networks import Features, stack_features
from cmps.training.corpus import Corpus

BLOCK = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """Captioned pictures as the networks see them.

    Attributes:
        features: Of the N pictures.
        people: ``(N,)`` identity numbers from 0.
        captions: Per picture its sentences.
    """

    features: Features
    people: NDArray[np.int64]
    captions: list[list[str]]


def read_shown(corpus: Path, cache: Path, threads: int = 2) -> Shown:
    """Return the captioned pictures of a train corpus, encoded once for each image network.

    Args:
        corpus: Folder from ``cmps.training.corpus``; its rows show no held-out person.
        cache: Folder of the ``.npz`` file, named after the SHA-256 of the image network and of
            the pictures' paths.
        threads: For the image network.
    """
    opened = Corpus.load(corpus)
    rows = [number for number, row in enumerate(opened.rows) if row["captions"]]
    shown = sha256("\n".join(opened.rows[row]["path"] for row in rows).encode()).hexdigest()
    path = cache / f"pictures-{manifest()['image.onnx'].sha256[:12]}-{shown[:12]}.npz"
    if not path.exists():
        encoder = OnnxImageEncoder.open(threads)
        cache.mkdir(parents=True, exist_ok=True)
        found = _encode(encoder, opened, rows)
        parts: dict[str, NDArray[Any]] = {
            "embeddings": found.embeddings.astype(np.float16),
            "cells": found.cells.astype(np.float16),
        }
        # a kill must not leave half a file under the name that the next run trusts
        part = path.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, **parts)
        os.replace(part, path)
    with np.load(path) as stored:
        features = Features(stored["embeddings"], stored["cells"])
    numbers: dict[str, int] = {}
    people = [numbers.setdefault(opened.rows[row]["person"], len(numbers)) for row in rows]
    captions = [list(opened.rows[row]["captions"]) for row in rows]
    return Shown(features, np.array(people, np.int64), captions)


def _encode(encoder: ImageEncoder, corpus: Corpus, rows: list[int]) -> Features:
    encodings = []
    for start in range(0, len(rows), BLOCK):
        pictures = corpus.pictures[rows[start : start + BLOCK]]
        encodings += encoder.encode(list(pictures))
        print(f"\rencoding pictures {start + len(pictures)} of {len(rows)}", end="", flush=True)
    print()
    return stack_features(encodings)
