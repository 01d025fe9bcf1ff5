"""Nothing is kept for longer than was said: per camera, and per case after it was closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cmps.gallery.audit import recording
from cmps.gallery.audit_events import Retained
from cmps.gallery.cases import Case
from cmps.gallery.erasing import Erasure
from cmps.gallery.records import Camera, Filter
from cmps.gallery.store import GalleryStore
from cmps.settings import Settings

FIRST = datetime(1, 1, 2, tzinfo=UTC)
MOST_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Limits:
    """For how many days things are kept where nothing else was said; 0 for as long as one likes.

    Attributes:
        sightings: Of a camera.
        cases: After they were closed.
    """

    sightings: int = 0
    cases: int = 0

    def of_camera(self, camera: Camera) -> int:
        """Return for how many days a camera's sightings are kept."""
        return camera.keep_days or self.sightings

    def of_case(self, case: Case) -> int:
        """Return for how many days a case is kept after it was closed."""
        return case.keep_days or self.cases


@dataclass(frozen=True, slots=True)
class Ended:
    """What was erased because its time was over.

    Attributes:
        what: ``camera`` or ``case``.
        id: Which.
        done: How much.
    """

    what: str
    id: str
    done: Erasure

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"what": self.what, "id": self.id, **self.done.as_dict()}


def limits_of(settings: Settings) -> Limits:
    """Return what the settings say."""
    return Limits(settings.keep_sighting_days, settings.keep_case_days)


def retain(
    store: GalleryStore, by: str, limits: Limits | None = None, now: datetime | None = None
) -> Iterator[Ended]:
    """Erase what was kept long enough; each camera's batch and each case with its audit row.

    Args:
        store: The gallery.
        by: Who does it, for the audit.
        limits: Where cameras and cases say nothing of their own.
        now: By default the present.
    """
    limits, now = limits or Limits(), now or datetime.now(UTC)
    for camera in store.cameras():
        days = limits.of_camera(camera)
        if not days:
            continue
        old = store.listing(Filter(frozenset([camera.id]), before=now - timedelta(days=days)))
        for start in range(0, len(old), MOST_AT_ONCE):
            detail = {"what": "camera", "camera": camera.id, "keep_days": days}
            with recording(store.audit, Retained(by, detail=detail)):
                done = store.erase(old[start : start + MOST_AT_ONCE])
            yield Ended("camera", camera.id, done)
    for case in store.cases.listing():
        days = limits.of_case(case)
        if days and case.closed_at is not None and case.closed_at + timedelta(days=days) <= now:
            detail = {"what": "case", "keep_days": days}
            with recording(store.audit, Retained(by, case.id, detail=detail)):
                done = store.erase(cases=[case.id])
            yield Ended("case", case.id, done)


def undated(store: GalleryStore, limits: Limits | None = None) -> dict[str, int]:
    """Return how many sightings have no time although their camera has a limit.

    Nobody knows how old they are: they stay until somebody deletes them.
    """
    found = {}
    for camera in store.cameras():
        if (limits or Limits()).of_camera(camera):
            only = frozenset([camera.id])
            count = store.count(Filter(only)) - store.count(Filter(only, after=FIRST))
            if count:
                found[camera.id] = count
    return found


def overdue(
    store: GalleryStore, limits: Limits | None = None, now: datetime | None = None
) -> list[Case]:
    """Return the open cases that are older than a closed one would be kept, oldest first.

    The time of a case runs from its closing: one that nobody closes is kept for ever.
    """
    limits, now = limits or Limits(), now or datetime.now(UTC)
    found = [
        case
        for case in store.cases.listing()
        if (days := limits.of_case(case))
        and case.closed_at is None
        and case.opened_at + timedelta(days=days) <= now
    ]
    return sorted(found, key=lambda case: case.opened_at)
