"""Confirmations: one person proposes that a sighting shows the person sought, another decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter

from cmps.gallery.audit_events import Confirmed, Proposed
from cmps.gallery.cases import new_id
from cmps.gallery.confirmations import Confirmation as Record
from cmps.server.access import Acting, Caller, Role, allow, audited
from cmps.server.services import Services, ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.cases import Confirmation, Decision, NewConfirmation

router = APIRouter(tags=["confirmations"])


@router.post("/cases/{id}/confirmations", status_code=201, operation_id="propose_confirmation")
def propose(
    id: Id,
    body: NewConfirmation,
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    acting: Annotated[Acting, audited(Proposed)],
) -> Confirmation:
    """Propose a sighting as the person sought."""
    (sighting,) = program.store.get([body.sighting])
    caller.require(sighting.camera, sighting.id)
    made = Record(new_id(), id, sighting.id, body.note, caller.name, datetime.now(UTC))
    with acting.of(case=id, sightings=[sighting.id], detail={"confirmation": made.id}):
        program.store.confirmations.propose(made)
    return _told(made, sighting.camera, services, caller)


@router.post("/confirmations/{id}/decision", operation_id="decide_confirmation")
def decide(
    id: Id,
    body: Decision,
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.REVIEWER)],
    acting: Annotated[Acting, audited(Confirmed)],
) -> Confirmation:
    """Agree or disagree, as another person than the one who proposed it."""
    store = program.store
    kept = store.confirmations.get(id)
    # what a reviewer cannot see they cannot judge; a sighting that was deleted nobody can
    (sighting,) = store.get([kept.sighting])
    caller.require(sighting.camera, sighting.id)
    detail = {"confirmation": id, "agreed": body.agreed}
    with acting.of(case=kept.case, sightings=[kept.sighting], detail=detail):
        now = datetime.now(UTC)
        made = store.confirmations.decide(id, body.agreed, caller.name, now, body.note)
    return _told(made, sighting.camera, services, caller)


def _told(made: Record, camera: str, services: Services, caller: Caller) -> Confirmation:
    answer = Confirmation.of(made)
    said = answer.model_dump(mode="json")
    message = {"type": "confirmation", "confirmation": said, "by": caller.name}
    services.hub.tell(made.case, message, camera)
    return answer
