from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from people import unit

from cmps.gallery.records import Filter
from cmps.gallery.resident import Resident


def resident(seeds, camera="a"):
    return Resident.of(
        [f"{seed:03}" for seed in seeds],
        np.stack([unit(seed) for seed in seeds] or [np.empty((0, 256), np.float32)]),
        [camera] * len(seeds),
        [None] * len(seeds),
    )


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_an_update_adds_and_replaces(old, new):
    updated = resident(sorted(old), "old").updated(resident(sorted(new), "new"))
    cameras = dict(zip(updated.ids, updated.cameras, strict=True))
    assert len(updated.ids) == len(old | new)
    assert cameras == {f"{seed:03}": "new" if seed in new else "old" for seed in old | new}
    for seed, camera in [(seed, cameras[f"{seed:03}"]) for seed in old | new]:
        hits = updated.search(unit(seed), 1, Filter.of([camera]))
        assert hits[0].sighting == f"{seed:03}"


def test_an_old_one_stays_as_it_is():
    before = resident([1, 2])
    before.updated(resident([2, 3], "b"))
    assert list(before.ids) == ["001", "002"]
    assert before.search(unit(2), 5, Filter.of(["b"])) == []
