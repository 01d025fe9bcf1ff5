"""Encoding a gallery's stored crops again, after the image network has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.decoding import PictureError, open_image
from cmps.encoders.image import ImageEncoder
from cmps.gallery.records import Sighting
from cmps.gallery.store import GalleryStore
from cmps.ingest.index import BATCH
from cmps.timings import Timings


@dataclass(slots=True)
class ReindexReport:
    """What one run did.

    Attributes:
        done: How many sightings were encoded again.
        failures: One line for each whose stored crop cannot be used; search waits for these.
        timings: Milliseconds per stage.
    """

    done: int = 0
    failures: list[str] = field(default_factory=list)
    timings: Timings = field(default_factory=Timings)

    @property
    def per_second(self) -> float:
        """Sightings per second over all stages; 0 before the first batch."""
        return 1000 * self.done / self.timings.total if self.timings.total else 0.0


def reindex(
    ids: Sequence[str],
    store: GalleryStore,
    encoder: ImageEncoder,
    progress: Callable[[int], None] = lambda count: None,
) -> ReindexReport:
    """Encode stored crops with the present network; ids, cameras, times and tracklets stay.

    Each batch is one transaction, and what is done is not done again: a run that breaks off is
    resumed by the next one, which asks the store for what is left.

    Args:
        ids: From ``store.stale()``; those that were deleted meanwhile are passed over.
        store: The gallery.
        encoder: The image network that the store was told of.
        progress: Told how many sightings each finished batch held.

    Raises:
        GalleryError: If the store refuses (a full disk, say).
    """
    report = ReindexReport()
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with report.timings.measure("decode"):
                left = store.known(batch)
                sightings = store.get([id for id in batch if id in left], pictures=True)
                opened = list(pool.map(_try_decode, sightings))
            crops: dict[str, NDArray[np.uint8]] = {}
            for sighting, pixels in zip(sightings, opened, strict=True):
                if isinstance(pixels, PictureError):
                    report.failures.append(str(pixels))
                else:
                    crops[sighting.id] = pixels
            with report.timings.measure("encode"):
                encodings = encoder.encode(list(crops.values()))
            with report.timings.measure("store"):
                report.done += store.reencode(dict(zip(crops, encodings, strict=True)))
            progress(len(batch))
    return report


def _try_decode(sighting: Sighting) -> NDArray[np.uint8] | PictureError:
    try:
        return np.asarray(open_image(sighting.picture, f"the stored crop of {sighting.id}"))
    except PictureError as error:
        return PictureError(f"{error}; take it out with: cmps delete {sighting.id}")
