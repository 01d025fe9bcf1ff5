"""How alike people look, whatever camera took them.

All pictures of a camera have its light and its floor in common, so two strangers before one camera
look more alike than one person before two. That part is known without knowing anybody: it is the
mean of the camera's pictures, and it is taken off before people are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import EMBEDDING_SIZE

Floats = NDArray[np.float64]

FEWEST = 100
"""Pictures from which on a gallery tells what they have in common."""

GROWN = 0.1
"""Share by which a gallery must change until what it tells about itself is learned anew.

Cameras add to it every few seconds, and nobody must wait a second for that each time.
"""

_LEAN = 20.0


def outgrown(count: int, then: int) -> bool:
    """Return whether a gallery has changed much since it held so many sightings.

    Example:
        >>> outgrown(105, 100), outgrown(120, 100), outgrown(1, 0)
        (False, True, True)
    """
    return abs(count - then) > GROWN * then


@dataclass(frozen=True, slots=True)
class Centres:
    """What pictures have in common.

    Attributes:
        middle: ``(256,)`` of all pictures.
        cameras: ``(256,)`` by camera: of its pictures.
    """

    middle: Floats = field(default_factory=lambda: np.zeros(EMBEDDING_SIZE))
    cameras: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, vectors: NDArray[np.floating], cameras: Sequence[str]) -> Centres:
        """Return what pictures have in common; nothing if they are fewer than 100.

        Args:
            vectors: ``(n, 256)``.
            cameras: ``(n,)`` that took them.
        """
        if len(vectors) < FEWEST:
            return cls()
        names = np.asarray(cameras, str)
        middle = vectors.mean(0, dtype=np.float64)
        centres = {}
        for name in np.unique(names):
            rows = vectors[names == name]
            # a camera that saw few people says little of itself
            sure = len(rows) / (len(rows) + _LEAN)
            centres[str(name)] = middle + sure * (rows.mean(0, dtype=np.float64) - middle)
        return cls(middle, centres)

    def off(self, vectors: NDArray[np.floating], cameras: Sequence[str]) -> Floats:
        """Return vectors ``(n, 256)`` without what their cameras' pictures have in common.

        Args:
            vectors: ``(n, 256)``.
            cameras: ``(n,)`` that took them; of an unknown one only the middle is taken off.
        """
        return np.asarray(
            vectors - np.stack([self.cameras.get(one, self.middle) for one in cameras])
        )


def unit(vectors: Floats) -> NDArray[np.float32]:
    """Return rows of unit length."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), np.float32)


def linked(
    cosines: NDArray[np.floating], groups: NDArray[np.intp], least: float
) -> NDArray[np.intp]:
    """Return groups of who is alike, ``(n,)``: average linkage (Sokal and Michener, 1958).

    The two groups whose members are most alike in the mean are joined, again and again. One chance
    likeness does not join two people, as it does where the best pair counts.

    Args:
        cosines: ``(n, n)``.
        groups: ``(n,)`` who belongs together to begin with, whatever they look like.
        least: Mean cosine from which on two groups are joined.

    Example:
        >>> alike = np.array([[1, 0.9, 0.3], [0.9, 1, 0.8], [0.3, 0.8, 1]])
        >>> linked(alike, np.arange(3), 0.6).tolist()
        [0, 0, 2]
    """
    names, of = np.unique(groups, return_inverse=True)
    size = np.bincount(of).astype(float)
    share = (of == np.arange(len(names))[:, None]) / size[:, None]
    mean = share @ cosines @ share.T
    np.fill_diagonal(mean, -np.inf)
    name = np.arange(len(names))
    while len(names) > 1:
        one, other = sorted(divmod(int(mean.argmax()), len(names)))
        if not mean[one, other] >= least:
            break
        both = (size[one] * mean[one] + size[other] * mean[other]) / (size[one] + size[other])
        mean[one], mean[:, one] = both, both
        mean[other], mean[:, other] = -np.inf, -np.inf
        mean[one, one] = -np.inf
        size[one] += size[other]
        name[name == other] = one
    return np.asarray(names[name[of]], np.intp)
