"""Cases, sessions and watches from the command line."""

from __future__ import annotations

import pytest
from command_line import id_of
from fakes import draw


@pytest.fixture
def case(cmps, filled):
    return cmps("case", "new", "--purpose", "a lost child", "--by", "ana", "--json").json["case"]


@pytest.fixture
def session(cmps, case):
    return cmps("session", "new", case, "--json").json["session"]


def best(answer):
    return answer.json["people"][0]["sightings"][0]["picture"].rsplit("/", 1)[-1]


def test_a_case_is_opened_listed_shown_and_closed(cmps, case, session):
    (listed,) = cmps("case", "list", "--json").json["cases"]
    assert (listed["case"], listed["purpose"], listed["opened_by"]) == (case, "a lost child", "ana")
    shown = cmps("case", "show", case, "--json").json
    assert shown["sessions"] == [{"session": session, "steps": 0}]
    assert "a lost child" in cmps("case", "show", case).out
    assert cmps("case", "close", case, "--json").json["closed_at"]
    answer = cmps("session", "say", session, "red top")
    assert (answer.code, answer.out) == (2, "")
    assert "closed" in answer.err


def test_no_purpose_no_case(cmps, filled):
    answer = cmps("case", "new", "--purpose", " ")
    assert answer.code == 2
    assert "purpose" in answer.err


def test_a_session_narrows_down_and_goes_back(cmps, world, session):
    said = cmps("session", "say", session, "a person in a red top and blue trousers", "--json")
    assert best(said) in ("1.bmp", "2.bmp", "3.bmp")
    assert said.json["steps"][0]["did"].startswith("typed: a person in a red top")
    rejected = cmps("session", "reject", session, id_of(world, best(said)), "--json")
    assert best(rejected) != best(said)
    ticked = cmps("session", "tick", session, id_of(world, "5.bmp"), "--json").json
    assert ticked["people"][0]["mark"] == "ticked"
    assert ticked["step"] == 3
    cmps("session", "undo", session)
    undone = cmps("session", "undo", session, "--json")
    assert undone.json["people"] == said.json["people"]
    assert [one["undone"] for one in undone.json["steps"]] == [False, True, True]
    assert cmps("session", "redo", session, "--json").json["people"] == rejected.json["people"]
    shown = [one["sightings"][0] for one in rejected.json["people"]]
    none = cmps("session", "none", session, "--top", "2", "--json").json
    assert none["steps"][-1]["did"] == "none of these 2 is the person"
    left = [one for person in none["people"] for one in person["sightings"]]
    assert not {one["sighting"] for one in shown[:2]} & {one["sighting"] for one in left}
    cmps("session", "undo", session)
    earlier = cmps("session", "show", session, "--step", "1", "--json").json
    assert earlier["people"] == said.json["people"]
    assert "typed: a person in a red top" in cmps("session", "show", session).out


def test_chips_filters_photos_and_clicks(cmps, world, session, tmp_path):
    marked = cmps("session", "mark", session, "upper:shirt green", "--json")
    assert marked.json["chips"][0]["chip"] == "upper:shirt green"
    assert best(marked) == "4.bmp"
    looked = cmps("session", "look", session, "--camera", "gate", "--json").json
    assert looked["passing"] == 3
    hours = ("--hours", "12:00-12:06", "--from-day", "2026-05-01")
    assert cmps("session", "look", session, *hours, "--json").json["passing"] == 3
    cmps("session", "look", session)
    photo = draw(tmp_path / "photo.png", "white", "purple", seed=77)
    cmps("session", "mark", session, "upper:shirt green", "--to", "gone")
    assert best(cmps("session", "say", session, "--image", photo, "--json")) == "6.bmp"
    liked = cmps("session", "like", session, id_of(world, "6.bmp"), "--json").json
    assert liked["people"][0]["mark"] == "liked"
    cleared = cmps("session", "clear", session, id_of(world, "6.bmp"), "--json").json
    assert cleared["people"][0]["mark"] == ""


def test_a_question_is_put_and_answered(cmps, session):
    cmps("session", "say", session, "blue trousers")
    asked = cmps("session", "ask", session, "--count", "3", "--json").json["questions"]
    for one in asked:
        assert one["gain_bits"] > 0
        assert one["question"].endswith("?")
    answered = cmps("session", "answer", session, "no", "--chip", "upper:top red", "--json").json
    assert [one["chip"] for one in answered["chips"]] == [
        "not upper:top red",
        "lower:trousers blue",
    ]
    assert "no" in answered["steps"][-1]["did"]


def test_an_open_question_is_answered_in_words(cmps, session):
    cmps("session", "say", session, "blue trousers")
    best = cmps("session", "ask", session, "--json").json["questions"][0]
    assert best["about"]
    assert best["chip"] == ""
    assert f"--about {best['about']}" in cmps("session", "ask", session).out
    unknown = cmps("session", "answer", session, "unknown", "--json").json
    assert [one["chip"] for one in unknown["chips"]] == ["lower:trousers blue"]
    told = cmps("session", "say", session, "a red top", "--about", "upper", "--json").json
    assert "upper:top red" in [one["chip"] for one in told["chips"]]
    asked = cmps("session", "ask", session, "--count", "99", "--json").json["questions"]
    assert not {best["about"], "upper"} & {one["about"] for one in asked}


def test_a_spoken_sentence(cmps, session, spoken):
    answer = cmps("session", "say", session, "--audio", spoken, "--json").json
    assert answer["steps"][0]["did"].startswith("said: ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("say", "SESSION"), "nothing was said"),
        (("say", "nobody", "red top"), "nobody"),
        (("tick", "SESSION", "f00"), "f00"),
        (("undo", "SESSION"), "nothing to undo"),
        (("mark", "SESSION", "upper:wings"), "wings"),
        (("look", "SESSION", "--camera", "roof"), "roof"),
        (("look", "SESSION", "--after", "noon"), "noon"),
        (("show", "SESSION", "--step", "9"), "step 9"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(cmps, session, arguments, named):
    answer = cmps("session", *(session if one == "SESSION" else one for one in arguments))
    assert (answer.code, answer.out) == (2, "")
    assert named in answer.err
    assert answer.err.count("\n") == 1


def test_a_watch_is_armed_looks_and_is_disarmed(cmps, world, session, tmp_path):
    cmps("session", "say", session, "a person in a green top and white trousers")
    armed = cmps("watch", "arm", session, "--threshold", "0.001", "--json").json
    assert armed["threshold"] == 0.001
    assert cmps("watch", "list", "--json").json["watches"][0]["session"] == session
    assert cmps("watch", "run", "--json").json["events"] == []
    folder = tmp_path / "later"
    draw(folder / "late.bmp", "green", "white", seed=500)
    assert cmps("index", folder, "--camera", "gate").code == 0
    (event,) = cmps("watch", "run", "--json").json["events"]
    assert event["session"] == session
    assert cmps("watch", "events", "--json").json["events"] == [event]
    assert cmps("watch", "disarm", session, "--json").json["was_armed"] is True
    assert "was not armed" in cmps("watch", "disarm", session).out
    assert event["sighting"] in cmps("watch", "events").out
    assert cmps("watch", "run", "--every", "0").code == 2
