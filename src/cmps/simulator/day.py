"""A simulated day: people in the mall for hours, their passages, their pictures, and the truth.

docs/simulator.md says what is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cmps.gallery.floorplan import FloorPlan

from .agenda import Setting, Story, tell
from .film import Cast, Crop, Film
from .hall import Backdrop
from .mall import KIOSK_SPOT, SHOPS, SPOTS, mall, mall_posts
from .passages import Trails, find_passes
from .people import SimulatorError
from .places import Post
from .render import View, open_view
from .trails import Floor
from .visitors import Company, gather

_CHUNK = 24
_LONGEST = 24.0
_PEOPLE_A_LOSS = 150

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Day:
    """What happens on a day, before any picture is taken.

    Attributes:
        plan: The floor plan with its cameras.
        posts: The cameras with their light and lenses, in the plan's order.
        company: Everybody, their groups and outfits.
        story: Everybody's trails, and what was out of the ordinary.
        cast: All that pictures depend on.
    """

    plan: FloorPlan
    posts: list[Post]
    company: Company
    story: Story
    cast: Cast


def plan_day(
    people: int = 500,
    hours: float = 3.0,
    cameras: int = 8,
    seed: int = 1,
    *,
    alike: float = 0.3,
    led_away: int = 0,
) -> Day:
    """Decide who comes, what they wear, where they walk, and which cameras they pass.

    Args:
        people: How many, staff included.
        hours: How long the day is.
        cameras: How many cameras hang.
        seed: The same seed plans the same day.
        alike: Share of visitors who wear an outfit that others wear too, 0-1.
        led_away: How many children somebody leads away.

    Raises:
        SimulatorError: If a number is out of range.

    Example:
        >>> day = plan_day(people=8, hours=0.2, cameras=2, seed=3)
        >>> len(day.company.people), [camera.id for camera in day.plan.cameras]
        (8, ['west-door', 'crossing'])
    """
    if not 0.05 <= hours <= _LONGEST:
        raise SimulatorError(f"a day has 0.05 to {_LONGEST:.0f} hours, not {hours:g}")
    plan = mall(cameras)
    company = gather(seed, people, tuple(shop[0] for shop in SHOPS), alike)
    lost = max(1, people // _PEOPLE_A_LOSS)
    story = tell(
        Setting(
            floor=Floor(plan), company=company, spots=SPOTS, desk=SPOTS[KIOSK_SPOT],
            seconds=3600 * hours, seed=seed, lost=lost, led_away=led_away,
        )
    )  # fmt: skip
    trails = Trails(story.trails)
    passes = find_passes(plan, trails)
    groups = [""] * people
    for group in company.groups:
        for member in group.members:
            groups[member] = group.id
    cast = Cast(plan, company.people, groups, trails, passes, seed)
    return Day(plan, mall_posts(plan, seed), company, story, cast)


def take_pictures(
    day: Day, workers: int | None = None, progress: Progress | None = None
) -> Iterator[list[Crop]]:
    """Yield each passage's crops, in the order of ``day.cast.passes``.

    Args:
        day: From :func:`plan_day`.
        workers: Processes, by default one a core; 1 stays in this one.
        progress: Called with passages done and in all.
    """
    total = len(day.cast.passes)
    rows = _alone(day) if (workers or os.cpu_count()) == 1 else _together(day, workers)
    for done, crops in enumerate(rows, 1):
        yield crops
        if progress is not None:
            progress(done, total)


def _alone(day: Day) -> Iterator[list[Crop]]:
    film = Film(day.cast, [open_view(post) for post in day.posts])
    for number in range(len(day.cast.passes)):
        yield film.take(number)


def _together(day: Day, workers: int | None) -> Iterator[list[Crop]]:
    count = len(day.cast.passes)
    chunks = [range(first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]
    with (
        TemporaryDirectory(prefix="cmps-day-") as folder,
        ProcessPoolExecutor(
            workers or os.cpu_count(), get_context("spawn"), _start, (day.cast, day.posts, folder)
        ) as pool,
    ):
        list(pool.map(_open, range(len(day.posts))))
        for crops in pool.map(_take, chunks):
            yield from crops


class _Worker:
    """What one process keeps between its tasks."""

    cast: Cast
    posts: list[Post]
    folder: Path
    film: Film | None = None


def _start(cast: Cast, posts: list[Post], folder: str) -> None:
    _Worker.cast, _Worker.posts, _Worker.folder = cast, posts, Path(folder)


def _open(number: int) -> None:
    """Draw one camera's empty room where all processes find it."""
    backdrop = open_view(_Worker.posts[number]).backdrop
    for name in ("light", "nearness", "floor"):
        np.save(_Worker.folder / f"{number}-{name}.npy", getattr(backdrop, name))


def _take(numbers: Sequence[int]) -> list[list[Crop]]:
    if _Worker.film is None:
        views = [View(post, _load(number)) for number, post in enumerate(_Worker.posts)]
        _Worker.film = Film(_Worker.cast, views)
    return [_Worker.film.take(number) for number in numbers]


def _load(number: int) -> Backdrop:
    light, nearness, floor = (
        np.load(_Worker.folder / f"{number}-{name}.npy", mmap_mode="r")
        for name in ("light", "nearness", "floor")
    )
    return Backdrop(light, nearness, floor)
