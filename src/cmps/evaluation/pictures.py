"""Decode and encode thousands of pictures, with bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import find_annotations, read_cuhk_pedes
from cmps.datasets.decoding import read_picture
from cmps.datasets.folder import read_folder
from cmps.datasets.market1501 import NAME
from cmps.datasets.picture import DatasetError, Picture
from cmps.encoders.image import ImageEncoder
from cmps.evaluation.interfaces import Progress, silent
from cmps.gallery.records import EMBEDDING_SIZE, Encoding

BATCH = 64


@dataclass(frozen=True, slots=True)
class EncodedGallery:
    """Pictures and what the image network made of them, in arrays of one row each.

    Attributes:
        pictures: The N pictures.
        embeddings: ``(N, 256)`` float32.
        pyramids: ``(N, cells, d)`` float16; 20,000 pictures of 28 × 128 take 143 MB.
        foregrounds: ``(N, cells)`` float32.
        seconds: How long decoding and encoding took.
    """

    pictures: list[Picture]
    embeddings: NDArray[np.float32]
    pyramids: NDArray[np.float16]
    foregrounds: NDArray[np.float32]
    seconds: float

    @property
    def people(self) -> NDArray[np.object_]:
        """``(N,)`` identities; ``None`` for nobody known."""
        return np.array([picture.person for picture in self.pictures], object)

    @property
    def cameras(self) -> NDArray[np.object_]:
        """``(N,)`` camera ids."""
        return np.array([picture.camera for picture in self.pictures], object)

    def __add__(self, other: EncodedGallery) -> EncodedGallery:
        """Append another gallery."""
        if not other.pictures:
            return self
        return EncodedGallery(
            self.pictures + other.pictures,
            np.concatenate([self.embeddings, other.embeddings]),
            np.concatenate([self.pyramids, other.pyramids]),
            np.concatenate([self.foregrounds, other.foregrounds]),
            self.seconds + other.seconds,
        )


def decode(picture: Picture) -> NDArray[np.uint8]:
    """Decode a picture to RGB ``(H, W, 3)``, upright and cut to its box.

    Raises:
        DatasetError: If the file is missing or does not decode.
    """
    return np.asarray(read_picture(picture)[1])


def encode_pictures(
    pictures: Sequence[Picture],
    encoder: ImageEncoder,
    stage: str = "encoding pictures",
    progress: Progress = silent,
    on_error: Callable[[DatasetError], None] | None = None,
) -> EncodedGallery:
    """Encode pictures in batches while the next batch decodes in threads.

    Args:
        pictures: What to encode.
        encoder: The image network.
        stage: Its name for ``progress``.
        progress: Called after every batch.
        on_error: Called for each picture that does not decode, which is then left out; without
            it the first one ends the work.

    Raises:
        DatasetError: If a picture does not decode and there is no ``on_error``.
    """
    started = time.perf_counter()
    kept: list[Picture] = []
    columns: _Columns | None = None
    progress(stage, 0, len(pictures))
    for done, batch in _decoded(pictures, on_error):
        if batch:
            encodings = encoder.encode([pixels for _, pixels in batch])
            columns = columns or _Columns(len(pictures), encodings[0])
            columns.put(len(kept), encodings)
            kept += [picture for picture, _ in batch]
        progress(stage, done, len(pictures))
    seconds = time.perf_counter() - started
    if columns is None:
        blank = np.zeros((0, EMBEDDING_SIZE), np.float32)
        return EncodedGallery(
            [], blank, np.zeros((0, 0, 0), np.float16), np.zeros((0, 0), np.float32), seconds
        )
    rows = len(kept)
    return EncodedGallery(
        kept,
        columns.embeddings[:rows],
        columns.pyramids[:rows],
        columns.foregrounds[:rows],
        seconds,
    )


class _Columns:
    """Arrays for all encodings, of the sizes of the first one."""

    def __init__(self, rows: int, like: Encoding) -> None:
        self.embeddings = np.empty((rows, EMBEDDING_SIZE), np.float32)
        self.pyramids = np.empty((rows, *like.pyramid.shape), np.float16)
        self.foregrounds = np.empty((rows, *like.foreground.shape), np.float32)

    def put(self, start: int, encodings: Sequence[Encoding]) -> None:
        for row, encoding in enumerate(encodings, start):
            self.embeddings[row] = encoding.embedding
            self.pyramids[row] = encoding.pyramid
            self.foregrounds[row] = encoding.foreground


def _decoded(
    pictures: Sequence[Picture], on_error: Callable[[DatasetError], None] | None
) -> Iterator[tuple[int, list[tuple[Picture, NDArray[np.uint8]]]]]:
    """Yield (how many are done, decoded pictures) batch by batch, one batch decoding ahead."""
    parts = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
    done = 0
    with ThreadPoolExecutor(2) as pool:
        ahead = [pool.submit(decode, picture) for picture in parts[0]] if parts else []
        for number, part in enumerate(parts):
            waiting = ahead
            following = parts[number + 1] if number + 1 < len(parts) else []
            ahead = [pool.submit(decode, picture) for picture in following]
            batch = []
            for picture, future in zip(part, waiting, strict=True):
                try:
                    batch.append((picture, future.result()))
                except DatasetError as error:
                    if on_error is None:
                        pool.shutdown(wait=False, cancel_futures=True)
                        raise
                    on_error(error)
            done += len(part)
            yield done, batch


def read_distractors(folder: Path, people: frozenset[str]) -> tuple[list[Picture], int]:
    """Read any folder of pictures, or a data set in its layout, as pictures of nobody sought.

    Identities are read where the folder tells them (annotations in ``folder``, or file names of
    Market-1501), only to leave out pictures of the people sought: they would be counted as wrong.

    Args:
        folder: Searched at any depth.
        people: Identities that must not come in.

    Returns:
        The pictures, without identity, and how many were left out.

    Raises:
        DatasetError: If the folder is missing or holds no picture.
    """
    try:
        find_annotations(folder)
    except DatasetError:
        known: dict[Path, str | None] = {}
    else:
        known = {picture.path: picture.person for picture in read_cuhk_pedes(folder)}
    kept: list[Picture] = []
    left_out = 0
    for picture in read_folder(folder):
        if (known.get(picture.path) or _market_person(picture.path)) in people:
            left_out += 1
        else:
            kept.append(picture)
    return kept, left_out


def _market_person(path: Path) -> str | None:
    match = NAME.fullmatch(path.name)
    return f"market:{match['person']}" if match else None
