"""Stage 2: both text branches and the image branch learn one space (paper §2, eq. 1).

It starts from stage 1, or from a shipped image branch by :mod:`cmps.training.restore`
(``cmps train crossmodal``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmps.training.attributes import captions_by_row
from cmps.training.bert import Bert
from cmps.training.captions import mirror, pad, reword, shorten
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
from cmps.training.stage import Batch, StageConfig, Trainer
from cmps.training.weights import TextNetwork, load_bert, save_model

NEIGHBOUR = 0.35

Show = Callable[[NDArray[np.int64], NDArray[np.bool_], np.random.Generator], Batch]


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
        attributes: Market's ``market_attribute.mat``; its people without captions get sentences.
        per_person: Pictures of each such person that are taken.
    """

    def __init__(
        self,
        corpus: Corpus,
        language: Path,
        bert: Bert,
        attributes: Path | None = None,
        per_person: int = 0,
    ) -> None:
        captions = captions_by_row(corpus, attributes, per_person)
        self.rows = list(captions)
        random = np.random.default_rng(0)
        texts: list[str] = []
        self.forms: dict[int, list[tuple[list[int], list[int]]]] = {}
        for row in self.rows:
            self.forms[row] = []
            for caption in captions[row]:
                variants = [caption, reword(shorten(caption, random), random)]
                mirrored = [mirror(variant) for variant in variants]
                start = len(texts)
                texts += variants + [text for text in mirrored if text not in variants]
                places = {text: start + number for number, text in enumerate(texts[start:])}
                self.forms[row].append(
                    ([places[text] for text in variants], [places[text] for text in mirrored])
                )
        words = Tokenizer.from_file(str(language / "fast.json")).encode_batch(texts)
        pieces = Tokenizer.from_file(str(language / "accurate.json"))
        states = cached_token_states(language, bert, pieces, texts)
        self.sentences = [
            Sentence(encoding.ids, state) for encoding, state in zip(words, states, strict=True)
        ]

    def draw(self, row: int, flipped: bool, varied: float, random: np.random.Generator) -> Sentence:
        """Return a random caption of a picture, by a chance its shortened and reworded form."""
        plain, mirrored = self.forms[row][int(random.integers(len(self.forms[row])))]
        form = int(random.random() < varied)
        return self.sentences[(mirrored if flipped else plain)[form]]


def stack_sentences(
    sentences: list[Sentence], dropout: float, random: np.random.Generator
) -> dict[str, Tensor]:
    """Pad sentences into tensors; by the chance ``dropout`` a word becomes an unknown word."""
    ids, mask = pad([sentence.words for sentence in sentences])
    length = max(len(sentence.states) for sentence in sentences)
    states = np.zeros((len(sentences), length, sentences[0].states.shape[1]), np.float32)
    state_mask = np.zeros((len(sentences), length), bool)
    for row, sentence in enumerate(sentences):
        states[row, : len(sentence.states)] = sentence.states
        state_mask[row, : len(sentence.states)] = True
    ids[(random.random(ids.shape) < dropout) & mask] = 1
    states[random.random(state_mask.shape) < dropout] = 0
    return {
        "ids": torch.from_numpy(ids),
        "mask": torch.from_numpy(mask),
        "states": torch.from_numpy(states),
        "state_mask": torch.from_numpy(state_mask),
    }


def matching_terms(
    network: CrossModalNetwork, text: TextOutput, image: ImageOutput, people: Tensor, name: str
) -> dict[str, Tensor]:
    """Return the terms that pull one text variant and the pictures together."""
    scale = network.temperature.exp().clamp(max=100)
    same = people[:, None] == people[None, :]
    similarities = text.embedding @ image.embedding.T
    distances = reconstruction_distances(text.words, text.attention, image.pyramid)
    return {
        f"contrastive_{name}": contrastive_loss(similarities * scale, same),
        f"words_{name}": contrastive_loss(-distances * 20, same),
        f"triplet_{name}": triplet_loss(text.embedding, image.embedding, same)
        + triplet_loss(image.embedding, text.embedding, same),
    }


def all_terms(network: CrossModalNetwork, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return every loss term of one batch; the captioned pictures come first in it."""
    shown = batch["shown_people"]
    paired = len(batch["ids"])
    people = shown[:paired]
    output = network.image(batch["pictures"])
    image = ImageOutput(*(part[:paired] for part in output))
    accurate = network.accurate(batch["states"], batch["state_mask"])
    fast = network.fast(network.words(batch["ids"]), batch["mask"])
    alike = shown[:, None] == shown[None, :]
    itself = torch.eye(len(shown), dtype=torch.bool, device=shown.device)
    image_logits = network.classify(output.raw)
    text_logits = [network.classify(accurate.raw), network.classify(fast.raw)]
    cells = reconstruction_distances(output.pyramid, output.foreground, output.pyramid)
    terms = matching_terms(network, accurate, image, people, "accurate")
    terms |= matching_terms(network, fast, image, people, "fast")
    terms["triplet"] = (terms.pop("triplet_accurate") + terms.pop("triplet_fast")) / 2
    zero = torch.zeros((), device=shown.device)
    paired_logits = image_logits[:paired]
    return terms | {
        "identity_text": sum((identity_loss(x, people) for x in text_logits), zero) / 2,
        "identity_image": identity_loss(image_logits, shown),
        "balance": sum((balance_loss(x, paired_logits) for x in text_logits), zero) / 2,
        "triplet_image": triplet_loss(output.embedding, output.embedding, alike),
        "fpr": fpr_loss(cells + itself * 1e4, alike & ~itself),
        "foreground": foreground_loss(output.foreground_logits, batch["masks"]),
        "teacher_cosine": 1 - (output.embedding * batch["teacher"]).sum(1).mean(),
        "distillation": distillation_loss(output.embedding, batch["teacher"]),
    }


def neighbours(corpus: Corpus, rows: list[int]) -> dict[int, NDArray[np.int64]]:
    """Return, for each of these rows, rows of the same person by the same camera."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row, entry in enumerate(corpus.rows):
        groups.setdefault((entry["person"], entry["camera"]), []).append(row)
    return {
        row: np.array(groups[corpus.rows[row]["person"], corpus.rows[row]["camera"]])
        for row in rows
    }


def extra_batches(
    people: NDArray[np.int64], config: StageConfig, random: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield rows of pictures without sentences, without end: four of each person."""
    while True:
        yield from identity_batches(list(people), config.distilled // 4, 4, random)


class PairBatches:
    """Draws batches of pictures with a sentence each, and pictures without beside them.

    Args:
        people: Identity number of every row of the corpus.
        bank: The sentences, and which rows have some.
        near: For each of those rows, rows that may stand for its picture.
        show: What a batch holds of the pictures of some rows, some of them mirrored.
        config: How many of each.
    """

    def __init__(
        self,
        people: NDArray[np.int64],
        bank: CaptionBank,
        near: dict[int, NDArray[np.int64]],
        show: Show,
        config: StageConfig,
    ) -> None:
        self.people, self.bank, self.near = people, bank, near
        self.show, self.config = show, config
        self.rows = np.array(bank.rows)

    def __call__(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch's batches."""
        config = self.config
        captioned = list(self.people[self.rows])
        extras = extra_batches(self.people, config, random)
        for places in identity_batches(captioned, config.identities, config.pictures, random):
            yield self._batch(self.rows[places], next(extras), random)

    def _batch(
        self, rows: NDArray[np.int64], extra: NDArray[np.int64], random: np.random.Generator
    ) -> Batch:
        flip = random.random(len(rows) + len(extra)) < 0.5
        sentences = [
            self.bank.draw(int(row), bool(side), self.config.varied, random)
            for row, side in zip(rows, flip, strict=False)
        ]
        pictures = [
            int(random.choice(self.near[int(row)])) if random.random() < NEIGHBOUR else int(row)
            for row in rows
        ]
        shown = np.concatenate([pictures, extra])
        batch = self.show(shown, flip, random)
        batch |= stack_sentences(sentences, self.config.word_dropout, random)
        return batch | {"shown_people": torch.from_numpy(self.people[shown])}


def begin(
    start: Path, language: Path, sizes: NetworkConfig, people: int
) -> tuple[CrossModalNetwork, Bert]:
    """Return what stage 2 starts from, and the BERT whose token states it reads.

    Args:
        start: An image branch (stage 1), or all networks as
            :func:`cmps.training.weights.save_model` writes them; their identity classifier is
            left behind.
        language: Folder that :mod:`cmps.training.language` wrote.
        sizes: Of the networks.
        people: Identities of the new classifier.
    """
    vectors = torch.from_numpy(np.load(language / "vectors.npy"))
    network = CrossModalNetwork(sizes, people, vectors)
    state = torch.load(start, map_location="cpu", weights_only=True)
    if "network" not in state:
        network.image.load_state_dict(state)
        return network, load_bert(language / "bert.pt")
    known = network.state_dict()
    known |= {
        name: weights
        for name, weights in state["network"].items()
        if not name.startswith("identity")
    }
    network.load_state_dict(known)
    return network, load_bert(state["bert"])


def train(
    corpus_folder: Path,
    language: Path,
    start: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
    device: str = "cpu",
) -> Path:
    """Train stage 2 and return the file of averaged weights; ``start`` as in :func:`begin`."""
    corpus = Corpus.load(corpus_folder)
    sizes = NetworkConfig.preset(config.network)
    masks = load_masks(corpus_folder, len(corpus.rows), sizes.map_size)
    people = number_people([row["person"] for row in corpus.rows])
    torch.manual_seed(1)
    network, bert = begin(start, language, sizes, int(people.max()) + 1)
    bank = CaptionBank(corpus, language, bert, attributes, config.attributes)
    channels_last(network.image)
    network.image.backbone.features[: config.frozen].requires_grad_(False)
    network.image.backbone.frozen = config.frozen
    network.image.backbone.still_norm = config.still_norm
    batches = PairBatches(
        people,
        bank,
        neighbours(corpus, bank.rows),
        lambda rows, flip, random: prepare(corpus, masks, rows, flip, random),
        config,
    )
    checkpoint = out / f"{config.name}.checkpoint.pt"
    trainer = make_trainer(network, len(bank.rows), config, checkpoint, device)
    network.train()
    trainer.run(batches, lambda batch: all_terms(network, batch))
    averaged = trainer.averaged.module.cpu()
    assert isinstance(averaged, CrossModalNetwork)
    return save_model(TextNetwork(bert, averaged), out / f"{config.name}.pt")


def make_trainer(
    network: CrossModalNetwork, rows: int, config: StageConfig, checkpoint: Path, device: str
) -> Trainer:
    """Return a trainer with a learning rate each for backbone, text branches and heads."""
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
    return Trainer(network, groups, steps, config, checkpoint, device)
