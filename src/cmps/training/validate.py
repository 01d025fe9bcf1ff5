"""A quick look at a checkpoint on the val corpus, before it is exported (``cmps train validate``).

The figures that count come from ``cmps evaluate`` on the exported networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmps.training.corpus import Corpus
from cmps.training.losses import reconstruction_distances
from cmps.training.network import ImageBranch, TextOutput, normalise
from cmps.training.weights import TextNetwork, load_model

SHARES = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8)
BLOCK = 64
MOST_TOKENS = 72


@dataclass(frozen=True, slots=True)
class Score:
    """Percentages of one kind of probe (``fast``, ``accurate``, ``image``) at a share of FPR."""

    probe: str
    share: float
    rank1: float
    rank10: float
    mean_precision: float

    def __str__(self) -> str:
        values = f"{self.rank1:.2f} {self.rank10:.2f} {self.mean_precision:.2f}"
        return f"{self.probe} {self.share} {values}"


class Shown(NamedTuple):
    """What the image branch says of the N pictures of the gallery; see :class:`ImageOutput`."""

    embedding: Tensor
    pyramid: Tensor
    foreground: Tensor


def scores(similarities: NDArray[np.floating], right: NDArray[np.bool_]) -> tuple[float, ...]:
    """Return rank-1, rank-10 and mAP in percent; rows without a right one are left out.

    Args:
        similarities: ``(Q, N)``, higher is nearer.
        right: ``(Q, N)``, True where both show the same person.
    """
    order = np.argsort(-similarities, 1)
    ranked = np.take_along_axis(right, order, 1)
    ranked = ranked[ranked.any(1)]
    found = ranked.cumsum(1)
    precision = (found / np.arange(1, ranked.shape[1] + 1) * ranked).sum(1) / ranked.sum(1)
    values = (ranked[:, 0].mean(), ranked[:, :10].any(1).mean(), precision.mean())
    return tuple(round(100 * float(value), 2) for value in values)


@torch.inference_mode()
def show(branch: ImageBranch, pictures: NDArray[np.uint8]) -> Shown:
    """Run the image branch over ``(N, H, W, 3)`` pictures."""
    parts = []
    for start in range(0, len(pictures), BLOCK):
        raw = torch.from_numpy(pictures[start : start + BLOCK]).permute(0, 3, 1, 2)
        output = branch(normalise(raw.float() / 255))
        parts.append((output.embedding, output.pyramid, output.foreground))
    return Shown(*(torch.cat(part) for part in zip(*parts, strict=True)))


@torch.inference_mode()
def embed_sentences(
    model: TextNetwork, language: Path, texts: Sequence[str], name: str
) -> TextOutput:
    """Embed sentences one by one, as the program does at run time."""
    tokeniser = Tokenizer.from_file(str(language / f"{name}.json"))
    branch = model.network.fast if name == "fast" else model.network.accurate
    outputs: list[TextOutput] = []
    for encoding in tokeniser.encode_batch(list(texts)):
        ids = torch.tensor([encoding.ids[:MOST_TOKENS]])
        mask = torch.ones_like(ids, dtype=torch.bool)
        states = model.network.words(ids) if name == "fast" else model.bert(ids, mask)
        outputs.append(branch(states, mask))
    return join(outputs)


def join(outputs: Sequence[TextOutput]) -> TextOutput:
    """Stack outputs of sentences of different lengths; attention is 0 at padding."""
    width = max(output.words.shape[1] for output in outputs)

    def padded(part: Tensor) -> Tensor:
        return torch.cat(
            [part, part.new_zeros(len(part), width - part.shape[1], *part.shape[2:])], 1
        )

    return TextOutput(
        torch.cat([output.embedding for output in outputs]),
        torch.cat([padded(output.words) for output in outputs]),
        torch.cat([padded(output.attention) for output in outputs]),
        torch.cat([output.raw for output in outputs]),
    )


@torch.inference_mode()
def distances(vectors: Tensor, weights: Tensor, galleries: Tensor) -> NDArray[np.float32]:
    """Return FPR distances ``(Q, N)``, block by block."""
    blocks = zip(torch.split(vectors, BLOCK), torch.split(weights, BLOCK), strict=True)
    found: NDArray[np.float32] = torch.cat(
        [reconstruction_distances(vector, weight, galleries) for vector, weight in blocks]
    ).numpy()
    return found


def picture_scores(
    shown: Shown,
    people: NDArray[np.object_],
    shares: Sequence[float] = SHARES,
    probes: Shown | None = None,
) -> Iterator[Score]:
    """Yield the scores of pictures that look for other pictures of the same person.

    Args:
        shown: The N pictures of the gallery.
        people: ``(N,)`` who they show.
        shares: Shares of FPR in the score.
        probes: The same N pictures as the probes see them (covered in part, say).
    """
    probes = probes or shown
    itself = np.eye(len(people), dtype=bool)
    cosines = np.where(itself, -9, (probes.embedding @ shown.embedding.T).numpy())
    far = np.where(itself, 9, distances(probes.pyramid, probes.foreground, shown.pyramid))
    right = (people[:, None] == people[None]) & ~itself
    for share in shares:
        yield Score("image", share, *scores((1 - share) * cosines - share * far, right))


def sentence_scores(
    name: str, text: TextOutput, shown: Shown, right: NDArray[np.bool_], shares: Sequence[float]
) -> Iterator[Score]:
    """Yield the scores of sentences; ``right`` (Q, N) says which pictures each describes."""
    similar = (text.embedding @ shown.embedding.T).numpy()
    far = distances(text.words, text.attention, shown.pyramid)
    for share in shares:
        yield Score(name, share, *scores((1 - share) * similar - share * far, right))


def validate(
    corpus_folder: Path, language: Path, weights: Path, network: str | Path = "compact"
) -> Iterator[Score]:
    """Yield the scores of every kind of probe over shares of FPR.

    Args:
        corpus_folder: The val corpus.
        language: Folder that :mod:`cmps.training.language` wrote.
        weights: Result of stage 2 or 3.
        network: Preset or file of the network's sizes.
    """
    corpus = Corpus.load(corpus_folder)
    model = load_model(weights, network).eval()
    shown = show(model.network.image, corpus.pictures)
    people = np.array([row["person"] for row in corpus.rows])
    yield from picture_scores(shown, people)
    captions = [(row, text) for row, entry in enumerate(corpus.rows) for text in entry["captions"]]
    right = people[[row for row, _ in captions]][:, None] == people[None]
    for name in ("fast", "accurate"):
        text = embed_sentences(model, language, [said for _, said in captions], name)
        yield from sentence_scores(name, text, shown, right, SHARES)
