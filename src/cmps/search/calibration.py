"""Scores of every probe kind as probabilities of "same person" (Platt, 1999).

The curves are fitted on people of the val split (``evaluation/fit_calibration.py``) and shipped as
``calibration.json``. A pair's prior odds sink as the gallery grows: the same similarity means
less among 20,000 strangers than among 1,000, so the fitted gallery size travels with the curve.
One more curve, ``cosine``, is of any two pictures: what their embeddings alone say, for tracks.
A score means less, too, where many others fit the query as well: the curve's second term is the
level of the query's best candidates (:func:`cmps.search.neighbours.level`), known without any
truth.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.weights import weight_file

ProbeKind = Literal["fast", "accurate", "image"]

COSINE = "cosine"
"""The curve of pairs of pictures, which nobody is searched with."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Log-odds of "same person" as a line over the score, lower where others score high too.

    Attributes:
        share: Part of FPR in the mixed score.
        slope, intercept: Of the line.
        gallery: Size of the gallery it was fitted on.
        part, width: How candidates share evidence; see :func:`neighbours.share_evidence`.
        hubs: How much of a picture's hubness is taken off its cosine; see :mod:`hubs`.
        crowd: How much a point of the query's level takes off the log-odds.
        usual: The level that the intercept stands for, the mean of those it was fitted on.
        shift: What the log of the gallery's size counts; 1 where only the prior odds know of it,
            less where the level does too, below 0 where the level rises faster than they sink.
    """

    share: float
    slope: float
    intercept: float
    gallery: int
    part: float = 0.0
    width: float = 0.05
    hubs: float = 0.0
    crowd: float = 0.0
    usual: float = 0.0
    shift: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or self.slope <= 0 or self.gallery < 1:
            raise ValueError(f"not a calibration curve: {self}")
        if not 0 <= self.part <= 1 or self.width <= 0:
            raise ValueError(f"not a way to share evidence: {self}")
        if self.hubs < 0:
            raise ValueError(f"a picture that suits everybody cannot gain by it: {self}")
        if self.crowd < 0:
            raise ValueError(f"rivals cannot make a person likelier: {self}")

    def log_odds(
        self, scores: NDArray[np.floating], gallery: int, level: float | None = None
    ) -> NDArray[np.float64]:
        """Return log-odds for scores found in a gallery of this size.

        Args:
            scores: Of any shape.
            gallery: How many pictures were searched.
            level: Of the query's best candidates, see :func:`cmps.search.neighbours.level`;
                ``None`` where scores are no answer to a query: then the usual level is assumed.

        Example:
            >>> curve = Curve(share=0.5, slope=10, intercept=-5, gallery=1000)
            >>> curve.log_odds(np.array([0.5]), 1000).tolist()
            [0.0]
        """
        shift = self.shift * math.log(self.gallery / max(gallery, 1))
        if level is not None:
            shift -= self.crowd * (level - self.usual)
        odds: NDArray[np.float64] = self.slope * scores.astype(np.float64) + self.intercept + shift
        return odds


def probability(log_odds: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return 1 / (1 + e⁻ˣ) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(log_odds / 2)), np.float64)


@cache
def shipped_curves() -> dict[str, Curve]:
    """Return the shipped curve of each probe kind, and of :data:`COSINE`.

    Raises:
        WeightsError: If the file is missing or changed.
    """
    entries = json.loads(weight_file("calibration.json").read_text(encoding="utf-8"))
    return {kind: Curve(**entry) for kind, entry in entries["curves"].items()}
