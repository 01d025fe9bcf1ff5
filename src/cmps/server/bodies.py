"""How much a request may carry: more is refused before anybody reads it."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmps.server.errors import answer
from cmps.server.pictures import MOST_BYTES

FORM = 100_000
"""What a form adds to the file in it, bytes."""
MOST = {"photo": MOST_BYTES + FORM, "recording": 50_000_000 + FORM}
"""Bytes by the last word of the path; the rest takes :data:`PLAIN`."""
PLAIN = 256_000


class Bodies:
    """Refuses bodies that are too large, whether they say so or not.

    Args:
        app: What answers the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MOST.get(scope["path"].rsplit("/", 1)[-1], PLAIN)
        refused = answer(413, f"a request here has at most {most / 10**6:g} MB; send less")
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if said.isdigit() and int(said) > most:
            await refused(scope, receive, send)
            return
        taken, begun, cut = 0, False, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                # who reads on finds the end of a request that was cut off
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def guarded(message: Message) -> None:
            nonlocal begun, cut
            if taken <= most or begun:
                begun = True
                await send(message)
            elif not cut:
                cut = True
                await refused(scope, receive, send)

        await self._app(scope, counted, guarded)
