"""Fit the bank of sentences by which hubs among pictures are known.

``python -m cmps.evaluation.fit_hubs --root DIR`` embeds every caption of CUHK-PEDES's train people
with the text networks that ship, gathers them in clusters and writes the clusters' centres to
``search/hubs.npz``: what people say of people, without anybody's sentence. To be run after each
export of a text network, before ``fit_calibration``, which decides how much hubs lose.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.encoders.text import open_text_encoder
from cmps.encoders.weights import manifest
from cmps.search.hubs import FILE
from cmps.settings import Variant

OUT = Path(__file__).parents[1] / "search" / FILE
CENTRES = 256
ROUNDS = 20

Floats = NDArray[np.float32]


def centres_of(vectors: Floats, count: int = CENTRES, seed: int = 0) -> Floats:
    """Gather unit vectors in clusters by cosine (spherical k-means) and return the centres.

    Args:
        vectors: ``(n, d)``, unit length.
        count: Of clusters; at most n.
        seed: Chooses the vectors to begin with.

    Returns:
        ``(count, d)``, unit length.
    """
    random = np.random.default_rng(seed)
    centres = vectors[random.choice(len(vectors), min(count, len(vectors)), replace=False)].copy()
    for _ in range(ROUNDS):
        nearest = (vectors @ centres.T).argmax(1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, vectors)
        filled = np.bincount(nearest, minlength=len(centres)) > 0
        centres[filled] = sums[filled] / np.linalg.norm(sums[filled], axis=1, keepdims=True)
    return centres


def main() -> None:
    """Embed, gather, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="CUHK-PEDES layout")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    options = parser.parse_args()
    captions = [text for one in read_cuhk_pedes(options.root, "train") for text in one.captions]
    found: dict[str, NDArray[Any]] = {}
    for variant in get_args(Variant):
        encoder = open_text_encoder(variant)
        vectors = np.stack([encoder.encode(text).embedding for text in captions])
        found[variant] = centres_of(vectors).astype(np.float16)
        found[f"{variant}_network"] = np.array(manifest()[f"{variant}.onnx"].sha256)
        print(f"{variant}: {len(found[variant])} centres of {len(captions)} sentences", flush=True)
    with options.out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **found)


if __name__ == "__main__":
    main()
