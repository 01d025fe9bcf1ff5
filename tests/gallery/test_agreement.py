"""The galleries agree, whatever happens to them, and whoever writes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from people import NOON, assert_same, encoding, sighting, unit

from cmps.gallery.connect import Database
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.migrations import migrate
from cmps.gallery.postgres import PostgresGallery
from cmps.gallery.records import Camera, Filter, GalleryError
from cmps.gallery.segments import Limits

CAMERAS = ("gate", "hall", "Roof")
seeds = st.integers(0, 12)
minutes = st.none() | st.integers(0, 6)
sightings = st.builds(
    lambda seed, vector, camera, minute, tracklet: sighting(
        seed,
        camera,
        minute,
        encoding=encoding(vector),
        # a tracklet has one camera, mostly
        tracklet=tracklet and f"{tracklet} {camera}" if tracklet != "shared" else tracklet,
    ),
    seed=seeds,
    vector=st.integers(0, 6),
    camera=st.sampled_from(CAMERAS),
    minute=minutes,
    tracklet=st.sampled_from([None, None, "t", "u", "shared"]),
)


def bounds(cameras, first, length):
    after = None if first is None else NOON + timedelta(minutes=first)
    before = None if length is None else (after or NOON) + timedelta(minutes=length)
    return Filter.of(cameras, after, before)


filters = st.builds(
    bounds, st.sets(st.sampled_from([*CAMERAS, "attic"])), minutes, st.none() | st.integers(1, 4)
)


def outcome(ask):
    """What a call returns, or what it says when it refuses."""
    try:
        return ask()
    except GalleryError as error:
        return str(error)


class Agreement(RuleBasedStateMachine):
    """One gallery in memory; two on one database that take turns in writing."""

    database: Database

    @initialize()
    def empty(self):
        self.database.write(
            lambda connection: connection.execute(
                "TRUNCATE sightings, tracklets, cameras, segments;"
                "UPDATE gallery SET version = 0, removed = 0, sightings = 0"
            )
        )
        self.memory = MemoryGallery()
        self.pair = (
            PostgresGallery(self.database),
            PostgresGallery(self.database, Limits(resident=4, exact=3, hot=1000)),
        )
        for store in self.pair:
            store.search(unit(0), 1)

    def agree(self, ask):
        expected = outcome(lambda: ask(self.memory))
        for store in self.pair:
            assert outcome(lambda store=store: ask(store)) == expected
        return expected

    def write(self, turn, ask):
        assert outcome(lambda: ask(self.pair[turn])) == outcome(lambda: ask(self.memory))

    @rule(batch=st.lists(sightings, max_size=6), turn=st.integers(0, 1))
    def upsert(self, batch, turn):
        self.write(turn, lambda store: store.upsert(batch))

    @rule(chosen=st.lists(seeds, max_size=4), turn=st.integers(0, 1))
    def delete(self, chosen, turn):
        self.write(turn, lambda store: store.delete([sighting(seed).id for seed in chosen]))

    @rule(name=st.sampled_from(["", "Front", "Back"]), camera=st.sampled_from([*CAMERAS, "attic"]))
    def name_camera(self, name, camera):
        self.write(0, lambda store: store.upsert_cameras([Camera(camera, name)]))

    @rule(vector=st.integers(0, 8), k=st.integers(1, 15), where=filters)
    def search(self, vector, k, where):
        def ask(store):
            hits = store.search(unit(vector), k, where)
            return [(hit.sighting, round(hit.similarity, 9)) for hit in hits]

        self.agree(ask)

    @rule(where=filters)
    def filtered(self, where):
        self.agree(lambda store: store.listing(where))
        self.agree(lambda store: store.count(where))

    @rule(pictures=st.booleans())
    def get(self, pictures):
        ids = self.memory.listing()
        for store in self.pair:
            for found, expected in zip(
                store.get(ids, pictures=pictures),
                self.memory.get(ids, pictures=pictures),
                strict=True,
            ):
                assert_same(found, expected)

    @invariant()
    def whole(self):
        self.agree(lambda store: store.count())
        self.agree(lambda store: store.tracklets())
        self.agree(lambda store: store.cameras())
        self.agree(lambda store: sorted(hit.sighting for hit in store.search(unit(0), 50)))


def test_galleries_agree(postgres_url):
    database = Database(postgres_url)
    database.open(migrate)
    machine = type("OnDatabase", (Agreement,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    database.close()


def test_random_galleries_have_one_answer(postgres_url):
    """More rows than the state machine reaches, so that ranking is more than a sort of ten."""
    memory, database = MemoryGallery(), Database(postgres_url)
    database.open(migrate)
    resident, queried = PostgresGallery(database), PostgresGallery(database, Limits(resident=0))
    resident.search(unit(0), 1)
    random = np.random.default_rng(3)
    batch = [
        sighting(seed, CAMERAS[seed % 3], float(random.integers(100)) if seed % 5 else None)
        for seed in range(1500)
    ]
    assert memory.upsert(batch) == resident.upsert(batch) == len(batch)
    for seed in range(30):
        first = int(random.integers(90))
        where = (Filter(), Filter.of([CAMERAS[seed % 3]]), bounds([], first, 10))[seed % 3]
        expected = memory.search(unit(5000 + seed), 100, where)
        assert resident.search(unit(5000 + seed), 100, where) == expected
        assert queried.search(unit(5000 + seed), 100, where) == expected
    database.close()
