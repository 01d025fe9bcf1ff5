"""Following one person: candidates, evidence, the best path, and what a human says of it."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import Sighting
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import probability
from cmps.search.ranking import Probe
from cmps.search.tracks.adapt import Own
from cmps.search.tracks.looks import probe_of
from cmps.search.tracks.passes import Pass, Traffic, complete, key_of, legs
from cmps.search.tracks.path import Graph, Solution, solve
from cmps.search.tracks.rivals import claimed, grouped
from cmps.search.tracks.signs import Signs
from cmps.search.tracks.travel import Flags, Floats, Habits, Travel

SEEN_ALL = 0.7
"""Share of steps on which the next pass is the next one in truth, and none in between is missed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a track is searched for.

    Attributes:
        depth: How many of the nearest pictures are looked at.
        passes: How many passes are compared.
        habits: How people move.
        jointly: Whether all candidates are explained together, see
            :mod:`cmps.search.tracks.rivals`; else each is compared with the given looks alone.
        adapt: Whether the gallery itself tells what scores mean; see
            :mod:`cmps.search.tracks.adapt`.
        head: Whether people are compared by what tells those in one outfit apart, see
            :mod:`cmps.search.tracks.head`, or by embeddings.
        heights: Whether it counts how tall people are, see :mod:`cmps.search.tracks.stature`.
        company: Whether it counts who walks beside them, see :mod:`cmps.search.tracks.beside`.
    """

    depth: int = 400
    passes: int = 150
    habits: Habits = field(default_factory=Habits)
    jointly: bool = True
    adapt: bool = True
    head: bool = True
    heights: bool = True
    company: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """One look that the person has: pictures of one pass, or a photo.

    Attributes:
        key: Of the pass; of a photo, a name of its own.
        probes: Its pictures.
    """

    key: str
    probes: tuple[Probe, ...]

    @property
    def centre(self) -> NDArray[np.float32]:
        """``(256,)`` their mean embedding, unit length: what is searched with."""
        mean = np.mean([one.embedding for one in self.probes], axis=0, dtype=np.float64)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of following, in passes.

    Attributes:
        path: Passes on the best path, by their places in ``Pursuit.passes``, in order of time.
        probability: ``(passes,)`` that each shows the person.
        undated: Passes without a time that probably show the person.
    """

    path: tuple[int, ...]
    probability: Floats
    undated: tuple[int, ...]


class Pursuit:
    """One person being followed; what a human confirms or rejects changes the path at once.

    Args:
        store: The gallery.
        own: How people are compared in this gallery.
        views: How the person looks.
        travel: Travel times among ``traffic.cameras``.
        traffic: How often anybody passes.
        setting: How to search.
    """

    def __init__(
        self,
        store: GalleryStore,
        own: Own,
        views: Sequence[View],
        travel: Travel,
        traffic: Traffic,
        setting: Setting | None = None,
    ) -> None:
        self.store, self.own, self.travel, self.traffic = store, own, travel, traffic
        self.setting = setting or Setting()
        self.views = list(views)
        self.confirmed: set[str] = set()
        self.rejected: set[str] = set()
        self.passes: list[Pass] = []

    def fork(self) -> Pursuit:
        """Return the same pursuit once more; what is said of the one changes nothing of the other.

        What was worked out so far is shared, so taking a word back costs no new search.
        """
        other = copy.copy(self)
        other.views, other.passes = list(self.views), list(self.passes)
        other.confirmed, other.rejected = set(self.confirmed), set(self.rejected)
        return other

    def gather(self, must: Collection[str] = ()) -> None:
        """Find candidates: the nearest pictures to every view, and sightings that must be there.

        Raises:
            GalleryError: If one of these is unknown.
        """
        best: dict[str, float] = dict.fromkeys(must, 2.0)
        for view in self.views:
            for hit in self.store.search(view.centre, self.setting.depth):
                best[hit.sighting] = max(best.get(hit.sighting, -1.0), hit.similarity)
        ids = sorted(best, key=lambda id: (-best[id], id))
        self._take(self.store.get(ids))

    def _take(self, found: Sequence[Sighting]) -> None:
        """Make passes of sightings, best first, beside those that are there."""
        have = {one.key for one in self.passes}
        keys = list(dict.fromkeys(key_of(one) for one in found))
        keys = [key for key in keys if key not in have][: self.setting.passes]
        if not keys:
            return
        chosen = set(keys)
        new = complete(self.store, [one for one in found if key_of(one) in chosen])
        self.passes += new
        for name in ("rows", "step", "order", "times", "places", "beside"):
            self.__dict__.pop(name, None)

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        """Each pass as a vector, ``(passes, 256)``; their cosines are compared."""
        return self.own.metric.of(self.passes)

    @cached_property
    def beside(self) -> Floats:
        """Log ratios of company between passes, ``(passes, passes)``; see :class:`Signs`."""
        if self.own.beside is None or not self.setting.company:
            return np.empty((0, 0))
        return self.own.beside.ratios(self.passes)

    @property
    def heights(self) -> Floats:
        """How tall each pass's person is, metres ``(passes,)``; see :class:`Signs`."""
        if not self.setting.heights:
            return np.empty(0)
        tall = (one.passage.height if one.passage else None for one in self.passes)
        return np.array([math.nan if one is None else one for one in tall])

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Places of the passes whose times are known, by entering."""
        enter, leave = self.times.T
        dated = np.flatnonzero(np.isfinite(enter))
        keys = [self.passes[number].key for number in dated]
        ranked = sorted(
            range(len(dated)), key=lambda n: (enter[dated[n]], leave[dated[n]], keys[n])
        )
        return np.asarray(dated[ranked], np.intp)

    @cached_property
    def times(self) -> Floats:
        """Entering and leaving of each pass, ``(passes, 2)`` seconds since 1970."""
        unknown = math.nan
        return np.array(
            [
                [one.enter.timestamp(), one.leave.timestamp()]
                if one.enter and one.leave
                else [unknown, unknown]
                for one in self.passes
            ]
        ).reshape(-1, 2)

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Each pass's camera as its place among ``traffic.cameras``, ``(passes,)``; -1 for none."""
        known = {camera: place for place, camera in enumerate(self.traffic.cameras)}
        return np.array([known.get(one.camera, -1) for one in self.passes], np.intp)

    @property
    def strangers(self) -> float:
        """Log of the passes of all people, for each of the person's."""
        pictures = sum(len(one.ids) for one in self.passes) / max(len(self.passes), 1)
        return math.log(max(self.traffic.count / pictures, 2.0) / self.setting.habits.seen)

    @cached_property
    def step(self) -> Floats:
        """Log ratios of going from one dated pass to a later one, against a stranger's passing.

        What a step earns is the density of being seen next there and then, against the rate of
        anybody's passing. But passes are missed, and then all that is known is how soon people are
        seen again, or only how often: of so many passes, so many are theirs. That is also all
        without travel times.
        """
        order = self.order
        count = len(order)
        cameras = self.places[order]
        enter, leave = self.times[order].T
        pictures = float(np.mean([len(self.passes[n].ids) for n in order])) if count else 1.0
        rates = np.array(
            [self.traffic.rate(self.passes[n].camera, t) for n, t in zip(order, enter, strict=True)]
        )
        j, k = np.triu_indices(count, 1)
        ways = cameras[j], cameras[k], enter[k] - leave[j]
        known = legs(self.passes, order[j], order[k])
        density = self.travel.log_density(*ways, known)
        again = self.own.again
        odds = again.log_odds(*ways) if again else np.full(len(j), -self.strangers)
        if self.travel.timed or again is None:
            ratio = density - np.log(rates[k] / pictures) + math.log(SEEN_ALL)
            odds = np.logaddexp(ratio, math.log(1 - SEEN_ALL) + odds)
        step = np.full((count, count), -np.inf)
        step[j, k] = np.where(np.isinf(density), -np.inf, odds)
        return step

    def confirm(self, ids: Collection[str]) -> None:
        """Take a human's word that these sightings show the person.

        Raises:
            GalleryError: If one is unknown.
        """
        for number in self._named(ids):
            one = self.passes[number]
            self.confirmed.add(one.key)
            self.rejected.discard(one.key)
            if one.key not in {view.key for view in self.views}:
                probes = (probe_of(picture.encoding) for picture in one.sightings)
                self.views.append(View(one.key, tuple(probes)))

    def reject(self, ids: Collection[str]) -> None:
        """Take a human's word that these sightings show somebody else.

        Raises:
            GalleryError: If one is unknown.
        """
        for number in self._named(ids):
            key = self.passes[number].key
            self.confirmed.discard(key)
            self.views = [view for view in self.views if view.key != key] or self.views
            self.rejected.add(key)

    def _named(self, ids: Collection[str]) -> list[int]:
        sightings = self.store.get(list(ids))
        have = {one.key for one in self.passes}
        self._take([one for one in sightings if key_of(one) not in have])
        places = {one.key: number for number, one in enumerate(self.passes)}
        return [places[key_of(one)] for one in sightings]

    def solve(self, threshold: float = 0.5) -> Found:
        """Return the best path as things stand.

        Args:
            threshold: Least probability for a pass to be worth its place.
        """
        if not self.passes:
            return Found((), np.empty(0), ())
        gains = self.gains()
        return self._found(self._path(gains, _log_odds(threshold)), gains, threshold)

    def gains(self) -> Floats:
        """Return every pass's log ratio ``(passes,)``: this person, against anybody."""
        rows, known = self._views()
        scores = (rows @ rows.T).astype(np.float64)
        signs = Signs(scores, self.own.says, self.heights, self.beside)
        count = len(self.passes)
        members = np.zeros(len(rows), bool)
        members[known] = True
        if not self.setting.jointly:
            return signs.of(members)[:count]
        price, apart = self._prior(known, len(rows))
        groups = grouped(signs, apart, price, known)
        gains = signs.of(groups == known[0])
        lone = np.zeros(len(rows), bool)
        lone[:count] = [one.key in self.rejected for one in self.passes]
        taken = claimed(signs, apart, price, groups, known[0], lone)
        return (gains - taken)[:count]

    def _views(self) -> tuple[NDArray[np.float32], list[int]]:
        """Return vectors of passes, then of looks that are no pass, and which show the person."""
        places = {one.key: number for number, one in enumerate(self.passes)}
        known = [places[view.key] for view in self.views if view.key in places]
        photos = [view.probes for view in self.views if view.key not in places]
        if not photos:
            return self.rows, known
        means = [self.own.metric.seen(probes).mean(0) for probes in photos]
        rows = self.own.metric.rows(np.stack(means), [""] * len(photos))
        known += range(len(self.passes), len(self.passes) + len(photos))
        return np.concatenate([self.rows, rows]), known

    def _prior(self, known: Sequence[int], count: int) -> tuple[Floats, Flags]:
        """Return log odds ``(n, n)`` that two passes are one person's, and which cannot be."""
        step = self.step
        price = np.full((count, count), -self.strangers)
        apart = np.zeros((count, count), bool)
        dated = np.ix_(self.order, self.order)
        price[dated] = np.maximum(step, step.T)
        apart[dated] = np.isinf(price[dated])
        price[apart] = -self.strangers
        np.fill_diagonal(apart, False)
        for number, one in enumerate(self.passes):
            if one.key in self.rejected:
                apart[number, known] = apart[known, number] = True
        return price, apart

    def _path(self, gains: Floats, price: float) -> Solution:
        """Return the best path of dated passes, nobody being at two places at once."""
        keys = [self.passes[n].key for n in self.order]
        must = [place for place, key in enumerate(keys) if key in self.confirmed]
        never = {place for place, key in enumerate(keys) if key in self.rejected}
        begin = np.full(len(keys), -self.strangers)
        graph = Graph(gains[self.order], self.step, begin, np.zeros(len(keys)))
        while True:
            solution = solve(graph, must, never - set(must), price)
            clash = self._clash(solution, set(must))
            if clash is None:
                return solution
            never.add(clash)

    def _clash(self, solution: Solution, must: set[int]) -> int | None:
        """Return the weaker of two nodes that are on the path at once, if any two are.

        A path rules that out from step to step only; over a third view that overlaps both it can
        come back to a view that was never left.
        """
        nodes = np.array(solution.nodes, np.intp)
        enter, leave = self.times[self.order[nodes]].T
        cameras = self.places[self.order[nodes]]
        first, second = np.nonzero(np.triu(enter[None] < leave[:, None], 2))
        for one, other in zip(first, second, strict=True):
            pair = {int(nodes[one]), int(nodes[other])}
            if pair <= must or self.travel.together(int(cameras[one]), int(cameras[other])):
                continue
            return min(pair - must, key=lambda node: solution.probability[node])
        return None

    def _found(self, solution: Solution, gains: Floats, threshold: float) -> Found:
        # without a time nothing is known but the looks: any pass of the gallery may be the one
        chance = probability(gains - self.strangers)
        chance[self.order] = solution.probability
        keys = [one.key for one in self.passes]
        chance[[key in self.confirmed for key in keys]] = 1.0
        chance[[key in self.rejected for key in keys]] = 0.0
        dated = set(self.order.tolist())
        undated = [
            number
            for number, key in enumerate(keys)
            if number not in dated
            and key not in self.rejected
            and (key in self.confirmed or chance[number] >= threshold)
        ]
        undated.sort(key=lambda number: (-chance[number], keys[number]))
        return Found(tuple(int(self.order[n]) for n in solution.nodes), chance, tuple(undated))


def _log_odds(chance: float) -> float:
    """Return the log-odds of a probability; 0 and 1 stand for as little and as much as matters."""
    kept = min(max(chance, 1e-12), 1 - 1e-12)
    return math.log(kept / (1 - kept))
