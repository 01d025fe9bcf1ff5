from __future__ import annotations

import threading

import psycopg
import pytest
from people import sighting, unit

from cmps.gallery import rows
from cmps.gallery.connect import libpq_form, place
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError


@pytest.fixture
def store(tmp_path, postgres_url):
    opened = open_gallery(tmp_path, postgres_url)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a:b@h/d",
        "postgres://a:b@h/d",
        "postgresql+psycopg://a:b@h/d",
        "host=h dbname=d",
    ],
)
def test_urls_of_every_form_are_understood(url):
    parts = psycopg.conninfo.conninfo_to_dict(libpq_form(url))
    assert (parts["host"], parts["dbname"]) == ("h", "d")


def test_a_password_is_never_shown(tmp_path):
    with pytest.raises(GalleryError, match="CMPS_DATABASE_URL") as caught:
        open_gallery(tmp_path, "postgresql://a:hunter2@h:x:y/d?nonsense=1")
    assert "hunter2" not in str(caught.value)
    assert place("postgresql://a:hunter2@h/d") == "the database d at h"
    with pytest.raises(GalleryError, match="does not answer") as caught:
        open_gallery(tmp_path, f"postgresql://a:hunter2@/d?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_lost_connections_are_made_anew(store, postgres_url):
    store.upsert([sighting(1)])
    assert store.search(unit(1), 1)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    assert store.count() == 1
    assert store.upsert([sighting(2)]) == 1


@pytest.mark.parametrize(
    "raised",
    [
        psycopg.errors.DiskFull("could not extend file: No space left on device"),
        psycopg.OperationalError("PANIC: could not write to log: No space left on device"),
    ],
)
def test_a_full_disk_is_named_and_the_rest_stays(store, monkeypatch, raised):
    store.upsert([sighting(1)])

    def full(*arguments):
        raise raised

    with monkeypatch.context() as patch:
        patch.setattr(rows, "span", full)
        with pytest.raises(GalleryError, match=r"disk is full.*make room.*stays searchable"):
            store.upsert([sighting(2), sighting(3)])
    assert store.listing() == [sighting(1).id]
    assert [hit.sighting for hit in store.search(unit(2), 5)] == [sighting(1).id]
    assert store.upsert([sighting(2), sighting(3)]) == 2


def test_text_that_a_database_cannot_keep_is_refused(store):
    with pytest.raises(GalleryError, match="refuses"):
        store.upsert([sighting(1, person="a\0b")])
    with pytest.raises(GalleryError, match="refuses"):
        store.upsert([sighting(1, "caf\udce9")])
    assert store.count() == 0


def test_threads_share_a_gallery(store):
    failures = []

    def work(first):
        try:
            for seed in range(first, first + 15):
                store.upsert([sighting(seed, tracklet="t"), sighting(seed % 7, tracklet="t")])
                hits = store.search(unit(seed), 3)
                assert hits[0].sighting == sighting(seed).id
                assert store.get([hits[0].sighting])[0].camera == "gate"
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[first]) for first in (100, 200, 300, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.count() == 4 * 15 + 7
