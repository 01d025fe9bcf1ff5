"""Stage 1: the image branch learns to tell people apart, taught by a larger network.

A batch holds as many people of each source (Market-1501, CUHK01, CUHK03, drawn people), for the
largest one would teach its own cameras otherwise, and half of them look like the other half: two
strangers drawn at random soon teach nothing any more (``cmps train reid``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cmps.training.album import Album, load_album
from cmps.training.losses import (
    distillation_loss,
    foreground_loss,
    fpr_loss,
    identity_loss,
    reconstruction_distances,
    triplet_loss,
)
from cmps.training.mobilenet import load_imagenet
from cmps.training.network import ImageBranch, NetworkConfig, channels_last
from cmps.training.sampler import EvenBatches
from cmps.training.stage import Batch, StageConfig, Trainer


class ReidNetwork(nn.Module):
    """The image branch with a classifier over all training people."""

    def __init__(self, config: NetworkConfig, people: int) -> None:
        super().__init__()
        self.image = ImageBranch(config)
        self.identity_norm = nn.BatchNorm1d(config.embedding)
        self.identity = nn.Linear(config.embedding, people, bias=False)


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


def batches_of(
    album: Album, even: EvenBatches, steps: int, random: np.random.Generator
) -> Iterator[Batch]:
    """Yield so many batches, half of the pictures mirrored."""
    for _ in range(steps):
        rows = even.draw(random)
        flip = random.random(len(rows)) < 0.5
        people = torch.from_numpy(album.people[rows])
        yield album.show(rows, flip, random) | {"people": people}


def train(
    corpus_folders: Sequence[Path],
    imagenet: Path,
    out: Path,
    config: StageConfig,
    teacher: Path | None = None,
    device: str = "cpu",
) -> Path:
    """Train stage 1 and return the file of averaged image-branch weights.

    Args:
        corpus_folders: The train corpus, and those of drawn people.
        imagenet: Weights that the backbone starts from.
        out: Folder of the result.
        config: The stage's settings.
        teacher: The teacher's IR, to look at every picture as it is shown; ``None`` for what it
            said of the pictures in the corpus.
        device: Where to train.
    """
    sizes = NetworkConfig.preset(config.network)
    album = load_album(corpus_folders, sizes.map_size, device, teacher, config.centre)
    torch.manual_seed(config.seed)
    network = ReidNetwork(sizes, int(album.people.max()) + 1)
    load_imagenet(network.image.backbone, imagenet)
    channels_last(network)
    even = EvenBatches(
        album.sources, album.people, album.corpus.teacher, config.identities, config.pictures
    )
    per_epoch = len(album) // (config.identities * config.pictures)
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
    trainer.run(
        lambda random: batches_of(album, even, per_epoch, random),
        lambda batch: image_terms(network, batch),
    )
    averaged = trainer.averaged.module
    assert isinstance(averaged, ReidNetwork)
    result = out / f"{config.name}.pt"
    torch.save(averaged.image.cpu().state_dict(), result)
    return result
