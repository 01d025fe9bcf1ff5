"""Speech as it is spoken: sound comes in over a WebSocket, words go out while somebody speaks."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from cmps.gallery.audit_events import Listened
from cmps.gallery.cases import closed
from cmps.gallery.records import GalleryError
from cmps.program import Program
from cmps.server.access import Acting, Caller, Role, allow, audited, rights_end
from cmps.server.outbox import Outbox, SlowError
from cmps.server.recordings import describes_nobody, shortened, tells_something
from cmps.server.services import ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.speech.decoding import SAMPLE_RATE
from cmps.speech.errors import SpeechError
from cmps.speech.listening import REMEDY
from cmps.speech.sharing import Speaker
from cmps.speech.streaming import Event, Failed, Final, Partial, Spoke
from cmps.understanding.codes import TOPICS

router = APIRouter(tags=["speech"])

LARGEST_FRAME = 64_000
"""Bytes of one message: two seconds."""
AHEAD = 10.0
"""Seconds that sound may come faster than anybody speaks; a recording is sent as a file."""
QUIET = 120.0
"""Seconds without any message after which nobody is there any more."""
MOST_SPEAKERS = 32
REFUSED = 1008
AGAIN = 1013


class _WrongError(ValueError):
    """A client that sends what cannot be meant; the message says what is."""


class _LockedOutError(Exception):
    """Who speaks may not any more."""


class _BusyError(SpeechError):
    """As many speak as can be heard."""


@router.websocket("/speech")
async def speech(
    socket: WebSocket,
    case: Annotated[Id, Query()],
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    acting: Annotated[Acting, audited(Listened)],
    language: Annotated[str, Query(max_length=16)] = "en",
    hands_free: bool = False,
    about: Literal["", *TOPICS] = "",  # type: ignore[valid-type]
) -> None:
    """Turn speech into words while somebody speaks; the sound is not kept.

    The client sends PCM, 16,000 samples a second, one channel, 16 bits little-endian, and
    ``{"type": "end"}`` when the key is let go; hands-free, silence ends an utterance. Where an open
    question is answered, ``about`` is its topic: a word that fits it is enough then.
    """
    acting.nothing()  # until words were heard
    await socket.accept()
    # from here on somebody may speak, also while the recogniser is still being opened
    began = asyncio.get_running_loop().time()
    outbox = Outbox(socket, asyncio.get_running_loop())
    try:
        await run_in_threadpool(_require_open, program, case)
        if services.speech.speakers >= MOST_SPEAKERS:
            raise _BusyError("too many people speak at once; type the description")
        speaker = await run_in_threadpool(
            services.speech.join, outbox.put_events, hands_free=hands_free, language=language
        )
    except _BusyError as error:
        await _refuse(socket, str(error), "busy", AGAIN)
        return
    except (GalleryError, SpeechError) as error:
        await _refuse(socket, str(error))
        return
    telling = _Telling(acting, case, language, hands_free, about)
    sending = asyncio.create_task(outbox.send(telling.message))
    hearing = asyncio.create_task(_hear(socket, speaker, began))
    minding = asyncio.create_task(_mind(socket, caller))
    tasks = (sending, hearing, minding)
    try:
        outbox.put({"type": "ready"})
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await _close(socket, done)
    finally:
        speaker.leave()
        for task in tasks:
            task.cancel()
        # not gather: cancelled itself while it waits for cancelled tasks, it raises one of their
        # cancellations in place of its own, and who cancelled it does not know it again
        ended, _ = await asyncio.wait(tasks)
        for task in ended:
            if not task.cancelled():
                task.exception()  # looked at, or asyncio reports it as forgotten


def _require_open(program: Program, id: str) -> None:
    found = program.store.cases.get(id)
    if found.closed_at is not None:
        raise closed(found)


async def _refuse(socket: WebSocket, why: str, kind: str = "", code: int = REFUSED) -> None:
    await socket.send_json(_error(kind, " ".join(why.split())))
    await socket.close(code)


async def _close(socket: WebSocket, done: set[asyncio.Task[None]]) -> None:
    """Say why it is over, where the client is still there."""
    for error in (task.exception() for task in done):
        if isinstance(error, _WrongError):
            await _refuse(socket, str(error))
        elif isinstance(error, TimeoutError):
            await _refuse(socket, "no sound came for two minutes; speak again", "quiet", AGAIN)
        elif isinstance(error, _LockedOutError):
            await _refuse(socket, "log in again to speak", "login")
        elif isinstance(error, SlowError):
            await socket.close(AGAIN)
        elif error is not None and not isinstance(error, WebSocketDisconnect):
            raise error


def _error(kind: str, error: str, **more: str) -> dict[str, Any]:
    """Return the message of an error: the kind is for pages that have words of their own."""
    return {"type": "error", "kind": kind, "error": error, **more}


async def _mind(socket: WebSocket, caller: Caller) -> None:
    """End when the caller is locked out."""
    await rights_end(socket, caller)
    raise _LockedOutError


async def _hear(socket: WebSocket, speaker: Speaker, began: float) -> None:
    """Take sound until the client goes; what it sends meanwhile waits in the connection.

    Args:
        socket: The client's.
        speaker: Who speaks.
        began: When they could begin, by the event loop's clock.
    """
    clock = asyncio.get_running_loop().time
    heard = 0.0
    while True:
        message = await asyncio.wait_for(socket.receive(), QUIET)
        if message["type"] == "websocket.disconnect":
            return
        if (sound := message.get("bytes")) is not None:
            samples = _samples(sound)
            heard += len(samples) / SAMPLE_RATE
            if heard > clock() - began + AHEAD:
                raise _WrongError(
                    "the sound comes faster than anybody speaks; send a recording as a file"
                )
            await run_in_threadpool(speaker.feed, samples)
        elif _told(message.get("text") or "") == "end":
            await run_in_threadpool(speaker.end)


def _samples(sound: bytes) -> NDArray[np.int16]:
    if len(sound) > LARGEST_FRAME or len(sound) % 2:
        raise _WrongError(
            f"send samples of 16 bits, at most {LARGEST_FRAME} bytes at once, "
            f"not {len(sound)} bytes"
        )
    return np.frombuffer(sound, "<i2").astype(np.int16, copy=False)


def _told(text: str) -> str:
    try:
        kind = json.loads(text)["type"]
    except (ValueError, TypeError, KeyError):
        kind = None
    if kind not in ("end", "ping"):
        raise _WrongError('send sound, or {"type": "end"}')
    return str(kind)


class _Telling:
    """Makes messages of events; the first words of an utterance are written down before they go.

    The row says that somebody spoke, in which case and language, and never what.
    """

    def __init__(
        self, acting: Acting, case: str, language: str, hands_free: bool, about: str
    ) -> None:
        self._acting = acting
        self._case = case
        self._language = language
        self._hands_free = hands_free
        self._about = about
        self._noted = False

    async def message(self, event: Event | dict[str, Any]) -> dict[str, Any] | None:
        """Return what to send of an event."""
        if isinstance(event, dict):
            return event
        if isinstance(event, Failed):
            return _error("failed", event.error)
        if isinstance(event, Spoke):
            return {"type": "speech", "on": event.on}
        if event.text and not self._noted:
            await run_in_threadpool(self._note)
            self._noted = True
        if isinstance(event, Partial):
            return {"type": "partial", "text": event.text}
        self._noted = False
        return self._final(event)

    def _note(self) -> None:
        with self._acting.of(case=self._case, detail={"language": self._language, "live": True}):
            pass

    def _final(self, event: Final) -> dict[str, Any]:
        text = event.text if tells_something(event.text, self._language, self._about) else ""
        # hands-free, noise is no failure; who held a key waits for words
        if not text and event.asked and not self._hands_free:
            if event.text:
                return _error("nobody", describes_nobody(event.text), heard=shortened(event.text))
            return _error("silence", f"no speech was heard; {REMEDY}")
        return {
            "type": "final",
            "text": text,
            "readings": event.readings if text else (),
            "milliseconds": round(1000 * event.wait),
            "seconds": event.seconds,
        }
