"""Every gallery knows which image network filled it, and how another takes its place."""

from __future__ import annotations

import psycopg
import pytest
from people import assert_same, encoding, sighting, unit

from cmps.gallery import migrations
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError, Network

OLD, NEW = Network("cmps", "0123456789abcdef"), Network("other", "fedcba9876543210")


def ids(*seeds):
    return [sighting(seed).id for seed in seeds]


def found(gallery, seed):
    return {hit.sighting for hit in gallery.search(unit(seed), 9)}


def test_the_first_sighting_names_the_gallerys_network(gallery):
    gallery.use(OLD)
    assert gallery.network() is None
    gallery.require_network()
    gallery.upsert([sighting(1)])
    assert gallery.network() == OLD
    gallery.require_network()
    assert gallery.stale() == []
    assert found(gallery, 1) == set(ids(1))


def test_another_network_is_refused_with_both_names_and_the_way_out(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(1, minute=1, tracklet="t")])
    assert found(gallery, 1)
    gallery.use(NEW)
    words = (
        r"^image network cmps 0123456789ab filled the gallery, and this program has "
        r"other fedcba987654: .*cmps reindex.*cmps index PATH --data DIR$"
    )
    for ask in (
        gallery.require_network,
        lambda: gallery.search(unit(1), 1),
        lambda: gallery.upsert([sighting(2)]),
        lambda: gallery.upsert([sighting(1, source="changed")]),
    ):
        with pytest.raises(GalleryError, match=words):
            ask()
    # what needs no comparing goes on
    assert gallery.listing() == ids(1)
    assert_same(gallery.get(ids(1), pictures=True)[0], sighting(1, minute=1, tracklet="t"))
    assert gallery.network() == OLD
    assert gallery.delete(ids(1)) == 1


def test_a_program_that_names_no_network_is_refused(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(1)])
    gallery.use(None)
    with pytest.raises(GalleryError, match=r"this program has \(none named\)"):
        gallery.search(unit(1), 1)


def test_an_emptied_gallery_takes_any_network(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(1), sighting(2)])
    gallery.use(NEW)
    gallery.delete(ids(1, 2))
    assert gallery.search(unit(1), 5) == []
    assert gallery.upsert([sighting(3)]) == 1
    assert gallery.network() == NEW
    assert found(gallery, 3) == set(ids(3))


def test_encoding_again_changes_the_numbers_and_nothing_else(gallery):
    before = [
        sighting(1, "gate", 1, tracklet="t", person="p", source="a.jpg", box=(1, 2, 3, 4)),
        sighting(2, "hall"),
    ]
    gallery.use(OLD)
    gallery.upsert(before)
    assert len(found(gallery, 1)) == 2
    gallery.use(NEW)
    assert sorted(gallery.stale()) == ids(1, 2)
    fresh = {
        id: encoding(seed, cells=2, width=3) for id, seed in zip(ids(1, 2), (8, 9), strict=True)
    }
    assert gallery.reencode(fresh) == 2
    assert gallery.network() == NEW
    assert gallery.stale() == []
    assert gallery.count() == 2
    after = gallery.get(ids(1, 2), pictures=True)
    assert_same(
        after[0],
        sighting(
            1,
            "gate",
            1,
            tracklet="t",
            person="p",
            source="a.jpg",
            box=(1, 2, 3, 4),
            encoding=fresh[ids(1)[0]],
        ),
    )
    assert_same(after[1], sighting(2, "hall", encoding=fresh[ids(2)[0]]))
    hits = gallery.search(unit(8), 2)
    assert hits[0].sighting == sighting(1).id
    assert hits[0].similarity == pytest.approx(1, abs=1e-3)
    assert [one.id for one in gallery.tracklets()] == ["t"]
    gallery.use(OLD)
    with pytest.raises(GalleryError, match=r"network other .* program has cmps"):
        gallery.search(unit(1), 1)


def test_half_way_nobody_searches_and_the_rest_is_known(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(seed) for seed in range(5)])
    gallery.use(NEW)
    assert gallery.reencode({id: encoding(7) for id in ids(1, 3)}) == 2
    assert sorted(gallery.stale()) == ids(0, 2, 4)
    words = "3 sightings wait to be encoded again with image network other fedcba.*cmps reindex"
    for ask in (gallery.require_network, lambda: gallery.search(unit(1), 1)):
        with pytest.raises(GalleryError, match=words):
            ask()
    # a camera that goes on filling it is no hindrance, and writing a sighting again serves too
    assert gallery.upsert([sighting(9), sighting(0, source="again")]) == 1
    assert sorted(gallery.stale()) == ids(2, 4)
    assert gallery.delete(ids(2)) == 1
    assert gallery.reencode({id: encoding(6) for id in (*ids(4), "nobody")}) == 1
    gallery.require_network()
    assert found(gallery, 7) == set(ids(0, 1, 3, 4, 9))


def test_deleting_the_last_that_waits_ends_the_waiting(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(1), sighting(2)])
    gallery.use(NEW)
    gallery.reencode({sighting(1).id: encoding(1)})
    gallery.delete(ids(2))
    assert gallery.stale() == []
    assert found(gallery, 1) == set(ids(1))


def test_a_third_network_begins_from_the_start(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(1), sighting(2)])
    gallery.use(NEW)
    gallery.reencode({sighting(1).id: encoding(1)})
    gallery.use(OLD)
    assert sorted(gallery.stale()) == ids(1, 2)
    gallery.reencode({id: encoding(3) for id in ids(1, 2)})
    assert found(gallery, 3) == set(ids(1, 2))


def test_no_encodings_are_no_beginning(gallery):
    gallery.use(OLD)
    gallery.upsert([sighting(1)])
    gallery.use(NEW)
    assert gallery.reencode({}) == 0
    assert gallery.network() == OLD


def test_a_program_that_searched_before_notices(tmp_path, postgres_url):
    """Another process encodes again; vectors kept in memory are not searched any more."""
    running, other = open_gallery(tmp_path, postgres_url), open_gallery(tmp_path, postgres_url)
    running.use(OLD)
    other.use(NEW)
    running.upsert([sighting(1)])
    for _ in range(2):
        assert found(running, 1)
    other.reencode({sighting(1).id: encoding(2)})
    for ask in (lambda: running.search(unit(1), 1), lambda: running.upsert([sighting(3)])):
        with pytest.raises(GalleryError, match=r"network other .* program has cmps"):
            ask()
    for _ in range(2):
        assert found(other, 2) == set(ids(1))
    running.close()
    other.close()


@pytest.mark.parametrize("filled", [True, False])
def test_the_first_schema_had_one_network(tmp_path, postgres_url, monkeypatch, filled):
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            migrations.migrate(connection)
            if filled:
                connection.execute("UPDATE gallery SET sightings = 3")
    gallery = open_gallery(tmp_path, postgres_url)
    shipped = "76d51cdd79b468dbc454aaf35898dbb2818fdf46deed2871da1c7373e26095c0"
    assert gallery.network() == (Network("cmps", shipped) if filled else None)
    gallery.close()
