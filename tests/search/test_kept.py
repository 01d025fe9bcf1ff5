"""What is kept between steps changes nothing of what is found."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from desks import CROWD, HABITS, desk, sighting
from fakes import FakeTextEncoder, fake_curves

from cmps.gallery.memory import MemoryGallery
from cmps.search.kept import Inverses, Kept, Records
from cmps.search.places import Where
from cmps.search.refining import Refiner
from cmps.understanding.chips import Chip


def test_the_oldest_rows_go_first_where_memory_is_short():
    kept = Kept(most=2 * 80)
    made = []

    def row(name: str) -> np.ndarray:
        return kept.of(name, lambda: made.append(name) or np.zeros(10))

    for name in ("a", "b", "a", "c", "a", "b"):
        row(name)
    assert made == ["a", "b", "c", "b"]


def test_nobody_can_write_to_what_is_kept():
    row = Kept().of("a", lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        row[0] = 1


def test_a_row_larger_than_the_memory_is_given_all_the_same():
    assert len(Kept(most=1).of("a", lambda: np.zeros(100))) == 100


def test_records_are_read_once_and_given_in_order():
    asked = []

    def read(ids):
        asked.append(list(ids))
        return [one for one in CROWD if one.id in ids]

    records = Records()
    assert [one.id for one in records.of(["green", "red-1"], read)] == ["green", "red-1"]
    assert [one.id for one in records.of(["red-1", "white", "green"], read)] == [
        "red-1",
        "white",
        "green",
    ]
    assert asked == [["green", "red-1"], ["white"]]


def fresh(office) -> Refiner:
    return Refiner(office.store, lambda variant: FakeTextEncoder(), fake_curves(), habits=HABITS)


def same(one, other):
    assert one.as_dict() | {"milliseconds": 0} == other.as_dict() | {"milliseconds": 0}
    assert one.ids.tolist() == other.ids.tolist()
    np.testing.assert_allclose(one.odds, other.odds, atol=1e-9)


def test_a_ranking_is_the_same_whether_or_not_anything_was_kept(store):
    people = [
        sighting(f"{upper}-{lower}-{n}", upper, lower, n, camera=("gate", "hall")[n % 2])
        for n, (upper, lower) in enumerate(
            (upper, lower)
            for upper in ("red", "green", "blue", "white", "black")
            for lower in ("blue", "black", "white", "red")
            for _ in range(10)
        )
    ]
    office = desk(store, people)
    id = office.new_session(office.open_case("a lost child").id).id
    steps = (
        lambda: office.say(id, "red shirt and blue jeans"),
        lambda: office.click(id, "tick", "red-blue-3"),
        lambda: office.say(id, "blue shirt"),
        lambda: office.click(id, "like", "red-black-14"),
        lambda: office.mark(id, Chip("upper", "shirt", ("blue",)), "maybe"),
        lambda: office.click(id, "reject", "red-blue-5"),
        lambda: office.look(id, Where(cameras=("gate",))),
        lambda: office.undo(id),
        lambda: office.undo(id),
    )
    for step in steps:
        state = step().state()
        same(office.refiner.rank(state), fresh(office).rank(state))
        only = frozenset({"hall"})
        same(office.refiner.rank(state, cameras=only), fresh(office).rank(state, cameras=only))


def test_what_is_kept_of_one_gallery_is_not_used_for_the_next(store):
    office = desk(store)
    id = office.new_session(office.open_case("a lost child").id).id
    state = office.say(id, "red shirt").state()
    before = office.refiner.rank(state)
    store.upsert([sighting(f"new-{n}", "red", "white", 40 + n) for n in range(3)])
    store.delete(["red-3"])
    after = office.refiner.rank(state)
    same(after, fresh(office).rank(state))
    assert "red-3" in set(before.ids)
    assert "red-3" not in set(after.ids)


def test_many_threads_find_the_same():
    office = desk(MemoryGallery())
    id = office.new_session(office.open_case("a lost child").id).id
    state = office.say(id, "red shirt and blue jeans").state()
    wanted = fresh(office).rank(state)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(office.refiner.rank(state))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for one in found:
        same(one, wanted)


def test_a_matrix_is_made_once_for_each_sighting():
    made: list[list[int]] = []

    def make(places):
        made.append(places.tolist())
        return np.stack([np.full((2, 2), place, np.float32) for place in places])

    kept = Inverses()
    assert kept.of(["a", "b"], make)[1, 0, 0] == 1
    assert kept.of(["c", "b", "a"], make)[:, 0, 0].tolist() == [0, 1, 0]
    assert made == [[0, 1], [0]]
