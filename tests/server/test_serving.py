"""Starting the server: sockets, certificates, the first link, and what is said."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
import uvicorn
from serving_fakes import API, add_user, log_in
from starlette.testclient import TestClient

from cmps.gallery.records import GalleryError
from cmps.server.app import create_app
from cmps.server.security import certificates
from cmps.server.security.certificates import local_certificate
from cmps.server.security.secrets import COOKIE
from cmps.server.serving import (
    Listening,
    announce,
    bind,
    first_link,
    own_addresses,
    server_config,
    url,
)


@pytest.fixture
def running(served, gate):
    """Serve in a thread: ``with running(Listening(port=0)) as port``."""
    from contextlib import contextmanager

    @contextmanager
    def serve(how):
        gate.tls = how.tls or bool(how.proxy)
        certificate = local_certificate(served.settings.data) if how.tls else None
        listening = bind(how.host, how.port)
        server = uvicorn.Server(server_config(create_app(served, gate), how, certificate))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
            listening.close()

    return serve


def test_the_first_start_prints_a_link_and_no_later_one_does(served, gate, capsys):
    link = first_link(served, gate)
    announce(Listening(), 8765, None, link)
    printed = capsys.readouterr()
    assert f"http://localhost:8765/#setup={link}" in printed.out
    assert printed.err == ""
    assert link not in gate.first_link
    add_user(served, gate, "root", "admin")
    assert first_link(served, gate) == ""


@pytest.mark.parametrize(
    ("how", "warned"),
    [
        (Listening(), False),
        (Listening("localhost"), False),
        (Listening("0.0.0.0"), True),
        (Listening("192.0.2.7"), True),
        (Listening("0.0.0.0", tls=True), False),
        (Listening("0.0.0.0", proxy="127.0.0.1"), False),
    ],
)
def test_listening_wider_without_https_is_warned_of(how, warned, capsys):
    announce(how, 8765, None, "")
    assert ("without --tls" in capsys.readouterr().err) is warned


def test_an_address_that_is_taken_is_named():
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(GalleryError, match=rf"127\.0\.0\.1 port {port} .*--port"):
        bind("127.0.0.1", port)
    for host, wrong in (("192.0.2.7", 8765), ("no.such.host.invalid", 1), ("127.0.0.1", 70_000)):
        with pytest.raises(GalleryError, match="cannot listen"):
            bind(host, wrong)
    taken.close()


def test_addresses_are_written_for_browsers():
    assert url("127.0.0.1", 1, False) == "http://localhost:1/"
    assert url("2001:db8::1", 1, True) == "https://[2001:db8::1]:1/"


PRESSED = """
import asyncio, os, signal, socket, sys, threading, time
from contextlib import asynccontextmanager
from fastapi import FastAPI
from cmps.server.serving import Listening, Server, bind, serve_to_the_end, server_config

@asynccontextmanager
async def life(app):
    yield
    await asyncio.sleep(0.2)
    print("sealed")

app = FastAPI(lifespan=life)
under_way = threading.Event()

@app.get("/")
async def slow():
    under_way.set()
    await asyncio.sleep(60)

listening = bind("127.0.0.1", 0)
server = Server(server_config(app, Listening()))

def press():
    asking = socket.create_connection(listening.getsockname())
    if "asking" in sys.argv:
        asking.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
        under_way.wait()
    while not server.started:
        time.sleep(0.01)
    for _ in range(10):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(float(sys.argv[1]))

threading.Thread(target=press, daemon=True).start()
serve_to_the_end(server, listening)
time.sleep(1)
print("closed")
"""


@pytest.mark.parametrize("asking", ["asking", "idle"])
@pytest.mark.parametrize("gap", [0.01, 0.15])
def test_however_often_ctrl_c_is_pressed_the_server_ends_quietly_and_in_order(gap, asking):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PRESSED, str(gap), asking],
        capture_output=True,
        text=True,
        timeout=100,
        # a shell in the background lets its children ignore Ctrl-C; who sits before one does not
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "sealed\nclosed\n", "")
    assert time.monotonic() - began < 55  # it did not wait for the request


def test_https_is_spoken_with_a_certificate_that_names_this_machine(running, served):
    with running(Listening(port=0, tls=True)) as port:
        context = ssl.create_default_context(
            cafile=str(local_certificate(served.settings.data).certificate)
        )
        for name in ("localhost", "127.0.0.1", socket.gethostname()):
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname=name) as secret,
            ):
                secret.sendall(f"GET {API}/health HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
                answer = b"".join(iter(lambda: secret.recv(4096), b""))
        assert b"200 OK" in answer
        assert b"strict-transport-security" in answer.lower()


def test_a_certificate_is_kept_until_it_ends_soon_or_lacks_a_host(tmp_path, monkeypatch):
    first = local_certificate(tmp_path)
    kept = first.certificate.read_bytes()
    assert first.key.stat().st_mode & 0o777 == 0o600
    assert len(first.fingerprint()) == 95
    assert local_certificate(tmp_path).certificate.read_bytes() == kept
    named = local_certificate(tmp_path, "cmps.example").certificate.read_bytes()
    assert named != kept
    assert first.key.stat().st_mode & 0o777 == 0o600
    assert local_certificate(tmp_path, "cmps.example").certificate.read_bytes() == named
    monkeypatch.setattr(certificates, "RENEWED", timedelta(days=400))
    assert local_certificate(tmp_path, "cmps.example").certificate.read_bytes() != named
    first.certificate.write_text("broken")
    assert len(local_certificate(tmp_path).fingerprint()) == 95


def test_a_server_for_everybody_is_named_by_each_of_its_addresses(tmp_path, monkeypatch):
    from types import SimpleNamespace

    import psutil

    def on(family, address):
        return SimpleNamespace(family=family, address=address)

    links = {
        "lo": [on(socket.AF_INET, "127.0.0.1"), on(socket.AF_INET6, "::1")],
        "eth0": [on(socket.AF_INET, "192.0.2.7"), on(socket.AF_INET6, "fe80::1%eth0")],
        "mac": [on(psutil.AF_LINK, "00:00:5e:00:53:01")],
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: links)
    assert own_addresses() == ["127.0.0.1", "192.0.2.7", "::1"]
    made = local_certificate(tmp_path, *own_addresses())
    kept = made.certificate.read_bytes()
    assert local_certificate(tmp_path, "192.0.2.7").certificate.read_bytes() == kept
    assert local_certificate(tmp_path, "192.0.2.8").certificate.read_bytes() != kept


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "tls").write_text("a file")
    with pytest.raises(GalleryError, match="the certificate belongs there"):
        local_certificate(tmp_path)


@pytest.mark.parametrize(("proxy", "address"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")])
def test_only_a_named_proxy_is_believed(running, served, proxy, address):
    import httpx2

    with running(Listening(port=0, proxy=proxy)) as port:
        httpx2.post(
            f"http://127.0.0.1:{port}{API}/login",
            json={"name": "eve", "password": "guess"},
            headers={"X-Forwarded-For": "203.0.113.9"},
            timeout=60,
        )
    (row,) = [row for row in served.store.audit.walk() if "login failed" in row.body]
    assert row.as_dict()["detail"] == {"address": address}


@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        ("http://localhost", True),
        (None, True),
        ("http://evil.example", False),
        ("http://localhost:81", False),
        ("null", False),
    ],
)
def test_a_socket_opens_for_our_own_page_only(client, origin, fine):
    from starlette.testclient import WebSocketDenialResponse
    from starlette.websockets import WebSocketDisconnect

    case = client.post(f"{API}/cases", json={"purpose": "lost child"}).json()["id"]
    headers = {} if origin is None else {"Origin": origin}
    try:
        with client.websocket_connect(f"ws://localhost{API}/events?case={case}", headers=headers):
            opened = True
    except (WebSocketDenialResponse, WebSocketDisconnect):
        opened = False
    assert opened is fine


@pytest.mark.parametrize("deed", ["logout", "remove", "role", "cameras", "nothing"])
def test_who_is_locked_out_loses_their_open_sockets(client, client_as, monkeypatch, deed):
    from starlette.websockets import WebSocketDisconnect

    from cmps.server import access

    monkeypatch.setattr(access.rights_end, "__defaults__", (0.05,))
    case = client.post(f"{API}/cases", json={"purpose": "lost child"}).json()["id"]
    admin = client_as("admin", name="root")
    with client.websocket_connect(f"ws://localhost{API}/events?case={case}") as socket:
        assert socket.receive_json()["type"] == "here"
        if deed == "logout":
            client.post(f"{API}/logout")
        elif deed == "remove":
            admin.delete(f"{API}/users/ana")
        elif deed == "role":
            admin.patch(f"{API}/users/ana", json={"role": "viewer"})
        elif deed == "cameras":
            admin.patch(f"{API}/users/ana", json={"cameras": ["gate"]})
        else:
            time.sleep(0.3)
            client.post(f"{API}/cases/{case}/close")
            assert socket.receive_json()["type"] == "closed"
            return
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_json()
    assert ended.value.code == 1008


def test_who_is_locked_out_speaks_no_more(client, monkeypatch):
    from starlette.websockets import WebSocketDisconnect

    from cmps.server import access

    monkeypatch.setattr(access.rights_end, "__defaults__", (0.05,))
    case = client.post(f"{API}/cases", json={"purpose": "lost child"}).json()["id"]
    with client.websocket_connect(f"ws://localhost{API}/speech?case={case}") as socket:
        assert socket.receive_json()["type"] == "ready"
        client.post(f"{API}/logout")
        message = socket.receive_json()
        assert message["kind"] == "login"
        assert "log in again" in message["error"]
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


def test_no_socket_opens_without_a_login(anybody):
    from starlette.testclient import WebSocketDenialResponse
    from starlette.websockets import WebSocketDisconnect

    with (
        pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)),
        anybody.websocket_connect(f"ws://localhost{API}/events?case=c1"),
    ):
        pass


def test_the_program_imports_neither_torch_nor_the_networks_to_serve():
    code = (
        "import sys, cmps.server.serving\n"
        "heavy = {'torch', 'onnxruntime', 'faster_whisper'}\n"
        "print(heavy & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_cookie_is_for_https_only_behind_a_proxy(served, gate):
    gate.tls = True
    client = TestClient(create_app(served, gate), base_url="https://localhost")
    add_user(served, gate, "ana")
    log_in(client, "ana")
    assert [cookie.secure for cookie in client.cookies.jar if cookie.name == COOKIE] == [True]
