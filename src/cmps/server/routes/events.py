"""Events: what happens in a case, told at once over a WebSocket."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import anyio
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from cmps.server.access import Caller, Role, allow, rights_end, unaudited
from cmps.server.hub import CutOffError, Listener
from cmps.server.services import ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id

router = APIRouter(tags=["events"])

AGAIN = 1013
"""WebSocket's "try again later": the page connects anew and reads what it missed."""
LOCKED_OUT = 1008
"""Its "against the rules": who opened it may no longer, or with other rights."""


@router.websocket(
    "/events",
    dependencies=[unaudited("it says that something changed; reading that is written down")],
)
async def events(
    socket: WebSocket,
    case: Annotated[Id, Query()],
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
) -> None:
    """Tell who has a case open what happens in it, until they leave."""
    await run_in_threadpool(program.store.cases.get, case)
    await socket.accept()
    listener = Listener(case, caller)
    services.hub.enter(listener)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_tell, socket, listener, tasks.cancel_scope)
            tasks.start_soon(_hear, socket, tasks.cancel_scope)
            tasks.start_soon(_mind, socket, caller, tasks.cancel_scope)
    finally:
        services.hub.leave(listener)


async def _tell(socket: WebSocket, listener: Listener, both: anyio.CancelScope) -> None:
    """Send what happens; the end of it ends the hearing too."""
    try:
        while True:
            await socket.send_json(await listener.next())
    except CutOffError:
        await socket.close(AGAIN)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the page went while something was on its way
    both.cancel()


async def _mind(socket: WebSocket, caller: Caller, both: anyio.CancelScope) -> None:
    """End it when the caller is locked out."""
    await rights_end(socket, caller)
    with suppress(RuntimeError):
        await socket.close(LOCKED_OUT)
    both.cancel()


async def _hear(socket: WebSocket, both: anyio.CancelScope) -> None:
    """Wait until the page goes; what it sends are pings."""
    with suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            await socket.receive_text()
    both.cancel()
