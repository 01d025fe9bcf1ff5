"""Tracks: where and when a person was seen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from cmps.gallery.audit_events import Tracked
from cmps.gallery.cases import closed
from cmps.server.access import Acting, Caller, Role, allow, audited
from cmps.server.services import ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.tracks import Track, TrackOf

router = APIRouter(tags=["tracks"])


@router.post("/tracks", operation_id="track_person")
def track(
    body: TrackOf,
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(Tracked)],
) -> Track:
    """Return the way of a sighting's person over the cameras.

    It keeps to what a human confirmed or rejected; asking again with another word is quick.
    """
    case = program.store.cases.get(body.case)
    if case.closed_at is not None:
        raise closed(case)
    said = [body.sighting, *body.confirm, *body.reject]
    for one in program.store.get(list(dict.fromkeys(said))):
        caller.require(one.camera, one.id)
    detail = {"confirm": len(body.confirm), "reject": len(body.reject), "near": body.near}
    with acting.of(case=case.id, sightings=said, detail=detail):
        found, near = services.pursuits.follow(
            case.id, body.sighting, body.confirm, body.reject, body.near, caller.cameras
        )
        cameras = {one.id: one for one in caller.cameras_of(program.store.cameras())}
        return Track.of(found, near, cameras)
