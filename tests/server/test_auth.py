"""Getting in and out: passwords, cookies, the first link, and what is written down of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from serving_fakes import API, PASSWORD, add_user, log_in

from cmps.gallery.accounts import Login, Role
from cmps.server.security.secrets import COOKIE, IDLE_LOGIN, csrf_of, key_of


def kinds(program):
    return [row.as_dict()["kind"] for row in program.store.audit.walk()]


def set_up(client, link, **fields):
    body = {"name": "root", "password": PASSWORD, "link": link} | fields
    return client.post(f"{API}/setup", json=body)


def test_the_server_says_that_it_is_there(anybody):
    assert anybody.get(f"{API}/health").json()["ok"] is True


def test_nobody_is_let_in_without_a_login(anybody):
    answer = anybody.get(f"{API}/me")
    assert answer.status_code == 401
    assert "log in" in answer.json()["error"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_who_logs_in_is_known_until_they_log_out(client, served):
    me = client.get(f"{API}/me").json()
    assert (me["name"], me["role"], me["cameras"]) == ("ana", "operator", None)
    left = client.post(f"{API}/logout")
    assert left.status_code == 204
    assert left.headers["Clear-Site-Data"] == '"cache"'  # pictures that it kept, above all
    assert client.get(f"{API}/me").status_code == 401
    assert kinds(served) == ["logged in", "logged out"]


def test_who_logs_in_on_a_browser_ends_the_login_before(client, served, gate):
    before = client.cookies[COOKIE]
    add_user(served, gate, "bo")
    log_in(client, "bo")
    assert client.get(f"{API}/me").json()["name"] == "bo"
    assert served.store.accounts.login(key_of(before)) is None


def test_the_cookie_is_kept_from_scripts_and_other_sites(anybody, served, gate):
    add_user(served, gate, "ana")
    body = {"name": "ana", "password": PASSWORD}
    plain = anybody.post(f"{API}/login", json=body).headers["set-cookie"].lower()
    assert "httponly" in plain
    assert "samesite=strict" in plain
    assert "; secure" not in plain
    gate.tls = True
    assert "; secure" in anybody.post(f"{API}/login", json=body).headers["set-cookie"].lower()


def test_neither_cookie_nor_password_is_stored(client, served):
    cookie = client.cookies[COOKIE]
    kept = repr(vars(served.store.accounts))
    assert cookie not in kept
    assert PASSWORD not in kept
    assert "$argon2id$" in served.store.accounts.get("ana").password


@pytest.mark.parametrize("name", ["ana", "nobody", "", "x y"])
def test_a_wrong_password_and_an_unknown_name_look_alike(anybody, served, gate, name):
    add_user(served, gate, "ana")
    answer = anybody.post(f"{API}/login", json={"name": name, "password": "not the right one"})
    assert answer.status_code == 401
    assert answer.json() == {"error": "name and password do not fit; try again"}
    (row,) = served.store.audit.walk()
    assert row.as_dict()["kind"] == "login failed"
    assert row.as_dict()["by"] == ("ana" if name == "ana" else "somebody")


def test_names_are_the_same_in_capitals(anybody, served, gate):
    add_user(served, gate, "ana")
    body = {"name": " ANA ", "password": PASSWORD}
    assert anybody.post(f"{API}/login", json=body).json()["name"] == "ana"


def test_guessing_is_slowed_down(anybody, served, gate):
    add_user(served, gate, "ana")
    answers = [
        anybody.post(f"{API}/login", json={"name": "ana", "password": f"guess {number}"})
        for number in range(7)
    ]
    assert [one.status_code for one in answers] == [401] * 5 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    right = anybody.post(f"{API}/login", json={"name": "ana", "password": PASSWORD})
    assert right.status_code == 429
    add_user(served, gate, "bo")
    assert log_in(anybody, "bo")


def test_one_address_cannot_try_many_names(anybody):
    codes = [
        anybody.post(f"{API}/login", json={"name": f"u{one}", "password": "a guess"}).status_code
        for one in range(25)
    ]
    assert codes == [401] * 20 + [429] * 5


def test_a_change_needs_the_token_that_only_the_page_knows(client, served):
    del client.headers["X-CSRF-Token"]
    assert client.get(f"{API}/me").status_code == 200
    answer = client.post(f"{API}/logout")
    assert answer.status_code == 403
    assert "X-CSRF-Token" in answer.json()["error"]
    wrong = client.post(f"{API}/logout", headers={"X-CSRF-Token": csrf_of("another")})
    assert wrong.status_code == 403
    assert kinds(served) == ["logged in"]


@pytest.mark.parametrize(
    ("expires", "seen"),
    [(timedelta(0), timedelta(0)), (timedelta(hours=3), -IDLE_LOGIN)],
)
def test_a_login_ends_by_itself(anybody, served, gate, expires, seen):
    add_user(served, gate, "ana")
    now = datetime.now(UTC)
    served.store.accounts.begin(Login(key_of("secret"), "ana", now, now + expires, now + seen))
    anybody.cookies[COOKIE] = "secret"
    answer = anybody.get(f"{API}/me")
    assert answer.status_code == 401
    assert "has ended" in answer.json()["error"]


def test_a_login_that_is_used_goes_on(anybody, served, gate):
    add_user(served, gate, "ana")
    now = datetime.now(UTC)
    ago = now - timedelta(minutes=90)
    served.store.accounts.begin(Login(key_of("secret"), "ana", ago, now + timedelta(hours=1), ago))
    anybody.cookies[COOKIE] = "secret"
    assert anybody.get(f"{API}/me").status_code == 200
    login, _ = served.store.accounts.login(key_of("secret"))
    assert login.seen >= now


def test_the_first_link_makes_one_admin(anybody, served, gate):
    gate.first_link = key_of("the link")
    assert set_up(anybody, "another").status_code == 403
    made = set_up(anybody, "the link")
    assert made.json()["role"] == "admin"
    assert anybody.get(f"{API}/me").json()["name"] == "root"
    assert kinds(served) == ["user added", "logged in"]
    again = set_up(anybody, "the link", name="eve")
    assert again.status_code == 409
    assert [one.name for one in served.store.accounts.listing()] == ["root"]


def test_without_a_link_nobody_sets_up(anybody):
    assert set_up(anybody, "").status_code == 403


def test_a_link_that_was_refused_for_its_password_still_works(anybody, gate):
    gate.first_link = key_of("the link")
    assert set_up(anybody, "the link", password="short").status_code == 400
    assert set_up(anybody, "the link", name="Ro ot").status_code == 400
    assert set_up(anybody, "the link").status_code == 200


def test_a_new_password_ends_every_login(client, client_as, served, gate, anybody):
    log_in(anybody, "ana")
    body = {"old": "not the right one", "new": "another battery"}
    assert client.post(f"{API}/me/password", json=body).status_code == 403
    body["old"] = PASSWORD
    assert client.post(f"{API}/me/password", json=body | {"new": "short"}).status_code == 400
    assert client.post(f"{API}/me/password", json=body).status_code == 204
    assert client.get(f"{API}/me").status_code == 401
    assert anybody.get(f"{API}/me").status_code == 401
    assert kinds(served)[-1] == "user changed"
    again = anybody.post(f"{API}/login", json={"name": "ana", "password": "another battery"})
    assert again.status_code == 200


def test_what_is_not_understood_is_named_and_not_recorded(anybody, served):
    answer = anybody.post(f"{API}/login", json={"name": "ana"})
    assert answer.status_code == 422
    assert answer.json() == {"error": "password: field required"}
    assert anybody.post(f"{API}/login", content=b"{").status_code == 422
    assert kinds(served) == []


def test_roles_include_those_below(client_as):
    assert client_as(Role.VIEWER).get(f"{API}/users").status_code == 403
    refused = client_as(Role.REVIEWER).get(f"{API}/users")
    assert "takes the role admin" in refused.json()["error"]
    assert client_as(Role.ADMIN).get(f"{API}/users").status_code == 200
    assert client_as(Role.ADMIN).get(f"{API}/audit").status_code == 200
