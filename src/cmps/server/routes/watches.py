"""Watches: sessions that stay armed, and what they saw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from cmps.gallery.audit_events import CaseRead, WatchArmed, WatchDisarmed
from cmps.gallery.cases import Event
from cmps.gallery.store import GalleryStore
from cmps.search.watch import arm as begin
from cmps.server.access import Acting, Caller, Role, allow, audited, hidden
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.cases import Disarmed, NewWatch, Watch, Watches, WatchEvent, WatchEvents

router = APIRouter(tags=["watches"])

Of = Annotated[Id | None, Query(description="Only this case's.")]


@router.post("/sessions/{id}/watch", status_code=201, operation_id="arm_session")
def arm(
    id: Id,
    body: NewWatch,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    acting: Annotated[Acting, audited(WatchArmed)],
) -> Watch:
    """Arm a session: sightings that come from now on are looked at."""
    case = program.store.cases.session(id).case
    with acting.of(case=case, session=id, detail={"threshold": body.threshold}):
        made = begin(program.desk, id, body.threshold, caller.name)
    return Watch(session=id, case=case, threshold=made.threshold, by=made.by, at=made.at)


@router.delete("/sessions/{id}/watch", operation_id="disarm_session")
def disarm(
    id: Id,
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.OPERATOR)],
    acting: Annotated[Acting, audited(WatchDisarmed)],
) -> Disarmed:
    """Disarm a session; what it saw stays."""
    case = program.store.cases.session(id).case
    with acting.of(case=case, session=id):
        was = program.store.cases.disarm(id)
    return Disarmed(session=id, was_armed=was)


@router.get("/watches", operation_id="list_watches")
def listing(
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(CaseRead)],
    case: Of = None,
) -> Watches:
    """List the sessions that are armed."""
    cases = program.store.cases
    with acting.of(case=case, detail={"what": "watches"}):
        found = []
        for one in cases.watches():
            of = cases.session(one.session).case
            if case in (None, of):
                found.append(
                    Watch(
                        session=one.session, case=of, threshold=one.threshold, by=one.by, at=one.at
                    )
                )
    return Watches(watches=found)


@router.get("/watch-events", operation_id="list_watch_events")
def events(
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    acting: Annotated[Acting, audited(CaseRead)],
    case: Of = None,
) -> WatchEvents:
    """List what armed sessions saw, oldest first."""
    store = program.store
    with acting.of(case=case, detail={"what": "watch events"}):
        sessions = {one.id: one.case for one in store.cases.sessions(case)}
        found = [one for one in store.cases.events() if one.session in sessions]
        seen = visible(found, store, caller)
        return WatchEvents(events=[WatchEvent.of(one, sessions[one.session]) for one in seen])


def visible(events: list[Event], store: GalleryStore, caller: Caller) -> list[Event]:
    """Return the events of cameras that a caller may see."""
    unseen = hidden(store, caller, {one.sighting for one in events})
    return [one for one in events if one.sighting not in unseen]
