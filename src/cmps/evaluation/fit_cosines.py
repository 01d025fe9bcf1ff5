"""Fit what cosines say of any two pictures; ``fit_calibration`` ships it with the other curves.

Tracks compare any two passes, not a query with its best candidates, so easy strangers count as much
as look-alikes, and FPR has no part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cmps.evaluation.fit_calibration import fits
from cmps.evaluation.logistic import fit_logistic
from cmps.evaluation.pictures import EncodedGallery
from cmps.search.calibration import Curve
from cmps.search.fusion import prior


def fit_cosines(gallery: EncodedGallery) -> tuple[Curve, dict[str, float]]:
    """Fit the curve on all pairs of one half of the people; measure on the other half's.

    ``strangers_ratio`` is the mean likelihood ratio of two people's cosines: an honest curve's is
    1. ``same_ratio`` is the median log ratio of one person's.

    Args:
        gallery: Pictures with their people.
    """
    scores, right = _pairs(gallery, True)
    slopes, intercept = fit_logistic(scores[:, None], right)
    size = len(gallery.pictures)
    # the pairs' prior odds are taken off; a curve's are those of one picture of its gallery
    usual = float(np.log(right.sum() / (~right).sum()))
    curve = Curve(0.0, float(slopes[0]), intercept - usual + prior(size), size)
    scores, right = _pairs(gallery, False)
    ratios = curve.log_odds(scores, size) - prior(size)
    return curve, {
        "strangers_ratio": round(float(np.exp(ratios[~right]).mean()), 2),
        "same_ratio": round(float(np.median(ratios[right])), 2),
    }


def _pairs(gallery: EncodedGallery, fitting: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return cosines and truth of all pairs of pictures of one half of the people."""
    half = np.array([fits(str(person)) is fitting for person in gallery.people])
    rows, people = gallery.embeddings[half], gallery.people[half]
    above = np.triu_indices(len(rows), 1)
    return (rows @ rows.T)[above].astype(np.float64), (people[:, None] == people[None])[above]
