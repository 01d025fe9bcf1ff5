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
from cmps.search.fusion import prior
from cmps.search.ranking import Probe
from cmps.search.tracks.adapt import Own
from cmps.search.tracks.looks import Fusing, Looks, probe_of
from cmps.search.tracks.passes import MOST_PICTURES, Pass, Traffic, complete, key_of
from cmps.search.tracks.path import Graph, Solution, solve
from cmps.search.tracks.rivals import elsewhere, explained
from cmps.search.tracks.travel import Habits, Travel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a track is searched for.

    Attributes:
        depth: How many of the nearest pictures are looked at.
        passes: How many passes are compared with all their pictures.
        certain: From which probability on a found stop becomes a probe itself; above 1, none.
        more: How many stops become probes.
        pictures: How many pictures of such a stop.
        rounds: How often the stops found so far become probes.
        fusing: How pictures add up.
        habits: How people move.
        rivalry: How much more probable than any pass it is that a look-alike made the next one too;
            0 leaves rivals out. See :mod:`cmps.search.tracks.rivals`.
        adapt: Whether the gallery's own pairs tell what a score means; see
            :mod:`cmps.search.tracks.adapt`.
    """

    depth: int = 300
    passes: int = 120
    certain: float = 0.9
    more: int = 4
    pictures: int = 2
    rounds: int = 2
    fusing: Fusing = field(default_factory=Fusing)
    habits: Habits = field(default_factory=Habits)
    rivalry: float = 3.0
    adapt: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """One look that the person has: pictures of one pass, or a photo.

    Attributes:
        key: Of the pass; of a photo, a name of its own.
        probes: Its pictures.
        centre: ``(256,)`` their mean embedding, unit length; what is searched with.
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
        own: What scores mean in this gallery.
        views: How the person looks.
        travel: Travel times among ``traffic.cameras``.
        traffic: How often anybody passes.
        fpr: Whether FPR compares pictures.
        setting: How to search.
    """

    def __init__(
        self,
        store: GalleryStore,
        own: Own,
        views: Sequence[View],
        travel: Travel,
        traffic: Traffic,
        fpr: bool = True,
        setting: Setting | None = None,
    ) -> None:
        self.store, self.own, self.travel, self.traffic = store, own, travel, traffic
        self.curve = own.passes
        self.setting = setting or Setting()
        self.fpr = fpr
        self.views = list(views)
        self.confirmed: set[str] = set()
        self.rejected: dict[str, Probe] = {}
        self.passes: list[Pass] = []
        self._size = round(traffic.count)
        self._known: dict[str, Floats] = {}
        self._against: dict[str, Floats] = {}

    def fork(self) -> Pursuit:
        """Return the same pursuit once more; what is said of the one changes nothing of the other.

        What was worked out so far is shared, so taking a word back costs no new search.
        """
        other = copy.copy(self)
        other.views, other.passes = list(self.views), list(self.passes)
        other.confirmed, other.rejected = set(self.confirmed), dict(self.rejected)
        other._known, other._against = dict(self._known), dict(self._against)
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
        self._known.clear()
        self._against.clear()
        for name in ("looks", "graph", "order", "times", "places", "alike"):
            self.__dict__.pop(name, None)

    @cached_property
    def looks(self) -> Looks:
        """The candidates' pictures."""
        setting = self.setting
        return Looks(self.passes, self.curve, self._size, int(self.fpr), setting.fusing)

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

    @cached_property
    def graph(self) -> Graph:
        """Steps between dated passes; their gains come with the evidence."""
        order = self.order
        count = len(order)
        cameras = self.places[order]
        enter, leave = self.times[order].T
        pictures = float(np.mean([len(self.passes[n].ids) for n in order])) if count else 1.0
        rates = np.array(
            [self.traffic.rate(self.passes[n].camera, t) for n, t in zip(order, enter, strict=True)]
        )
        j, k = np.triu_indices(count, 1)
        density = self.travel.log_density(cameras[j], cameras[k], enter[k] - leave[j])
        stay = 1 / self.setting.habits.seen
        step = np.full((count, count), -np.inf)
        step[j, k] = density + math.log1p(-stay) - np.log(rates[k] / pictures)
        everybody = max(self.traffic.count / pictures, 1.0)
        begin = np.full(count, -math.log(everybody))
        return Graph(np.zeros(count), step, begin, np.full(count, math.log(stay)))

    def confirm(self, ids: Collection[str]) -> None:
        """Take a human's word that these sightings show the person.

        Raises:
            GalleryError: If one is unknown.
        """
        for number, sighting in self._named(ids):
            one = self.passes[number]
            self.confirmed.add(one.key)
            self.rejected.pop(one.key, None)
            if one.key not in {view.key for view in self.views}:
                self.views.append(self._view(number))
            del sighting

    def reject(self, ids: Collection[str]) -> None:
        """Take a human's word that these sightings show somebody else.

        Raises:
            GalleryError: If one is unknown.
        """
        for number, sighting in self._named(ids):
            key = self.passes[number].key
            self.confirmed.discard(key)
            self.views = [view for view in self.views if view.key != key] or self.views
            self.rejected[key] = probe_of(sighting.encoding)

    def _named(self, ids: Collection[str]) -> list[tuple[int, Sighting]]:
        sightings = self.store.get(list(ids))
        have = {one.key for one in self.passes}
        self._take([one for one in sightings if key_of(one) not in have])
        places = {one.key: number for number, one in enumerate(self.passes)}
        return [(places[key_of(one)], one) for one in sightings]

    def _view(self, number: int, most: int = MOST_PICTURES) -> View:
        """Return a pass as a view, with some of its pictures spread over it."""
        one = self.passes[number]
        count = min(most, len(one.sightings))
        chosen = np.linspace(0, len(one.sightings) - 1, count + 2)[1:-1].round().astype(int)
        pictures = [one.sightings[place] for place in dict.fromkeys(chosen.tolist())]
        return View(one.key, tuple(probe_of(picture.encoding) for picture in pictures))

    def solve(self, threshold: float = 0.5) -> Found:
        """Return the best path as things stand.

        Args:
            threshold: Least probability for a pass to be worth its place.
        """
        if not self.passes:
            return Found((), np.empty(0), ())
        price = _log_odds(threshold)
        views = [(view, 1.0) for view in self.views]
        gains = self.gains(views)
        solution = self._path(gains, price)
        for _ in range(self.setting.rounds):
            sure = self._certain(solution)
            if not sure and self.alike is None:
                break
            gains = self.gains([*views, *sure]) - self._rivals(solution)
            solution = self._path(gains, price)
        return self._found(solution, gains, threshold)

    @cached_property
    def alike(self) -> Floats | None:
        """Log-odds that two dated passes are one person, ``(n, n)`` in the order of ``order``."""
        setting, curve = self.setting, self.own.cosines
        if curve is None or not setting.rivalry:
            return None
        pictures = sum(len(one.ids) for one in self.passes) / len(self.passes)
        everybody = max(self.traffic.count / pictures, 2.0)
        share = min(setting.rivalry * setting.habits.seen / everybody, 1.0)
        ratios = curve.log_odds(self.looks.likeness()[np.ix_(self.order, self.order)], self._size)
        return np.asarray(ratios - prior(self._size) + math.log(share))

    def _rivals(self, solution: Solution) -> Floats:
        """Return what rivals take from every pass, ``(passes,)``."""
        taken = np.zeros(len(self.passes))
        if self.alike is not None:
            apart = np.triu(np.isinf(self.graph.step), 1)
            away = elsewhere(apart | apart.T, solution.probability)
            taken[self.order] = explained(self.alike, away)
        return taken

    def gains(self, views: Sequence[tuple[View, float]]) -> Floats:
        """Return every pass's log ratio ``(passes,)``, rejected pictures counted against it."""
        rows = [self._ratios(view) for view, _ in views]
        gains = self.looks.together(rows, [weight for _, weight in views])
        for key, probe in self.rejected.items():
            if key not in self._against:
                self._against[key] = self.looks.unlike(probe)
            gains = gains + self._against[key]
        return gains

    def _ratios(self, view: View) -> Floats:
        name = f"{view.key} {len(view.probes)}"
        if name not in self._known:
            ratios = [self.looks.ratios(probe) for probe in view.probes]
            self._known[name] = self.looks.fused(ratios)
        return self._known[name]

    def _path(self, gains: Floats, price: float) -> Solution:
        """Return the best path of dated passes, nobody being at two places at once."""
        keys = [self.passes[n].key for n in self.order]
        must = [place for place, key in enumerate(keys) if key in self.confirmed]
        never = {place for place, key in enumerate(keys) if key in self.rejected}
        graph = Graph(gains[self.order], self.graph.step, self.graph.begin, self.graph.end)
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

    def _certain(self, solution: Solution) -> list[tuple[View, float]]:
        """Return the surest stops that were not asked with, as views."""
        known = {view.key for view in self.views}
        sure = [
            (float(solution.probability[node]), int(self.order[node]))
            for node in solution.nodes
            if solution.probability[node] >= self.setting.certain
        ]
        sure = [(chance, n) for chance, n in sure if self.passes[n].key not in known]
        sure.sort(key=lambda pair: (-pair[0], self.passes[pair[1]].key))
        few = self.setting.pictures
        return [(self._view(n, few), chance) for chance, n in sure[: self.setting.more]]

    def _found(self, solution: Solution, gains: Floats, threshold: float) -> Found:
        # without a time nothing is known but the looks: any pass of the gallery may be the one
        pictures = sum(len(one.ids) for one in self.passes) / len(self.passes)
        everybody = self.traffic.count / pictures
        chance = probability(gains - math.log(max(everybody, 2.0) / self.setting.habits.seen))
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
