"""The server on its real database: every answer has its row, and no row means no answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from desks import CROWD
from serving_fakes import API, FakeProgram, add_user, log_in, with_picture
from starlette.testclient import TestClient

from cmps.gallery.audit_check import verify
from cmps.gallery.postgres import open_gallery
from cmps.server.app import create_app
from cmps.settings import Settings


@pytest.fixture
def program(tmp_path, postgres_url):
    gallery = open_gallery(tmp_path, postgres_url)
    yield FakeProgram(Settings(data=tmp_path), gallery, [with_picture(one) for one in CROWD])
    gallery.close()


@pytest.fixture
def ana(program, gate):
    add_user(program, gate, "ana")
    app = create_app(program, gate)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield log_in(client, "ana")


@pytest.fixture
def case(ana):
    return ana.post(f"{API}/cases", json={"purpose": "lost child"}).json()["id"]


def rows(program):
    return [row.as_dict() for row in program.store.audit.walk()]


def test_a_search_leaves_a_sound_chain(program, ana, case):
    session = ana.post(f"{API}/cases/{case}/sessions").json()["id"]
    said = ana.post(f"{API}/sessions/{session}/say", json={"text": "red shirt", "language": "en"})
    first = said.json()["results"]["people"][0]["sightings"][0]["id"]
    assert ana.get(f"{API}/sightings/{first}/picture", params={"case": case}).status_code == 200
    ana.post(f"{API}/sessions/{session}/click", json={"kind": "tick", "sighting": first})
    ana.post(f"{API}/cases/{case}/confirmations", json={"sighting": first, "note": "her"})
    ana.get(f"{API}/cases/{case}/report")
    found = rows(program)
    assert [row["kind"] for row in found] == [
        "logged in", "case opened", "session begun", "stepped", "searched", "saw picture",
        "stepped", "searched", "proposed", "exported",
    ]  # fmt: skip
    assert {row["case"] for row in found[1:]} == {case}
    assert found[5]["sightings"] == [first]
    assert verify(program.store.audit).sound


def test_pictures_of_a_page_come_together_each_with_its_row(program, ana, case):
    ids = [one.id for one in CROWD] * 4

    def picture(id):
        return ana.get(f"{API}/sightings/{id}/picture", params={"case": case}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(picture, ids)) == {200}
    seen = [row["sightings"][0] for row in rows(program) if row["kind"] == "saw picture"]
    assert sorted(seen) == sorted(ids)
    assert verify(program.store.audit).sound


def test_without_a_row_there_is_no_answer_and_no_deed(program, ana, case, postgres_url):
    count = len(rows(program))
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"ALTER TABLE audit ADD CHECK (number <= {count})")
    picture = ana.get(f"{API}/sightings/red-1/picture", params={"case": case})
    assert picture.status_code == 503
    assert b"JFIF" not in picture.content
    assert ana.post(f"{API}/cases", json={"purpose": "another"}).status_code == 503
    assert ana.post(f"{API}/cases/{case}/sessions").status_code == 503
    assert [one.purpose for one in program.store.cases.listing()] == ["lost child"]
    assert program.store.cases.sessions() == []
    assert len(rows(program)) == count


def test_what_a_database_cannot_hold_is_the_askers_fault(ana):
    for odd in ("\\u0000", "\\ud83d", "\\ufffe"):
        body = f'{{"purpose": "lost {odd} child"}}'
        answer = ana.post(
            f"{API}/cases", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (201, 400, 422)
    body = {"name": "a\0b", "password": "a guess of eve"}
    assert ana.post(f"{API}/login", json=body).status_code == 401
