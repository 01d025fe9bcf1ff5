"""Sightings: their records and pictures, for a case that is open."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from cmps.gallery.audit_events import SawPicture, SawSighting
from cmps.gallery.cases import closed
from cmps.gallery.records import Camera
from cmps.gallery.records import Sighting as Record
from cmps.program import Program
from cmps.server.access import Acting, Caller, Role, allow, audited
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.tracks import Sighting

router = APIRouter(prefix="/sightings", tags=["sightings"])

For = Annotated[Id, Query(description="The open case that it is looked at for.")]
Viewer = Annotated[Caller, allow(Role.VIEWER)]


@router.get("/{id}", operation_id="read_sighting")
def read(
    id: Id,
    case: For,
    program: ProgramDep,
    caller: Viewer,
    acting: Annotated[Acting, audited(SawSighting)],
) -> Sighting:
    """Return what is known of a sighting."""
    found = _visible(program, caller, case, id)
    with acting.of(case=case, sightings=[id]):
        cameras = {one.id: one for one in program.store.cameras()}
        return Sighting.of(found, cameras.get(found.camera, Camera(found.camera)))


@router.get(
    "/{id}/picture",
    operation_id="read_picture",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The picture."}},
)
def picture(
    id: Id,
    case: For,
    program: ProgramDep,
    caller: Viewer,
    acting: Annotated[Acting, audited(SawPicture)],
) -> Response:
    """Return the picture of a sighting; that it was looked at is written down."""
    found = _visible(program, caller, case, id, pictures=True)
    with acting.of(case=case, sightings=[id]):
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(found.picture, media_type="image/jpeg", headers=headers)


def _visible(
    program: Program, caller: Caller, case: str, id: str, *, pictures: bool = False
) -> Record:
    """Return a sighting for an open case; one that the caller may not see is unknown."""
    opened = program.store.cases.get(case)
    if opened.closed_at is not None:
        raise closed(opened)
    (found,) = program.store.get([id], pictures=pictures)
    caller.require(found.camera, id)
    return found
