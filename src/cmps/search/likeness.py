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


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows of unit length."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), np.float32)


def linked(
    cosines: NDArray[np.floating], groups: NDArray[np.intp], least: float
) -> NDArray[np.intp]:
    """Return groups of who is alike, ``(n,)``: complete linkage (Sørensen, 1948).

    Of two groups that are joined, each member is like each of the other, so that one who looks like
    two people does not make them one. Who belongs together to begin with is compared as a whole, by
    the mean: a tracklet's picture on which somebody is hidden must not speak for all.

    Args:
        cosines: ``(n, n)``.
        groups: ``(n,)`` who belongs together to begin with, whatever they look like.
        least: Cosine from which on two are alike.

    Example:
        >>> alike = np.array([[1, 0.9, 0.3], [0.9, 1, 0.8], [0.3, 0.8, 1]])
        >>> linked(alike, np.arange(3), 0.5).tolist()
        [0, 0, 2]
    """
    names, of = np.unique(groups, return_inverse=True)
    share = (of == np.arange(len(names))[:, None]) / np.bincount(of)[:, None]
    alike = share @ cosines @ share.T
    np.fill_diagonal(alike, -np.inf)
    name = np.arange(len(names))
    while len(names) > 1:
        one, other = sorted(divmod(int(alike.argmax()), len(names)))
        if not alike[one, other] >= least:
            break
        both = np.minimum(alike[one], alike[other])
        alike[one], alike[:, one] = both, both
        alike[other], alike[:, other] = -np.inf, -np.inf
        alike[one, one] = -np.inf
        name[name == other] = one
    return np.asarray(names[name[of]], np.intp)
