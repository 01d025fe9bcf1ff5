"""From the state of a session to people: what ``cmps session`` and the page ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.text import TextEncoder, encode_readings, has_word
from cmps.gallery.records import Encoding, Filter, GalleryError, Sighting
from cmps.gallery.resident import Resident, Snapshot
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import Curve, probability
from cmps.search.evidence import Evidence, Habits, seen, shipped_habits
from cmps.search.fusion import Asked, Claim, Floats, Fusion, Scored
from cmps.search.hubs import Hubs
from cmps.search.kept import Inverses, Kept, Records
from cmps.search.likeness import Centres, outgrown, unit
from cmps.search.people import Mark, Person, Ranking, Reason, candidates, grouped, thinness
from cmps.search.ranking import Probe
from cmps.search.reconstruction import Rebuilt, inverses_of
from cmps.search.sentences import Sentences
from cmps.search.session import State
from cmps.search.weights import Weights, shipped_weights
from cmps.settings import Variant
from cmps.timings import Timings
from cmps.understanding.chips import Chip

POOL = 2000
"""How many each probe retrieves where the gallery is too large to score all of it."""
FEWEST = 50
"""Sightings that are gathered into people, however few FPR is to look at."""
SURE = 20.0
"""Log-odds of what a human ticked."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The sightings that are scored: all that pass the filter, or the nearest of them."""

    ids: NDArray[np.object_]
    vectors: NDArray[np.float32]  # of the whole snapshot, or else of just these
    rows: NDArray[np.intp] | None = None  # places in the snapshot; None for all that there are
    resident: Resident | None = None  # the snapshot's, where they are of it


class Known:
    """What is known of one version of the gallery, kept while it is the present one.

    Args:
        version: Number of the last write.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self.kept = Kept()
        self.evidence: dict[Variant, Evidence] = {}
        self.records = Records()
        self.inverses = Inverses()


@dataclass(frozen=True, slots=True)
class Light:
    """What cameras' pictures had in common when a gallery held so many."""

    count: int
    centres: Centres


@dataclass
class Refiner:
    """Ranks one gallery for the states of sessions; safe to use from many threads.

    Attributes:
        store: The gallery.
        text: Opens the text encoder of a variant.
        curves: Calibration per probe kind.
        depth: How many of the best FPR looks at and are gathered into people.
        weights: Of the kinds of evidence.
        habits: How frequent chips are.
    """

    store: GalleryStore
    text: Callable[[Variant], TextEncoder]
    curves: Mapping[str, Curve]
    depth: int = 100
    weights: Weights = field(default_factory=shipped_weights)
    habits: Habits = field(default_factory=shipped_habits)

    def __post_init__(self) -> None:
        self.sentences = Sentences(self.text)
        self._lock = threading.Lock()
        self._known = Known(-1)
        self._hubs = Hubs()
        self._light = Light(0, Centres())

    def rank(
        self,
        state: State,
        photos: Sequence[Encoding] = (),
        variant: Variant = "accurate",
        top: int = 20,
        cameras: frozenset[str] | None = None,
    ) -> Ranking:
        """Rank people for a session's state.

        Args:
            state: From :meth:`cmps.search.session.SearchSession.state`.
            photos: The encodings of ``state.photos``, in order.
            variant: Which text network.
            top: How many people to return.
            cameras: Only what these saw; ``None`` for all.

        Raises:
            GalleryError: If the gallery is empty, or a camera is unknown.
            QueryError: If no camera stands at a site that is asked for.
        """
        timings = Timings()
        with timings.measure("encode"):
            asked = self._asked(state, photos, variant)
        with timings.measure("retrieve"):
            snapshot = self.store.snapshot()
            if not snapshot.count:
                raise GalleryError("the gallery is empty; fill it with: cmps index PATH")
            evidence = self.evidence(variant, snapshot)
            known = self.store.cameras()
            where = state.where.filter(known)
            if cameras is not None:
                where = narrowed(where, cameras & {camera.id for camera in known})
            pool = self._pool(asked, where, snapshot, state)
        if state.is_empty or not len(pool.ids):
            nobody = np.empty(0, object), np.empty(0)
            thin = thinness((), state.is_empty)
            return Ranking((), thin, snapshot.count, len(pool.ids), timings, *nobody)
        with timings.measure("score"):
            chips = [claim.chip for claim in asked.claims]
            shown = self._shown(evidence, chips, pool)
            kept = self._current(snapshot).kept if pool.resident is not None else None
            scored = Scored(pool.vectors, pool.rows, kept, self._hubs)
            fusion = Fusion(
                asked, scored, shown, evidence, self.curves, self.weights, snapshot.count
            )
            coarse = fusion.coarse()
        with timings.measure("rank"):
            best, sightings = self._best(coarse, pool, state, snapshot)
            ready = self._ready(sightings, snapshot)
            odds, closeness = fusion.fine(best, ready)
            everybody = fusion.nearer(coarse, closeness)
            self._mark(odds, sightings, state)
            everybody[best] = odds
            looks = self._looks(sightings, snapshot)
            people = self._people(
                odds, sightings, looks, fusion, asked, best, state, evidence, max(top, 1)
            )
        return Ranking(
            tuple(people[:top]),
            thinness(people, False),
            snapshot.count,
            len(pool.ids),
            timings,
            pool.ids,
            everybody,
        )

    def prepare(self, texts: Iterable[str], variant: Variant = "accurate") -> None:
        """Encode sentences that will be asked with soon; those without a word are passed over."""
        for text in filter(has_word, texts):
            self.sentences.encode(text, variant)

    def evidence(self, variant: Variant, snapshot: Snapshot | None = None) -> Evidence:
        """Return what scores chips against the gallery as it is now."""
        snapshot = snapshot or self.store.snapshot()
        known = self._current(snapshot)
        with self._lock:
            if variant not in known.evidence:
                vectors = snapshot.resident.vectors
                known.evidence[variant] = Evidence(self.sentences, variant, self.habits, vectors)
            return known.evidence[variant]

    def _current(self, snapshot: Snapshot) -> Known:
        """Return what is known of a snapshot's version; that of an older one is forgotten."""
        with self._lock:
            if snapshot.version > self._known.version:
                self._known = Known(snapshot.version)
            if snapshot.version == self._known.version:
                return self._known
        return Known(snapshot.version)  # somebody is still at an older one

    def _asked(self, state: State, photos: Sequence[Encoding], variant: Variant) -> Asked:
        texts = {one.text: one.readings for one in state.sentences if one.stands}
        told = {chip.meaning for one in state.sentences if one.stands for chip in one.chips}
        chips = state.description.chips
        if not texts or any(not one.stands for one in state.sentences):
            whole = state.description.sentence()
            if whole:
                texts.setdefault(whole, ())
                told |= {chip.meaning for chip in chips if chip.modality != "not"}
        shown = self._stored((*state.liked, *state.ticked))
        pictures = [_picture(one) for one in (*photos, *(one.encoding for one in shown))]
        rejected = [_picture(one.encoding) for one in self._stored(state.rejected)]
        claims = [
            Claim(chip, self.weights.told if chip.meaning in told else self.weights.chip)
            for chip in chips
        ]
        return Asked(
            tuple(self._sentence(text, others, variant) for text, others in texts.items()),
            tuple(pictures),
            tuple(rejected),
            tuple(claims),
        )

    def _sentence(self, text: str, readings: Sequence[str], variant: Variant) -> Probe:
        encoding = encode_readings(lambda one: self.sentences.encode(one, variant), text, readings)
        return Probe(variant, encoding.embedding, encoding.words, encoding.attention)

    def _stored(self, ids: Sequence[str]) -> list[Sighting]:
        """Return those of some sightings that were not deleted since they were clicked."""
        known = self.store.known(ids) if ids else set()
        return self.store.get([id for id in ids if id in known])

    def _pool(self, asked: Asked, where: Filter, snapshot: Snapshot, state: State) -> Pool:
        resident: Resident = snapshot.resident
        if snapshot.whole:
            unknown = sorted((where.cameras or frozenset()) - set(self._camera_ids()))
            if unknown:
                known = ", ".join(self._camera_ids())
                raise GalleryError(
                    f"camera {unknown[0]} is unknown; the gallery's cameras are: {known}"
                )
            if where.is_open:
                return Pool(resident.ids, resident.vectors, None, resident)
            rows = resident.rows(where)
            return Pool(resident.ids[rows], resident.vectors, rows, resident)
        probes = (*asked.texts, *asked.pictures)
        ids = dict.fromkeys(
            hit.sighting
            for probe in probes
            for hit in self.store.search(probe.embedding, POOL, where)
        )
        found = self.store.get(list(ids))
        names = np.empty(len(found), object)
        names[:] = [one.id for one in found]
        blank = np.empty((0, resident.vectors.shape[1]), np.float32)
        vectors = np.stack([one.encoding.embedding for one in found]) if found else blank
        return Pool(names, vectors)

    def _camera_ids(self) -> list[str]:
        return [camera.id for camera in self.store.cameras()]

    def _shown(
        self, evidence: Evidence, chips: Sequence[Chip], pool: Pool
    ) -> Sequence[NDArray[np.floating]]:
        if not chips:
            return []
        if pool.vectors is not evidence.vectors:
            return list(evidence.of(chips, pool.vectors))
        rows = evidence.rows(chips)
        return rows if pool.rows is None else [row[pool.rows] for row in rows]

    def _best(
        self, coarse: Floats, pool: Pool, state: State, snapshot: Snapshot
    ) -> tuple[NDArray[np.intp], list[Sighting]]:
        """Return the places of those that FPR looks at, clicked ones included, and the records."""
        count = min(max(self.depth, FEWEST) + len(state.rejected), len(coarse))
        least = len(coarse) - count
        best = np.sort(np.argpartition(coarse, least)[least:]) if least else np.arange(count)
        clicked = {*state.ticked, *state.liked}
        if clicked:
            best = np.union1d(best, _places(pool, clicked))
        best = best[np.argsort(-coarse[best], kind="stable")]
        ids = [str(id) for id in pool.ids[best]]
        return best, self._current(snapshot).records.of(ids, self.store.get)

    def _ready(self, sightings: Sequence[Sighting], snapshot: Snapshot) -> Rebuilt:
        pyramids = np.stack([one.encoding.pyramid for one in sightings]).astype(np.float32)
        kept = self._current(snapshot).inverses
        ids = [one.id for one in sightings]
        return Rebuilt(pyramids, kept.of(ids, lambda places: inverses_of(pyramids[places])))

    def _looks(self, sightings: Sequence[Sighting], snapshot: Snapshot) -> NDArray[np.float32]:
        """Return unit vectors by which sightings are gathered into people, ``(K, 256)``."""
        light, count = self._light, snapshot.count
        if outgrown(count, light.count):
            resident = snapshot.resident
            light = Light(count, Centres.of(resident.vectors, resident.cameras.tolist()))
            self._light = light
        embeddings = np.stack([one.encoding.embedding for one in sightings])
        return unit(light.centres.off(embeddings, [one.camera for one in sightings]))

    def _mark(self, odds: Floats, sightings: Sequence[Sighting], state: State) -> None:
        """Let a human's word stand, for the tracklet of what was clicked too."""
        ticked = _with_tracklets(sightings, state.ticked)
        rejected = _with_tracklets(sightings, state.rejected) - ticked
        for place, one in enumerate(sightings):
            if one.id in ticked:
                odds[place] = SURE + np.tanh(odds[place] / 100)
            elif one.id in rejected:
                odds[place] = -np.inf

    def _people(
        self,
        odds: Floats,
        sightings: Sequence[Sighting],
        looks: NDArray[np.float32],
        fusion: Fusion,
        asked: Asked,
        best: NDArray[np.intp],
        state: State,
        evidence: Evidence,
        top: int,
    ) -> list[Person]:
        """Return the best people, with reasons."""
        together = [n for n, one in enumerate(sightings) if one.id in state.ticked]
        cosines = fusion.cosines(best)
        ticked, liked = set(state.ticked), set(state.liked)
        groups = grouped(sightings, odds, looks, together, self.weights.same)[:top]
        first = best[[members[0] for members in groups]] if groups else best[:0]
        reasons = self._reasons(fusion, asked, first, evidence)
        chances = probability(odds)
        people = []
        for rank, members in enumerate(groups, 1):
            names = {sightings[place].id for place in members}
            mark: Mark = "ticked" if names & ticked else "liked" if names & liked else ""
            shown = candidates(members, sightings, odds, chances, cosines)
            people.append(Person(rank, shown, tuple(one[rank - 1] for one in reasons), mark))
        return people

    def _reasons(
        self, fusion: Fusion, asked: Asked, rows: NDArray[np.intp], evidence: Evidence
    ) -> list[list[Reason]]:
        """Return for each claim what it says of each of some sightings."""
        found = []
        for claim, row in zip(asked.claims, fusion.shown, strict=True):
            share = evidence.share(claim.chip)
            chances = row[rows]
            counts = claim.weight * fusion.ratio(claim.chip, chances, share)
            found.append(
                [
                    Reason(claim.chip, seen(float(chance), share), float(chance), float(count))
                    for chance, count in zip(chances, counts, strict=True)
                ]
            )
        return found


def narrowed(where: Filter, cameras: frozenset[str]) -> Filter:
    """Return a filter that passes what another one does and some cameras saw.

    Example:
        >>> narrowed(Filter.of(["a", "b"]), frozenset("bc")).cameras
        frozenset({'b'})
    """
    return replace(where, cameras=cameras if where.cameras is None else where.cameras & cameras)


def _picture(one: Encoding) -> Probe:
    return Probe("image", one.embedding, one.pyramid, one.foreground)


def _places(pool: Pool, ids: Collection[str]) -> NDArray[np.intp]:
    """Return the places in a pool of those of some ids that are in it."""
    if pool.resident is None:
        return np.flatnonzero(np.isin(pool.ids, list(ids)))
    places = pool.resident.places(list(ids))
    if pool.rows is None:
        return places
    found = np.searchsorted(pool.rows, places)
    inside = found < len(pool.rows)
    return np.asarray(found[inside][pool.rows[found[inside]] == places[inside]], np.intp)


def _with_tracklets(sightings: Sequence[Sighting], ids: Sequence[str]) -> set[str]:
    clicked = set(ids)
    runs = {one.tracklet for one in sightings if one.id in clicked and one.tracklet is not None}
    return clicked | {one.id for one in sightings if one.tracklet in runs}
