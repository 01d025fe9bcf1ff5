"""Galleries of tens of thousands of real pictures: who fills them, and encodings that are kept.

Encoding 20,000 pictures takes minutes, so what came out is kept in the cache folder, one file for
a list of pictures and an image network.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from cmps.datasets.cuhk_reid import read_cuhk01, read_cuhk03
from cmps.datasets.market1501 import FOLDERS, read_market1501
from cmps.datasets.picture import DatasetError, Picture
from cmps.encoders.image import ImageEncoder
from cmps.evaluation.interfaces import Progress, silent
from cmps.evaluation.pictures import EncodedGallery, encode_pictures
from cmps.gallery.records import Network

Reader = Callable[[Path], Iterator[Picture]]

READERS: tuple[Reader, ...] = (
    *(partial(read_market1501, split=part) for part in FOLDERS),
    read_cuhk01,
    read_cuhk03,
)


def fillers(root: Path, count: int, sought: Collection[str], seed: int = 0) -> list[Picture]:
    """Return pictures of strangers from the re-identification sets below a folder.

    Args:
        root: Folder that holds any of Market-1501, CUHK01 and CUHK03 in their official layouts.
        count: How many at most.
        sought: People who must not be among them: all that the descriptions tell of. Pictures
            whose person nobody named are left out too, for they might show one of these.
        seed: Of the choice.

    Returns:
        As many as there are, in an order that follows from the seed.
    """
    if count <= 0:
        return []
    found: list[Picture] = []
    for reader in READERS:
        try:
            found += [one for one in reader(root) if one.person and one.person not in sought]
        except DatasetError:  # a set that is not there
            continue
    return random.Random(seed).sample(found, min(count, len(found)))


def encode_once(
    pictures: Sequence[Picture],
    encoder: ImageEncoder,
    network: Network,
    folder: Path,
    progress: Progress = silent,
) -> EncodedGallery:
    """Encode pictures, or read what an earlier call kept.

    Args:
        pictures: What to encode.
        encoder: The image network.
        network: Its name and checksum.
        folder: Where encodings are kept, one file a list.
        progress: Called along the way.

    Raises:
        DatasetError: If a picture does not decode.
    """
    path = folder / f"{_digest(pictures, network)}.npz"
    kept = _read(path)
    if kept is not None and len(kept["embeddings"]) == len(pictures):
        return EncodedGallery(
            list(pictures), kept["embeddings"], kept["pyramids"], kept["foregrounds"], 0.0
        )
    made = encode_pictures(pictures, encoder, "encoding the gallery", progress)
    folder.mkdir(parents=True, exist_ok=True)
    # under another name until it is whole: a killed program must not leave half a file
    partial = folder / f"{uuid4().hex}.partial"
    with partial.open("wb") as file:
        np.savez(
            file,
            embeddings=made.embeddings,
            pyramids=made.pyramids,
            foregrounds=made.foregrounds,
        )
    os.replace(partial, path)
    return made


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with np.load(path) as file:
            return {name: file[name] for name in ("embeddings", "pyramids", "foregrounds")}
    except (OSError, ValueError, KeyError):
        return None


def _digest(pictures: Sequence[Picture], network: Network) -> str:
    digest = blake2b(f"{network.name} {network.sha256}".encode(), digest_size=12)
    for picture in pictures:
        size = picture.path.stat().st_size if picture.path.exists() else 0
        digest.update(f"{picture.path.absolute()} {picture.box} {size}\n".encode())
    return digest.hexdigest()
