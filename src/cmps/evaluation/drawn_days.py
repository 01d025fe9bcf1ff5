"""Days whose people are drawn as vectors, not as pictures: many sightings in a moment.

For tests and benchmarks of tracks. Who walks where follows a floor plan's distances; what an image
network would make of a picture is drawn from a noise model: an outfit, which several people may
share, the person, the camera's light, the pass, and the picture each add their part. Figures on
such a day compare methods. They say nothing about real networks or real people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.floorplan import FloorPlan, PlacedCamera
from cmps.gallery.records import EMBEDDING_SIZE, Encoding, Network, Sighting
from cmps.search.calibration import Curve

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
NETWORK = Network("drawn", "0" * 64)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a day is like.

    Attributes:
        people: How many come.
        cameras: How many watch, along a corridor.
        hours: How long the day is.
        outfits: How many outfits there are; fewer than people, and they repeat.
        apart: Metres between cameras.
        own: How much of a look is the person's own beside the outfit.
        light: How much a camera changes a look.
        noise: How much each pass changes it; each picture changes it half as much again.
        seed: The same seed, the same day.
    """

    people: int = 40
    cameras: int = 6
    hours: float = 2.0
    outfits: int = 15
    apart: float = 25.0
    own: float = 0.55
    light: float = 0.35
    noise: float = 0.45
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Day:
    """A day with its truth: the sightings carry their person's id."""

    plan: FloorPlan
    sightings: list[Sighting]
    curve: Curve


def corridor(cameras: int, apart: float) -> FloorPlan:
    """Return a corridor with cameras along it whose views do not overlap."""
    length = apart * cameras
    outline = ((0.0, 0.0), (length, 0.0), (length, 6.0), (0.0, 6.0))
    eyes = tuple(
        PlacedCamera(f"c{n + 1}", (apart * n + 0.5, 3.0), 3.0, 0.0, 20.0, 60.0, (1280, 720), 8.0)
        for n in range(cameras)
    )
    return FloorPlan("corridor", outline, cameras=eyes)


def draw_day(recipe: Recipe = Recipe()) -> Day:
    """Draw a day.

    Example:
        >>> day = draw_day(Recipe(people=5))
        >>> len({one.person for one in day.sightings}), len(day.plan.cameras)
        (5, 6)
    """
    rng = np.random.default_rng(recipe.seed)
    looks = _Looks(recipe, rng)
    sightings: list[Sighting] = []
    plan = corridor(recipe.cameras, recipe.apart)
    for person in range(recipe.people):
        for number, (camera, enter, leave) in enumerate(_visits(recipe, rng)):
            moments = np.linspace(enter, leave, int(rng.integers(2, 4)))
            vectors = looks.pass_of(person, camera, len(moments))
            for picture, (seconds, vector) in enumerate(zip(moments, vectors, strict=True)):
                sightings.append(
                    Sighting(
                        id=f"{person:05x}{number:05x}{picture:010x}",
                        camera=f"c{camera + 1}",
                        encoding=_encoding(vector),
                        time=START + timedelta(seconds=float(seconds)),
                        tracklet=f"c{camera + 1}-{person:05d}-{number:04d}",
                        person=f"p{person:05d}",
                    )
                )
    return Day(plan, sightings, _curve(looks, rng))


def _visits(recipe: Recipe, rng: np.random.Generator) -> list[tuple[int, float, float]]:
    """Return camera, entering and leaving of each pass of one person, seconds."""
    camera = int(rng.integers(recipe.cameras))
    clock = float(rng.uniform(0, 3600 * recipe.hours * 0.8))
    speed = float(1.2 * np.exp(rng.normal(0, 0.2)))
    found: list[tuple[int, float, float]] = []
    while clock < 3600 * recipe.hours:
        leave = clock + float(rng.uniform(4, 14))
        found.append((camera, clock, leave))
        if rng.random() < 1 / 14:
            break
        ways = np.abs(np.arange(recipe.cameras) - camera) * recipe.apart
        chances = np.exp(-ways / recipe.apart)
        following = int(rng.choice(recipe.cameras, p=chances / chances.sum()))
        stays = following == camera or rng.random() < 0.35
        spent = rng.exponential(300) + 20 if stays else rng.exponential(8)
        clock = leave + abs(following - camera) * recipe.apart / speed + float(spent)
        camera = following
    return found


class _Looks:
    """What pictures of people become; shares base and cameras with another one if given."""

    def __init__(
        self, recipe: Recipe, rng: np.random.Generator, like: _Looks | None = None
    ) -> None:
        self.recipe, self.rng = recipe, rng
        self.base: Floats = like.base if like else 1.2 * self._vectors(1)[0]
        self.cameras: Floats = (
            like.cameras if like else recipe.light * self._vectors(recipe.cameras)
        )
        outfits = self._vectors(recipe.outfits)
        # with as many outfits as people, everybody has their own
        worn = rng.permutation(max(recipe.people, recipe.outfits))[: recipe.people] % recipe.outfits
        self.people = outfits[worn] + recipe.own * self._vectors(recipe.people)

    def _vectors(self, count: int) -> Floats:
        spectrum = 1 / (1 + np.arange(EMBEDDING_SIZE) / 20)
        spectrum /= math.sqrt(float((spectrum**2).sum()))
        return self.rng.standard_normal((count, EMBEDDING_SIZE)) * spectrum

    def pass_of(self, person: int, camera: int, count: int) -> NDArray[np.float32]:
        noise = self.recipe.noise
        one = self.base + self.people[person] + self.cameras[camera] + noise * self._vectors(1)[0]
        rows = one + noise / 2 * self._vectors(count)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _encoding(vector: NDArray[np.float32]) -> Encoding:
    cells = vector.reshape(4, -1)
    cells = cells / np.linalg.norm(cells, axis=1, keepdims=True)
    return Encoding(vector, cells.astype(np.float16), np.ones(4, np.float32))


def _curve(looks: _Looks, rng: np.random.Generator) -> Curve:
    """Fit a curve as the shipped one is: on other people, each in four pictures, all in one set.

    Nobody there wears what somebody else wears, so it knows as little of a day's look-alikes.
    """
    people = np.repeat(np.arange(250), 4)
    others = _Looks(replace(looks.recipe, people=250, outfits=250), rng, looks)
    vectors = np.stack(
        [others.pass_of(int(one), int(rng.integers(looks.recipe.cameras)), 1)[0] for one in people]
    )
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    nearest = np.argsort(-cosines, axis=1)[:, :100]
    scores = np.take_along_axis(cosines, nearest, 1).astype(np.float64)
    right = people[nearest] == people[:, None]
    slope, intercept = _line(scores.ravel(), right.ravel())
    return Curve(share=0.0, slope=slope, intercept=intercept, gallery=len(people))


def _line(scores: Floats, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and intercept of the logistic regression, by Newton's method."""
    rows = np.stack([scores, np.ones_like(scores)], 1)
    line = np.zeros(2)
    for _ in range(30):
        chance = 0.5 * (1 + np.tanh(rows @ line / 2))
        weight = np.maximum(chance * (1 - chance), 1e-9)
        bend = (rows * weight[:, None]).T @ rows + 1e-6 * np.eye(2)
        line += np.linalg.solve(bend, rows.T @ (right - chance))
    return float(line[0]), float(line[1])
