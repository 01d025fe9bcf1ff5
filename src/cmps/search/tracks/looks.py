"""How people look: passes as vectors in which what does not belong to the person counts little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import EMBEDDING_SIZE, Encoding
from cmps.search.ranking import Probe
from cmps.search.tracks.passes import Pass

Rows = NDArray[np.float32]

ENOUGH = 100
"""Passes with several pictures from which it can be learned how pictures of a pass differ."""

_LEAN, _RIDGE = 20.0, 0.1


def probe_of(encoding: Encoding) -> Probe:
    """Return a picture's encoding as a probe."""
    return Probe("image", encoding.embedding, encoding.pyramid, encoding.foreground)


def mean_of(one: Pass) -> Rows:
    """Return the mean embedding of a pass's pictures, ``(256,)``."""
    return np.asarray(np.mean([picture.encoding.embedding for picture in one.sightings], axis=0))


@dataclass(frozen=True, slots=True)
class Metric:
    """Turns embeddings into vectors whose cosines compare people.

    Attributes:
        middle: ``(256,)`` what all pictures have in common.
        cameras: ``(256,)`` by camera: what its pictures have in common, light and background.
        turn: ``(256, 256)`` makes faint what changes between pictures of one pass.
    """

    middle: NDArray[np.float64] = field(default_factory=lambda: np.zeros(EMBEDDING_SIZE))
    cameras: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    turn: NDArray[np.float64] | None = None

    def rows(self, embeddings: NDArray[np.floating], cameras: Sequence[str]) -> Rows:
        """Return unit vectors ``(n, 256)``.

        Args:
            embeddings: ``(n, 256)``, means of passes or single ones.
            cameras: ``(n,)`` that took them; of an unknown one nothing is taken off but the middle.
        """
        found = embeddings - np.stack([self.cameras.get(one, self.middle) for one in cameras])
        if self.turn is not None:
            found = found @ self.turn
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.maximum(length, 1e-9), np.float32)

    def of(self, passes: Sequence[Pass]) -> Rows:
        """Return each pass as a unit vector, ``(n, 256)``."""
        return self.rows(np.stack([mean_of(one) for one in passes]), [one.camera for one in passes])

    @classmethod
    def learned(cls, vectors: Rows, cameras: NDArray[np.object_], passes: Sequence[Pass]) -> Metric:
        """Return the metric of a gallery; nobody needs to know who is who.

        Args:
            vectors: ``(n, 256)`` embeddings.
            cameras: ``(n,)`` that took them.
            passes: Some passes; how their pictures differ is no matter of the person.
        """
        middle = vectors.mean(0, dtype=np.float64)
        centres = {}
        for name in np.unique(cameras.astype(str)):
            rows = vectors[cameras == name]
            # a camera that saw few people says little of itself
            sure = len(rows) / (len(rows) + _LEAN)
            centres[str(name)] = middle + sure * (rows.mean(0, dtype=np.float64) - middle)
        several = [one for one in passes if len(one.sightings) > 1]
        if len(several) < ENOUGH:
            return cls(middle, centres)
        differ = np.concatenate(
            [
                np.stack([picture.encoding.embedding for picture in one.sightings]) - mean_of(one)
                for one in several
            ]
        ).astype(np.float64)
        scatter = differ.T @ differ / (len(differ) - len(several))
        strength, axes = np.linalg.eigh(scatter)
        return cls(middle, centres, axes / np.sqrt(strength + _RIDGE * strength.mean()))
