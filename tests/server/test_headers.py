"""What every answer tells the browser."""

from __future__ import annotations

import re

import pytest
from serving_fakes import API

from cmps.server.app import UI, create_app
from cmps.server.state import Gate


@pytest.mark.parametrize("path", ["/", "/docs", f"{API}/health", f"{API}/me", "/ui/nothing.js"])
def test_every_answer_is_shut_to_other_sites(anybody, path):
    headers = anybody.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    if path != "/docs":
        assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers


def test_what_the_api_says_is_not_kept_on_the_way(client):
    assert client.get(f"{API}/me").headers["Cache-Control"] == "no-store"


def test_browsers_come_back_by_https_only_under_tls(served):
    from starlette.testclient import TestClient

    client = TestClient(create_app(served, Gate(tls=True)))
    assert "max-age=" in client.get(f"{API}/health").headers["Strict-Transport-Security"]


@pytest.mark.parametrize("page", sorted(UI.glob("*.html")), ids=lambda path: path.name)
def test_pages_hold_no_script_or_style_of_their_own(page):
    html = page.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html)


def test_the_reference_is_served_without_another_host(anybody):
    html = anybody.get("/docs").text
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', html):
        assert anybody.get(path).status_code == 200, path
