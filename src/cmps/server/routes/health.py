"""Whether the server is there."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from cmps import __version__
from cmps.server.access import PUBLIC, unaudited

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The server is there."""

    ok: bool
    version: str


@router.get("/health", dependencies=[PUBLIC, unaudited("it says nothing about anybody")])
def health() -> Health:
    """Say that the server answers."""
    return Health(ok=True, version=__version__)
