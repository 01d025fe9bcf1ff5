"""Who may not see a camera finds nothing of it, wherever they look."""

from __future__ import annotations

import re

import pytest
from serving_fakes import API

from cmps.gallery.accounts import Role
from cmps.gallery.cases import Event
from cmps.server.rules import rules

HALL = ("red-3", "white")
"""What the camera that may not be seen has."""


def leaks(text):
    # a step may name a sighting within a sentence; "white" is a colour there
    return [one for one in HALL if re.search(r"red-3" if one == "red-3" else rf'"{one}"', text)]


@pytest.fixture
def worked(client, served):
    """A case in which somebody who sees all cameras worked with sightings of the hall."""
    case = client.post(f"{API}/cases", json={"purpose": "lost child"}).json()["id"]
    session = client.post(f"{API}/cases/{case}/sessions").json()["id"]
    client.post(f"{API}/sessions/{session}/say", json={"text": "red shirt", "language": "en"})
    for kind, one in (("tick", "red-3"), ("reject", "white"), ("tick", "red-1")):
        body = {"kind": kind, "sighting": one}
        answer = client.post(f"{API}/sessions/{session}/click", json=body)
        assert answer.status_code == 200
    assert leaks(answer.text)  # who may see it, does
    for one in ("red-3", "red-1"):
        body = {"sighting": one, "note": "that is her"}
        assert client.post(f"{API}/cases/{case}/confirmations", json=body).status_code < 300
    client.post(f"{API}/sessions/{session}/watch", json={"threshold": 0.5})
    (watch,) = served.store.cases.watches()
    at = served.desk.clock()
    events = [Event(session, one, (one,), 0.9, (), at) for one in ("red-3", "red-1")]
    served.store.cases.record(watch, events)
    return case, session


@pytest.fixture
def gate_only(client_as):
    return client_as(Role.OPERATOR, name="gil", cameras=["gate"])


def test_nothing_that_is_read_tells_of_another_camera(app, worked, gate_only):
    case, session = worked
    read = 0
    for rule in rules(app):
        if rule.method != "GET" or not rule.path.startswith(API):
            continue
        if rule.path.endswith(("/users", "/audit", "/audit/verify")):
            continue  # an admin's and a reviewer's
        id = case if "/cases/" in rule.path else session
        path = rule.path.replace("{id}", "red-3" if "/sightings/" in rule.path else id)
        answer = gate_only.get(path, params={"case": case})
        if "/sightings/" in path:
            assert answer.status_code == 404, path
        else:
            assert leaks(answer.text) == [], path
        read += answer.status_code == 200
    assert read > 8


def test_nothing_that_is_done_tells_of_another_camera(worked, gate_only):
    case, session = worked
    steps = [
        ("say", {"text": "blue jeans", "language": "en"}),
        ("look", {"where": {}}),
        ("look", {"where": {"sites": ["mall"]}}),
        ("click", {"kind": "like", "sighting": "red-1"}),
        ("undo", {}),
    ]
    for step, body in steps:
        answer = gate_only.post(f"{API}/sessions/{session}/{step}?top=40", json=body)
        assert answer.status_code == 200, answer.text
        assert leaks(answer.text) == [], step
    for camera in ({"cameras": ["hall"]}, {"cameras": ["hall", "gate"]}):
        answer = gate_only.post(f"{API}/sessions/{session}/look?top=40", json={"where": camera})
        assert leaks(answer.text) == []
    tracked = gate_only.post(f"{API}/tracks", json={"case": case, "sighting": "red-1"})
    assert tracked.status_code == 200
    assert leaks(tracked.text) == []


def test_the_audit_names_no_sighting_of_another_camera(worked, client, client_as):
    case, _ = worked
    for id in ("red-1", "red-3"):
        client.get(f"{API}/sightings/{id}/picture", params={"case": case})
    rows = {}
    for cameras in (None, ["gate"]):
        reviewer = client_as(Role.REVIEWER, cameras=cameras)
        found = reviewer.get(f"{API}/audit", params={"kind": "saw picture"}).json()["rows"]
        rows[cameras is None] = [row["sightings"] for row in found]
    assert rows == {True: [["red-3"], ["red-1"]], False: [[], ["red-1"]]}


@pytest.mark.parametrize("kind", ["tick", "reject", "like"])
def test_a_sighting_of_another_camera_is_one_that_is_not_there(worked, gate_only, kind):
    case, session = worked

    def answers(id):
        yield gate_only.post(f"{API}/sessions/{session}/click", json={"kind": kind, "sighting": id})
        yield gate_only.post(f"{API}/sessions/{session}/none", json={"sightings": ["red-1", id]})
        yield gate_only.post(
            f"{API}/cases/{case}/confirmations", json={"sighting": id, "note": "her"}
        )
        yield gate_only.post(f"{API}/tracks", json={"case": case, "sighting": id})
        yield gate_only.get(f"{API}/sightings/{id}/picture", params={"case": case})

    for hidden, missing in zip(answers("red-3"), answers("nothing"), strict=True):
        assert hidden.status_code == missing.status_code == 404
        assert hidden.json()["error"] == missing.json()["error"].replace("nothing", "red-3")


def test_who_was_ruled_out_at_another_camera_is_not_named(worked, client, gate_only):
    case, _ = worked
    session = client.post(f"{API}/cases/{case}/sessions").json()["id"]
    said = client.post(f"{API}/sessions/{session}/none", json={"sightings": ["red-2", "white"]})
    assert said.json()["session"]["rejected"] == ["red-2", "white"]
    read = gate_only.get(f"{API}/sessions/{session}", params={"top": 0}).json()["session"]
    assert read["rejected"] == ["red-2"]


def test_who_may_see_no_camera_sees_nobody(worked, client_as):
    case, session = worked
    blind = client_as(Role.OPERATOR, name="bea", cameras=[])
    answer = blind.get(f"{API}/sessions/{session}", params={"top": 40})
    assert answer.status_code == 200
    assert answer.json()["results"]["people"] == []
    assert blind.get(f"{API}/cameras").json() == {"cameras": []}
    one = blind.get(f"{API}/sightings/red-1/picture", params={"case": case})
    assert one.status_code == 404
