"""How much each kind of evidence counts, and how far their sum is to be trusted.

Fitted by :mod:`cmps.evaluation.fit_fusion`, kept in ``weights.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

LARGE = 20_000
"""Sightings of the gallery whose log-odds :class:`Trust` takes as they are."""
FLATTEST = 0.1
"""The least slope: below 0 the order would turn round."""


def larger(gallery: int) -> float:
    """Return the log of a gallery's size over :data:`LARGE`; beyond it galleries count alike."""
    return min(float(np.log(max(gallery, 1) / LARGE)), 0.0)


@dataclass(frozen=True, slots=True)
class Trust:
    """How far log-odds of what was said are to be trusted: a line, so their order stays.

    Sentences and chips repeat each other, and the best of many sightings is the one that chance
    favoured; so the sum says more than it knows.

    Attributes:
        slope, base: Of the line.
        sentence: What each sentence after the first adds.
        chip: What each chip adds.
        size: What the log of the gallery's size adds, over that of :data:`LARGE`.
        bend: What the same adds to the slope.
    """

    slope: float = 1.0
    base: float = 0.0
    sentence: float = 0.0
    chip: float = 0.0
    size: float = 0.0
    bend: float = 0.0

    def steepness(self, gallery: int) -> float:
        """Return the slope in a gallery of a size; never so flat that the order is lost."""
        return max(self.slope + self.bend * larger(gallery), FLATTEST)

    def constant(self, sentences: int, chips: int, gallery: int = LARGE) -> float:
        """Return what the line adds for so many sentences and chips, in a gallery of a size."""
        told = self.sentence * (sentences - 1) + self.chip * chips
        return self.base + told + self.size * larger(gallery)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts.

    The shipped ones are fitted by :mod:`cmps.evaluation.fit_fusion`.

    Attributes:
        repeated: Several sentences tell much the same: their sum is divided by their number to
            this power.
        told: Weight of a chip that a sentence tells already.
        chip: Weight of a chip by itself, such as an answer.
        doubt: Probability that a picture given for the person does not help: other clothes.
        right: How often what a witness says is right.
        maybe: The same for what they think possible.
        same: Cosine, less what their cameras' pictures have in common, from which on two of the
            best sightings are shown as one person.
        trust: In the log-odds of sentences and chips together.
    """

    repeated: float = 0.5
    told: float = 0.3
    chip: float = 1.0
    doubt: float = 0.02
    right: float = 0.9
    maybe: float = 0.7
    same: float = 0.66
    trust: Trust = Trust()


@cache
def shipped_weights() -> Weights:
    """Return the fitted ones."""
    text = files("cmps.search").joinpath("weights.json").read_text(encoding="utf-8")
    plain = json.loads(text)
    return Weights(**(plain | {"trust": Trust(**plain["trust"])}))
