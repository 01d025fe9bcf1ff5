"""A search over HTTP, step by step."""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest
from desks import NOON, pixels, sighting
from PIL import Image

from cmps.gallery.accounts import Role
from cmps.search.desk import Asking
from cmps.server.views.results import Question
from cmps.understanding.chips import Chip

API = "/api/v1"


@pytest.fixture
def case(client):
    answer = client.post(f"{API}/cases", json={"purpose": "a lost child", "keep_days": 30})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
def session(client, case):
    answer = client.post(f"{API}/cases/{case}/sessions")
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
def take(client, session):
    """Take a step and return the answer's JSON."""

    def step(name, status=200, by=client, query="", **body):
        answer = by.post(f"{API}/sessions/{session}/{name}{query}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    return step


def photo(upper, lower, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(pixels(upper, lower, 3)).save(file, kind)
    return {"file": (f"C:\\phone\\me.{kind.lower()}", file.getvalue(), f"image/{kind.lower()}")}


def ids(found):
    return [one["id"] for person in found["results"]["people"] for one in person["sightings"]]


def test_words_find_the_person(take):
    found = take("say", text="red shirt and blue jeans", spoken=True)
    said, results = found["session"], found["results"]
    assert [one["chip"] for one in said["chips"]] == ["upper:shirt red", "lower:jeans blue"]
    assert said["version"] == results["version"] == 1
    assert said["steps"][0]["by"] == "ana"
    assert said["steps"][0]["words"] == "said: red shirt and blue jeans"
    first = results["people"][0]
    assert {one["id"] for one in first["sightings"]} == {"red-1", "red-2", "red-3"}
    assert first["reasons"][0]["seen"] == "seen"
    assert first["sightings"][0]["site"] == "mall"
    assert results["passing"] == results["gallery"] == 8


def test_none_of_those_shown_is_one_step(take):
    before = ids(take("say", text="red shirt and blue jeans"))
    take("click", kind="tick", sighting="green")
    ruled_out = take("none", sightings=["red-1", "red-3", "green"])
    assert set(ruled_out["session"]["rejected"]) == {"red-1", "red-3"}
    assert ruled_out["session"]["ticked"] == ["green"]  # what was said of one by itself stands
    assert not {"red-1", "red-2", "red-3"} & set(ids(ruled_out))
    assert ruled_out["session"]["steps"][-1]["words"] == "none of these 3 is the person"
    take("undo")
    assert ids(take("undo")) == before
    assert "cannot" not in take("none", 422, sightings=[])["error"]


def test_every_step_changes_what_is_found_and_can_be_undone(take):
    take("say", text="red shirt and blue jeans")
    ticked = take("click", kind="tick", sighting="green")
    assert ticked["session"]["ticked"] == ["green"]
    assert ticked["results"]["people"][0]["mark"] == "ticked"
    assert ticked["results"]["people"][0]["sightings"][0]["id"] == "green"
    rejected = take("click", kind="reject", sighting="red-1")
    assert rejected["session"]["rejected"] == ["red-1"]
    assert "red-1" not in ids(rejected)
    assert "red-2" not in ids(rejected)  # of the same tracklet
    looked = take("look", where={"cameras": ["hall"]})
    assert looked["session"]["where"]["cameras"] == ["hall"]
    assert set(ids(looked)) == {"red-3", "white"}
    marked = take("mark", chip="upper:shirt red", to="not")
    assert [one["place"] for one in marked["session"]["chips"]] == ["not", "must"]
    undone = take("undo")
    assert undone["session"]["can_redo"]
    assert [one["place"] for one in undone["session"]["chips"]] == ["must", "must"]
    assert take("redo")["session"]["chips"] == marked["session"]["chips"]


def test_the_proposed_question_can_be_answered(take):
    take("say", text="blue jeans")
    question = take("say", text="more", query="?top=5")["results"]["question"]
    assert question["words"].endswith("?")
    told = take("answer", chip="hat:cap", answer="yes")
    assert "hat:cap" in str(told["session"]["chips"])
    assert told["session"]["steps"][-1]["kind"] == "answered"


def test_an_open_question_is_answered_in_words(take):
    take("say", text="blue jeans")
    told = take("say", text="red shirt", about="upper")
    step = told["session"]["steps"][-1]
    assert step["words"] == "What is the person wearing on top? typed: red shirt"
    assert "upper:shirt red" in str(told["session"]["chips"])


def test_an_answer_that_was_spoken_is_kept_with_its_question(take, session, served):
    take("say", text="blue jeans")
    told = take("say", text="red shirt", about="upper", spoken=True)
    step = told["session"]["steps"][-1]
    assert step["words"] == "What is the person wearing on top? said: red shirt"
    assert "upper" in served.desk.session(session).state().topics
    question = told["results"]["question"]
    assert question is None or question["about"] != "upper"


def test_what_else_was_heard_is_taken_and_kept(take, session, served):
    take("say", text="read shirt", spoken=True, readings=["red shirt", "red skirt"])
    (said,) = served.desk.session(session).state().sentences
    assert said.readings == ("red shirt", "red skirt")
    take("say", 422, text="red shirt", spoken=True, readings=["red shirt"] * 10)


def test_an_open_question_is_told_from_one_of_yes_or_no():
    asked = Question.of(Asking(None, "What shoes is she wearing?", 1.25, None, "shoes"))
    assert (asked.about, asked.chip, asked.likely) == ("shoes", "", None)
    closed = Question.of(Asking(Chip("hat", "cap"), "A cap?", 0.5, 1.2))
    assert (closed.about, closed.chip, closed.likely) == ("", "hat:cap", 1.0)


def test_a_session_can_be_read_again_with_as_many_people_as_wanted(client, session, take):
    whole = take("say", text="red shirt")
    read = client.get(f"{API}/sessions/{session}").json()
    assert read["session"] == whole["session"]
    assert ids(read) == ids(whole)
    fewer = client.get(f"{API}/sessions/{session}?top=2").json()
    assert len(fewer["results"]["people"]) == 2
    assert client.get(f"{API}/sessions/{session}?top=0").json()["results"] is None


def test_windows_of_days_are_kept_as_they_were_given(take):
    window = {
        "start": "11:00",
        "end": "12:03",
        "first": "2026-05-01",
        "last": "2026-05-01",
        "zone": "UTC",
    }
    take("say", text="red shirt")
    found = take("look", where={"windows": [window], "after": "2026-05-01T12:02:00Z"})
    assert found["session"]["where"]["windows"] == [window]
    assert ids(found) == ["red-2"]


def test_a_photo_finds_the_person_and_is_not_kept(client, session, served):
    answer = client.post(
        f"{API}/sessions/{session}/photo", files=photo("purple", "green"), data={"version": "0"}
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert ids(found)[0] == "purple"
    assert [one["name"] for one in found["session"]["photos"]] == ["me.png"]
    (id,) = [one["id"] for one in found["session"]["photos"]]
    read = client.post(
        f"{API}/sessions/{session}/click", json={"kind": "clear", "sighting": id}
    ).json()
    assert read["session"]["photos"] == []


@pytest.mark.parametrize(
    ("file", "status", "reason"),
    [
        (b"", 415, "no picture"),
        (b"<svg/>", 415, "no picture"),
        (b"\xff\xd8\xff" + bytes(400), 422, "no picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), 422, "picture"),
        (bytes(20_200_000), 413, "MB"),
    ],
    ids=["nothing", "svg", "broken jpeg", "broken png", "huge"],
)
def test_a_file_that_is_no_photo_is_refused_with_a_reason(client, session, file, status, reason):
    url = f"{API}/sessions/{session}/photo"
    answer = client.post(url, files={"file": ("x.jpg", file, "image/jpeg")})
    assert answer.status_code == status, answer.text
    assert reason in answer.json()["error"]
    assert client.post(url, files=photo("red", "blue", "JPEG")).status_code == 200
    assert client.get(f"{API}/sessions/{session}?top=0").json()["session"]["version"] == 1


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(client, session):
    def endless():
        for _ in range(40):
            yield b"x" * 10_000

    answer = client.post(
        f"{API}/sessions/{session}/say",
        content=endless(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert "at most" in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "body", "status", "reason"),
    [
        ("say", {"text": ""}, 422, "text"),
        ("say", {"text": "…"}, 400, "no word"),
        ("say", {"text": "red", "language": "xx"}, 422, "en"),
        ("say", {"text": "red", "typo": 1}, 422, "typo"),
        ("say", {"text": "a\0b"}, 422, "NUL"),
        ("click", {"kind": "tick", "sighting": "x9"}, 404, "x9"),
        ("click", {"kind": "kiss", "sighting": "red-1"}, 422, "kind"),
        ("mark", {"chip": "nonsense", "to": "must"}, 422, "upper:jacket red"),
        ("mark", {"chip": "upper:shirt age=x-y", "to": "must"}, 422, "chip"),
        ("look", {"where": {"cameras": ["x9"]}}, 400, "gate, hall"),
        ("look", {"where": {"sites": ["x9"]}}, 400, "mall"),
        ("look", {"where": {"after": "2026-05-01T12:00:00"}}, 400, "zone"),
        ("look", {"where": {"windows": [{"start": "25:00", "end": "1", "first": "x"}]}}, 400, "22"),
        ("answer", {"chip": "upper:shirt", "answer": "perhaps"}, 422, "answer"),
        ("undo", {}, 400, "nothing to undo"),
        ("redo", {}, 400, "nothing to redo"),
    ],
)
def test_what_is_wrong_is_said(take, name, body, status, reason):
    assert reason in take(name, status, **body)["error"]


def test_what_is_unknown_is_a_404(client):
    for method, url in (
        ("GET", "/sessions/x9"),
        ("GET", "/cases/x9"),
        ("GET", "/cases/x9/report"),
        ("POST", "/cases/x9/sessions"),
        ("POST", "/cases/x9/close"),
        ("DELETE", "/sessions/x9/watch"),
        ("POST", "/sessions/x9/undo"),
        ("GET", "/sightings/x9?case=x9"),
    ):
        answer = client.request(method, f"{API}{url}")
        assert answer.status_code == 404, (url, answer.text)
        assert "x9" in answer.json()["error"]


def test_two_operators_share_a_session_and_none_overwrites_what_they_have_not_seen(
    client, client_as, session, take
):
    ben = client_as(Role.OPERATOR, name="ben")
    seen = take("say", text="red shirt and blue jeans")["session"]["version"]
    take("click", kind="tick", sighting="red-1", version=seen)
    refused = take("click", 409, by=ben, kind="reject", sighting="white", version=seen)
    assert "changed by somebody else" in refused["error"]
    read = ben.get(f"{API}/sessions/{session}").json()
    assert read["session"]["ticked"] == ["red-1"]
    assert read["results"]["people"][0]["mark"] == "ticked"
    take("click", by=ben, kind="reject", sighting="white", version=read["session"]["version"])
    both = client.get(f"{API}/sessions/{session}").json()["session"]
    assert (both["ticked"], both["rejected"]) == (["red-1"], ["white"])
    assert [one["by"] for one in both["steps"]] == ["ana", "ana", "ben"]


def test_steps_that_name_no_version_take_turns(client, session, take):
    from concurrent.futures import ThreadPoolExecutor

    take("say", text="red shirt")
    sightings = ["red-1", "green", "white", "yellow", "purple"]
    with ThreadPoolExecutor(5) as pool:
        answers = pool.map(
            lambda one: (
                client.post(
                    f"{API}/sessions/{session}/click?top=0", json={"kind": "tick", "sighting": one}
                ).status_code
            ),
            sightings,
        )
    assert set(answers) <= {200, 409}
    assert len(client.get(f"{API}/sessions/{session}?top=0").json()["session"]["ticked"]) >= 3


def test_who_may_see_one_camera_sees_nothing_of_another(client, client_as, case, session, take):
    take("say", text="red shirt and blue jeans")
    take("click", kind="tick", sighting="red-1")
    take("click", kind="reject", sighting="white")
    ben = client_as(Role.OPERATOR, name="ben", cameras=["hall"])
    read = ben.get(f"{API}/sessions/{session}").json()
    assert set(ids(read)) <= {"red-3", "white"}
    assert read["session"]["ticked"] == []
    assert read["session"]["rejected"] == ["white"]
    assert read["results"]["passing"] == 2
    hidden = take("click", 404, by=ben, kind="tick", sighting="red-1")
    assert "red-1 is not in the gallery" in hidden["error"]
    assert (
        "gate"
        not in take("look", 400, by=ben, where={"cameras": ["gate"]})["error"].split("may see:")[1]
    )
    for url in (f"/sightings/red-1?case={case}", f"/sightings/red-1/picture?case={case}"):
        assert ben.get(f"{API}{url}").status_code == 404
    body = {"case": case, "sighting": "red-1"}
    assert ben.post(f"{API}/tracks", json=body).status_code == 404
    body = {"sighting": "red-1"}
    assert ben.post(f"{API}/cases/{case}/confirmations", json=body).status_code == 404
    assert [one["id"] for one in ben.get(f"{API}/cameras").json()["cameras"]] == ["hall"]


def test_viewers_look_and_do_not_touch(client_as, case, session, take):
    take("say", text="red shirt")
    eve = client_as(Role.VIEWER, name="eve")
    assert eve.get(f"{API}/sessions/{session}").status_code == 200
    assert eve.get(f"{API}/cases/{case}").json()["purpose"] == "a lost child"
    for name, body in (
        ("say", {"text": "red"}),
        ("click", {"kind": "tick", "sighting": "red-1"}),
        ("undo", {}),
        ("watch", {"threshold": 0.5}),
    ):
        answer = eve.post(f"{API}/sessions/{session}/{name}", json=body)
        assert answer.status_code == 403
        assert "operator" in answer.json()["error"]
    assert eve.post(f"{API}/cases", json={"purpose": "x"}).status_code == 403


def test_results_follow_the_gallery(client, served, session, take):
    take("say", text="red shirt and blue jeans")
    served.store.upsert([sighting("red-9", "red", "blue", 30, time=NOON + timedelta(hours=1))])
    assert "red-9" in ids(client.get(f"{API}/sessions/{session}").json())
    served.store.delete(["red-9"])
    assert "red-9" not in ids(client.get(f"{API}/sessions/{session}").json())


def test_a_closed_case_is_read_and_not_changed(client, case, session, take):
    take("say", text="red shirt")
    closed = client.post(f"{API}/cases/{case}/close").json()
    assert closed["closed_at"]
    assert client.get(f"{API}/sessions/{session}").status_code == 200
    assert "closed" in take("say", 409, text="blue jeans")["error"]
    for method, url, body in (
        ("POST", f"/cases/{case}/close", None),
        ("POST", f"/cases/{case}/sessions", None),
        ("POST", f"/cases/{case}/confirmations", {"sighting": "red-1"}),
        ("POST", "/tracks", {"case": case, "sighting": "red-1"}),
        ("GET", f"/sightings/red-1/picture?case={case}", None),
    ):
        answer = client.request(method, f"{API}{url}", json=body)
        assert answer.status_code == 409, (url, answer.text)


def test_what_was_done_is_written_down(client, served, case, session, take):
    take("say", text="red shirt and blue jeans")
    client.get(f"{API}/sightings/red-1/picture?case={case}")
    with_errors = take("click", 404, kind="tick", sighting="x9")
    assert "x9" in with_errors["error"]
    kinds = [one.as_dict()["kind"] for one in served.store.audit.walk()]
    assert kinds[-3:] == ["stepped", "searched", "saw picture"]
    assert "red shirt" not in str([one.body for one in served.store.audit.walk()])


def test_many_operators_get_their_own_results(client, case):
    random = np.random.default_rng(3)
    colours = ["red", "green", "white", "purple"]
    sessions = [client.post(f"{API}/cases/{case}/sessions").json()["id"] for _ in colours]
    for place in random.permutation(len(colours)):
        body = {"text": f"{colours[place]} shirt"}
        answer = client.post(f"{API}/sessions/{sessions[place]}/say", json=body).json()
        assert colours[place] in ids(answer)[0]
