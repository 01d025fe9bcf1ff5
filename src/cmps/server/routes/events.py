"""Events: what happens in a case, told at once over a WebSocket."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from cmps.server.access import Caller, Role, allow, unaudited
from cmps.server.hub import CutOffError, Listener
from cmps.server.services import ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id

router = APIRouter(tags=["events"])

AGAIN = 1013
"""WebSocket's "try again later": the page connects anew and reads what it missed."""


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
    telling = asyncio.create_task(_tell(socket, listener))
    hearing = asyncio.create_task(_hear(socket))
    try:
        await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        services.hub.leave(listener)
        for task in (telling, hearing):
            task.cancel()
        await asyncio.gather(telling, hearing, return_exceptions=True)


async def _tell(socket: WebSocket, listener: Listener) -> None:
    try:
        while True:
            await socket.send_json(await listener.next())
    except CutOffError:
        await socket.close(AGAIN)


async def _hear(socket: WebSocket) -> None:
    """Wait until the page goes; what it sends are pings."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        return
