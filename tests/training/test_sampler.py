"""Batches of several people: for one epoch, and even over sources in pairs of look-alikes."""

import numpy as np
import pytest

pytest.importorskip("torch")

from cmps.training.sampler import EvenBatches, identity_batches, look_alikes


class TestIdentityBatches:
    def test_batches_hold_people_with_several_pictures(self):
        people = [0] * 5 + [1] * 4 + [2] * 3 + [3] * 8
        seen = []
        for batch in identity_batches(people, 2, 2, np.random.default_rng(0)):
            drawn = [people[row] for row in batch]
            assert len(drawn) == 4
            assert drawn[0] == drawn[1] != drawn[2] == drawn[3]
            seen += batch.tolist()
        # only what no longer fills a batch may be missing at the epoch's end
        assert len(set(seen)) >= 16

    def test_too_few_people_are_refused(self):
        with pytest.raises(ValueError, match="1 people do not fill a batch of 2"):
            next(identity_batches([0, 0], 2, 2, np.random.default_rng(0)))


def crowd(random):
    """30 market and 6 drawn people in 4 pictures each; neighbours in number look alike."""
    people = np.repeat(np.arange(36), 4)
    angles = people / 36 * 3 + random.normal(0, 0.001, len(people))
    teacher = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float16)
    sources = ["market" if person < 30 else "drawn" for person in people]
    return sources, people, teacher


class TestLookAlikes:
    def test_the_nearest_of_the_same_group_come_first(self):
        _, people, teacher = crowd(np.random.default_rng(0))
        groups = np.array([0] * 30 + [1] * 6)
        alike = look_alikes(teacher, people, groups)
        assert set(alike[10][:2]) == {9, 11}
        assert set(alike[29][:1]) == {28}  # 30 is nearer, but of the other group
        assert set(alike[33]) == {30, 31, 32, 34, 35}

    def test_nobody_is_their_own_look_alike(self):
        _, people, teacher = crowd(np.random.default_rng(0))
        alike = look_alikes(teacher, people, np.zeros(36, int))
        assert not (alike == np.arange(36)[:, None]).any()


class TestEvenBatches:
    def test_every_source_has_as_many_people(self):
        random = np.random.default_rng(0)
        sources, people, teacher = crowd(random)
        rows = EvenBatches(sources, people, teacher, 8, 4).draw(random)
        assert [sources[row] for row in rows].count("drawn") == 16
        assert len(rows) == 32

    def test_people_come_in_pairs_of_look_alikes(self):
        random = np.random.default_rng(0)
        sources, people, teacher = crowd(random)
        even = EvenBatches(sources, people, teacher, 8, 2)
        drawn = people[even.draw(random)].reshape(-1, 2, 2)
        for first, second in drawn:
            assert first[0] == first[1]
            assert second[0] in even.alike[first[0]]

    def test_an_uneven_share_is_refused(self):
        sources, people, teacher = crowd(np.random.default_rng(0))
        with pytest.raises(ValueError, match="shared evenly in pairs by 2 sources"):
            EvenBatches(sources, people, teacher, 6, 2)
