"""Stage 1: re-identification pre-training of the image branch (``cmps train reid``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cmps.training.augment import Augmentation, augment
from cmps.training.corpus import Corpus
from cmps.training.losses import (
    distillation_loss,
    foreground_loss,
    fpr_loss,
    identity_loss,
    reconstruction_distances,
    triplet_loss,
)
from cmps.training.mobilenet import load_imagenet
from cmps.training.network import ImageBranch, NetworkConfig, channels_last, normalise
from cmps.training.sampler import identity_batches
from cmps.training.stage import Batch, StageConfig, Trainer


class ReidNetwork(nn.Module):
    """The image branch with a classifier over all training people."""

    def __init__(self, config: NetworkConfig, people: int) -> None:
        super().__init__()
        self.image = ImageBranch(config)
        self.identity_norm = nn.BatchNorm1d(config.embedding)
        self.identity = nn.Linear(config.embedding, people, bias=False)


def load_masks(folder: Path, count: int, cells: tuple[int, int]) -> NDArray[np.float32]:
    """Read ``foreground.npy`` of a corpus, pooled to a map of ``cells``; -1 where unknown."""
    path = folder / "foreground.npy"
    if not path.exists():
        return np.full((count, *cells), -1, np.float32)
    stored = torch.from_numpy(np.load(path).astype(np.float32))
    # a picture's mask is known or unknown as a whole, so no mean mixes -1 with a part
    masks: NDArray[np.float32] = functional.adaptive_avg_pool2d(stored[:, None], cells)[
        :, 0
    ].numpy()
    return masks


def number_people(people: list[str]) -> NDArray[np.int64]:
    """Number identities from 0 in sorted order."""
    numbers = {person: number for number, person in enumerate(sorted(set(people)))}
    return np.array([numbers[person] for person in people])


def image_terms(network: ReidNetwork, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return every loss term of one batch; see :mod:`cmps.training.losses`."""
    output = network.image(batch["pictures"])
    people = batch["people"]
    same = people[:, None] == people[None, :]
    itself = torch.eye(len(people), dtype=torch.bool, device=people.device)
    others = same & ~itself
    distances = reconstruction_distances(output.pyramid, output.foreground, output.pyramid)
    cosine = 1 - (output.embedding * batch["teacher"]).sum(1).mean()
    return {
        "identity": identity_loss(network.identity(network.identity_norm(output.raw)), people),
        "triplet": triplet_loss(output.embedding, output.embedding, same),
        # a picture reconstructs itself perfectly: the diagonal is pushed out of both minima
        "fpr": fpr_loss(distances + itself * 1e4, others),
        "foreground": foreground_loss(output.foreground_logits, batch["masks"]),
        "teacher_cosine": cosine,
        "distillation": distillation_loss(output.embedding, batch["teacher"]),
    }


def prepare(
    corpus: Corpus,
    masks: NDArray[np.float32],
    rows: NDArray[np.int64],
    flip: NDArray[np.bool_],
    random: np.random.Generator,
) -> dict[str, Tensor]:
    """Decode, augment and normalise the pictures of a batch; add masks and teacher."""
    raw = torch.from_numpy(corpus.pictures[rows]).permute(0, 3, 1, 2).float() / 255
    changed, moved = augment(
        raw, torch.from_numpy(masks[rows].copy()), flip, Augmentation(), random
    )
    return {
        "pictures": normalise(changed).contiguous(memory_format=torch.channels_last),
        "masks": moved,
        "teacher": functional.normalize(torch.from_numpy(corpus.teacher[rows]).float(), dim=1),
    }


def train(
    corpus_folder: Path, imagenet: Path, out: Path, config: StageConfig, device: str = "cpu"
) -> Path:
    """Train stage 1 and return the file of averaged image-branch weights."""
    corpus = Corpus.load(corpus_folder)
    sizes = NetworkConfig.preset(config.network)
    people = number_people([row["person"] for row in corpus.rows])
    masks = load_masks(corpus_folder, len(people), sizes.map_size)
    torch.manual_seed(0)
    network = ReidNetwork(sizes, int(people.max()) + 1)
    load_imagenet(network.image.backbone, imagenet)
    channels_last(network)
    per_epoch = len(people) // (config.identities * config.pictures)
    backbone = list(network.image.backbone.parameters())
    known = {id(parameter) for parameter in backbone}
    heads = [parameter for parameter in network.parameters() if id(parameter) not in known]
    trainer = Trainer(
        network,
        [(backbone, config.backbone_rate), (heads, config.head_rate)],
        per_epoch * config.epochs,
        config,
        out / f"{config.name}.checkpoint.pt",
        device,
    )
    network.train()

    def batches(random: np.random.Generator) -> Iterator[Batch]:
        drawn = identity_batches(list(people), config.identities, config.pictures, random)
        for rows in drawn:
            flip = random.random(len(rows)) < 0.5
            batch = prepare(corpus, masks, rows, flip, random)
            yield batch | {"people": torch.from_numpy(people[rows])}

    trainer.run(batches, lambda batch: image_terms(network, batch))
    averaged = trainer.averaged.module
    assert isinstance(averaged, ReidNetwork)
    result = out / f"{config.name}.pt"
    torch.save(averaged.image.cpu().state_dict(), result)
    return result
