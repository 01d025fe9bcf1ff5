"""What the routes of a server share beside the program; opened and closed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from cmps.program import Program
from cmps.server.findings import Findings
from cmps.server.hub import Hub
from cmps.server.keeping import Keeping
from cmps.server.pursuits import Pursuits
from cmps.server.watching import Watching
from cmps.server.worker import Workers
from cmps.speech.sharing import SharedRecogniser


class Services:
    """One of each for a server.

    Args:
        program: What is served; opened when the first request wants it.
    """

    def __init__(self, program: Program) -> None:
        self.hub = Hub()
        self.workers = Workers()
        self.speech = SharedRecogniser(
            lambda: program.recogniser,
            prepare=lambda words: program.desk.refiner.prepare(
                (words.text, *words.readings), program.settings.variant
            ),
        )
        self.findings = Findings(program)
        self.pursuits = Pursuits(program)
        self.watching = Watching(program, self.hub)
        self.keeping = Keeping(program)

    def close(self) -> None:
        """End threads and processes."""
        self.watching.stop()
        self.keeping.stop()
        self.speech.close()
        self.workers.close()


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[None]:
    """Watch while the server runs."""
    services: Services = app.state.services
    services.watching.start()
    services.keeping.start()
    try:
        yield
    finally:
        services.hub.close()
        await run_in_threadpool(services.close)


async def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
"""The services, in a route's parameters."""
