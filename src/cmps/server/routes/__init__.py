"""The routes: one file a resource, each with its ``router``; a new one is named here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter

RESOURCES = (
    "health",
    "auth",
    "users",
    "tokens",
    "audit",
    "cases",
    "confirmations",
    "sessions",
    "uploads",
    "recordings",
    "speech",
    "sightings",
    "tracks",
    "cameras",
    "floorplan",
    "watches",
    "events",
)


def routers() -> Iterator[APIRouter]:
    """Yield the router of each resource."""
    for name in RESOURCES:
        router: APIRouter = import_module(f"cmps.server.routes.{name}").router
        yield router
