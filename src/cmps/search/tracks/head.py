"""What tells two people in one outfit apart: a linear layer over all that the image network says.

The embedding meets sentences, which speak of clothes. What else there is to see of somebody, hair,
build, what hangs from a shoulder, is in the cells of the pyramid. The layer was trained on
drawn people who wear the same, beside real ones (``cmps train head``; docs/training.md), and it
belongs to one image network: encodings of another one are compared by their embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Network
from cmps.search.likeness import unit

FILE = "head.npz"


class Seen(Protocol):
    """A picture's embedding ``(256,)`` and pyramid ``(cells, d)``."""

    @property
    def embedding(self) -> NDArray[np.float32]:
        """Unit length."""
        ...

    @property
    def pyramid(self) -> NDArray[np.floating]:
        """Unit rows."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Head:
    """The layer.

    Attributes:
        weights: ``(256, 256 + cells * d)``.
    """

    weights: NDArray[np.float32]

    def of(self, pictures: Sequence[Seen]) -> NDArray[np.float32]:
        """Return pictures as unit vectors ``(n, 256)``; cosines compare people.

        Example:
            >>> from cmps.gallery.records import Encoding
            >>> picture = Encoding(np.eye(256, dtype=np.float32)[3], np.ones((2, 5), np.float16),
            ...                    np.ones(2, np.float32))
            >>> Head(np.eye(256, 266, dtype=np.float32)).of([picture])[0].argmax().item()
            3
        """
        found = inputs(
            np.stack([one.embedding for one in pictures]),
            np.stack([one.pyramid for one in pictures]),
        )
        return unit(found @ self.weights.T)


def inputs(embeddings: NDArray[np.floating], pyramids: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what the layer sees, ``(n, 256 + cells * d)``; both parts are of unit length.

    Args:
        embeddings: ``(n, 256)``.
        pyramids: ``(n, cells, d)``.
    """
    cells = pyramids.astype(np.float32).reshape(len(pyramids), -1)
    cells /= np.sqrt(np.float32(pyramids.shape[1]))
    return np.concatenate([embeddings.astype(np.float32), cells], axis=1)


@cache
def shipped_head(network: Network | None) -> Head | None:
    """Return the layer that ships, or ``None`` if it was made for another image network."""
    with files("cmps.search.tracks").joinpath(FILE).open("rb") as file, np.load(file) as kept:
        if network is None or str(kept["network"]) != network.sha256:
            return None
        return Head(np.asarray(kept["weights"], np.float32))
