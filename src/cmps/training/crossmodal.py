"""Stage 2: both text branches and the image branch learn one space (paper §2, eq. 1).

``python -m cmps.training.crossmodal --corpus DIR --language DIR --image FILE --out DIR`` resumes
where it stopped.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmps.training.captions import mirror, pad, shorten
from cmps.training.corpus import Corpus
from cmps.training.language import cached_token_states
from cmps.training.losses import (
    balance_loss,
    contrastive_loss,
    distillation_loss,
    foreground_loss,
    fpr_loss,
    identity_loss,
    reconstruction_distances,
    triplet_loss,
)
from cmps.training.network import (
    CrossModalNetwork,
    ImageOutput,
    NetworkConfig,
    TextOutput,
    channels_last,
)
from cmps.training.reid import load_masks, number_people, prepare
from cmps.training.sampler import identity_batches
from cmps.training.stage import StageConfig, Trainer

WORD_DROPOUT = 0.1
NEIGHBOUR = 0.25


@dataclass(frozen=True, slots=True)
class Sentence:
    """One form of a caption: token numbers for the fast branch, token states for the accurate."""

    words: list[int]
    states: NDArray[np.float16]


class CaptionBank:
    """Every caption of a corpus in plain, mirrored and shortened forms, encoded once.

    Args:
        corpus: Rows with captions.
        language: Folder that :mod:`cmps.training.language` wrote.
    """

    def __init__(self, corpus: Corpus, language: Path) -> None:
        self.rows = [row for row, entry in enumerate(corpus.rows) if entry["captions"]]
        random = np.random.default_rng(0)
        texts: list[str] = []
        self.forms: dict[int, list[tuple[list[int], list[int]]]] = {}
        for row in self.rows:
            self.forms[row] = []
            for caption in corpus.rows[row]["captions"]:
                variants = [caption, shorten(caption, random)]
                mirrored = [mirror(variant) for variant in variants]
                start = len(texts)
                texts += variants + [text for text in mirrored if text not in variants]
                places = {text: start + number for number, text in enumerate(texts[start:])}
                self.forms[row].append(
                    ([places[text] for text in variants], [places[text] for text in mirrored])
                )
        words = Tokenizer.from_file(str(language / "fast.json")).encode_batch(texts)
        pieces = Tokenizer.from_file(str(language / "accurate.json"))
        states = cached_token_states(language, language / "bert.pt", pieces, texts)
        self.sentences = [
            Sentence(encoding.ids, state) for encoding, state in zip(words, states, strict=True)
        ]

    def draw(self, row: int, flipped: bool, random: np.random.Generator) -> Sentence:
        """Return a random caption of a picture; in a third of cases its shortened form."""
        plain, mirrored = self.forms[row][int(random.integers(len(self.forms[row])))]
        form = int(random.random() < 0.33)
        return self.sentences[(mirrored if flipped else plain)[form]]


def stack_sentences(
    sentences: list[Sentence], random: np.random.Generator | None
) -> dict[str, Tensor]:
    """Pad sentences into tensors; with ``random``, some words are dropped to an unknown word."""
    ids, mask = pad([sentence.words for sentence in sentences])
    length = max(len(sentence.states) for sentence in sentences)
    states = np.zeros((len(sentences), length, sentences[0].states.shape[1]), np.float32)
    state_mask = np.zeros((len(sentences), length), bool)
    for row, sentence in enumerate(sentences):
        states[row, : len(sentence.states)] = sentence.states
        state_mask[row, : len(sentence.states)] = True
    if random is not None:
        ids[(random.random(ids.shape) < WORD_DROPOUT) & mask] = 1
        states[random.random(state_mask.shape) < WORD_DROPOUT] = 0
    return {
        "ids": torch.from_numpy(ids),
        "mask": torch.from_numpy(mask),
        "states": torch.from_numpy(states),
        "state_mask": torch.from_numpy(state_mask),
    }


def matching_terms(
    network: CrossModalNetwork, text: TextOutput, image: ImageOutput, same: Tensor, name: str
) -> dict[str, Tensor]:
    """Return the terms that pull one text variant and the pictures together."""
    scale = network.temperature.exp().clamp(max=100)
    distances = reconstruction_distances(text.words, text.attention, image.pyramid)
    return {
        f"contrastive_{name}": contrastive_loss(text.embedding @ image.embedding.T * scale, same),
        f"words_{name}": contrastive_loss(-distances * 20, same),
        f"triplet_{name}": triplet_loss(text.embedding, image.embedding, same)
        + triplet_loss(image.embedding, text.embedding, same.T),
    }


def all_terms(network: CrossModalNetwork, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return every loss term of one batch; the captioned pictures come first in it."""
    people = batch["people"]
    paired = len(people)
    output = network.image(batch["pictures"])
    image = ImageOutput(*(part[:paired] for part in output))
    accurate = network.accurate(batch["states"], batch["state_mask"])
    fast = network.fast(network.words(batch["ids"]), batch["mask"])
    same = people[:, None] == people[None, :]
    itself = torch.eye(paired, dtype=torch.bool)
    image_logits = network.classify(image.raw)
    text_logits = [network.classify(accurate.raw), network.classify(fast.raw)]
    cells = reconstruction_distances(image.pyramid, image.foreground, image.pyramid)
    terms = matching_terms(network, accurate, image, same, "accurate")
    terms |= matching_terms(network, fast, image, same, "fast")
    terms["triplet"] = (terms.pop("triplet_accurate") + terms.pop("triplet_fast")) / 2
    return terms | {
        "identity_text": sum((identity_loss(x, people) for x in text_logits), torch.zeros(())) / 2,
        "identity_image": identity_loss(image_logits, people),
        "balance": sum((balance_loss(x, image_logits) for x in text_logits), torch.zeros(())) / 2,
        "fpr": fpr_loss(cells + itself * 1e4, same & ~itself),
        "foreground": foreground_loss(output.foreground_logits, batch["masks"]),
        "teacher_cosine": 1 - (output.embedding * batch["teacher"]).sum(1).mean(),
        "distillation": distillation_loss(output.embedding, batch["teacher"]),
    }


def neighbours(corpus: Corpus) -> dict[int, NDArray[np.int64]]:
    """Return, for each captioned row, rows of the same person by the same camera."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row, entry in enumerate(corpus.rows):
        groups.setdefault((entry["person"], entry["camera"]), []).append(row)
    return {
        row: np.array(groups[entry["person"], entry["camera"]])
        for row, entry in enumerate(corpus.rows)
        if entry["captions"]
    }


def train(corpus_folder: Path, language: Path, image: Path, out: Path, config: StageConfig) -> Path:
    """Train stage 2 and return the file of averaged weights."""
    corpus = Corpus.load(corpus_folder)
    sizes = NetworkConfig.preset(config.network)
    masks = load_masks(corpus_folder, len(corpus.rows), sizes.map_size)
    bank, near = CaptionBank(corpus, language), neighbours(corpus)
    people = number_people([corpus.rows[row]["person"] for row in bank.rows])
    torch.manual_seed(1)
    vectors = torch.from_numpy(np.load(language / "vectors.npy"))
    network = CrossModalNetwork(sizes, int(people.max()) + 1, vectors)
    network.image.load_state_dict(torch.load(image, map_location="cpu", weights_only=True))
    channels_last(network.image)
    network.image.backbone.features[: config.frozen].requires_grad_(False)
    trainer = _trainer(network, len(people), config, out)
    network.train()
    while trainer.step < trainer.steps:
        random = np.random.default_rng(trainer.step)
        for places in identity_batches(list(people), config.identities, config.pictures, random):
            if trainer.step >= trainer.steps:
                break
            rows = np.array(bank.rows)[places]
            flip = random.random(len(rows) + config.distilled) < 0.5
            sentences = [
                bank.draw(int(row), bool(side), random)
                for row, side in zip(rows, flip, strict=False)
            ]
            shown = [
                int(random.choice(near[int(row)])) if random.random() < NEIGHBOUR else int(row)
                for row in rows
            ]
            extra = random.choice(len(corpus.rows), config.distilled, replace=False)
            batch = prepare(corpus, masks, np.concatenate([shown, extra]), flip, random)
            batch |= stack_sentences(sentences, random)
            batch["people"] = torch.from_numpy(people[places])
            trainer.take(all_terms(network, batch), config.weights)
            trainer.report()
            if trainer.step % 100 == 0:
                trainer.save()
    trainer.save()
    result = out / "crossmodal.pt"
    torch.save(trainer.averaged.module.state_dict(), result)
    return result


def _trainer(network: CrossModalNetwork, rows: int, config: StageConfig, out: Path) -> Trainer:
    backbone = list(network.image.backbone.parameters())
    text = [*network.fast.parameters(), *network.accurate.parameters()]
    known = {id(parameter) for parameter in [*backbone, *text]}
    heads = [parameter for parameter in network.parameters() if id(parameter) not in known]
    steps = rows // (config.identities * config.pictures) * config.epochs
    groups = [
        (backbone, config.backbone_rate),
        (text, config.text_rate),
        (heads, config.head_rate),
    ]
    return Trainer(network, groups, steps, config, out / "crossmodal.checkpoint.pt")


def main() -> None:
    """Run stage 2 from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the train corpus")
    parser.add_argument("--language", type=Path, required=True)
    parser.add_argument("--image", type=Path, required=True, help="weights of stage 1")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", default="crossmodal")
    options = parser.parse_args()
    config = StageConfig.read(options.config)
    print(train(options.corpus, options.language, options.image, options.out, config))


if __name__ == "__main__":
    main()
