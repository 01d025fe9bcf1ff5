"""What a request may carry."""

from __future__ import annotations

import asyncio

import pytest

from cmps.server.bodies import MOST, PLAIN, Bodies


def sent(path, blocks, length=None, answer=b"ok", early=False):
    """Send blocks to an application that reads all; return status and what it read."""
    read = []

    async def app(scope, receive, send):
        if early:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            read.append(message["body"])
            more = message["more_body"]
        if not early:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    messages = [{"type": "http.request", "body": one, "more_body": True} for one in blocks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    answers = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        answers.append(message)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(Bodies(app)(scope, receive, send))
    starts = [one["status"] for one in answers if one["type"] == "http.response.start"]
    assert len(starts) == 1
    return starts[0], sum(map(len, read))


@pytest.mark.parametrize(("path", "most"), [("/api/v1/cases", PLAIN), ("/x/photo", MOST["photo"])])
def test_as_much_as_is_allowed_passes_and_no_byte_more(path, most):
    block = b"x" * 64_000
    whole = [block] * (most // len(block)) + [b"x" * (most % len(block))]
    assert sent(path, whole) == (200, most)
    assert sent(path, [*whole, b"x"])[0] == 413


def test_what_says_that_it_is_too_large_is_not_read():
    assert sent("/api/v1/cases", [b"x"], length=PLAIN + 1) == (413, 0)


def test_what_lies_about_its_length_is_cut_off():
    status, read = sent("/api/v1/cases", [b"x" * 100_000] * 50, length=10)
    assert status == 413
    assert read <= PLAIN + 100_000


def test_an_answer_that_has_begun_is_finished():
    assert sent("/api/v1/cases", [b"x" * 300_000], early=True)[0] == 200
