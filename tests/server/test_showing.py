"""The demo's door: one browser comes in as the user demo, to a case that is ready."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from serving_fakes import API
from starlette.testclient import TestClient

from cmps.gallery.accounts import Role
from cmps.server import showing
from cmps.server.security.secrets import COOKIE
from cmps.server.showing import PURPOSE, USER, Door, demo_app, ready


@pytest.fixture
def place(served):
    return ready(served)


@pytest.fixture
def door(served, place):
    return Door(served, USER)


@pytest.fixture
def visitor(served, door, place):
    app = demo_app(served, door, place)
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def test_case_and_session_are_ready_and_used_again(served, place):
    _, _, case, session = place.split("/")
    assert served.store.cases.get(case).purpose == PURPOSE
    assert served.store.cases.session(session).case == case
    assert ready(served) == place
    served.desk.say(session, "red shirt")
    _, _, same, other = ready(served).split("/")
    assert (same, other != session) == (case, True)
    served.desk.close_case(case)
    assert ready(served).split("/")[2] != case


def test_the_link_logs_in_once(visitor, door, place, served):
    answer = visitor.get(f"/enter/{door.secret}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{place}")
    cookie = answer.headers["set-cookie"].lower()
    assert COOKIE in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    me = visitor.get(f"{API}/me").json()
    assert (me["name"], me["role"]) == (USER, Role.ADMIN)
    again = visitor.get(f"/enter/{door.secret}")
    assert again.status_code == 403
    assert "start the demo again" in again.json()["error"]
    kinds = [row.as_dict()["kind"] for row in served.store.audit.walk()]
    assert kinds == ["user added", "case opened", "session begun", "logged in"]


def test_another_secret_does_not_open_and_does_not_close_the_door(visitor, door):
    assert visitor.get("/enter/guess").status_code == 403
    assert visitor.get(f"/enter/{door.secret}").status_code == 303


def test_a_usual_server_has_no_door(anybody):
    assert anybody.get("/enter/anything").status_code == 404


def test_the_user_cannot_log_in_by_password(visitor):
    answer = visitor.post(f"{API}/login", json={"name": USER, "password": "demo demo demo"})
    assert answer.status_code == 401


def test_it_serves_until_it_is_told_to_stop_and_takes_another_port(served, monkeypatch):
    monkeypatch.setattr(showing, "_warm", lambda app: None)
    servers, said = [], []
    made = showing.Server

    def server(config):
        config.install_signal_handlers = False
        servers.append(made(config))
        return servers[-1]

    monkeypatch.setattr(showing, "Server", server)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        thread = threading.Thread(target=showing.show, args=(served, port, False, said.append))
        thread.start()
        for _ in range(3000):
            if servers and servers[0].started and said:
                break
            time.sleep(0.02)
        import httpx2

        address = urlsplit(said[0])
        assert address.port != port
        answer = httpx2.get(said[0], timeout=60)
        assert answer.status_code == 303
        servers[0].should_exit = True
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("platform", "variables", "shown"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
    ],
)
def test_a_browser_is_opened_only_where_there_is_a_screen(monkeypatch, platform, variables, shown):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(showing.sys, "platform", platform)
    assert showing._has_screen() is shown
