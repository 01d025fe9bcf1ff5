"""What each route asks of its caller and leaves in the audit, read from the routes themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from cmps.gallery.accounts import Role
from cmps.gallery.audit_events import AuditEvent

OPEN = ("/api/v1/openapi.json",)
"""What the library serves of itself: the document of the API."""
FILES = ("/static-offline-docs", "/leaflet", "/ui")
"""Folders of files that come with the program."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One route.

    Attributes:
        method: ``GET`` and so on; ``WS`` for a WebSocket.
        path: With its parameters.
        does: The first line of its description.
        roles: Each role marker; ``None`` for open to anybody.
        events: Each kind of event that it is marked with.
        why: Each reason to leave no row.
    """

    method: str
    path: str
    does: str
    roles: tuple[Role | None, ...]
    events: tuple[type[AuditEvent], ...]
    why: tuple[str, ...]


def rules(app: FastAPI) -> Iterator[Rule]:
    """Yield every route of a server but those of ``OPEN`` and ``FILES``."""
    for route in iter_route_contexts(app.routes):
        path = route.path or str(getattr(route.route, "path", ""))
        if path in OPEN or path in FILES:
            continue
        found = getattr(route, "dependant", None)
        calls = [] if found is None else list(dict.fromkeys(_calls(found)))
        lines = (getattr(route.endpoint, "__doc__", None) or "").strip().splitlines()
        for method in sorted(route.methods or ["WS"]):
            yield Rule(
                method,
                path,
                lines[0] if lines else "",
                tuple(one.role for one in calls if hasattr(one, "role")),
                tuple(one.event for one in calls if hasattr(one, "event")),
                tuple(one.why for one in calls if hasattr(one, "why")),
            )


def _calls(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)
