"""The audit over the API, and that nothing passes it."""

from __future__ import annotations

from typing import Annotated

import pytest
from serving_fakes import API, PASSWORD

from cmps.gallery.accounts import Role
from cmps.gallery.audit_events import CaseRead
from cmps.server.access import Acting, Caller, allow, audited


@pytest.fixture
def reviewer(client_as):
    return client_as(Role.REVIEWER, name="rae")


def test_reviewers_read_rows_newest_first_and_page_by_page(reviewer, client):
    client.post(f"{API}/tokens", json={"label": "one"})
    first = reviewer.get(f"{API}/audit", params={"limit": 2}).json()
    assert [row["kind"] for row in first["rows"]] == ["token made", "logged in"]
    rest = reviewer.get(f"{API}/audit", params={"before": first["older"], "kind": "logged in"})
    assert [row["by"] for row in rest.json()["rows"]] == ["rae"]
    mine = reviewer.get(f"{API}/audit", params={"user": "ana", "kind": "token made"}).json()
    assert mine["older"] is None
    assert len(mine["rows"]) == 1
    assert client.get(f"{API}/audit").status_code == 403


def test_reading_the_audit_is_written_down(reviewer, served):
    reviewer.get(f"{API}/audit", params={"user": "ana"})
    last = list(served.store.audit.walk())[-1].as_dict()
    assert (last["kind"], last["by"], last["detail"]["user"]) == ("audit read", "rae", "ana")


def test_admins_verify_the_chain(client_as, served):
    admin = client_as(Role.ADMIN)
    found = admin.get(f"{API}/audit/verify").json()
    assert found["sound"] is True
    assert found["rows"] == 1
    rows = served.store.audit._rows
    rows[0] = type(rows[0])(1, rows[0].body.replace("admin", "eve"), rows[0].hash)
    found = admin.get(f"{API}/audit/verify").json()
    assert found["sound"] is False
    assert "row 1 was changed" in found["problems"][0]


def test_a_failed_login_says_from_where(anybody, reviewer):
    anybody.post(f"{API}/login", json={"name": "rae", "password": PASSWORD + "?"})
    rows = reviewer.get(f"{API}/audit", params={"kind": "login failed"}).json()["rows"]
    assert rows[0]["detail"] == {"address": "testclient"}


def test_an_answer_that_was_not_recorded_does_not_go_out(app, client):
    @app.get(f"{API}/leak")
    def leak(
        caller: Annotated[Caller, allow(Role.VIEWER)],
        acting: Annotated[Acting, audited(CaseRead)],
    ) -> str:
        return "a secret"

    answer = client.get(f"{API}/leak")
    assert answer.status_code == 500
    assert "a secret" not in answer.text


def test_an_audit_that_cannot_be_written_stops_the_answer(app, client, served, monkeypatch):
    def broken(event):
        raise OSError("disk full")

    monkeypatch.setattr(served.store.audit, "append", broken)
    answer = client.get(f"{API}/tokens")
    assert answer.status_code == 500
    assert "label" not in answer.text
