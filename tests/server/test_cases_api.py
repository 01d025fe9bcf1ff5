"""Cases, confirmations, watches, tracks, cameras, the plan and events over HTTP."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from desks import NOON, sighting

from cmps.gallery.accounts import Role
from cmps.gallery.floorplan import FloorPlan, Obstacle, PlacedCamera, Shop
from cmps.gallery.plan_files import write_floorplan
from cmps.server.hub import MOST_WAITING
from cmps.server.watching import Watching

API = "/api/v1"


@pytest.fixture
def case(client):
    return client.post(f"{API}/cases", json={"purpose": "a lost child"}).json()["id"]


@pytest.fixture
def session(client, case):
    id = client.post(f"{API}/cases/{case}/sessions").json()["id"]
    body = {"text": "red shirt and blue jeans"}
    assert client.post(f"{API}/sessions/{id}/say", json=body).status_code == 200
    return id


def until(socket, kind):
    """Return the next message of a kind."""
    for _ in range(20):
        message = socket.receive_json()
        if message["type"] == kind:
            return message
    raise AssertionError(f"no message of type {kind}")


def test_a_case_says_why_and_who_and_what(client, case, session):
    listed = client.get(f"{API}/cases").json()["cases"]
    assert [one["id"] for one in listed] == [case]
    found = client.get(f"{API}/cases/{case}").json()
    assert found["purpose"] == "a lost child"
    assert found["opened_by"] == "ana"
    assert found["sessions"] == [
        {"id": session, "steps": 1, "last_at": "2026-05-01T12:00:00Z", "last_by": "ana"}
    ]
    assert found["here"] == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "purpose"),
        ({"purpose": "  "}, "purpose"),
        ({"purpose": "x", "keep_days": 0}, "keep_days"),
        ({"purpose": "x" * 2001}, "purpose"),
    ],
)
def test_no_case_without_a_purpose(client, body, reason):
    answer = client.post(f"{API}/cases", json=body)
    assert answer.status_code == 422
    assert reason in answer.json()["error"]


def test_a_second_person_confirms(client, client_as, case):
    url = f"{API}/cases/{case}/confirmations"
    made = client.post(url, json={"sighting": "red-1", "note": "her shoes"}).json()
    assert made["agreed"] is None
    assert client.post(url, json={"sighting": "red-1"}).status_code == 409
    decision = f"{API}/confirmations/{made['id']}/decision"
    assert client.post(decision, json={"agreed": True}).status_code == 403  # no reviewer
    ben = client_as(Role.REVIEWER, name="ben")
    decided = ben.post(decision, json={"agreed": True, "note": "yes"}).json()
    assert (decided["agreed"], decided["decided_by"], decided["answer"]) == (True, "ben", "yes")
    assert ben.post(decision, json={"agreed": False}).status_code == 409
    assert client.get(f"{API}/cases/{case}").json()["confirmations"] == [decided]
    kinds = [one.as_dict()["kind"] for one in client.app.state.program.store.audit.walk()]
    assert kinds.count("proposed") == kinds.count("confirmed") == 1


def test_a_reviewer_does_not_confirm_their_own(client_as, case):
    ben = client_as(Role.REVIEWER, name="ben")
    made = ben.post(f"{API}/cases/{case}/confirmations", json={"sighting": "red-1"}).json()
    answer = ben.post(f"{API}/confirmations/{made['id']}/decision", json={"agreed": True})
    assert answer.status_code == 403
    assert "second person" in answer.json()["error"]


def test_the_report_holds_what_was_asked_and_confirmed(client, case, session):
    client.post(f"{API}/cases/{case}/confirmations", json={"sighting": "red-1"})
    found = client.get(f"{API}/cases/{case}/report").json()
    assert found["case"]["confirmations"][0]["sighting"] == "red-1"
    assert found["sessions"][0]["steps"][0]["words"] == "typed: red shirt and blue jeans"
    assert found["made_by"] == "ana"


def test_who_has_a_case_open_sees_each_other_and_every_tick(client, client_as, case, session):
    ben = client_as(Role.OPERATOR, name="ben")
    url = f"ws://localhost{API}/events?case={case}"
    with client.websocket_connect(url) as mine:
        assert until(mine, "here")["names"] == ["ana"]
        with ben.websocket_connect(url) as other:
            assert until(mine, "here")["names"] == ["ana", "ben"]
            assert client.get(f"{API}/cases/{case}").json()["here"] == ["ana", "ben"]
            body = {"kind": "tick", "sighting": "red-1", "version": 1}
            client.post(f"{API}/sessions/{session}/click", json=body)
            told = {"type": "session", "session": session, "version": 2, "by": "ana"}
            assert until(mine, "session") == told
            assert until(other, "session") == told
            read = ben.get(f"{API}/sessions/{session}").json()
            assert read["session"]["ticked"] == ["red-1"]
            body = {"kind": "reject", "sighting": "white", "version": 1}
            refused = ben.post(f"{API}/sessions/{session}/click", json=body)
            assert refused.status_code == 409
            made = client.post(f"{API}/cases/{case}/confirmations", json={"sighting": "red-1"})
            assert until(other, "confirmation")["confirmation"] == made.json()
        assert until(mine, "here")["names"] == ["ana"]


def test_events_are_for_who_is_logged_in_and_for_a_case_that_is_there(anybody, client, case):
    from starlette.testclient import WebSocketDenialResponse

    for by, of, status in ((anybody, case, 401), (client, "x9", 404)):
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            by.websocket_connect(f"ws://localhost{API}/events?case={of}"),
        ):
            pass
        assert refused.value.status_code == status
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(
            f"ws://localhost{API}/events?case={case}", headers={"Origin": "https://evil.example"}
        ),
    ):
        pass
    assert refused.value.status_code == 403


def test_a_page_that_does_not_listen_is_cut_off(client, case):
    from starlette.websockets import WebSocketDisconnect

    with client.websocket_connect(f"ws://localhost{API}/events?case={case}") as mine:
        until(mine, "here")
        hub = client.app.state.services.hub
        # more than may wait, faster than anybody sends
        (listener,) = hub._listeners[case]
        listener._loop.call_soon_threadsafe(
            lambda: [listener._put({"type": "x"}) for _ in range(MOST_WAITING + 5)]
        )
        messages = (mine.receive_json() for _ in range(MOST_WAITING + 5))
        with pytest.raises(WebSocketDisconnect) as gone:
            list(messages)
        assert gone.value.code == 1013


def test_an_armed_session_tells_at_once_who_was_seen(client, client_as, served, case, session):
    url = f"{API}/sessions/{session}/watch"
    armed = client.post(url, json={"threshold": 0.01})
    assert armed.status_code == 201, armed.text
    watches = client.get(f"{API}/watches?case={case}").json()["watches"]
    assert [(one["session"], one["by"]) for one in watches] == [(session, "ana")]
    gate_only = client_as(Role.OPERATOR, name="ben", cameras=["gate"])
    watching: Watching = client.app.state.services.watching
    with (
        client.websocket_connect(f"ws://localhost{API}/events?case={case}") as mine,
        gate_only.websocket_connect(f"ws://localhost{API}/events?case={case}") as other,
    ):
        until(mine, "here")
        until(other, "here")
        assert watching.look() == []
        new = sighting("red-new", "red", "blue", 3, camera="hall", time=NOON + timedelta(hours=2))
        served.store.upsert([new])
        deadline = time.monotonic() + 60
        while not served.store.cases.events(session) and time.monotonic() < deadline:
            watching.look()  # or the server's own thread was quicker
        assert served.store.cases.events(session)
        told = until(mine, "watch")["event"]
        assert (told["sighting"], told["session"], told["case"]) == ("red-new", session, case)
        assert 0.01 <= told["probability"] <= 1
        # of a camera that they may not see they hear nothing
        client.post(f"{API}/sessions/{session}/click", json={"kind": "tick", "sighting": "red-1"})
        assert other.receive_json()["type"] in ("here", "session")
    listed = client.get(f"{API}/watch-events?case={case}").json()["events"]
    assert [one["sighting"] for one in listed] == ["red-new"]
    assert gate_only.get(f"{API}/watch-events?case={case}").json()["events"] == []
    assert client.delete(url).json() == {"session": session, "was_armed": True}
    assert client.delete(url).json()["was_armed"] is False


def test_a_session_that_knows_nothing_is_not_armed(client, case):
    id = client.post(f"{API}/cases/{case}/sessions").json()["id"]
    answer = client.post(f"{API}/sessions/{id}/watch", json={})
    assert answer.status_code == 400
    assert "say something first" in answer.json()["error"]
    answer = client.post(f"{API}/sessions/{id}/watch", json={"threshold": 2})
    assert answer.status_code == 422


def test_a_track_keeps_to_what_a_human_says(client, case, served):
    body = {"case": case, "sighting": "red-1", "near": True}
    first = client.post(f"{API}/tracks", json=body)
    assert first.status_code == 200, first.text
    found = first.json()
    stops = [stop["best"] for stop in found["stops"]]
    assert found["stops"][0]["confirmed"]
    assert found["near"] is not None
    other = client.post(f"{API}/tracks", json=body | {"reject": ["red-3"], "near": False}).json()
    assert "red-3" not in str(other["stops"])
    assert other["near"] is None
    confirmed = client.post(f"{API}/tracks", json=body | {"confirm": ["white"]}).json()
    assert "white" in [stop["best"] for stop in confirmed["stops"]]
    # and back to what it was
    again = client.post(f"{API}/tracks", json=body).json()
    assert [stop["best"] for stop in again["stops"]] == stops
    unknown = client.post(f"{API}/tracks", json=body | {"confirm": ["x9"]})
    assert unknown.status_code == 404


def test_a_track_shows_only_cameras_that_may_be_seen(client, client_as, case):
    ben = client_as(Role.OPERATOR, name="ben", cameras=["hall"])
    body = {"case": case, "sighting": "red-3", "near": True}
    whole = client.post(f"{API}/tracks", json=body).json()
    assert {stop["camera"] for stop in whole["stops"]} == {"gate", "hall"}
    found = ben.post(f"{API}/tracks", json=body).json()
    assert {stop["camera"] for stop in found["stops"]} == {"hall"}
    assert "gate" not in str(found["gaps"]) + str(found["near"])


def test_cameras_are_listed_and_an_admin_renames_them(client, client_as):
    cameras = client.get(f"{API}/cameras").json()["cameras"]
    assert [(one["id"], one["sightings"]) for one in cameras] == [("gate", 6), ("hall", 2)]
    change = {"name": "Main gate", "keep_days": 14}
    assert client.patch(f"{API}/cameras/gate", json=change).status_code == 403
    admin = client_as(Role.ADMIN, name="eve")
    changed = admin.patch(f"{API}/cameras/gate", json=change).json()
    assert changed == {
        "id": "gate",
        "name": "Main gate",
        "site": "mall",
        "keep_days": 14,
        "sightings": 6,
    }
    assert admin.patch(f"{API}/cameras/gate", json={"keep_days": None}).json()["name"] == (
        "Main gate"
    )
    assert client.get(f"{API}/cameras").json()["cameras"][0]["keep_days"] is None
    assert admin.patch(f"{API}/cameras/x9", json={}).status_code == 404


def test_the_plan_is_told_with_the_cameras_that_may_be_seen(client, client_as, served):
    assert client.get(f"{API}/floorplan").json()["available"] is False
    square = ((0.0, 0.0), (20.0, 0.0), (20.0, 12.0), (0.0, 12.0))
    plan = FloorPlan(
        "hall",
        square,
        (Obstacle("pillar", ((9, 5), (10, 5), (10, 6)), 3.0),),
        (Shop("shoes", ((0, 0), (4, 0), (4, 3), (0, 3)), (4.0, 1.5)),),
        cameras=tuple(
            PlacedCamera(name, (x, 6.0), 3, turn, 20, 60, (1280, 720), 6.0)
            for name, x, turn in (("gate", 2.0, 0.0), ("hall", 18.0, 180.0))
        ),
    )
    served.settings.data.mkdir(exist_ok=True)
    write_floorplan(plan, served.settings.data / "floorplan.json")
    found = client.get(f"{API}/floorplan").json()
    assert found["available"]
    assert found["metres"] == [20.0, 12.0]
    assert [one["id"] for one in found["cameras"]] == ["gate", "hall"]
    assert len(found["cameras"][0]["view"]) > 10
    assert found["shops"][0]["name"] == "shoes"
    ben = client_as(Role.VIEWER, name="ben", cameras=["hall"])
    assert [one["id"] for one in ben.get(f"{API}/floorplan").json()["cameras"]] == ["hall"]


def test_a_picture_is_for_an_open_case_and_is_not_kept_by_others(client, case):
    answer = client.get(f"{API}/sightings/red-1/picture?case={case}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert answer.content.startswith(b"\xff\xd8")
    assert client.get(f"{API}/sightings/red-1/picture").status_code == 422
    record = client.get(f"{API}/sightings/red-1?case={case}").json()
    assert (record["camera"], record["tracklet"], record["site"]) == ("gate", "t1", "mall")
