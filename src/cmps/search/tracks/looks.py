"""How people look: passes as vectors in which what does not belong to the person counts little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Encoding
from cmps.search.likeness import Centres, unit
from cmps.search.ranking import Probe
from cmps.search.tracks.head import Head, Seen
from cmps.search.tracks.passes import Pass

Rows = NDArray[np.float32]

ENOUGH = 100
"""Passes with several pictures from which it can be learned how pictures of a pass differ."""

_RIDGE, _HEADS_RIDGE = 0.1, 3.0


def probe_of(encoding: Encoding) -> Probe:
    """Return a picture's encoding as a probe."""
    return Probe("image", encoding.embedding, encoding.pyramid, encoding.foreground)


@dataclass(frozen=True, slots=True)
class Metric:
    """Turns pictures into vectors whose cosines compare people.

    Attributes:
        head: What is compared in place of embeddings, if anything is.
        centres: What a camera's pictures have in common, light and background.
        turn: ``(256, 256)`` makes faint what changes between pictures of one pass.
    """

    head: Head | None = None
    centres: Centres = field(default_factory=Centres)
    turn: NDArray[np.float64] | None = None

    def seen(self, pictures: Sequence[Seen]) -> Rows:
        """Return what is compared of pictures, ``(n, 256)``: the head's vectors, or embeddings."""
        if self.head is not None:
            return self.head.of(pictures)
        return np.stack([one.embedding for one in pictures])

    def rows(self, vectors: NDArray[np.floating], cameras: Sequence[str]) -> Rows:
        """Return unit vectors ``(n, 256)``.

        Args:
            vectors: ``(n, 256)`` from :meth:`seen`, means of passes or single ones.
            cameras: ``(n,)`` that took them; of an unknown one nothing is taken off but the middle.
        """
        found = self.centres.off(vectors, cameras)
        if self.turn is not None:
            found = found @ self.turn
        return unit(found)

    def of(self, passes: Sequence[Pass]) -> Rows:
        """Return each pass as a unit vector, ``(n, 256)``."""
        vectors, owners = self._pictures(passes)
        return self.rows(_means(vectors, owners), [one.camera for one in passes])

    def _pictures(self, passes: Sequence[Pass]) -> tuple[Rows, NDArray[np.intp]]:
        """Return the pictures of passes as vectors, and whose each is."""
        pictures = [picture.encoding for one in passes for picture in one.sightings]
        counts = [len(one.sightings) for one in passes]
        return self.seen(pictures), np.repeat(np.arange(len(passes)), counts)

    @classmethod
    def learned(cls, passes: Sequence[Pass], head: Head | None = None) -> Metric:
        """Return the metric of a gallery; nobody needs to know who is who.

        Args:
            passes: Of the gallery, a fair sample; how pictures of one differ is no matter of the
                person.
            head: What is compared in place of embeddings.
        """
        vectors, owners = cls(head)._pictures(passes)
        centres = Centres.of(vectors, [passes[owner].camera for owner in owners])
        counts = np.bincount(owners)
        several = counts[owners] > 1
        if (counts > 1).sum() < ENOUGH:
            return cls(head, centres)
        differ = (vectors - _means(vectors, owners)[owners])[several].astype(np.float64)
        scatter = differ.T @ differ / (len(differ) - (counts > 1).sum())
        strength, axes = np.linalg.eigh(scatter)
        # a head that was trained across cameras makes faint by itself what changes
        ridge = _RIDGE if head is None else _HEADS_RIDGE
        return cls(head, centres, axes / np.sqrt(strength + ridge * strength.mean()))


def _means(vectors: Rows, owners: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean vector ``(n, 256)`` of each owner's; their pictures follow each other."""
    counts = np.bincount(owners)
    starts = np.cumsum(counts) - counts
    return np.add.reduceat(vectors, starts, dtype=np.float64) / counts[:, None]
