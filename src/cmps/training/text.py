"""Stage 3: BERT and both text branches are tuned against a finished image branch.

Pictures are embedded once, plain and mirrored, so a batch can hold hundreds of wrong pictures
(``cmps train text``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmps.training.attributes import captions_by_row
from cmps.training.captions import mirror, pad, reword, shorten
from cmps.training.corpus import Corpus
from cmps.training.losses import contrastive_loss, reconstruction_distances, triplet_loss
from cmps.training.network import (
    CrossModalNetwork,
    TextOutput,
    normalise,
)
from cmps.training.reid import number_people
from cmps.training.sampler import identity_batches
from cmps.training.stage import Batch, StageConfig, Trainer
from cmps.training.weights import TextNetwork, load_model, save_model


@dataclass(frozen=True, slots=True)
class ImageBank:
    """Stored image vectors of captioned pictures; index 1 of axis 0 is the mirrored picture.

    ``embeddings`` (2, N, 256) and ``pyramids`` (2, N, cells, d), unit length.
    """

    embeddings: Tensor
    pyramids: Tensor


def build_image_bank(
    network: CrossModalNetwork, corpus: Corpus, rows: list[int], device: str = "cpu"
) -> ImageBank:
    """Embed every captioned picture, plain and mirrored; the vectors lie in plain memory."""
    network.to(device).eval()
    embeddings: tuple[list[Tensor], list[Tensor]] = ([], [])
    pyramids: tuple[list[Tensor], list[Tensor]] = ([], [])
    with torch.no_grad():
        for start in range(0, len(rows), 64):
            raw = torch.from_numpy(corpus.pictures[rows[start : start + 64]])
            pictures = normalise(raw.permute(0, 3, 1, 2).float() / 255).to(device)
            for side, shown in enumerate((pictures, pictures.flip(3))):
                output = network.image(shown.contiguous(memory_format=torch.channels_last))
                embeddings[side].append(output.embedding.cpu())
                pyramids[side].append(output.pyramid.cpu())
    return ImageBank(
        torch.stack([torch.cat(side) for side in embeddings]),
        torch.stack([torch.cat(side) for side in pyramids]),
    )


def matching_terms(
    model: TextNetwork, text: TextOutput, batch: dict[str, Tensor], name: str
) -> dict[str, Tensor]:
    """Return the terms of one variant against the paired and the other pictures."""
    scale = model.network.temperature.exp().clamp(max=100)
    same = batch["people"][:, None] == batch["shown_people"][None, :]
    local = len(batch["pyramids"])
    distances = reconstruction_distances(text.words, text.attention, batch["pyramids"])
    similarities = text.embedding @ batch["embeddings"].T
    return {
        f"contrastive_{name}": contrastive_loss(similarities * scale, same),
        f"words_{name}": contrastive_loss(-distances * 20, same[:, :local]),
        f"triplet_{name}": triplet_loss(text.embedding, batch["embeddings"], same),
    }


def all_terms(model: TextNetwork, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return every loss term of one batch."""
    network = model.network
    states = model.bert(batch["pieces"], batch["piece_mask"])
    accurate = network.accurate(states, batch["piece_mask"])
    fast = network.fast(network.words(batch["ids"]), batch["mask"])
    terms = matching_terms(model, accurate, batch, "accurate")
    terms |= matching_terms(model, fast, batch, "fast")
    terms["triplet"] = (terms.pop("triplet_accurate") + terms.pop("triplet_fast")) / 2
    return terms


class TextStage:
    """Draws batches of sentences with stored pictures.

    Args:
        corpus: The pictures' people.
        captions: Captions by row of the corpus.
        language: Folder of the tokenisers.
        bank: Image vectors of the rows of ``captions``, in their order.
        config: How many of each a batch holds.
    """

    def __init__(
        self,
        corpus: Corpus,
        captions: dict[int, list[str]],
        language: Path,
        bank: ImageBank,
        config: StageConfig,
    ) -> None:
        self.rows, self.captions, self.bank = list(captions), captions, bank
        self.config = config
        self.people = number_people([corpus.rows[row]["person"] for row in self.rows])
        self.pieces = Tokenizer.from_file(str(language / "accurate.json"))
        self.words = Tokenizer.from_file(str(language / "fast.json"))

    def __call__(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch's batches."""
        config = self.config
        people = list(self.people)
        for places in identity_batches(people, config.identities, config.pictures, random):
            yield self.batch(places, random)

    def batch(self, places: NDArray[np.int64], random: np.random.Generator) -> Batch:
        """Return token numbers of one caption per place, and picture vectors."""
        others, dropout = self.config.distilled, self.config.word_dropout
        flip = random.random(len(places)) < 0.5
        texts = [
            self._caption(int(place), bool(side), random)
            for place, side in zip(places, flip, strict=True)
        ]
        ids, mask = pad([encoding.ids for encoding in self.words.encode_batch(texts)])
        pieces, piece_mask = pad([encoding.ids for encoding in self.pieces.encode_batch(texts)])
        ids[(random.random(ids.shape) < dropout) & mask] = 1
        pieces[(random.random(pieces.shape) < dropout) & piece_mask] = 1
        extra = random.choice(len(self.rows), others, replace=False)
        shown = np.concatenate([places, extra])
        side = np.concatenate([flip, random.random(others) < 0.5]).astype(int)
        local = 2 * len(places)
        return {
            "ids": torch.from_numpy(ids),
            "mask": torch.from_numpy(mask),
            "pieces": torch.from_numpy(pieces),
            "piece_mask": torch.from_numpy(piece_mask),
            "people": torch.from_numpy(self.people[places]),
            "shown_people": torch.from_numpy(self.people[shown]),
            "embeddings": self.bank.embeddings[side, shown],
            "pyramids": self.bank.pyramids[side[:local], shown[:local]],
        }

    def _caption(self, place: int, flipped: bool, random: np.random.Generator) -> str:
        captions = self.captions[self.rows[place]]
        caption = captions[int(random.integers(len(captions)))]
        if random.random() < self.config.varied:
            caption = shorten(caption, random)
        if random.random() < self.config.varied:
            caption = reword(caption, random)
        return mirror(caption) if flipped else caption


def train(
    corpus_folder: Path,
    language: Path,
    weights: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
    device: str = "cpu",
) -> Path:
    """Train stage 3 and return the file with everything that :mod:`export` needs."""
    corpus = Corpus.load(corpus_folder)
    captions = captions_by_row(corpus, attributes, config.attributes)
    rows = list(captions)
    model = load_model(weights, config.network)
    network = model.network
    network.image.requires_grad_(False)
    bank = build_image_bank(network, corpus, rows, device)
    groups = [
        (list(model.bert.parameters()), config.backbone_rate),
        ([*network.fast.parameters(), *network.accurate.parameters()], config.text_rate),
        ([*network.words.parameters(), network.temperature], config.head_rate),
    ]
    steps = len(rows) // (config.identities * config.pictures) * config.epochs
    checkpoint = out / f"{config.name}.checkpoint.pt"
    trainer = Trainer(model, groups, steps, config, checkpoint, device)
    network.fast.train()
    network.accurate.train()
    stage = TextStage(corpus, captions, language, bank, config)
    trainer.run(stage, lambda batch: all_terms(model, batch))
    averaged = trainer.averaged.module.cpu()
    assert isinstance(averaged, TextNetwork)
    return save_model(averaged, out / f"{config.name}.pt")
