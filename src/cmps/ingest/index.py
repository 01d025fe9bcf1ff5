"""Indexing pictures: decode, encode, store, in batches that are whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmps.datasets.decoding import PictureError, read_picture
from cmps.datasets.picture import Picture
from cmps.encoders.image import ImageEncoder
from cmps.gallery.records import Encoding, Passage, Sighting, sighting_id
from cmps.gallery.store import GalleryStore
from cmps.timings import Timings

BATCH = 64
# A crop is stored at most this high: more shows the operator nothing new and fills the disk.
STORED_HEIGHT = 384


@dataclass(slots=True)
class IndexReport:
    """What one indexing did.

    Attributes:
        pictures: How many were read.
        new: How many sightings were new.
        known: How many were in the gallery before and were left as they are.
        failures: One line for each picture that could not be used.
        timings: Milliseconds per stage.
    """

    pictures: int = 0
    new: int = 0
    known: int = 0
    failures: list[str] = field(default_factory=list)
    timings: Timings = field(default_factory=Timings)

    @property
    def per_second(self) -> float:
        """Pictures per second over all stages; 0 before the first batch."""
        return 1000 * self.pictures / self.timings.total if self.timings.total else 0.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture in memory: its identifier, pixels ``(H, W, 3)`` and the JPEG to store."""

    picture: Picture
    id: str
    pixels: NDArray[np.uint8]
    jpeg: bytes


def decode(picture: Picture) -> Decoded:
    """Read a picture file and cut its box out.

    Raises:
        PictureError: If it is missing, not a picture, truncated, too large, or the box misses it.
    """
    raw, image = read_picture(picture)
    stored = raw if _keep_as_is(picture, image, raw) else _jpeg(image)
    return Decoded(picture, sighting_id(raw, picture.box), np.asarray(image), stored)


def _keep_as_is(picture: Picture, image: Image.Image, raw: bytes) -> bool:
    return picture.box is None and raw[:2] == b"\xff\xd8" and image.height <= STORED_HEIGHT


def _jpeg(image: Image.Image) -> bytes:
    if image.height > STORED_HEIGHT:
        width = max(1, round(image.width * STORED_HEIGHT / image.height))
        image = image.resize((width, STORED_HEIGHT), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def index(
    pictures: Iterable[Picture],
    store: GalleryStore,
    encoder: ImageEncoder,
    progress: Callable[[int], None] = lambda count: None,
    passages: Mapping[str, Passage] | None = None,
) -> IndexReport:
    """Bring pictures into the gallery; what is known already is not encoded again.

    Each batch is one transaction: a failure later leaves earlier batches searchable.

    Args:
        pictures: From a reader.
        store: The gallery.
        encoder: The image network.
        progress: Told how many pictures each finished batch held.
        passages: What calibrated cameras know of tracklets, by their ids.

    Raises:
        GalleryError: If a passage is by another camera, another image network filled the gallery,
            or the store refuses (a full disk, say).
    """
    store.require_network()
    report, passages = IndexReport(), passages or {}
    with ThreadPoolExecutor(2) as pool:
        for batch in _batches(pictures):
            with report.timings.measure("decode"):
                decoded = [one for one in pool.map(_try_decode, batch) if _usable(one, report)]
            usable = [one for one in decoded if isinstance(one, Decoded)]
            fresh, known = _fresh(usable, store)
            fresh = _of_one_camera(fresh, store, report)
            with report.timings.measure("encode"):
                encodings = encoder.encode([one.pixels for one in fresh])
            with report.timings.measure("store"):
                new = store.upsert(
                    [
                        _sighting(one, encoding, passages)
                        for one, encoding in zip(fresh, encodings, strict=True)
                    ]
                )
            report.pictures += len(batch)
            report.new += new
            report.known += known
            progress(len(batch))
    return report


def _batches(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    iterator = iter(pictures)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _try_decode(picture: Picture) -> Decoded | PictureError:
    try:
        return decode(picture)
    except PictureError as error:
        return error


def _usable(one: Decoded | PictureError, report: IndexReport) -> bool:
    if isinstance(one, PictureError):
        report.failures.append(str(one))
        return False
    return True


def _fresh(decoded: list[Decoded], store: GalleryStore) -> tuple[list[Decoded], int]:
    """Leave out what the store knows and repeats within the batch, and count those."""
    unique = {one.id: one for one in decoded}
    known = store.known(unique)
    fresh = [one for one in unique.values() if one.id not in known]
    return fresh, len(decoded) - len(fresh)


def _of_one_camera(fresh: list[Decoded], store: GalleryStore, report: IndexReport) -> list[Decoded]:
    """Leave out pictures whose tracklet belongs to another camera, as stores refuse them."""
    named = {one.picture.tracklet for one in fresh if one.picture.tracklet is not None}
    cameras = {one.id: one.camera for one in store.tracklets(named)} if named else {}
    kept = []
    for one in fresh:
        picture = one.picture
        if picture.tracklet is not None:
            owner = cameras.setdefault(picture.tracklet, picture.camera)
            if owner != picture.camera:
                report.failures.append(
                    f"{picture.path}: tracklet {picture.tracklet} belongs to camera {owner}, not "
                    f"{picture.camera}; give each camera's tracklets names of their own"
                )
                continue
        kept.append(one)
    return kept


def _sighting(one: Decoded, encoding: Encoding, passages: Mapping[str, Passage]) -> Sighting:
    return Sighting(
        id=one.id,
        camera=one.picture.camera,
        encoding=encoding,
        picture=one.jpeg,
        time=one.picture.time,
        tracklet=one.picture.tracklet,
        person=one.picture.person,
        source=str(one.picture.path.absolute()),
        box=one.picture.box,
        passage=passages.get(one.picture.tracklet or ""),
    )
