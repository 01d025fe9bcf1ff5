"""Stage 3: BERT and both text branches are tuned against a finished image branch.

Pictures are embedded once, plain and mirrored, so a sentence can be told apart from thousands of
wrong ones, and a chorus of networks can be asked about as many (``cmps train text``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cmps.training.album import load_album
from cmps.training.chorus import Chorus, chorus_loss, embed_pictures
from cmps.training.crossmodal import told
from cmps.training.losses import contrastive_loss, reconstruction_distances, triplet_loss
from cmps.training.network import NetworkConfig, TextOutput
from cmps.training.sampler import identity_batches
from cmps.training.sentences import CaptionBank
from cmps.training.stage import Batch, StageConfig, Trainer
from cmps.training.weights import TextNetwork, load_model, save_model

Ints = NDArray[np.int64]


def matching_terms(
    model: TextNetwork, text: TextOutput, batch: Batch, name: str
) -> dict[str, Tensor]:
    """Return the terms of one variant against the paired and the other pictures."""
    scale = model.network.temperature.exp().clamp(max=100)
    same = batch["described"][:, None] == batch["shown_people"][None, :]
    local, own = len(batch["pyramids"]), len(same)
    words = reconstruction_distances(text.words[:own], text.attention[:own], batch["pyramids"])
    similarities = text.embedding[:own] @ batch["embeddings"].T
    terms = {
        f"contrastive_{name}": contrastive_loss(similarities * scale, same),
        f"words_{name}": contrastive_loss(-words * 20, same[:, :local]),
        f"triplet_{name}": triplet_loss(text.embedding[:own], batch["embeddings"], same),
    }
    if "chorus" in batch:
        logits = text.embedding @ batch["against"].T * scale
        terms[f"chorus_{name}"] = chorus_loss(logits, batch["chorus"])
    return terms


def all_terms(model: TextNetwork, batch: Batch) -> dict[str, Tensor]:
    """Return every loss term of one batch."""
    network = model.network
    states = model.bert(batch["pieces"], batch["pieces_mask"])
    accurate = network.accurate(states, batch["pieces_mask"])
    fast = network.fast(network.words(batch["ids"]), batch["ids_mask"])
    terms = matching_terms(model, accurate, batch, "accurate")
    terms |= matching_terms(model, fast, batch, "fast")
    terms["triplet"] = (terms.pop("triplet_accurate") + terms.pop("triplet_fast")) / 2
    return terms


class TextStage:
    """Draws batches of sentences with stored pictures.

    Args:
        people: ``(N,)`` identity number of every picture.
        bank: The sentences.
        embeddings: ``(2, N, 256)`` of the pictures, plain and mirrored.
        pyramids: ``(2, N, cells, 128)`` of them.
        config: How many of each a batch holds.
        chorus: Its word goes into the batch.
    """

    def __init__(
        self,
        people: Ints,
        bank: CaptionBank,
        embeddings: Tensor,
        pyramids: Tensor,
        config: StageConfig,
        chorus: Chorus | None = None,
    ) -> None:
        self.people, self.bank, self.config, self.chorus = people, bank, config, chorus
        self.embeddings, self.pyramids = embeddings, pyramids
        self.rows = np.array(bank.rows)

    def __call__(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch's batches."""
        config, captioned = self.config, list(self.people[self.rows])
        for places in identity_batches(captioned, config.identities, config.pictures, random):
            yield self.batch(self.rows[places], random)

    def batch(self, rows: Ints, random: np.random.Generator) -> Batch:
        """Return token numbers of one caption per row, and picture vectors."""
        others = self.config.distilled
        flip = random.random(len(rows)) < 0.5
        said = [
            self.bank.draw(int(row), bool(side), self.config.varied, random)
            for row, side in zip(rows, flip, strict=True)
        ]
        shown = np.concatenate([rows, random.choice(self.rows, others, replace=False)])
        side = np.concatenate([flip, random.random(others) < 0.5]).astype(int)
        local = 2 * len(rows)
        batch = {
            "described": torch.from_numpy(self.people[rows]),
            "shown_people": torch.from_numpy(self.people[shown]),
            "embeddings": self.embeddings[side, shown],
            "pyramids": self.pyramids[side[:local], shown[:local]].float(),
        }
        if self.chorus:
            said += self.bank.draw_others(self.config.asked, random)
            batch |= self._sung(said, self.chorus, random)
        return batch | self.bank.spell(said, self.config.word_dropout, random)

    def _sung(self, said: list[int], chorus: Chorus, random: np.random.Generator) -> Batch:
        count = min(self.config.against, len(self.people))
        pictures = random.choice(len(self.people), count, replace=False)
        side = random.integers(2, size=count)
        device = self.embeddings.device
        places, rows, mirrored = (
            torch.as_tensor(part).to(device) for part in (said, pictures, side)
        )
        return {
            "against": self.embeddings[mirrored, rows],
            "chorus": chorus.logits(places, rows, mirrored),
        }


def train(
    corpus_folders: Sequence[Path],
    language: Path,
    start: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
    device: str = "cpu",
    chorus: Sequence[Path] = (),
    texts: Path | None = None,
) -> Path:
    """Train stage 3 and return the file of averaged weights.

    Args:
        corpus_folders: The train corpus, and those of drawn people.
        language: Folder of the tokenisers.
        start: All networks, as the last stage left them.
        out: Folder of the result.
        config: The stage's settings.
        attributes: Market's ``market_attribute.mat`` for sentences made of it.
        device: Where to train.
        chorus: Networks to learn from.
        texts: Sentences without pictures, one a line, to ask the chorus about.
    """
    album = load_album(corpus_folders, NetworkConfig.preset(config.network).map_size, device)
    bank, sung = told(album, language, config, attributes, chorus, texts)
    torch.manual_seed(config.seed)
    model = load_model(start, config.network).to(device).eval()
    network = model.network
    network.image.requires_grad_(False)
    stage = TextStage(album.people, bank, *embed_pictures(network.image, album), config, sung)
    groups = [
        (list(model.bert.parameters()), config.bert_rate),
        ([*network.fast.parameters(), *network.accurate.parameters()], config.text_rate),
        ([*network.words.parameters(), network.temperature], config.head_rate),
    ]
    steps = len(bank.rows) // (config.identities * config.pictures) * config.epochs
    checkpoint = out / f"{config.name}.checkpoint.pt"
    trainer = Trainer(model, groups, steps, config, checkpoint, device)
    network.fast.train()
    network.accurate.train()
    trainer.run(stage, lambda batch: all_terms(model, batch))
    averaged = trainer.averaged.module.cpu()
    assert isinstance(averaged, TextNetwork)
    return save_model(averaged, out / f"{config.name}.pt")
