"""Rivals: people who look like the person, told apart by being elsewhere at the same time.

A look-alike is seen again and again, and each time looks like the person. Taken one by one these
sightings add up, as if they were independent, until the look-alike's whole day joins the track.
But once a rival is seen at one place while the person is at another, all passes that look like the
rival are explained without the person. With pass k, and passes j that cannot be the person because
they are somewhere else at that moment, the odds for the person become

    e^gain(k) / (1 + max over j of P(the person is elsewhere at j) · π e^ratio(k, j)).
"""

from __future__ import annotations

import numpy as np

from cmps.search.tracks.travel import Flags, Floats

SURE = 0.5
"""Below this probability a pass is no reason to believe that the person is elsewhere."""


def elsewhere(apart: Flags, chance: Floats) -> Floats:
    """Return the probability ``(n,)`` that each pass is not the person, who is somewhere else then.

    Args:
        apart: ``(n, n)`` which passes nobody can have made both.
        chance: ``(n,)`` that a pass shows the person.

    Example:
        >>> apart = np.array([[False, True], [True, False]])
        >>> elsewhere(apart, np.array([0.9, 0.1])).tolist()
        [0.0, 0.9]
    """
    sure = np.where(chance >= SURE, chance, 0.0)
    return np.asarray(np.where(apart, sure[None, :], 0.0).max(1, initial=0.0))


def explained(alike: Floats, away: Floats) -> Floats:
    """Return what rivals take from each pass's log ratio, ``(n,)`` from 0 on.

    Args:
        alike: ``(n, n)`` log-odds that two passes are one person, before anybody looked for rivals.
        away: ``(n,)`` from :func:`elsewhere`.

    Example:
        The second pass looks like the third, and who made that is not the person:

        >>> alike = np.array([[0.0, -9, -9], [-9, 0, 3], [-9, 3, 0]])
        >>> explained(alike, np.array([0.0, 0.0, 1.0])).round(1).tolist()
        [0.0, 3.0, 0.0]
    """
    with np.errstate(divide="ignore"):
        weighed = alike + np.log(away)[None, :]
    np.fill_diagonal(weighed, -np.inf)
    return np.asarray(np.logaddexp(0.0, weighed.max(1, initial=-np.inf)))
