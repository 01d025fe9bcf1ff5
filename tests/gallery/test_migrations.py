from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from people import sighting

from cmps.gallery import migrations
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import Camera, GalleryError


def test_a_newer_gallery_is_refused_and_left_alone(tmp_path, postgres_url):
    gallery = open_gallery(tmp_path, postgres_url)
    gallery.upsert([sighting(1)])
    gallery.close()
    newer = len(migrations.MIGRATIONS) + 1
    with psycopg.connect(postgres_url) as connection:
        connection.execute("INSERT INTO schema_version (number) VALUES (%s)", [newer])
    with pytest.raises(GalleryError, match=rf"newer CMPS \(schema {newer}.*upgrade"):
        open_gallery(tmp_path, postgres_url)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM sightings").fetchone() == (1,)


def test_an_older_gallery_is_brought_up_and_keeps_its_rows(tmp_path, postgres_url, monkeypatch):
    gallery = open_gallery(tmp_path, postgres_url)
    gallery.upsert([sighting(1)])
    gallery.close()
    step = "ALTER TABLE cameras ADD floor text; CREATE TABLE extra (id int);"
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    gallery = open_gallery(tmp_path, postgres_url)
    assert gallery.count() == 1
    gallery.close()
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT floor FROM cameras").fetchall() == [(None,)]
        numbers = connection.execute("SELECT number FROM schema_version ORDER BY 1").fetchall()
    assert numbers == [(number,) for number in range(1, len(migrations.MIGRATIONS) + 1)]


def test_a_gallery_from_before_the_server_keeps_its_cases(tmp_path, postgres_url, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        open_gallery(tmp_path, postgres_url).close()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("INSERT INTO cameras (id, name) VALUES ('gate', 'Gate')")
        connection.execute("INSERT INTO cases VALUES ('c1', 'a lost child', 'ana', now(), NULL)")
        connection.execute("INSERT INTO sessions (id, \"case\", cursor, version) VALUES "
                           "('s1', 'c1', 0, 0)")  # fmt: skip
    gallery = open_gallery(tmp_path, postgres_url)
    assert (gallery.cases.get("c1").purpose, gallery.cases.get("c1").keep_days) == (
        "a lost child",
        None,
    )
    assert [one.id for one in gallery.cases.sessions()] == ["s1"]
    assert gallery.cameras() == [Camera("gate", "Gate")]
    assert (gallery.accounts.listing(), gallery.audit.head().number) == ([], 0)
    gallery.close()


def test_a_migration_that_fails_changes_nothing(tmp_path, postgres_url, monkeypatch):
    open_gallery(tmp_path, postgres_url).close()
    steps = (*migrations.MIGRATIONS, "CREATE TABLE extra (id int); SELECT 1/0;")
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    with pytest.raises(GalleryError, match="division by zero"):
        open_gallery(tmp_path, postgres_url)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT to_regclass('extra')").fetchone() == (None,)
        assert connection.execute("SELECT max(number) FROM schema_version").fetchone() == (
            len(steps) - 1,
        )


def test_programs_that_start_together_migrate_once(tmp_path, postgres_url):
    with ThreadPoolExecutor(4) as pool:
        galleries = list(pool.map(lambda _: open_gallery(tmp_path, postgres_url), range(4)))
    for number, gallery in enumerate(galleries):
        assert gallery.upsert([sighting(number)]) == 1
    assert {gallery.count() for gallery in galleries} == {4}
    for gallery in galleries:
        gallery.close()
