"""Every failure as JSON: ``{"error": "one line that names the thing and the way out"}``."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from cmps.gallery.confirmations import SamePersonError
from cmps.gallery.records import ConflictError, GalleryError, UnavailableError, UnknownError
from cmps.server.worker import RefusedError, TooBusyError, WrongTypeError

log = logging.getLogger("cmps.server")


class Refusal(BaseModel):
    """What a request that fails is answered with."""

    error: str


REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refusal, "description": "Refused; the reason and the way out"},
    422: {"model": Refusal, "description": "What was sent is not understood"},
}


def refuse(status: int, why: str, **headers: str) -> HTTPException:
    """Return the error that answers a request with a status and a line."""
    return HTTPException(status, why, headers=headers or None)


def answer(status: int, why: str, headers: Any = None) -> JSONResponse:
    """Return the answer of a request that fails."""
    return JSONResponse({"error": " ".join(why.split())}, status, headers)


def status_of(error: Exception) -> int:
    """Return the HTTP status of one of our errors."""
    if isinstance(error, UnknownError):
        return 404
    if isinstance(error, ConflictError):
        return 409
    if isinstance(error, UnavailableError):
        return 503
    if isinstance(error, SamePersonError):
        return 403
    if isinstance(error, WrongTypeError):
        return 415
    if isinstance(error, RefusedError):
        return 422
    return 400


def install(app: FastAPI) -> None:
    """Teach an application to answer errors."""
    from cmps.search.query import QueryError
    from cmps.speech.errors import SpeechError

    async def ours(request: Request, error: Exception) -> Response:
        return answer(status_of(error), str(error))

    for kind in (GalleryError, QueryError, SpeechError, RefusedError):
        app.add_exception_handler(kind, ours)

    @app.exception_handler(TooBusyError)
    async def busy(request: Request, error: TooBusyError) -> Response:
        return answer(503, str(error), {"Retry-After": "30"})

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        return answer(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(422, "; ".join(_place(one) for one in error.errors()[:5]))

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(500, "the server failed at this; its log says more, and it goes on")


def _place(one: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in one["loc"] if part != "body")
    return f"{place}: {one['msg'][:1].lower()}{one['msg'][1:]}" if place else str(one["msg"])
