"""Cameras: what the caller may see, and an admin may rename."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter

from cmps.gallery.audit_events import CameraChanged
from cmps.gallery.records import Camera as GalleryCamera
from cmps.gallery.records import Filter, UnknownError
from cmps.program import Program
from cmps.server.access import Acting, Caller, Role, allow, audited, unaudited
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.tracks import Camera, CameraChange, Cameras

router = APIRouter(prefix="/cameras", tags=["cameras"])


@router.get(
    "",
    operation_id="list_cameras",
    dependencies=[unaudited("which cameras there are says nothing about anybody")],
)
def listing(program: ProgramDep, caller: Annotated[Caller, allow(Role.VIEWER)]) -> Cameras:
    """List the cameras that the caller may see."""
    found = caller.cameras_of(program.store.cameras())
    counts = _counts(program)
    return Cameras(cameras=[Camera.of(one, counts.get(one.id, 0)) for one in found])


@router.patch("/{id}", operation_id="change_camera")
def change(
    id: Id,
    body: CameraChange,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.ADMIN)],
    acting: Annotated[Acting, audited(CameraChanged)],
) -> Camera:
    """Change a camera's name, its site, or for how long its sightings are kept."""
    known = {one.id: one for one in program.store.cameras()}
    if id not in known:
        raise UnknownError(f"camera {id} is unknown; there are: {', '.join(known) or 'none'}")
    old, given = known[id], body.model_fields_set
    changed = GalleryCamera(
        id,
        (body.name or "") if "name" in given else old.name,
        (body.site or "") if "site" in given else old.site,
        body.keep_days if "keep_days" in given else old.keep_days,
    )
    with acting.of(detail={"camera": id, "keep_days": changed.keep_days}):
        program.store.upsert_cameras([changed])
        if changed.keep_days != old.keep_days:
            program.store.keep(id, changed.keep_days)
    return Camera.of(changed, program.store.count(Filter.of([id])))


def _counts(program: Program) -> Counter[str]:
    """Return how many sightings each camera has."""
    store = program.store
    snapshot = store.snapshot()
    if snapshot.whole:
        return Counter(snapshot.resident.cameras.tolist())
    return Counter({one.id: store.count(Filter.of([one.id])) for one in store.cameras()})
