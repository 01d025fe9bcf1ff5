"""Search and compaction of galleries that are too large for memory; here that is above 0."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import psycopg
import pytest
from people import NOON, encoding, sighting, unit

from cmps.gallery import rows, segments
from cmps.gallery.connect import SESSION
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import Encoding, Filter
from cmps.gallery.segments import Limits

SMALL = Limits(resident=0, exact=60, hot=40, largest=500)


@pytest.fixture
def unsorted_url(postgres_url):
    """Makes the planner use the indexes of segments so small that it would rather sort them."""
    options = psycopg.conninfo.conninfo_to_dict(postgres_url)["options"]
    return psycopg.conninfo.make_conninfo(postgres_url, options=f"{options} -c enable_sort=off")


@pytest.fixture
def open_small(tmp_path, unsorted_url):
    """Opens galleries on one database with limits of the caller's choice."""
    opened = []

    def open_one(limits=SMALL):
        opened.append(open_gallery(tmp_path, unsorted_url, limits))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def table(postgres_url):
    """Asks the database."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def people(count, first=0):
    """Sightings of persons with some pictures each, by two cameras, a minute apart."""
    for seed in range(first, first + count):
        vector = unit(seed, near=unit(10_000 + seed % 30))
        given = encoding(seed)
        yield sighting(
            seed,
            "gate" if seed % 2 else "hall",
            seed,
            encoding=Encoding(vector, given.pyramid, given.foreground),
        )


def fill(gallery, count, batch=10):
    rows = list(people(count))
    for start in range(0, count, batch):
        gallery.upsert(rows[start : start + batch])
    return rows


def best(rows, query, k):
    matrix = np.stack([row.encoding.embedding for row in rows]).astype(np.float64)
    order = np.argsort(-(matrix @ query.astype(np.float64)), kind="stable")
    return [rows[number].id for number in order[:k]]


def indexes(table):
    return {
        name
        for (name,) in table(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() "
            f"AND indexname LIKE '{segments.PREFIX}%'"
        )
    }


def test_hot_sightings_become_segments_and_segments_merge(open_small, table):
    fill(open_small(), 400)
    found = table("SELECT low, high, rows FROM segments ORDER BY low")
    assert max(rows for _, _, rows in found) > 3 * SMALL.hot
    assert all(one[1] == two[0] for one, two in pairwise(found))
    assert indexes(table) == {f"{segments.PREFIX}{low}_{high}" for low, high, _ in found}
    hot = table(f"SELECT count(*) FROM sightings WHERE version > {found[-1][1]}")[0][0]
    assert hot <= SMALL.hot
    assert sum(rows for _, _, rows in found) + hot == 400


def test_segments_stay_below_the_largest_size(open_small, table):
    fill(open_small(Limits(resident=0, exact=60, hot=20, largest=100)), 300)
    sizes = [rows for (rows,) in table("SELECT rows FROM segments")]
    assert len(sizes) > 2
    assert max(sizes) <= 100


def test_every_way_of_searching_finds_the_same(open_small):
    rows = fill(open_small(), 400)
    approximate, exact = open_small(), open_small(Limits(resident=0, exact=10**6))
    middle = NOON + timedelta(minutes=200)
    filters = {
        Filter(): rows,
        Filter.of(["gate"]): [row for row in rows if row.camera == "gate"],
        Filter(after=middle): [row for row in rows if row.time >= middle],
        Filter.of(["hall"], NOON, NOON + timedelta(minutes=30)): rows[0:30:2],
        Filter(before=NOON): [],
    }
    for where, passing in filters.items():
        for seed in range(5):
            query = unit(seed, near=unit(10_000 + seed))
            expected = best(passing, query, 12) if passing else []
            for gallery in (approximate, exact):
                assert [hit.sighting for hit in gallery.search(query, 12, where)] == expected


def test_the_index_is_used(open_small, unsorted_url):
    """Otherwise the test above would compare exact search with exact search."""
    fill(open_small(), 400)
    with psycopg.connect(unsorted_url, autocommit=True) as connection:
        connection.execute(SESSION)
        low, high, _ = segments._segments(connection)[0]
        values = {"vector": str(unit(3).tolist()), "fetched": 31}
        plan = connection.execute(
            f"EXPLAIN {segments._nearest(low, high, 'true')}", values
        ).fetchall()
    assert f"{segments.PREFIX}{low}_{high}" in str(plan)


def test_what_was_written_deleted_or_changed_since_is_seen(open_small):
    gallery = open_small()
    rows = fill(gallery, 200)
    query = rows[20].encoding.embedding
    assert gallery.search(query, 1)[0].sighting == rows[20].id
    gallery.delete([rows[20].id])
    assert rows[20].id not in [hit.sighting for hit in gallery.search(query, 30)]
    gallery.upsert([rows[20]])
    assert gallery.search(query, 1)[0].sighting == rows[20].id
    gallery.upsert([sighting(20, "gate", encoding=encoding(77))])
    assert gallery.search(query, 1)[0].sighting != rows[20].id
    assert gallery.search(unit(77), 1)[0].sighting == rows[20].id


def test_an_interrupted_build_is_cleared_away(open_small, table, postgres_url):
    gallery = open_small()
    rows = fill(gallery, 200)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE INDEX {segments.PREFIX}0_1 ON sightings "
            "USING hnsw (embedding halfvec_ip_ops) WHERE version > 0 AND version <= 1"
        )
    assert f"{segments.PREFIX}0_1" in indexes(table)
    gallery.upsert(list(people(SMALL.hot + 1, first=1000)))
    assert f"{segments.PREFIX}0_1" not in indexes(table)
    assert gallery.search(rows[0].encoding.embedding, 1)[0].sighting == rows[0].id


def test_one_process_compacts_at_a_time(open_small, table, postgres_url):
    gallery = open_small()
    gallery.upsert(list(people(30)))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_advisory_lock(%s, hashtext(current_schema()))", [segments.COMPACTING]
        )
        gallery.upsert(list(people(30, first=30)))
        assert table("SELECT count(*) FROM segments") == [(0,)]
        other.execute("SELECT pg_advisory_unlock_all()")
    gallery.compact()
    assert table("SELECT count(*) FROM segments") == [(1,)]


def test_vectors_are_fetched_for_the_second_search(open_small, monkeypatch):
    gallery = open_small(Limits(resident=50))
    gallery.upsert([sighting(seed) for seed in range(20)])
    fetched = []
    fetch = rows.resident
    monkeypatch.setattr(rows, "resident", lambda *given: fetched.append(given) or fetch(*given))
    first = gallery.search(unit(3), 7)
    assert not fetched
    assert gallery.search(unit(3), 7) == gallery.search(unit(3), 7) == first
    assert len(fetched) == 1


def test_a_gallery_that_grows_past_its_memory_goes_on(open_small):
    gallery = open_small(Limits(resident=50, exact=60, hot=40))
    rows = fill(gallery, 50)
    assert gallery.search(rows[7].encoding.embedding, 1)[0].sighting == rows[7].id
    rows = fill(gallery, 160)
    for row in rows[::20]:
        assert gallery.search(row.encoding.embedding, 1)[0].sighting == row.id
    gallery.delete([row.id for row in rows[40:]])
    assert gallery.search(rows[100].encoding.embedding, 1)[0].sighting in {
        row.id for row in rows[:40]
    }
