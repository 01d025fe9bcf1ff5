"""Getting in and out."""

from __future__ import annotations

from serving_fakes import API


def test_the_server_says_that_it_is_there(anybody):
    assert anybody.get(f"{API}/health").json()["ok"] is True


def test_nobody_is_let_in_without_a_login(anybody):
    answer = anybody.get(f"{API}/me")
    assert answer.status_code == 401
    assert "log in" in answer.json()["error"]


def test_who_logs_in_is_known_until_they_log_out(client):
    assert client.get(f"{API}/me").json()["name"] == "ana"
    assert client.post(f"{API}/logout").status_code == 204
    assert client.get(f"{API}/me").status_code == 401
