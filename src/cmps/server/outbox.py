"""What waits to be sent over a WebSocket to a client that may be slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.websockets import WebSocket

from cmps.speech.streaming import Event, Partial

Item = Event | dict[str, Any]
Message = Callable[[Item], Awaitable[dict[str, Any] | None]]


class SlowError(RuntimeError):
    """The client does not take what it is sent."""


class Outbox:
    """Keeps events in order until they are sent; of partial texts only the newest.

    Args:
        socket: Where they go.
        loop: In which they are sent; events may come from any thread.
        most: How many may wait.
        seconds: How long one may take.
    """

    def __init__(
        self,
        socket: WebSocket,
        loop: asyncio.AbstractEventLoop,
        most: int = 64,
        seconds: float = 10.0,
    ) -> None:
        self._socket = socket
        self._loop = loop
        self._most = most
        self._seconds = seconds
        self._waiting: deque[Item] = deque()
        self._some = asyncio.Event()

    def put_events(self, events: Sequence[Event]) -> None:
        """Take events, from any thread."""
        # a server that stops has closed its loop before the recogniser's thread ends
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put_all, events)

    def _put_all(self, events: Sequence[Event]) -> None:
        for one in events:
            self.put(one)

    def put(self, item: Item) -> None:
        """Take one, in the loop."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(item, Partial) and isinstance(last, Partial):
            self._waiting.pop()
        self._waiting.append(item)
        self._some.set()

    async def send(self, message: Message) -> None:
        """Send until cancelled.

        Args:
            message: Makes what is sent of what was put.

        Raises:
            SlowError: If the client takes too long.
        """
        while True:
            await self._some.wait()
            if len(self._waiting) > self._most:
                raise SlowError
            item = self._waiting.popleft()
            if not self._waiting:
                self._some.clear()
            made = await message(item)
            if made is None:
                continue
            try:
                await asyncio.wait_for(self._socket.send_json(made), self._seconds)
            except TimeoutError:
                raise SlowError from None
