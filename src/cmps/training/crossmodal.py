"""Stage 2: both text branches and the image branch learn one space (paper §2, eq. 1).

It starts from stage 1, or from all networks. Given a chorus of networks that were trained before,
it learns from what they say together too (``cmps train crossmodal``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cmps.training.album import Album, load_album
from cmps.training.attributes import captions_by_row
from cmps.training.bert import Bert
from cmps.training.chorus import Chorus, chorus_loss, gather
from cmps.training.corpus import Corpus
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
from cmps.training.sampler import EvenBatches, identity_batches
from cmps.training.sentences import CaptionBank, without_pictures
from cmps.training.stage import Batch, StageConfig, Trainer
from cmps.training.weights import TextNetwork, load_bert, save_model

NEIGHBOUR = 0.35
RECOMBINED = 25_000

Ints = NDArray[np.int64]
Show = Callable[[Ints, NDArray[np.bool_], np.random.Generator], Batch]
Spell = Callable[[Sequence[int], float, np.random.Generator], Batch]


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


def all_terms(network: CrossModalNetwork, batch: Batch) -> dict[str, Tensor]:
    """Return every loss term of one batch.

    Described pictures come first among the pictures, and their sentences first among the sentences;
    ``described`` says who they show. ``chorus`` (sentences × pictures) is there if one sings.
    """
    shown, people = batch["shown_people"], batch["described"]
    paired = len(people)
    output = network.image(batch["pictures"])
    texts = {
        "accurate": network.accurate(batch["states"], batch["pieces_mask"]),
        "fast": network.fast(network.words(batch["ids"]), batch["ids_mask"]),
    }
    image = ImageOutput(*(part[:paired] for part in output))
    own = {name: TextOutput(*(part[:paired] for part in text)) for name, text in texts.items()}
    alike = shown[:, None] == shown[None, :]
    itself = torch.eye(len(shown), dtype=torch.bool, device=shown.device)
    image_logits = network.classify(output.raw)
    text_logits = [network.classify(text.raw) for text in own.values()]
    cells = reconstruction_distances(output.pyramid, output.foreground, output.pyramid)
    terms: dict[str, Tensor] = {}
    for name, text in own.items():
        terms |= matching_terms(network, text, image, people, name)
    terms["triplet"] = (terms.pop("triplet_accurate") + terms.pop("triplet_fast")) / 2
    if "chorus" in batch:
        scale = network.temperature.exp().clamp(max=100)
        for name, text in texts.items():
            logits = text.embedding @ output.embedding.T * scale
            terms[f"chorus_{name}"] = chorus_loss(logits, batch["chorus"])
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


def even_batches(album: Album, config: StageConfig, random: np.random.Generator) -> Iterator[Ints]:
    """Yield such rows with as many people of every source, without end."""
    teacher = album.corpus.teacher
    even = EvenBatches(album.sources, album.people, teacher, config.distilled // 4, 4)
    while True:
        yield even.draw(random)


class PairBatches:
    """Draws batches of pictures with a sentence each, and pictures without beside them.

    Args:
        people: Identity number of every row of the corpus.
        bank: The sentences, and which rows have some.
        near: For each of those rows, rows that may stand for its picture.
        show: What a batch holds of the pictures of some rows, some of them mirrored.
        spell: What it holds of some sentences, some of their words hidden.
        extras: Yields rows without sentences, given a source of chance.
        config: How many of each.
        chorus: Its word on sentences and pictures goes into the batch.
    """

    def __init__(
        self,
        people: Ints,
        bank: CaptionBank,
        near: dict[int, Ints],
        show: Show,
        spell: Spell,
        extras: Callable[[np.random.Generator], Iterator[Ints]],
        config: StageConfig,
        chorus: Chorus | None = None,
    ) -> None:
        self.people, self.bank, self.near, self.config = people, bank, near, config
        self.show, self.spell, self.extras, self.chorus = show, spell, extras, chorus
        self.rows = np.array(bank.rows)

    def __call__(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch's batches."""
        config = self.config
        captioned = list(self.people[self.rows])
        extras = self.extras(random)
        for places in identity_batches(captioned, config.identities, config.pictures, random):
            yield self._batch(self.rows[places], next(extras), random)

    def _batch(self, rows: Ints, extra: Ints, random: np.random.Generator) -> Batch:
        flip = random.random(len(rows) + len(extra)) < 0.5
        said = [
            self.bank.draw(int(row), bool(side), self.config.varied, random)
            for row, side in zip(rows, flip, strict=False)
        ]
        pictures = [
            int(random.choice(self.near[int(row)])) if random.random() < NEIGHBOUR else int(row)
            for row in rows
        ]
        shown = np.concatenate([pictures, extra])
        batch = self.show(shown, flip, random)
        if self.chorus:
            said += self.bank.draw_others(self.config.asked, random)
            asked = (torch.tensor(said), torch.from_numpy(shown), torch.from_numpy(flip).long())
            batch["chorus"] = self.chorus.logits(
                *(part.to(batch["masks"].device) for part in asked)
            )
        batch |= self.spell(said, self.config.word_dropout, random)
        people = torch.from_numpy(self.people[shown])
        return batch | {"shown_people": people, "described": people[: len(rows)]}


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
    corpus_folders: Sequence[Path],
    language: Path,
    start: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
    teacher: Path | None = None,
    device: str = "cpu",
    chorus: Sequence[Path] = (),
    texts: Path | None = None,
) -> Path:
    """Train stage 2 and return the file of averaged weights.

    Args:
        corpus_folders: The train corpus, and those of drawn people.
        language: Folder of tokenisers, BERT and word vectors.
        start: As in :func:`begin`.
        out: Folder of the result.
        config: The stage's settings.
        attributes: Market's ``market_attribute.mat`` for sentences made of it.
        teacher: The teacher's IR; see :func:`cmps.training.reid.train`.
        device: Where to train.
        chorus: Networks to learn from.
        texts: Sentences without pictures, one a line, to ask the chorus about.
    """
    sizes = NetworkConfig.preset(config.network)
    album = load_album(corpus_folders, sizes.map_size, device, teacher, config.centre)
    torch.manual_seed(config.seed)
    network, bert = begin(start, language, sizes, int(album.people.max()) + 1)
    model = TextNetwork(bert, network)
    bank, sung = told(album, language, config, attributes, chorus, texts)
    channels_last(network.image)
    network.image.backbone.features[: config.frozen].requires_grad_(False)
    network.image.backbone.frozen = config.frozen
    network.image.backbone.still_norm = config.still_norm
    batches = PairBatches(
        album.people,
        bank,
        neighbours(album.corpus, bank.rows),
        album.show,
        bank.spell,
        lambda random: even_batches(album, config, random),
        config,
        sung,
    )
    checkpoint = out / f"{config.name}.checkpoint.pt"
    trainer = make_trainer(model, len(bank.rows), config, checkpoint, device)
    network.train()

    def terms(batch: Batch) -> dict[str, Tensor]:
        return all_terms(network, batch | {"states": bert(batch["pieces"], batch["pieces_mask"])})

    trainer.run(batches, terms)
    averaged = trainer.averaged.module.cpu()
    assert isinstance(averaged, TextNetwork)
    return save_model(averaged, out / f"{config.name}.pt")


def told(
    album: Album,
    language: Path,
    config: StageConfig,
    attributes: Path | None,
    chorus: Sequence[Path],
    texts: Path | None,
) -> tuple[CaptionBank, Chorus | None]:
    """Return the sentences that a stage reads, and what a chorus says of them, if one sings.

    A chorus is asked about sentences without a picture too, see :func:`train` for the arguments.
    """
    captions = captions_by_row(album.corpus, attributes, config.attributes)
    if not chorus:
        return CaptionBank(captions, language, config.forms), None
    known = [text for of_picture in captions.values() for text in of_picture]
    lines = [] if texts is None else texts.read_text(encoding="utf-8").splitlines()
    others = [one for one in lines if one.strip()]
    others = without_pictures(known, others, RECOMBINED, np.random.default_rng(0))
    bank = CaptionBank(captions, language, config.forms, others)
    return bank, gather(chorus, config.network, language, album, bank.texts)


def make_trainer(
    model: TextNetwork | CrossModalNetwork,
    rows: int,
    config: StageConfig,
    checkpoint: Path,
    device: str,
) -> Trainer:
    """Return a trainer with a learning rate each for backbone, BERT, text branches and heads.

    Without BERT in the model, its states come with the batch.
    """
    bert: list[nn.Parameter] = []
    if isinstance(model, TextNetwork):
        network, bert = model.network, list(model.bert.parameters())
    else:
        network = model
    backbone = list(network.image.backbone.parameters())
    text = [*network.fast.parameters(), *network.accurate.parameters()]
    known = {id(parameter) for parameter in [*backbone, *text]}
    heads = [parameter for parameter in network.parameters() if id(parameter) not in known]
    steps = rows // (config.identities * config.pictures) * config.epochs
    groups: list[tuple[list[nn.Parameter], float]] = [
        (backbone, config.backbone_rate),
        (bert, config.bert_rate),
        (text, config.text_rate),
        (heads, config.head_rate),
    ]
    return Trainer(model, groups, steps, config, checkpoint, device)
