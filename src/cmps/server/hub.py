"""What happens in a case, told at once to everybody who has it open."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cmps.server.access import Caller

MOST_WAITING = 200
"""So many messages may wait for a slow client; then it is cut off, and reads anew what it missed"""

Message = dict[str, Any]


class CutOffError(RuntimeError):
    """A listener who was too slow; it comes again and reads what it missed."""


@dataclass(eq=False)
class Listener:
    """One open page.

    Attributes:
        case: The case that it shows.
        caller: Whose page it is.
    """

    case: str
    caller: Caller
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _waiting: asyncio.Queue[Message | None] = field(
        default_factory=lambda: asyncio.Queue(MOST_WAITING)
    )

    def tell(self, message: Message | None) -> None:
        """Queue a message, from any thread; ``None`` ends the connection."""
        with suppress(RuntimeError):  # the server is closing
            self._loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: Message | None) -> None:
        if self._waiting.full():
            while not self._waiting.empty():
                self._waiting.get_nowait()
            message = None
        self._waiting.put_nowait(message)

    async def next(self) -> Message:
        """Return the next message.

        Raises:
            CutOffError: If too many wait, or the server closes.
        """
        message = await self._waiting.get()
        if message is None:
            raise CutOffError(f"the page of {self.caller.name} was cut off")
        return message


class Hub:
    """Knows who has which case open; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Listener]] = {}

    def enter(self, listener: Listener) -> None:
        """Take a page in, and tell everybody who is there now."""
        with self._lock:
            self._listeners.setdefault(listener.case, []).append(listener)
        self._tell_who(listener.case)

    def leave(self, listener: Listener) -> None:
        """Let a page go."""
        with self._lock:
            here = self._listeners.get(listener.case, [])
            if listener in here:
                here.remove(listener)
            if not here:
                self._listeners.pop(listener.case, None)
        self._tell_who(listener.case)

    def here(self, case: str) -> list[str]:
        """Return the names of those who have a case open."""
        with self._lock:
            return sorted({one.caller.name for one in self._listeners.get(case, ())})

    def tell(self, case: str, message: Message, camera: str | None = None) -> None:
        """Tell everybody who has a case open.

        Args:
            case: The case.
            message: In plain values, with its ``type``.
            camera: What it is of: only those who may see it are told.
        """
        with self._lock:
            listeners = list(self._listeners.get(case, ()))
        for one in listeners:
            if camera is None or one.caller.sees(camera):
                one.tell(message)

    def cases(self) -> Collection[str]:
        """Return the cases that anybody has open."""
        with self._lock:
            return list(self._listeners)

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            everybody = [one for here in self._listeners.values() for one in here]
        for one in everybody:
            one.tell(None)

    def _tell_who(self, case: str) -> None:
        self.tell(case, {"type": "here", "names": self.here(case)})
