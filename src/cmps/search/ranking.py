"""From a query to ranked candidates: retrieve per part, rank again, fuse log-odds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.image import ImageEncoder
from cmps.encoders.text import TextEncoder, encode_readings
from cmps.gallery.records import Filter, GalleryError, Sighting
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import Curve, ProbeKind, probability
from cmps.search.hubs import hubness, shipped_bank
from cmps.search.neighbours import ITSELF, level, likeness, share_evidence
from cmps.search.query import Query
from cmps.search.reconstruction import fpr_distances, rerank
from cmps.search.wording import iso
from cmps.settings import Variant
from cmps.timings import Timings


@dataclass(frozen=True, slots=True)
class Probe:
    """One part of a query, encoded.

    Attributes:
        kind: Which calibration curve judges it.
        embedding: ``(256,)`` unit vector.
        local: ``(n, d)`` unit local vectors: words or cells.
        weights: ``(n,)`` attention or foreground.
    """

    kind: ProbeKind
    embedding: NDArray[np.float32]
    local: NDArray[np.floating]
    weights: NDArray[np.float32]

    @property
    def pyramid(self) -> NDArray[np.floating]:
        """The local vectors of a picture, as its encoding calls them."""
        return self.local


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked sighting.

    Attributes:
        rank: From 1.
        sighting: The record, without its picture.
        probability: Calibrated probability that this is the person; a human decides.
        similarities: Cosine to each probe of the query, in order.
    """

    rank: int
    sighting: Sighting
    probability: float
    similarities: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what an answer in JSON says of it: no pixels, no vectors, no ground truth."""
        return {
            "rank": self.rank,
            "sighting": self.sighting.id,
            "probability": round(self.probability, 6),
            "camera": self.sighting.camera,
            "time": iso(self.sighting.time),
            "picture": self.sighting.source,
            "box": self.sighting.box,
            "tracklet": self.sighting.tracklet,
            "similarities": [round(one, 4) for one in self.similarities],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """Candidates, best first, with the gallery's size and the time each stage took."""

    candidates: list[Candidate]
    gallery: int
    timings: Timings


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """Searches one gallery.

    Attributes:
        store: The gallery.
        text: Opens the text encoder of a variant (called when a sentence needs it).
        image: Opens the image encoder.
        curves: Calibration per probe kind.
        depth: How many of the best are ranked again by FPR and by what look-alikes score; 0 keeps
            the order of the global search.
    """

    store: GalleryStore
    text: Callable[[Variant], TextEncoder]
    image: Callable[[], ImageEncoder]
    curves: Mapping[str, Curve]
    depth: int = 100

    def search(self, query: Query, variant: Variant = "accurate") -> Answer:
        """Rank the gallery's sightings for a query.

        Raises:
            GalleryError: If the gallery is empty, or a camera or sighting is unknown.
            ValueError: If a sentence holds no word.
        """
        timings = Timings()
        size = self.store.count()
        if size == 0:
            raise GalleryError("the gallery is empty; fill it with: cmps index PATH")
        with timings.measure("encode"):
            probes = self.probes(query, variant)
        return self.rank(probes, query.where, query.top, size, timings)

    def rank(
        self, probes: list[Probe], where: Filter, top: int, size: int, timings: Timings
    ) -> Answer:
        """Rank sightings for encoded probes in a gallery of ``size`` sightings."""
        with timings.measure("retrieve"):
            k = max(top, self.depth)
            found = dict.fromkeys(
                hit.sighting
                for probe in probes
                for hit in self.store.search(probe.embedding, k, where)
            )
            sightings = self.store.get(list(found))
        if not sightings:
            return Answer([], size, timings)
        with timings.measure("rank"):
            odds, similarities = self._fuse(probes, sightings, size)
            order = np.argsort(-odds, kind="stable")[:top]
            chances = probability(odds)
            candidates = [
                Candidate(
                    rank,
                    sightings[index],
                    float(chances[index]),
                    tuple(float(row[index]) for row in similarities),
                )
                for rank, index in enumerate(order, 1)
            ]
        return Answer(candidates, size, timings)

    def probes(self, query: Query, variant: Variant) -> list[Probe]:
        """Encode every part of a query."""
        probes: list[Probe] = []
        for sentence in query.texts:
            encode = self.text(variant).encode
            text = encode_readings(encode, sentence, query.readings.get(sentence, ()))
            probes.append(Probe(variant, text.embedding, text.words, text.attention))
        encodings = self.image().encode(query.pictures) if query.pictures else []
        encodings += [sighting.encoding for sighting in self.store.get(list(query.sightings))]
        probes += [Probe("image", one.embedding, one.pyramid, one.foreground) for one in encodings]
        return probes

    def _fuse(
        self, probes: list[Probe], sightings: list[Sighting], size: int
    ) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
        """Return summed log-odds ``(K,)`` and each probe's cosines ``(K,)``.

        The prior odds count once, however many parts a query has: each further part brings only
        what it says beyond the prior.
        """
        embeddings = np.stack([sighting.encoding.embedding for sighting in sightings])
        pyramids = np.stack([sighting.encoding.pyramid for sighting in sightings])
        odds = np.zeros(len(sightings))
        similarities: list[NDArray[np.float32]] = []
        prior = -np.log(max(size, 2) - 1.0)
        cosines_between = likeness(embeddings) if self.depth else None
        for number, probe in enumerate(probes):
            curve = self.curves[probe.kind]
            # a gallery keeps half precision, which may round a length to a little over 1
            # not @: a threaded BLAS makes so small a product wait for its threads
            cosines = np.clip(np.vecdot(embeddings, probe.embedding), -1, 1)
            scores = cosines
            if self.depth and curve.hubs:
                scores = cosines - curve.hubs * hubness(embeddings, shipped_bank(probe.kind))
            if self.depth and curve.share:
                distances = fpr_distances(probe.local, probe.weights, pyramids)
                scores = rerank(scores, distances, curve.share)
            height = None
            if cosines_between is not None:
                scores = share_evidence(scores, cosines_between, curve.part, curve.width)
                height = level(scores, cosines_between, curve.width, cosines > ITSELF)
            odds += curve.log_odds(scores, size, height) - (prior if number else 0.0)
            similarities.append(cosines)
        return odds, similarities
