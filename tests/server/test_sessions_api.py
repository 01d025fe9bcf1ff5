"""A search over HTTP, step by step."""

from __future__ import annotations

import pytest

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


def say(client, session, text="red shirt and blue jeans", **more):
    return client.post(f"{API}/sessions/{session}/say", json={"text": text, **more})


def test_words_find_the_person(client, session):
    answer = say(client, session, spoken=True)
    assert answer.status_code == 200, answer.text
    said, found = answer.json()["session"], answer.json()["results"]
    assert [one["chip"] for one in said["chips"]] == ["upper:shirt red", "lower:jeans blue"]
    assert said["version"] == found["version"] == 1
    assert said["steps"][0]["by"] == "ana"
    assert said["steps"][0]["words"] == "said: red shirt and blue jeans"
    first = found["people"][0]
    assert {one["id"] for one in first["sightings"]} == {"red-1", "red-2", "red-3"}
    assert first["reasons"][0]["seen"] == "seen"
    assert first["sightings"][0]["site"] == "mall"
