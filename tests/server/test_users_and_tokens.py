"""Accounts and tokens over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from serving_fakes import API, PASSWORD, log_in
from starlette.testclient import TestClient

from cmps.gallery.accounts import Role, Token
from cmps.server.security.secrets import key_of

BO = {"name": "bo", "password": PASSWORD, "role": "viewer", "cameras": ["gate"]}


def details(program, kind):
    rows = [row.as_dict() for row in program.store.audit.walk()]
    return [row["detail"] for row in rows if row["kind"] == kind]


@pytest.fixture
def admin(client_as):
    return client_as(Role.ADMIN, name="root")


@pytest.fixture
def program_as(app):
    """A program that shows a token."""

    def make(token):
        client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    return make


def test_an_admin_makes_changes_and_removes_accounts(admin, served, anybody):
    made = admin.post(f"{API}/users", json=BO)
    assert made.status_code == 201
    assert made.json().items() >= {"name": "bo", "role": "viewer", "cameras": ["gate"]}.items()
    assert "password" not in made.text
    log_in(anybody, "bo")
    assert anybody.get(f"{API}/me").json()["cameras"] == ["gate"]
    changed = admin.patch(f"{API}/users/bo", json={"role": "operator", "cameras": None}).json()
    assert (changed["role"], changed["cameras"]) == ("operator", None)
    assert anybody.get(f"{API}/me").json()["role"] == "operator"  # at once
    assert [one["name"] for one in admin.get(f"{API}/users").json()] == ["bo", "root"]
    assert admin.delete(f"{API}/users/bo").status_code == 204
    assert anybody.get(f"{API}/me").status_code == 401
    assert details(served, "user added")[0]["user"] == "bo"
    assert details(served, "user changed") == [{"cameras": None, "role": "operator", "user": "bo"}]
    assert details(served, "user removed") == [{"user": "bo"}]


def test_what_is_left_out_of_a_change_stays(admin):
    admin.post(f"{API}/users", json=BO)
    assert admin.patch(f"{API}/users/bo", json={"role": "operator"}).json()["cameras"] == ["gate"]


def test_a_password_that_an_admin_sets_ends_logins(admin, anybody):
    admin.post(f"{API}/users", json=BO)
    log_in(anybody, "bo")
    assert admin.patch(f"{API}/users/bo", json={"password": "another battery"}).status_code == 200
    assert anybody.get(f"{API}/me").status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"name": "root"}, 409, "there already"),
        ({"name": "b o"}, 400, "cannot be a user's name"),
        ({"password": "short"}, 400, "10 to 200 characters"),
        ({"role": "king"}, 422, "role"),
        ({"cameras": ["moon"]}, 400, "camera moon is unknown"),
    ],
)
def test_accounts_that_will_not_do_are_refused(admin, change, status, words):
    answer = admin.post(f"{API}/users", json=BO | change)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_the_last_admin_stays(admin):
    assert admin.delete(f"{API}/users/root").status_code == 409
    assert admin.patch(f"{API}/users/root", json={"role": "viewer"}).status_code == 409
    assert admin.delete(f"{API}/users/nobody").status_code == 404


def test_a_token_works_without_a_csrf_token_until_it_is_revoked(client, program_as, served):
    made = client.post(f"{API}/tokens", json={"label": "nightly report", "days": 3}).json()
    script = program_as(made["token"])
    assert script.get(f"{API}/me").json()["name"] == "ana"
    assert made["token"] not in repr(vars(served.store.accounts))
    listed = client.get(f"{API}/tokens").json()
    assert [one["label"] for one in listed] == ["nightly report"]
    assert "token" not in listed[0]
    assert script.delete(f"{API}/tokens/{made['id']}").status_code == 204
    assert script.get(f"{API}/me").status_code == 401
    assert details(served, "token revoked") == [{"token": made["id"]}]


def test_a_token_cannot_make_itself_at_home(admin, program_as):
    token = admin.post(f"{API}/tokens", json={"label": "script"}).json()["token"]
    script = program_as(token)
    for answer in (
        script.post(f"{API}/tokens", json={"label": "another"}),
        script.post(f"{API}/users", json=BO),
        script.patch(f"{API}/users/root", json={"password": "another battery"}),
        script.delete(f"{API}/users/root"),
        script.post(f"{API}/me/password", json={"old": PASSWORD, "new": "another battery"}),
    ):
        assert answer.status_code == 403
        assert "a token cannot do this" in answer.json()["error"]


def test_a_token_that_has_ended_is_refused(client, program_as, served):
    now = datetime.now(UTC)
    old = Token("t1", key_of("cmps_old"), "ana", "old", now - timedelta(days=2), now)
    served.store.accounts.add_token(old)
    for token in ("cmps_old", "cmps_none", ""):
        assert program_as(token).get(f"{API}/me").status_code == 401


def test_others_tokens_are_seen_and_revoked_by_admins_only(client, admin, client_as):
    made = client.post(f"{API}/tokens", json={"label": "mine"}).json()
    other = client_as(Role.REVIEWER)
    assert other.get(f"{API}/tokens").json() == []
    assert other.delete(f"{API}/tokens/{made['id']}").status_code == 404
    assert [one["user"] for one in admin.get(f"{API}/tokens").json()] == ["ana"]
    assert admin.delete(f"{API}/tokens/{made['id']}").status_code == 204


def test_who_has_a_token_still_cannot_pass_another_sites_page(client, program_as):
    client.headers["Authorization"] = "Bearer cmps_wrong"  # a wrong token is not helped by a cookie
    assert client.get(f"{API}/me").status_code == 401
