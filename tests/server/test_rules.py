"""Every route says who may use it and what it leaves in the audit."""

from __future__ import annotations

from typing import Annotated

import pytest
from serving_fakes import API

from cmps.gallery.accounts import Role
from cmps.gallery.audit_events import CaseRead
from cmps.server.access import PUBLIC, Caller, allow, audited, unaudited
from cmps.server.rules import FILES, OPEN, rules

ANYBODY = {
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", f"{API}/health"),
    ("POST", f"{API}/login"),
    ("POST", f"{API}/setup"),
}


def faults(app):
    """Return what a route lacks."""
    for rule in rules(app):
        if len(rule.roles) != 1:
            yield f"{rule.method} {rule.path}: one allow(…) or PUBLIC, not {len(rule.roles)}"
        if len(rule.events) + len(rule.why) != 1:
            yield f"{rule.method} {rule.path}: one audited(…) or unaudited(…)"
        if any(not why.strip() for why in rule.why):
            yield f"{rule.method} {rule.path}: unaudited why?"
        if not rule.does:
            yield f"{rule.method} {rule.path}: say what it does in its docstring"


def test_every_route_has_a_role_and_an_audit_decision(app):
    assert len(list(rules(app))) > 40
    assert list(faults(app)) == []


def test_only_these_are_open_to_anybody(app):
    public = {(rule.method, rule.path) for rule in rules(app) if None in rule.roles}
    assert public == ANYBODY


def test_nothing_but_the_programs_own_files_is_mounted(app):
    from starlette.routing import Mount

    mounted = {route.path for route in app.routes if isinstance(route, Mount)}
    assert mounted == set(FILES)
    assert set(OPEN) == {f"{API}/openapi.json"}


@pytest.mark.parametrize(
    ("dependencies", "missing"),
    [
        ([], "allow"),
        ([PUBLIC], "audited"),
        ([allow(Role.VIEWER)], "audited"),
        ([audited(CaseRead)], "allow"),
        ([PUBLIC, unaudited(" ")], "why"),
        ([PUBLIC, allow(Role.VIEWER), audited(CaseRead)], "allow"),
    ],
)
def test_a_route_that_says_less_is_found(app, dependencies, missing):
    @app.get("/forgotten", dependencies=dependencies)
    def forgotten() -> None:
        """Do something."""

    assert any("/forgotten" in fault and missing in fault for fault in faults(app))


def test_a_route_in_a_router_is_found_too(app):
    from fastapi import APIRouter

    inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")

    @inner.websocket("/live")
    async def live(caller: Annotated[Caller, allow(Role.VIEWER)]) -> None:
        """Talk."""

    outer.include_router(inner)
    app.include_router(outer)
    assert any("WS /outer/inner/live" in fault for fault in faults(app))


def test_every_route_but_those_refuses_who_is_not_logged_in(app, anybody):
    for rule in rules(app):
        if rule.method == "WS" or (rule.method, rule.path) in ANYBODY:
            continue
        path = rule.path.replace("{", "").replace("}", "")
        answer = anybody.request(rule.method, path, params={"case": "c1"})
        assert answer.status_code == 401, f"{rule.method} {rule.path}"
        assert set(answer.json()) == {"error"}
