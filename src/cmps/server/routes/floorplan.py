"""The floor plan of the gallery."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from cmps.gallery.plan_files import kept_floorplan
from cmps.server.access import Caller, Role, allow, unaudited
from cmps.server.state import ProgramDep
from cmps.server.views.tracks import Plan

router = APIRouter(tags=["floor plan"])


@router.get(
    "/floorplan",
    operation_id="read_floorplan",
    dependencies=[unaudited("a building says nothing about anybody")],
)
def read(program: ProgramDep, caller: Annotated[Caller, allow(Role.VIEWER)]) -> Plan:
    """Return the floor plan with the cameras that the caller may see, if there is one."""
    plan = kept_floorplan(program.settings.data)
    if plan is None:
        return Plan(available=False)
    return Plan.of(plan, {one.id: one for one in caller.cameras_of(program.store.cameras())})
