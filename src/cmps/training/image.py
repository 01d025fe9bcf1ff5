"""Stage 4: the image branch learns on, while both text branches stand still.

The mirror of :mod:`cmps.training.text`. Every sentence is embedded once, so a picture can be told
apart from ten thousand of them at the price of one product; what time there is goes into pictures.
A batch holds as many people of each source (Market-1501, CUHK01, CUHK03, drawn people), for the
largest one would teach its own cameras otherwise, and half of them look like the other half: two
strangers drawn at random teach nothing any more. The teacher's word on a person is the mean over
their pictures: its single vectors also tell from which side and by which camera, and a student
learns that first (CUHK01, val: mAP 80.7 → 70.7 within 50 steps) (``cmps train image``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cmps.training.attributes import captions_by_row
from cmps.training.corpus import Corpus, join
from cmps.training.losses import (
    contrastive_loss,
    distillation_loss,
    foreground_loss,
    fpr_loss,
    one_way_loss,
    reconstruction_distances,
    triplet_loss,
)
from cmps.training.network import ImageBranch, NetworkConfig
from cmps.training.reading import read
from cmps.training.reid import load_masks, number_people, prepare
from cmps.training.stage import Batch, StageConfig, Trainer
from cmps.training.weights import TextNetwork, load_model, save_model

SCALE = 20.0
LIKE = 10
MOST_TOKENS = 40
VARIANTS = ("fast", "accurate")

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sentences:
    """What one text branch says of S sentences, stored.

    Attributes:
        embeddings: ``(S, 256)`` of unit length.
        words: ``(S, T, 128)`` float16, unit rows.
        attention: ``(S, T)``, 0 at padding.
        rows: ``(S,)`` the picture that each describes.
    """

    embeddings: Tensor
    words: Tensor
    attention: Tensor
    rows: Ints


def store_sentences(
    model: TextNetwork, language: Path, captions: dict[int, list[str]], variant: str
) -> Sentences:
    """Embed every caption once; of a sentence longer than 40 tokens, the first 40."""
    rows = np.array([row for row in captions for _ in captions[row]])
    texts = [text for row in captions for text in captions[row]]
    local = model.network.image.config.local
    embeddings = torch.zeros(len(texts), model.network.image.config.embedding)
    words = torch.zeros(len(texts), MOST_TOKENS, local, dtype=torch.float16)
    attention = torch.zeros(len(texts), MOST_TOKENS)
    for places, output in read(model, language, texts, variant, MOST_TOKENS):
        length = output.words.shape[1]
        embeddings[places] = output.embedding
        words[places, :length] = output.words.half()
        attention[places, :length] = output.attention
    return Sentences(embeddings, words, attention, rows)


def look_alikes(teacher: NDArray[np.float16], people: Ints, groups: Ints) -> Ints:
    """Return for each person the ``LIKE`` most alike people of the same group, nearest first.

    Args:
        teacher: ``(N, 256)`` unit embeddings of pictures.
        people: ``(N,)`` identity numbers from 0.
        groups: ``(people,)`` number of each person's group.

    Returns:
        ``(people, LIKE)`` identity numbers; a group of fewer repeats itself.
    """
    means = person_means(teacher, people)
    found = np.zeros((len(means), LIKE), np.int64)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        alike = means[members] @ means[members].T
        np.fill_diagonal(alike, -2)
        nearest = np.argsort(-alike, axis=1)[:, : max(1, len(members) - 1)]
        found[members] = members[nearest[:, np.arange(LIKE) % nearest.shape[1]]]
    return found


def centroids(teacher: NDArray[np.float16], people: Ints) -> NDArray[np.float16]:
    """Return for each picture the unit mean of the teacher's embeddings of its person.

    Args:
        teacher: ``(N, 256)`` unit embeddings of pictures.
        people: ``(N,)`` identity numbers from 0.
    """
    return person_means(teacher, people)[people].astype(np.float16)


def person_means(teacher: NDArray[np.float16], people: Ints) -> NDArray[np.float32]:
    """Return the unit mean of each person's embeddings, ``(people, 256)``."""
    means = np.zeros((people.max() + 1, teacher.shape[1]), np.float32)
    np.add.at(means, people, teacher.astype(np.float32))
    unit: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return unit


class EvenBatches:
    """Draws batches with as many people of every source, in pairs of look-alikes.

    Args:
        sources: Source of each row, e.g. ``market``.
        people: Identity number of each row, from 0.
        teacher: ``(N, 256)`` unit embeddings that say who looks like whom.
        identities: People in a batch; a multiple of twice the sources.
        pictures: Rows of each; somebody with fewer is seen more than once.

    Raises:
        ValueError: If the people cannot be shared evenly.
    """

    def __init__(
        self,
        sources: Sequence[str],
        people: Ints,
        teacher: NDArray[np.float16],
        identities: int,
        pictures: int,
    ) -> None:
        names = sorted(set(sources))
        if identities % (2 * len(names)):
            raise ValueError(
                f"{identities} people a batch cannot be shared evenly in pairs by "
                f"{len(names)} sources ({', '.join(names)}); take a multiple of {2 * len(names)}"
            )
        self.pictures = pictures
        self.pairs = identities // (2 * len(names))
        order = np.argsort(people, kind="stable")
        self.rows = np.split(order, np.flatnonzero(np.diff(people[order])) + 1)
        group = np.array([names.index(sources[int(rows[0])]) for rows in self.rows])
        self.groups = [np.flatnonzero(group == number) for number in range(len(names))]
        self.alike = look_alikes(teacher, people, group)

    def draw(self, random: np.random.Generator) -> Ints:
        """Return the rows of one batch."""
        chosen: list[int] = []
        for group in self.groups:
            for person in random.choice(group, self.pairs, replace=False):
                chosen += [int(person), int(random.choice(self.alike[person]))]
        return np.concatenate(
            [
                random.choice(self.rows[one], self.pictures, len(self.rows[one]) < self.pictures)
                for one in chosen
            ]
        )


class ImageStage:
    """What a batch holds, and every loss term of it.

    Args:
        corpus: All pictures.
        masks: Person masks of each, -1 where unknown.
        sentences: By variant.
        config: How many of each a batch holds.
    """

    def __init__(
        self,
        corpus: Corpus,
        masks: NDArray[np.float32],
        sentences: dict[str, Sentences],
        config: StageConfig,
    ) -> None:
        self.people = number_people([row["person"] for row in corpus.rows])
        taught = centroids(corpus.teacher, self.people)
        self.corpus = Corpus(corpus.pictures, taught, corpus.rows)
        self.masks, self.sentences = masks, sentences
        sources = [row["person"].split(":")[0] for row in corpus.rows]
        self.even = EvenBatches(
            sources, self.people, corpus.teacher, config.identities, config.pictures
        )
        self.steps = len(self.people) // (config.identities * config.pictures)
        rows = sentences[VARIANTS[0]].rows
        self.described = torch.from_numpy(self.people[rows])
        self.of_picture: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            self.of_picture.setdefault(int(row), []).append(place)

    def __call__(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield as many batches as have the corpus' number of pictures."""
        for _ in range(self.steps):
            rows = self.even.draw(random)
            flip = random.random(len(rows)) < 0.5
            batch = prepare(self.corpus, self.masks, rows, flip, random)
            own = [place for place, row in enumerate(rows) if int(row) in self.of_picture]
            said = [int(random.choice(self.of_picture[int(rows[place])])) for place in own]
            yield batch | {
                "people": torch.from_numpy(self.people[rows]),
                "said": torch.tensor(said, dtype=torch.long),
            }

    def terms(self, branch: ImageBranch, batch: Batch) -> dict[str, Tensor]:
        """Return every loss term of one batch."""
        output = branch(batch["pictures"])
        people = batch["people"]
        same = people[:, None] == people[None, :]
        itself = torch.eye(len(people), dtype=torch.bool, device=people.device)
        cells = reconstruction_distances(output.pyramid, output.foreground, output.pyramid)
        described = self.described.to(people.device)
        right = people[:, None] == described[None, :]
        said = batch["said"]
        told = described[said][:, None] == people[None, :]
        terms = {
            "triplet": triplet_loss(output.embedding, output.embedding, same),
            "fpr": fpr_loss(cells + itself * 1e4, same & ~itself),
            "foreground": foreground_loss(output.foreground_logits, batch["masks"]),
            "teacher_cosine": 1 - (output.embedding * batch["teacher"]).sum(1).mean(),
            "distillation": distillation_loss(output.embedding, batch["teacher"]),
        }
        for name, stored in self.sentences.items():
            known = stored.embeddings.to(people.device)
            terms[f"sentences_{name}"] = one_way_loss(output.embedding @ known.T * SCALE, right)
            pairs = known[said] @ output.embedding.T
            terms[f"contrastive_{name}"] = contrastive_loss(pairs * SCALE, told)
            words = functional.normalize(stored.words[said.cpu()].float(), dim=2).to(people.device)
            attention = stored.attention[said.cpu()].to(people.device)
            far = reconstruction_distances(words, attention, output.pyramid)
            terms[f"words_{name}"] = contrastive_loss(-far * SCALE, told)
        return terms


def train(
    corpus_folders: Sequence[Path],
    language: Path,
    weights: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
    device: str = "cpu",
) -> Path:
    """Train stage 4 and return the file with everything that :mod:`export` needs.

    Args:
        corpus_folders: The train corpus, and those of drawn people.
        language: Folder of the tokenisers.
        weights: All networks, as the last stage left them.
        out: Folder of the result.
        config: The stage's settings.
        attributes: Market's ``market_attribute.mat`` for sentences made of it.
        device: Where to train.
    """
    parts = [Corpus.load(folder) for folder in corpus_folders]
    cells = NetworkConfig.preset(config.network).map_size
    masks = np.concatenate(
        [
            load_masks(folder, len(part.rows), cells)
            for folder, part in zip(corpus_folders, parts, strict=True)
        ]
    )
    corpus = join(parts)
    model = load_model(weights, config.network).eval()
    captions = captions_by_row(corpus, attributes, config.attributes)
    sentences = {name: store_sentences(model, language, captions, name) for name in VARIANTS}
    stage = ImageStage(corpus, masks, sentences, config)
    branch = model.network.image
    branch.backbone.features[: config.frozen].requires_grad_(False)
    branch.backbone.frozen = config.frozen
    branch.backbone.still_norm = config.still_norm
    backbone = [one for one in branch.backbone.parameters() if one.requires_grad]
    heads = [one for name, one in branch.named_parameters() if not name.startswith("backbone.")]
    trainer = Trainer(
        branch,
        [(backbone, config.backbone_rate), (heads, config.head_rate)],
        stage.steps * config.epochs,
        config,
        out / f"{config.name}.checkpoint.pt",
        device,
    )
    branch.train()
    branch.norm.train(not config.still_norm)
    trainer.run(stage, lambda batch: stage.terms(branch, batch))
    averaged = trainer.averaged.module.cpu()
    assert isinstance(averaged, ImageBranch)
    model.network.image = averaged
    return save_model(model, out / f"{config.name}.pt")
