from __future__ import annotations

import numpy as np
import pytest

from cmps.evaluation.occlusion import GREY, SIDES, Occluding, covered


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("share", [0.3, 0.5])
def test_that_share_is_covered(side, share):
    picture = np.zeros((40, 20, 3), np.uint8)
    assert (covered(picture, share, None, side) == GREY).mean() == pytest.approx(share)
    cover = np.full((10, 10, 3), 255, np.uint8)
    assert (covered(picture, share, cover, side) == 255).mean() == pytest.approx(share)
    assert not picture.any()


class Spy:
    def __init__(self):
        self.seen = []

    def encode(self, pictures):
        self.seen += pictures
        return []


def test_pictures_are_covered_the_same_way_each_time_and_in_several_ways():
    pictures = list(np.random.default_rng(0).integers(0, 100, (40, 8, 8, 3), np.uint8))
    first, second = Spy(), Spy()
    Occluding(first, 0.5).encode(pictures)
    whole = Occluding(second, 0.5)
    for start in range(0, 40, 8):  # batches make no difference
        whole.encode(pictures[start : start + 8])
    np.testing.assert_array_equal(first.seen, second.seen)
    plain = [(seen == GREY).any() for seen in first.seen]
    assert 8 < sum(plain) < 32
    assert all((a != b).any() for a, b in zip(first.seen, pictures, strict=True))
