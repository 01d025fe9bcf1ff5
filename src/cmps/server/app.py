"""The application: routes, errors, headers, and the page's files."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from cmps import __version__
from cmps.program import Program
from cmps.server import errors
from cmps.server.access import PUBLIC, unaudited
from cmps.server.bodies import Bodies
from cmps.server.routes import routers
from cmps.server.security.headers import CONTENT_HEADER, REFERENCE_CONTENT, Headers
from cmps.server.services import Services, serving
from cmps.server.state import Gate

API = "/api/v1"
UI = Path(__file__).parent / "ui"


def _named(route: APIRoute) -> str:
    """Return what a generated client calls the method for a route that has no name of its own."""
    return f"{route.name}_{route.tags[0] if route.tags else 'page'}".replace(" ", "_").lower()


def create_app(program: Program, gate: Gate | None = None) -> FastAPI:
    """Return the server of a program.

    Args:
        program: Opened when the first request wants it; whoever made it closes it.
        gate: How people get in; a new one where not given.
    """
    from xstatic.pkg import leaflet

    app: FastAPI = FastAPIOffline(
        title="CMPS",
        version=__version__,
        summary="Find a missing person in camera footage from a spoken description",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=errors.REFUSALS,
        lifespan=serving,
        generate_unique_id_function=_named,
    )
    app.state.program = program
    app.state.gate = gate or Gate()
    app.state.services = Services(program)
    errors.install(app)
    for router in routers():
        app.include_router(router, prefix=API)
    app.add_middleware(Bodies)
    app.add_middleware(Headers, tls=app.state.gate.tls)
    app.mount("/leaflet", StaticFiles(directory=leaflet.BASE_DIR), name="leaflet")
    app.mount("/ui", StaticFiles(directory=UI), name="ui")

    @app.get("/", include_in_schema=False, dependencies=[PUBLIC, unaudited("an empty page")])
    async def page(request: Request) -> Response:
        """Show the page."""
        return FileResponse(UI / "index.html")

    @app.get("/docs", include_in_schema=False, dependencies=[PUBLIC, unaudited("no data")])
    async def reference(request: Request) -> Response:
        """Show the API's reference."""
        return FileResponse(UI / "reference.html", headers={CONTENT_HEADER: REFERENCE_CONTENT})

    return app
