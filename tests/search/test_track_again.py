"""How soon somebody is seen again."""

from __future__ import annotations

import numpy as np
import pytest

from cmps.search.tracks.again import SPANS, Again
from cmps.search.tracks.meaning import Meaning

HERE, THERE = np.zeros(1, np.intp), np.ones(1, np.intp)
USUAL = 0.002


def seen(soon: float, people: int = 600, seed: int = 0):
    """Everybody is seen once and, some of them, by the other camera half a minute later."""
    rng = np.random.default_rng(seed)
    looks, cameras, times = [], [], []
    for person in range(people):
        look = rng.standard_normal(32)
        moments = [5.0 * person, 5.0 * person + 30] if rng.random() < soon else [5.0 * person]
        for camera, moment in enumerate(moments):
            looks.append(look + 0.4 * rng.standard_normal(32))
            cameras.append(camera)
            times.append([moment, moment + 1])
    rows = np.array(looks) / np.linalg.norm(looks, axis=1, keepdims=True)
    return rows @ rows.T, np.array(cameras, np.intp), np.array(times)


@pytest.fixture(scope="module")
def says():
    rng = np.random.default_rng(9)
    strangers, same = rng.normal(0, 0.18, (2, 20_000)), rng.normal(0.86, 0.05, 400)
    return Meaning.learned(strangers[0], np.concatenate([strangers[1], same]))


def chance(again: Again, there: np.ndarray, seconds: float) -> float:
    odds = again.log_odds(HERE, there, np.array([seconds]))
    return float(1 / (1 + np.exp(-odds[0])))


@pytest.mark.parametrize("soon", [0.3, 0.9])
def test_the_share_of_people_who_come_again_is_found(says, soon):
    scores, cameras, times = seen(soon)
    again = Again.learned(says, scores, cameras, times, USUAL)
    low, high = SPANS[np.digitize(29, SPANS) - 1], SPANS[np.digitize(29, SPANS)]
    gap = np.abs(times[:, None, 0] - times[None, :, 1])
    between = (gap >= low) & (gap < high) & (cameras[:, None] != cameras[None])
    pairs, true = np.triu(between, 1).sum(), (cameras == 1).sum()
    assert chance(again, THERE, 29) == pytest.approx(true / pairs, rel=0.3)


def test_nobody_who_stays_away_is_expected_soon(says):
    again = Again.learned(says, *seen(0.9), USUAL)
    assert chance(again, THERE, 29) > 10 * chance(again, THERE, 100)
    assert chance(again, HERE, 29) < USUAL < chance(again, THERE, 29)


def test_of_times_that_no_pair_shows_the_usual_is_said(says):
    again = Again.learned(says, *seen(0.9), USUAL)
    assert chance(again, THERE, 1e6) == pytest.approx(USUAL)


def test_that_nobody_ever_comes_back_is_never_said(says):
    again = Again.learned(says, *seen(0.0), USUAL)
    assert chance(again, HERE, 2000) == pytest.approx(USUAL / 20)
