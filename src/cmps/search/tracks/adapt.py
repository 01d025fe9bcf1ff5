"""What a gallery tells about itself: what belongs to a camera, to a moment, and what scores mean.

With that it tells, too, how soon people are seen again (:mod:`cmps.search.tracks.again`).

Curves that were fitted on other people in other light take look-alikes for one person. But a
gallery holds pairs of which the truth is known without anybody's help: nobody is seen by two
distant cameras at once, and pictures of one pass show one person.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cmps.gallery.resident import UNKNOWN, Resident
from cmps.gallery.store import GalleryStore
from cmps.search.calibration import Curve
from cmps.search.tracks.again import Again
from cmps.search.tracks.beside import Beside
from cmps.search.tracks.head import Head
from cmps.search.tracks.looks import Metric
from cmps.search.tracks.meaning import FEWEST, Meaning, Says, Shipped
from cmps.search.tracks.passes import Pass, complete
from cmps.search.tracks.travel import Floats, Habits, Places, Travel

STRETCH, STRETCHES, LEAST = 400, 6, 4
"""Pictures in a stretch of the day that is looked at as a whole; most and least stretches."""

_HIGH = 0.02


@dataclass(frozen=True, slots=True)
class Own:
    """How people are compared in one gallery.

    Attributes:
        says: What scores mean.
        metric: What scores are the cosines of.
        again: How soon somebody is seen again; ``None`` where the gallery does not tell.
        beside: Who walks beside whom; ``None`` where the gallery does not tell.
    """

    says: Says
    metric: Metric = field(default_factory=Metric)
    again: Again | None = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of passes by different cameras.

    Attributes:
        apart: ``(m, 2)`` pairs that were seen sooner than anybody walks.
        near: ``(k, 2)`` others, near in time.
        far: ``(j, 2)`` others, from different stretches of the day.
    """

    apart: Places
    near: Places
    far: Places


def shipped(curve: Curve) -> Own:
    """Return what is known without a gallery: what the curve says of cosines."""
    return Own(Shipped(curve))


def adapted(
    store: GalleryStore,
    curve: Curve,
    travel: Travel,
    cameras: list[str],
    habits: Habits = Habits(),  # noqa: B008 - frozen
    head: Head | None = None,
    seed: int = 0,
) -> Own:
    """Return how people are compared in this gallery; as shipped where it is too small.

    Args:
        store: The gallery.
        curve: The shipped curve of cosines.
        travel: Says who cannot be one person.
        cameras: Those that ``travel`` knows, in its order.
        habits: How often somebody is seen.
        head: What to compare in place of embeddings.
        seed: Of the sample.
    """
    snapshot = store.snapshot()
    resident = snapshot.resident
    stretches = sample(resident, np.random.default_rng(seed))
    ids = [str(one) for rows in stretches for one in resident.ids[rows]]
    if len(ids) < FEWEST:
        return shipped(curve)
    passes = complete(store, store.get(ids))
    of_picture = {id: place for place, one in enumerate(passes) for id in one.ids}
    part = np.zeros(len(passes), np.intp)
    for number, stretch in enumerate(stretches):
        part[[of_picture[str(id)] for id in resident.ids[stretch]]] = number
    camera, times = seen_by(passes, cameras)
    pairs = paired(camera, times, part, travel)
    plain = _likeness(passes, pairs, None)
    found = (_likeness(passes, pairs, head) if head else None) or plain
    if plain is None or found is None:
        return shipped(curve)
    every = snapshot.count * len(passes) / sum(len(one.ids) for one in passes)
    usual = min(habits.seen / every, 0.5)
    again = Again.learned(found.says, found.scores, camera, times, usual)
    # who is beside somebody is known by embeddings only: those of all pictures lie ready
    return Own(found.says, found.metric, again, Beside(resident, plain.metric, plain.says))


@dataclass(frozen=True, slots=True)
class _Likeness:
    """One way to compare people: the metric, the sample's cosines, and what they mean."""

    metric: Metric
    scores: Floats
    says: Says


def _likeness(passes: list[Pass], pairs: Pairs, head: Head | None) -> _Likeness | None:
    """Return a way to compare people, or ``None`` where the gallery does not tell what it says."""
    metric = Metric.learned(passes, head)
    rows = metric.of(passes)
    scores = (rows @ rows.T).astype(np.float64)
    says = Meaning.learned(strangers(pairs, scores), scores[tuple(pairs.near.T)])
    return None if says is None else _Likeness(metric, scores, says)


def sample(resident: Resident, rng: np.random.Generator) -> list[Places]:
    """Return stretches of the day: rows of pictures that follow each other in time."""
    known = np.flatnonzero(resident.times != UNKNOWN)
    order = known[np.argsort(resident.times[known], kind="stable")]
    count = max(LEAST, len(order) // STRETCH)
    every = np.array_split(order, count)
    chosen = np.sort(rng.permutation(count)[:STRETCHES])
    return [every[place] for place in chosen]


def seen_by(passes: list[Pass], cameras: list[str]) -> tuple[Places, Floats]:
    """Return each pass's camera, by its place, and ``(n, 2)`` entering and leaving, seconds.

    Args:
        passes: All of them with times.
        cameras: Those that are known.
    """
    place = {camera: number for number, camera in enumerate(cameras)}
    camera = np.array([place[one.camera] for one in passes], np.intp)
    times = [
        [moment.timestamp() if moment else np.nan for moment in (one.enter, one.leave)]
        for one in passes
    ]
    return camera, np.array(times).reshape(-1, 2)


def paired(camera: Places, times: Floats, part: Places, travel: Travel) -> Pairs:
    """Return pairs of passes by different cameras.

    Args:
        camera: ``(n,)`` that saw each pass.
        times: ``(n, 2)`` entering and leaving, seconds.
        part: ``(n,)`` the stretch of each.
        travel: Says who cannot be one person.
    """
    enter, leave = times.T
    one, other = np.triu_indices(len(camera), 1)
    between = camera[one] != camera[other]
    one, other = one[between], other[between]
    both = np.stack([one, other], 1)
    near = part[one] == part[other]
    far = both[~near]
    one, other, both = one[near], other[near], both[near]
    gap = np.maximum(enter[one] - leave[other], enter[other] - leave[one]).clip(0)
    apart = travel.apart(camera[one], camera[other], gap)
    return Pairs(both[apart], both[~apart], far)


def strangers(pairs: Pairs, scores: Floats) -> Floats:
    """Return scores of two people: of who is seen at once, or else hours apart.

    Where cameras look at one place, or their clocks differ, who is seen at once may be one person;
    of pairs from different times, few are. Those are taken that are less often alike.

    Args:
        pairs: From :func:`paired`.
        scores: ``(n, n)`` how alike passes look.
    """
    if not len(pairs.near):
        return np.empty(0)
    high = np.quantile(scores[tuple(pairs.near.T)], 1 - _HIGH)
    kinds = [scores[tuple(both.T)] for both in (pairs.apart, pairs.far)]
    kinds = [one for one in kinds if len(one) >= FEWEST]
    return min(kinds, key=lambda one: float((one > high).mean()), default=np.empty(0))
