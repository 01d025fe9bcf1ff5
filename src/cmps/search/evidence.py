"""What a chip says of a sighting: how probably its picture shows the thing.

A direction learned from pictures scores every sighting (:mod:`cmps.search.directions`); where there
is none, the text network reads the chip's sentence. A score by itself means little, so it is
compared with those of the gallery's other sightings: the standardised score goes through a curve
whose offset makes the chip as frequent among the sightings as it is among people
(``evidence.json``, fitted by ``cmps.evaluation.fit_evidence``).
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cmps.search.calibration import probability
from cmps.search.directions import Directions, direction_of, shipped_directions
from cmps.search.sentences import Sentences
from cmps.settings import Variant
from cmps.understanding.chips import Chip
from cmps.understanding.codes import GENERAL

Floats = NDArray[np.float64]
Seen = Literal["seen", "not seen", "cannot tell"]

MOST_KEPT = 128
SAMPLE = 4096
SEEN = 0.6
"""From this probability on a thing is called seen."""
NOT_SEEN = 0.25
"""Below this part of its share among people a thing is called not seen: low, since a cross beside
something that everybody can see costs more trust than a question mark too many."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How people and witnesses are, counted in descriptions of real pictures.

    Attributes:
        slopes: Of the curve from standardised score to log-odds, by slot; ``""`` for others.
        shares: Part of people for whom a chip holds, by its code.
        told: How often a witness can say of a chip, or of any of its slot, what was not said.
        right: How often what a witness says is right.
        directions: Of chips, learned from pictures; the text network reads the others.
    """

    slopes: dict[str, float]
    shares: dict[str, float]
    told: dict[str, float]
    right: float
    directions: Directions = field(default_factory=dict, repr=False, compare=False)

    def slope(self, slot: str) -> float:
        """Return the curve's slope for a slot."""
        return self.slopes.get(slot, self.slopes[""])

    def share(self, chip: Chip) -> float:
        """Return how frequent a chip is; one that was never counted is taken to be rare."""
        return self.shares.get(code_of(chip), self.shares[""])

    def knows(self, chip: Chip) -> float:
        """Return how often a witness who did not speak of it knows whether a chip holds."""
        for key in (code_of(chip), chip.slot):
            if key in self.told:
                return self.told[key]
        return self.told[""]


@cache
def shipped_habits() -> Habits:
    """Return the counted ones."""
    text = files("cmps.search").joinpath("evidence.json").read_text(encoding="utf-8")
    return Habits(**json.loads(text), directions=shipped_directions())


def plain(chip: Chip) -> Chip:
    """Return a chip without who said it and how: what its picture would have to show."""
    return replace(chip, modality="must", said="", confidence=1.0)


@lru_cache(maxsize=4096)
def code_of(chip: Chip) -> str:
    """Return the code of a chip without who said it and how."""
    return plain(chip).code()


def rivals(chip: Chip) -> tuple[Chip, ...]:
    """Return what a chip is told from: the same thing in no particular colour and kind.

    What the two sentences share says nothing of the chip, so their difference is scored.
    """
    general = GENERAL.get(chip.slot)
    if chip.slot == "who" or general is None:
        return (Chip("who", "person"),)
    bare = Chip(chip.slot, chip.value)
    return (bare,) if bare != plain(chip) else (Chip("who", "person"),)


class Evidence:
    """Scores chips against the sightings of one gallery's snapshot.

    Args:
        sentences: Encodes sentences.
        variant: Which text network.
        habits: How frequent chips are.
        vectors: ``(N, 256)`` unit embeddings of the sightings that chips are scored against.
        sample: ``(M, 256)`` of those that scores are compared with; by default every so many of
            ``vectors``.
    """

    def __init__(
        self,
        sentences: Sentences,
        variant: Variant,
        habits: Habits,
        vectors: NDArray[np.float32],
        sample: NDArray[np.float32] | None = None,
    ) -> None:
        self._sentences = sentences
        self.variant: Variant = variant
        self._habits = habits
        self.vectors = vectors
        self._sample = vectors[:: max(1, len(vectors) // SAMPLE)] if sample is None else sample
        self._lock = threading.Lock()
        self._curves: dict[str, tuple[NDArray[np.float32], float, float]] = {}
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def all(self, chips: Sequence[Chip]) -> NDArray[np.float32]:
        """Return for each chip how probably each sighting shows it, ``(chips, N)``."""
        return np.stack(self.rows(chips)) if chips else np.empty((0, 0), np.float32)

    def rows(self, chips: Sequence[Chip]) -> list[NDArray[np.float32]]:
        """Return for each chip how probably each sighting shows it, ``(N,)``; to be read only."""
        codes = [code_of(chip) for chip in chips]
        with self._lock:
            known = {code: self._kept[code] for code in codes if code in self._kept}
        new = [chip for code, chip in zip(codes, chips, strict=True) if code not in known]
        if new:
            rows = self.of(new, self.vectors).astype(np.float32)
            known |= {code_of(chip): row for chip, row in zip(new, rows, strict=True)}
        with self._lock:
            for code in codes:
                self._kept[code] = known[code]
                self._kept.move_to_end(code)
            while len(self._kept) > max(MOST_KEPT, len(codes)):
                self._kept.popitem(last=False)
        return [known[code] for code in codes]

    def of(self, chips: Sequence[Chip], vectors: NDArray[np.float32]) -> Floats:
        """Return for each chip how probably each of some pictures shows it, ``(chips, n)``."""
        curves = [self._curve(chip) for chip in chips]
        directions = np.stack([direction for direction, _, _ in curves])
        lines = np.array([(slope, offset) for _, slope, offset in curves])
        scores = (vectors @ directions.T).T
        return probability(lines[:, :1] * scores + lines[:, 1:])

    def share(self, chip: Chip) -> float:
        """Return how frequent a chip is among people."""
        return self._habits.share(chip)

    def _curve(self, chip: Chip) -> tuple[NDArray[np.float32], float, float]:
        """Return a chip's direction, and slope and offset of its log-odds over the score."""
        code = code_of(chip)
        if code not in self._curves:
            direction, scores, middle, spread = self._scale(chip)
            slope = self._habits.slope(chip.slot)
            offset = offset_for(slope * (scores - middle) / spread, self._habits.share(chip))
            self._curves[code] = (direction, slope / spread, offset - slope * middle / spread)
        return self._curves[code]

    def standardised(self, chip: Chip, vectors: NDArray[np.float32]) -> Floats:
        """Return the scores ``(n,)`` of some pictures in standard deviations of the gallery's."""
        direction, _, middle, spread = self._scale(chip)
        return np.asarray((np.vecdot(vectors, direction) - middle) / spread, np.float64)

    def _scale(self, chip: Chip) -> tuple[NDArray[np.float32], Floats, float, float]:
        """Return a chip's direction, and the sample's scores with their mean and deviation."""
        direction = self._direction(chip)
        scores = np.vecdot(self._sample, direction).astype(np.float64)
        spread = max(float(scores.std()), 1e-6) if len(scores) else 1.0
        middle = float(scores.mean()) if len(scores) else 0.0
        return direction, scores, middle, spread

    def _direction(self, chip: Chip) -> NDArray[np.float32]:
        learned = direction_of(chip, self._habits.directions)
        return self.read_direction(chip) if learned is None else learned

    def read_direction(self, chip: Chip) -> NDArray[np.float32]:
        """Return a chip's direction as the text network reads it."""

        def encoded(one: Chip) -> NDArray[np.float32]:
            return self._sentences.encode(one.sentence(), self.variant).embedding

        rest = np.mean([encoded(one) for one in rivals(chip)], axis=0)
        return np.asarray(encoded(plain(chip)) - rest, np.float32)


def offset_for(log_odds: Floats, share: float) -> float:
    """Return what must be added to log-odds for their probabilities to average to a share.

    Example:
        >>> round(offset_for(np.array([-2.0, 0.0, 2.0]), 0.5), 6)
        0.0
    """
    low, high = -30.0, 30.0
    for _ in range(30):
        middle = (low + high) / 2
        if probability(log_odds + middle).mean() < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def log_ratio(
    shown: NDArray[np.floating], share: float, reliable: float, holds: bool = True
) -> Floats:
    """Return how much more probable it is that a witness says so of this picture's person.

    A witness is right with probability ``reliable``; what is said is compared with what would be
    said of anybody. So one chip can never outweigh all others, in either direction.

    Args:
        shown: ``(N,)`` probability that the picture shows it.
        share: The same for anybody.
        reliable: 0.5 for one who guesses, 1 for one who is always right.
        holds: Whether the witness says that it holds; else that it does not.

    Example:
        >>> log_ratio(np.array([0.5, 1.0]), 0.5, 0.9).round(2).tolist()
        [0.0, 0.59]
    """
    chance = reliable if holds else 1 - reliable
    said = chance * shown + (1 - chance) * (1 - shown)
    anybody = chance * share + (1 - chance) * (1 - share)
    return np.log(np.asarray(said, np.float64) / anybody)


def seen(shown: float, share: float) -> Seen:
    """Say in words whether a picture shows a thing.

    Args:
        shown: The probability that it does.
        share: The same for anybody: of what few people have, little is enough to doubt it.

    Example:
        >>> seen(0.9, 0.2), seen(0.3, 0.2), seen(0.05, 0.2)
        ('seen', 'cannot tell', 'not seen')
    """
    if shown >= SEEN:
        return "seen"
    return "not seen" if shown <= NOT_SEEN * share else "cannot tell"
