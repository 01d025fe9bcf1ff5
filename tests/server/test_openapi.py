"""The OpenAPI document: complete enough for a client; nothing that fits it breaks the server."""

from __future__ import annotations

import re

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)
from serving_fakes import API

from cmps.gallery.accounts import Role

FEW = settings(
    max_examples=5,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CHECKS = (not_a_server_error, response_schema_conformance, content_type_conformance)


@pytest.fixture
def document(app):
    return app.openapi()


def operations(document):
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield f"{method.upper()} {path}", said


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(document):
    names = [said["operationId"] for _, said in operations(document)]
    assert len(set(names)) == len(names)
    for name, said in operations(document):
        assert re.fullmatch(r"[a-z][a-z_]*", said["operationId"]), said["operationId"]
        assert said.get("description"), name
        assert said.get("tags"), name
        assert "4XX" in said["responses"], name


def test_every_answer_says_what_it_holds(document):
    for name, said in operations(document):
        for status, answer in said["responses"].items():
            if status in ("204", "307") or not status.startswith("2"):
                continue
            for kind, body in answer["content"].items():
                if kind == "application/json":
                    assert body["schema"], (name, status)


def test_every_field_of_a_search_is_described_by_a_schema_of_its_own(document):
    schemas = document["components"]["schemas"]
    for name in ("Case", "Session", "Results", "Person", "Reason", "Found", "Track", "Stop", "Gap"):
        assert schemas[name]["properties"], name
        assert schemas[name]["description"], name
        # an answer holds all its fields, so a client need not ask whether they are there
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name


def test_nothing_that_fits_the_document_breaks_the_server(app, client_as, anybody):
    """Ids that are there and ids that are not, every operation, a few requests each."""
    client = client_as(Role.ADMIN, name="fuzz")
    case = client.post(f"{API}/cases", json={"purpose": "fuzzing"}).json()["id"]
    session = client.post(f"{API}/cases/{case}/sessions").json()["id"]
    client.post(f"{API}/sessions/{session}/say", json={"text": "red shirt and blue jeans"})
    made = client.post(f"{API}/cases/{case}/confirmations", json={"sighting": "red-1"}).json()
    there = {
        "cases": case,
        "sessions": session,
        "sightings": "red-1",
        "cameras": "gate",
        "confirmations": made["id"],
    }
    token = client.post(f"{API}/tokens", json={"label": "fuzz", "days": 1}).json()["token"]
    schema = schemathesis.openapi.from_dict(app.openapi())
    sent = 0

    def send(call, real):
        nonlocal sent
        resource = call.operation.path.removeprefix(API).split("/")[1]
        if real and resource in there and "id" in call.path_parameters:
            call.path_parameters["id"] = there[resource]
        if real and "case" in call.query:
            call.query["case"] = case
        made = requests.Request(**call.as_transport_kwargs(base_url="http://localhost")).prepare()
        made.headers["Authorization"] = f"Bearer {token}"
        answer = anybody.request(
            made.method, made.url, content=made.body, headers=dict(made.headers)
        )
        call.validate_response(answer, checks=CHECKS)
        sent += 1

    for found in schema.get_all_operations():
        seed(5)(FEW(given(found.ok().as_strategy(), st.integers(0, 3))(send)))()
    assert sent > 100
    assert client.get(f"{API}/health").json()["ok"]
