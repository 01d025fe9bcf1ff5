"""Stage 3: BERT and both text branches are tuned against a finished image branch.

Pictures are embedded once, plain and mirrored, so a batch can hold hundreds of wrong pictures.

``python -m cmps.training.text --corpus DIR --language DIR --weights FILE --out DIR`` resumes where
it stopped.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from cmps.training.attributes import captions_by_row
from cmps.training.bert import Bert
from cmps.training.captions import mirror, pad, reword, shorten
from cmps.training.corpus import Corpus
from cmps.training.crossmodal import WORD_DROPOUT
from cmps.training.language import load_bert
from cmps.training.losses import (
    contrastive_loss,
    reconstruction_distances,
    triplet_loss,
)
from cmps.training.network import (
    CrossModalNetwork,
    NetworkConfig,
    TextOutput,
    channels_last,
    normalise,
)
from cmps.training.reid import number_people
from cmps.training.sampler import identity_batches
from cmps.training.stage import StageConfig, Trainer


class TextNetwork(nn.Module):
    """BERT and the cross-modal network as one module, so that both train, average and save."""

    def __init__(self, bert: Bert, network: CrossModalNetwork) -> None:
        super().__init__()
        self.bert = bert
        self.network = network


@dataclass(frozen=True, slots=True)
class ImageBank:
    """Stored image vectors of captioned pictures; index 1 of axis 0 is the mirrored picture.

    ``embeddings`` (2, N, 256) and ``pyramids`` (2, N, cells, d), unit length.
    """

    embeddings: Tensor
    pyramids: Tensor


def build_image_bank(network: CrossModalNetwork, corpus: Corpus, rows: list[int]) -> ImageBank:
    """Embed every captioned picture, plain and mirrored."""
    network.eval()
    embeddings: tuple[list[Tensor], list[Tensor]] = ([], [])
    pyramids: tuple[list[Tensor], list[Tensor]] = ([], [])
    with torch.no_grad():
        for start in range(0, len(rows), 64):
            raw = torch.from_numpy(corpus.pictures[rows[start : start + 64]])
            pictures = normalise(raw.permute(0, 3, 1, 2).float() / 255)
            for side, shown in enumerate((pictures, pictures.flip(3))):
                output = network.image(shown.contiguous(memory_format=torch.channels_last))
                embeddings[side].append(output.embedding)
                pyramids[side].append(output.pyramid)
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
    """

    def __init__(
        self, corpus: Corpus, captions: dict[int, list[str]], language: Path, bank: ImageBank
    ) -> None:
        self.rows, self.captions, self.bank = list(captions), captions, bank
        self.people = number_people([corpus.rows[row]["person"] for row in self.rows])
        self.pieces = Tokenizer.from_file(str(language / "accurate.json"))
        self.words = Tokenizer.from_file(str(language / "fast.json"))

    def batch(
        self, places: NDArray[np.int64], others: int, random: np.random.Generator
    ) -> dict[str, Tensor]:
        """Return token numbers of one caption per place, and picture vectors."""
        flip = random.random(len(places)) < 0.5
        texts = [
            self._caption(int(place), bool(side), random)
            for place, side in zip(places, flip, strict=True)
        ]
        ids, mask = pad([encoding.ids for encoding in self.words.encode_batch(texts)])
        pieces, piece_mask = pad([encoding.ids for encoding in self.pieces.encode_batch(texts)])
        ids[(random.random(ids.shape) < WORD_DROPOUT) & mask] = 1
        pieces[(random.random(pieces.shape) < WORD_DROPOUT) & piece_mask] = 1
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
        if random.random() < 0.33:
            caption = shorten(caption, random)
        if random.random() < 0.33:
            caption = reword(caption, random)
        return mirror(caption) if flipped else caption


def train(
    corpus_folder: Path,
    language: Path,
    weights: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
) -> Path:
    """Train stage 3 and return the file with everything that :mod:`export` needs."""
    corpus = Corpus.load(corpus_folder)
    captions = captions_by_row(corpus, attributes, config.attributes)
    rows = list(captions)
    model = load_model(weights, language)
    for parameter in model.network.image.parameters():
        parameter.requires_grad_(False)
    bank = build_image_bank(model.network, corpus, rows)
    stage = TextStage(corpus, captions, language, bank)
    network = model.network
    groups = [
        (list(model.bert.parameters()), config.backbone_rate),
        ([*network.fast.parameters(), *network.accurate.parameters()], config.text_rate),
        ([*network.words.parameters(), network.temperature], config.head_rate),
    ]
    steps = len(rows) // (config.identities * config.pictures) * config.epochs
    trainer = Trainer(model, groups, steps, config, out / "text.checkpoint.pt")
    network.fast.train()
    network.accurate.train()
    people = list(stage.people)
    while trainer.step < trainer.steps:
        random = np.random.default_rng(trainer.step)
        for places in identity_batches(people, config.identities, config.pictures, random):
            if trainer.step >= trainer.steps:
                break
            batch = stage.batch(places, config.distilled, random)
            trainer.take(all_terms(model, batch), config.weights)
            trainer.report()
            if trainer.step % 100 == 0:
                trainer.save()
    trainer.save()
    averaged = trainer.averaged.module
    assert isinstance(averaged, TextNetwork)
    return save_model(averaged, out / "final.pt")


def load_model(weights: Path, language: Path) -> TextNetwork:
    """Load the result of stage 2 or 3; BERT comes from the file or, after stage 2, ``language``."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    tuned = "bert" in state
    network_state = state["network"] if tuned else state
    people = network_state["identity.weight"].shape[0]
    network = CrossModalNetwork(
        NetworkConfig.preset("compact"), people, network_state["words.table.weight"]
    )
    network.load_state_dict(network_state)
    channels_last(network.image)
    bert = load_bert(language / "bert.pt")
    if tuned:
        bert.load_state_dict(state["bert"]["state"])
    return TextNetwork(bert, network)


def save_model(model: TextNetwork, path: Path) -> Path:
    """Write everything in one file."""
    bert = {"config": asdict(model.bert.config), "state": model.bert.state_dict()}
    torch.save({"network": model.network.state_dict(), "bert": bert}, path)
    return path


def main() -> None:
    """Run stage 3 from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the train corpus")
    parser.add_argument("--language", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="result of stage 2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", default="text")
    parser.add_argument("--attributes", type=Path, help="market_attribute.mat")
    options = parser.parse_args()
    config = StageConfig.read(options.config)
    print(
        train(
            options.corpus,
            options.language,
            options.weights,
            options.out,
            config,
            options.attributes,
        )
    )


if __name__ == "__main__":
    main()
