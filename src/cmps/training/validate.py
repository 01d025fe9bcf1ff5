"""A quick look at a checkpoint on the val corpus, before it is exported.

``python -m cmps.training.validate --corpus DIR/val --language DIR --weights FILE`` prints rank-1,
rank-10 and mAP per variant over shares of FPR in the score. The figures that count come from
``cmps evaluate`` on the exported networks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmps.training.corpus import Corpus
from cmps.training.losses import reconstruction_distances
from cmps.training.network import TextOutput, normalise
from cmps.training.text import TextNetwork, load_model

SHARES = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8)


def scores(similarities: NDArray[np.floating], right: NDArray[np.bool_]) -> tuple[float, ...]:
    """Return rank-1, rank-10 and mAP in percent; rows without a right one are left out."""
    order = np.argsort(-similarities, 1)
    ranked = np.take_along_axis(right, order, 1)
    ranked = ranked[ranked.any(1)]
    found = ranked.cumsum(1)
    precision = (found / np.arange(1, ranked.shape[1] + 1) * ranked).sum(1) / ranked.sum(1)
    values = (ranked[:, 0].mean(), ranked[:, :10].any(1).mean(), precision.mean())
    return tuple(round(100 * float(value), 2) for value in values)


@torch.inference_mode()
def embed_sentences(model: TextNetwork, language: Path, texts: list[str], name: str) -> TextOutput:
    """Embed sentences one by one, as the program does at run time."""
    tokeniser = Tokenizer.from_file(str(language / f"{name}.json"))
    branch = model.network.fast if name == "fast" else model.network.accurate
    outputs: list[TextOutput] = []
    width = 0
    for encoding in tokeniser.encode_batch(texts):
        ids = torch.tensor([encoding.ids[:72]])
        mask = torch.ones_like(ids, dtype=torch.bool)
        states = model.network.words(ids) if name == "fast" else model.bert(ids, mask)
        outputs.append(branch(states, mask))
        width = max(width, ids.shape[1])

    def join(part: str) -> Tensor:
        padded = [getattr(output, part) for output in outputs]
        if part in ("words", "attention"):
            padded = [
                torch.cat([one, one.new_zeros(1, width - one.shape[1], *one.shape[2:])], 1)
                for one in padded
            ]
        return torch.cat(padded)

    return TextOutput(*(join(part) for part in TextOutput._fields))


@torch.inference_mode()
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the val corpus")
    parser.add_argument("--language", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    corpus = Corpus.load(options.corpus)
    model = load_model(options.weights, options.language).eval()
    pictures = torch.from_numpy(corpus.pictures[:]).permute(0, 3, 1, 2)
    parts = [
        model.network.image(normalise(part.float() / 255)) for part in torch.split(pictures, 64)
    ]
    embedding, pyramid, foreground = (
        torch.cat([part[place] for part in parts]) for place in range(3)
    )
    people = np.array([row["person"] for row in corpus.rows])
    itself = np.eye(len(people), dtype=bool)
    cosines = np.where(itself, -9, (embedding @ embedding.T).numpy())
    blocks = zip(torch.split(pyramid, 64), torch.split(foreground, 64), strict=True)
    distances = torch.cat([reconstruction_distances(x, p, pyramid) for x, p in blocks]).numpy()
    right = (people[:, None] == people[None]) & ~itself
    for share in SHARES:
        mixed = (1 - share) * cosines - share * np.where(itself, 9, distances)
        print("image", share, *scores(mixed, right), flush=True)
    captions = [(row, text) for row, entry in enumerate(corpus.rows) for text in entry["captions"]]
    right = people[[row for row, _ in captions]][:, None] == people[None]
    for name in ("fast", "accurate"):
        text = embed_sentences(model, options.language, [said for _, said in captions], name)
        similar = (text.embedding @ embedding.T).numpy()
        blocks = zip(torch.split(text.words, 64), torch.split(text.attention, 64), strict=True)
        distances = torch.cat([reconstruction_distances(x, p, pyramid) for x, p in blocks]).numpy()
        for share in SHARES:
            mixed = (1 - share) * similar - share * distances
            print(name, share, *scores(mixed, right), flush=True)


if __name__ == "__main__":
    main()
