"""Tracks beside the truth, and beside what a threshold on looks alone would find.

Each person is followed once, from one of their sightings. ``threshold`` takes every candidate
picture above a threshold, ``threshold, passes`` every candidate pass by all its pictures; both
thresholds are the best ones for other people, as nobody knows the best one beforehand. Tracks have
no threshold to choose: the gallery itself tells them what scores mean.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cmps.evaluation.interfaces import Progress, silent
from cmps.evaluation.report import hardware
from cmps.evaluation.track_data import Tracked
from cmps.evaluation.track_metrics import Judged, TrackScore, best_threshold, score
from cmps.search.calibration import Curve
from cmps.search.ranking import Probe
from cmps.search.reconstruction import Rebuilt, rerank
from cmps.search.tracks.follow import Pursuit, Setting
from cmps.search.tracks.follower import Follower, TravelOf
from cmps.search.tracks.looks import probe_of
from cmps.search.tracks.travel import AnyTravel, Flags, Floats, Legs, Places, Travel

if TYPE_CHECKING:
    from rich.table import Table

LEAST_PASSES = 3


@dataclass(frozen=True, slots=True)
class TrackReport:
    """What was measured.

    Attributes:
        dataset: Which.
        gallery: How many sightings.
        results: By method.
        milliseconds: Median time of a track, from its sighting to its stops, by method.
        hardware: Where it ran.
    """

    dataset: str
    gallery: int
    results: dict[str, TrackScore]
    milliseconds: dict[str, float]
    hardware: dict[str, str | int] = field(default_factory=hardware)

    def as_dict(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "dataset": self.dataset,
            "gallery": self.gallery,
            "tracks": next(iter(self.results.values())).tracks,
            "results": {name: one.as_dict() for name, one in self.results.items()},
            "milliseconds_per_track": {k: round(v, 1) for k, v in self.milliseconds.items()},
            "hardware": self.hardware,
        }

    def table(self) -> Table:
        """Return a Rich table, a row a method."""
        from rich.table import Table

        tracks = next(iter(self.results.values())).tracks
        made = Table(
            title=f"{self.dataset}: {tracks:,} tracks, gallery of {self.gallery:,} sightings",
            caption=f"{self.hardware['processor']}, {self.hardware['cores']} cores",
        )
        made.add_column("method")
        for name in ("precision", "recall", "F1", "IDF1", "order errors", "ms per track"):
            made.add_column(name, justify="right")
        for name, one in self.results.items():
            spent = f"{self.milliseconds[name]:.0f}" if name in self.milliseconds else ""
            made.add_row(name, *(f"{value:.2f}" for value in one.as_dict().values()), spent)
        return made


def evaluate_track(
    data: Tracked,
    curve: Curve,
    *,
    limit: int | None = None,
    setting: Setting | None = None,
    share: float = 0.0,
    progress: Progress = silent,
) -> TrackReport:
    """Measure tracks, what each kind of evidence adds to them, and thresholds.

    Args:
        data: The gallery with its truth.
        curve: Calibration of cosines.
        limit: At most so many people, spread evenly over all.
        setting: How to search.
        share: FPR's part of the scores that thresholds are on.
        progress: Called after every person.

    Raises:
        EvaluationError: If nobody can be followed.
    """
    setting = setting or Setting()
    travel: TravelOf = data.ways.travel(setting) or AnyTravel
    settings = {
        "track": setting,
        "track, alone": replace(setting, jointly=False),
        "no head": replace(setting, head=False),
        "no company": replace(setting, company=False),
        "no heights": replace(setting, heights=False),
    }
    methods = {name: Follower(data.store, curve, travel, one) for name, one in settings.items()}
    methods["no places"] = Follower(data.store, curve, _placeless(travel), setting)
    methods["no travel times"] = Follower(data.store, curve, _timeless(travel), setting)
    if not data.placed:
        del methods["no places"], methods["no heights"]
    chosen = followed(data, limit)
    judged: dict[str, list[Judged]] = {name: [] for name in methods}
    spent: dict[str, list[float]] = {name: [] for name in methods}
    plain: list[_Plain] = []
    for follower in methods.values():
        follower.traffic()
    for number, (person, probe) in enumerate(chosen, 1):
        for name, follower in methods.items():
            started = time.perf_counter()
            pursuit = follower.pursue([probe])
            path = pursuit.solve().path
            spent[name].append(time.perf_counter() - started)
            judged[name].append(_judged(data, person, probe, pursuit, path))
            if name == "track":
                plain.append(_Plain.of(data, person, probe, pursuit, share))
        progress("following", number, len(chosen))
    results = {
        "threshold": score(_thresholded(data, plain, by_pass=False), data.owners),
        "threshold, passes": score(_thresholded(data, plain, by_pass=True), data.owners),
    }
    results |= {name: score(judged[name], data.owners) for name in reversed(methods)}
    middle = {name: 1000 * statistics.median(one) for name, one in spent.items() if one}
    return TrackReport(data.name, data.store.count(), results, middle)


def followed(data: Tracked, limit: int | None) -> list[tuple[str, str]]:
    """Return whom to follow, and from which sighting: one in the middle of their day."""
    chosen = []
    for person in sorted(data.people):
        passes = list(data.people[person].values())
        if len(passes) >= LEAST_PASSES:
            middle = passes[len(passes) // 2]
            chosen.append((person, middle[len(middle) // 2]))
    if limit is None or limit >= len(chosen):
        return chosen
    return [chosen[place] for place in np.linspace(0, len(chosen) - 1, limit).astype(int)]


class _Placeless:
    """A travel model that is not told where on the floor anybody was."""

    def __init__(self, known: Travel) -> None:
        self._known, self.timed = known, known.timed

    def log_density(
        self, here: Places, there: Places, seconds: Floats, legs: Legs | None = None
    ) -> Floats:
        return self._known.log_density(here, there, seconds)

    def together(self, here: int, there: int) -> bool:
        return self._known.together(here, there)

    def apart(self, here: Places, there: Places, seconds: Floats) -> Flags:
        return self._known.apart(here, there, seconds)


def _placeless(travel: TravelOf) -> TravelOf:
    return lambda cameras, span: _Placeless(travel(cameras, span))


class _Timeless(_Placeless):
    """A travel model that forgot how long ways take, but not that one can be at one place only."""

    def __init__(self, known: Travel, cameras: Sequence[str], span: float) -> None:
        super().__init__(known)
        self.timed, self._any = False, AnyTravel(cameras, span)
        places = range(len(cameras))
        self._overlap = np.array([[known.together(a, b) for b in places] for a in places], bool)

    def log_density(
        self, here: Places, there: Places, seconds: Floats, legs: Legs | None = None
    ) -> Floats:
        overlap = self._overlap[here, there]
        return self._any.log_density(here, there, np.where(overlap, np.abs(seconds), seconds))


def _timeless(travel: TravelOf) -> TravelOf:
    return lambda cameras, span: _Timeless(travel(cameras, span), cameras, span)


def _judged(
    data: Tracked, person: str, probe: str, pursuit: Pursuit, path: Sequence[int]
) -> Judged:
    passes = [pursuit.passes[number] for number in path]
    return _against(data, person, probe, [one.ids for one in passes])


def _against(data: Tracked, person: str, probe: str, groups: Sequence[Sequence[str]]) -> Judged:
    own = data.people[person]
    given = next(ids for ids in own.values() if probe in ids)
    return Judged(
        person,
        frozenset(given),
        frozenset(id for ids in groups for id in ids) | frozenset(given),
        frozenset(id for ids in own.values() for id in ids),
        tuple(ids[0] for ids in groups),
        tuple(ids[0] for ids in own.values()),
    )


@dataclass(frozen=True, slots=True)
class _Plain:
    """One probe's candidates by looks alone."""

    person: str
    probe: str
    groups: list[tuple[str, ...]]
    means: np.ndarray
    pictures: list[str]
    scores: np.ndarray

    @classmethod
    def of(cls, data: Tracked, person: str, probe: str, pursuit: Pursuit, share: float) -> _Plain:
        """Return them in order of time; ``share`` is FPR's part of a score."""
        given = next(ids for ids in data.people[person].values() if probe in ids)
        pictures = [one for group in pursuit.passes for one in group.sightings]
        ready = Rebuilt(np.stack([one.encoding.pyramid for one in pictures])) if share else None
        embeddings = np.stack([one.encoding.embedding for one in pictures])

        def scores(one: Probe) -> np.ndarray:
            cosines = np.asarray(np.vecdot(embeddings, one.embedding))
            if ready is None:
                return cosines
            return rerank(cosines, ready.distances(one.local, one.weights), share)

        # a threshold on pictures knows one picture, that which was clicked
        clicked = scores(probe_of(data.store.get([probe])[0].encoding))
        views = [scores(one) for view in pursuit.views for one in view.probes]
        owners = np.repeat(
            np.arange(len(pursuit.passes)), [len(one.sightings) for one in pursuit.passes]
        )
        means = np.bincount(owners, np.mean(views, axis=0)) / np.bincount(owners)
        order = [int(n) for n in pursuit.order if pursuit.passes[n].ids[0] not in given]
        kept = [place for place, one in enumerate(pictures) if one.id not in given]
        return cls(
            person,
            probe,
            [pursuit.passes[n].ids for n in order],
            means[order],
            [pictures[place].id for place in kept],
            clicked[kept],
        )


def _thresholded(data: Tracked, plain: Sequence[_Plain], by_pass: bool) -> list[Judged]:
    """Return what thresholds find, each half of the people by the best one for the other half."""
    found: list[Judged] = []
    for half in (0, 1):
        others = [one for place, one in enumerate(plain) if place % 2 != half] or list(plain)
        limit = _best(data, others, by_pass)
        for one in plain[half::2]:
            groups: Sequence[Sequence[str]]
            if by_pass:
                groups = [
                    ids for ids, mean in zip(one.groups, one.means, strict=True) if mean >= limit
                ]
            else:
                taken = zip(one.pictures, one.scores, strict=True)
                groups = _in_passes(data, [id for id, alike in taken if alike >= limit])
            found.append(_against(data, one.person, one.probe, groups))
    return found


def _best(data: Tracked, plain: Sequence[_Plain], by_pass: bool) -> float:
    scores, right = [], []
    wanted = 0
    for one in plain:
        own = data.people[one.person].values()
        want = {id for ids in own for id in ids}
        wanted += len(want) - len(next(ids for ids in own if one.probe in ids))
        if by_pass:
            counts = [len(ids) for ids in one.groups]
            scores.append(np.repeat(one.means, counts))
            right.append(np.array([id in want for ids in one.groups for id in ids], bool))
        else:
            scores.append(one.scores)
            right.append(np.array([id in want for id in one.pictures], bool))
    return best_threshold(scores, right, wanted)


def _in_passes(data: Tracked, ids: Sequence[str]) -> list[list[str]]:
    """Group pictures by pass, in order of time."""
    groups: dict[str, list[str]] = {}
    for one in sorted(data.store.get(list(ids)), key=lambda one: (one.time is None, one.time)):
        groups.setdefault(one.tracklet or one.id, []).append(one.id)
    return list(groups.values())
