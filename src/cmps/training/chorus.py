"""What several trained networks say together: of every picture, and of every sentence.

Networks that began with other seeds err in other places; their mean is better than any of them
(Hinton, Vinyals and Dean, 2015). As each says how well a sentence fits a picture by a product of
vectors, all of them together say it by one product of longer vectors, which can be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cmps.encoders.text import SECOND_SHARE
from cmps.training.album import Album
from cmps.training.captions import MAX_TOKENS
from cmps.training.network import ImageBranch, normalise
from cmps.training.reading import read
from cmps.training.weights import TextNetwork, load_model

BLOCK = 256


class Chorus:
    """Several networks' word on N pictures and S sentences.

    Args:
        pictures: ``(2, N, d)``, plain and mirrored; cosines of each network follow one another.
        sentences: ``(S, d)``, each network's part scaled by its temperature.

    Raises:
        ValueError: If the two do not fit together.
    """

    def __init__(self, pictures: Tensor, sentences: Tensor) -> None:
        if pictures.shape[2] != sentences.shape[1]:
            raise ValueError("pictures and sentences of a chorus are of different networks")
        self.pictures, self.sentences = pictures, sentences

    def logits(self, sentences: Tensor, pictures: Tensor, side: Tensor) -> Tensor:
        """Return ``(B, C)``: how well, to all of them, each sentence fits each picture.

        Args:
            sentences: ``(B,)`` places.
            pictures: ``(C,)`` rows.
            side: ``(C,)`` 1 where the picture is mirrored.
        """
        found: Tensor = self.sentences[sentences].float() @ self.pictures[side, pictures].float().T
        return found


def chorus_loss(logits: Tensor, target: Tensor) -> Tensor:
    """KL divergence of a network's choice among pictures, and among sentences, from the chorus'.

    Args:
        logits: ``(B, C)`` scaled similarities of the network that learns.
        target: ``(B, C)`` of the chorus.
    """
    return (_diverge(logits, target) + _diverge(logits.T, target.T)) / 2


def _diverge(logits: Tensor, target: Tensor) -> Tensor:
    return functional.kl_div(
        logits.log_softmax(1), target.log_softmax(1), reduction="batchmean", log_target=True
    )


@torch.no_grad()
def gather(
    weights: Sequence[Path], network: str, language: Path, album: Album, texts: Sequence[str]
) -> Chorus:
    """Ask every network about every picture and every sentence, once: the answers are kept.

    Args:
        weights: Files of trained networks; the answers are kept beside the first.
        network: Preset of their sizes.
        language: Folder of the tokenisers.
        album: The pictures.
        texts: The sentences.
    """
    key = sha256("\n".join([*map(str, album.corpus.rows), *texts]).encode())
    for path in weights:
        key.update(path.read_bytes())
    kept = weights[0].with_name(f"chorus-{key.hexdigest()[:16]}.kept.pt")
    if kept.exists():
        return Chorus(*torch.load(kept, map_location=album.device, weights_only=True))
    pictures, sentences = [], []
    for path in weights:
        model = load_model(path, network).to(album.device).eval()
        pictures.append(embed_pictures(model.network.image, album)[0].half())
        scale = model.network.temperature.exp().clamp(max=100) / len(weights)
        sentences.append((embed_texts(model, language, texts) * scale).half())
        print(f"{path}: {len(album)} pictures, {len(texts)} sentences", flush=True)
    said = torch.cat(pictures, 2), torch.cat(sentences, 1)
    torch.save(said, kept)
    return Chorus(*said)


@torch.no_grad()
def embed_pictures(branch: ImageBranch, album: Album) -> tuple[Tensor, Tensor]:
    """Return embeddings ``(2, N, 256)`` and pyramids ``(2, N, cells, 128)``, half precision.

    The first axis tells plain from mirrored.
    """
    sides: list[list[tuple[Tensor, Tensor]]] = [[], []]
    for start in range(0, len(album), BLOCK):
        raw = normalise(album.raw(np.arange(start, min(start + BLOCK, len(album)))))
        for side, shown in enumerate((raw, raw.flip(3))):
            output = branch(shown.contiguous(memory_format=torch.channels_last))
            sides[side].append((output.embedding, output.pyramid.half()))
    embeddings, pyramids = (
        torch.stack([torch.cat([block[part] for block in side]) for side in sides])
        for part in (0, 1)
    )
    return embeddings, pyramids


@torch.no_grad()
def embed_texts(model: TextNetwork, language: Path, texts: Sequence[str]) -> Tensor:
    """Return the embeddings ``(S, 256)`` that the variant *accurate* gives at run time."""
    device = next(model.parameters()).device
    said = torch.zeros(len(texts), model.network.image.config.embedding, device=device)
    for variant, share in (("accurate", 1 - SECOND_SHARE), ("fast", SECOND_SHARE)):
        for places, output in read(model, language, texts, variant, MAX_TOKENS):
            said[torch.from_numpy(places).to(device)] += share * output.embedding
    return functional.normalize(said, dim=1)
