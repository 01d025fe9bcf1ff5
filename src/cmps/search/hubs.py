"""Pictures that suit every sentence count less for each.

In a space of many dimensions some pictures lie near to very many sentences (hubs; Radovanović et
al., JMLR 2010): the plain dark coat that fits everybody's words a little stands above the one that
fits these words well. How near a picture is to what people say *in general* is known without any
query, from a bank of sentences; taken off the score, it leaves what this sentence says of it
(querybank normalisation; Bogolin et al., CVPR 2022). The bank holds the centres of clusters of the
training captions, by network (``python -m cmps.evaluation.fit_hubs``).
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import EMBEDDING_SIZE

FILE = "hubs.npz"
NEAREST = 5  # of the bank's sentences make a picture's hubness
BLOCK = 4096  # pictures at a time, so that the products stay in the cache
TOLD_BY = 8  # numbers of an embedding that tell it from others


@cache
def shipped_bank(kind: str) -> NDArray[np.float32]:
    """Return the bank ``(M, 256)`` of a probe kind, of unit length.

    M is 0 for pictures, and for a text network other than the bank was made with.
    """
    from cmps.encoders.weights import manifest

    with files("cmps.search").joinpath(FILE).open("rb") as file, np.load(file) as banks:
        listed = manifest().get(f"{kind}.onnx")
        if kind not in banks or not listed or str(banks[f"{kind}_network"]) != listed.sha256:
            return np.empty((0, EMBEDDING_SIZE), np.float32)
        return np.asarray(banks[kind], np.float32)


def hubness(embeddings: NDArray[np.floating], bank: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return how near each picture is to what is said of people in general.

    Args:
        embeddings: ``(n, d)`` of pictures, unit length.
        bank: ``(M, d)`` of sentences, unit length.

    Returns:
        ``(n,)`` mean cosine to the nearest five sentences of the bank; 0 where it has none.

    Example:
        The first picture suits two sentences, the second none:

        >>> sentences = np.array([[1, 0, 0], [0.8, 0.6, 0]])
        >>> hubness(np.array([[1, 0, 0], [0, 0, 1]]), sentences).round(2).tolist()
        [0.8999999761581421, 0.0]
    """
    found = np.zeros(len(embeddings), np.float32)
    count = min(NEAREST, len(bank))
    if not count:
        return found
    sentences = bank.astype(np.float32).T
    for start in range(0, len(embeddings), BLOCK):
        near = embeddings[start : start + BLOCK].astype(np.float32) @ sentences
        near.partition(len(bank) - count, axis=1)
        found[start : start + BLOCK] = near[:, -count:].mean(1)
    return found


class Hubs:
    """Hubness of a gallery's pictures, worked out once for each; safe to use from many threads.

    A gallery of 100,000 takes half a second, and a camera adds to it every few seconds: what is
    known of an embedding stays known while it is there.

    Example:
        >>> hubs = Hubs()
        >>> hubs.of(np.eye(3, 256, dtype=np.float32), "fast").shape
        (3,)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, dict[bytes, float]] = {}

    def of(self, embeddings: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
        """Return what :func:`hubness` does with the shipped bank of a probe kind.

        Args:
            embeddings: ``(n, 256)`` of all pictures there are; what others had is forgotten.
            kind: Of the probe.
        """
        told = np.ascontiguousarray(embeddings[:, :TOLD_BY], np.float32).tobytes()
        size = len(told) // max(len(embeddings), 1)
        keys = [told[place : place + size] for place in range(0, len(told), max(size, 1))]
        with self._lock:
            known = self._known.get(kind, {})
        found = np.array([known.get(key, np.nan) for key in keys], np.float32)
        new = np.flatnonzero(np.isnan(found))
        found[new] = hubness(embeddings[new], shipped_bank(kind))
        with self._lock:
            self._known[kind] = dict(zip(keys, found.tolist(), strict=True))
        return found
