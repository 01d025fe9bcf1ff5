"""Cases: opening, reading, closing, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter

from cmps.gallery.audit_events import CaseClosed, CaseOpened, CaseRead, Exported
from cmps.gallery.cases import Case as StoredCase
from cmps.gallery.cases import SessionRecord
from cmps.gallery.confirmations import Confirmation
from cmps.gallery.store import GalleryStore
from cmps.search.session import SearchSession
from cmps.server.access import Acting, Caller, Role, allow, audited, hidden
from cmps.server.routes.sessions import session_of
from cmps.server.routes.watches import visible
from cmps.server.services import Services, ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.cases import Case, Cases, NewCase, Report, WatchEvent

router = APIRouter(prefix="/cases", tags=["cases"])

Viewer = Annotated[Caller, allow(Role.VIEWER)]
Operator = Annotated[Caller, allow(Role.OPERATOR)]


@router.get("", operation_id="list_cases")
def listing(
    program: ProgramDep,
    services: ServicesDep,
    caller: Viewer,
    acting: Annotated[Acting, audited(CaseRead)],
) -> Cases:
    """List all cases, newest first."""
    store = program.store
    with acting.of(detail={"what": "list"}):
        sessions: dict[str, list[SessionRecord]] = {}
        for one in store.cases.sessions():
            sessions.setdefault(one.case, []).append(one)
        found = [
            Case.of(one, sessions.get(one.id, ()), (), services.hub.here(one.id))
            for one in store.cases.listing()
        ]
    return Cases(cases=found)


@router.post("", status_code=201, operation_id="open_case")
def begin(
    body: NewCase,
    program: ProgramDep,
    caller: Operator,
    acting: Annotated[Acting, audited(CaseOpened)],
) -> Case:
    """Open a case: nobody is searched for without a purpose."""
    made = program.desk.new_case(body.purpose, caller.name, body.keep_days)
    with acting.of(case=made.id, detail={"keep_days": body.keep_days}):
        program.store.cases.open(made)
    return Case.of(made)


@router.get("/{id}", operation_id="read_case")
def read(
    id: Id,
    program: ProgramDep,
    services: ServicesDep,
    caller: Viewer,
    acting: Annotated[Acting, audited(CaseRead)],
) -> Case:
    """Return a case with its sessions and confirmations, and who has it open."""
    store = program.store
    found = store.cases.get(id)
    with acting.of(case=id, detail={"what": "case"}):
        return case_of(found, store.cases.sessions(id), store, services, caller)


@router.post("/{id}/close", operation_id="close_case")
def close(
    id: Id,
    program: ProgramDep,
    services: ServicesDep,
    caller: Operator,
    acting: Annotated[Acting, audited(CaseClosed)],
) -> Case:
    """Close a case: it can be read and no longer changed, and its watches end."""
    store = program.store
    store.cases.get(id)
    with acting.of(case=id):
        closed = program.desk.close_case(id)
    services.hub.tell(id, {"type": "closed", "case": id, "by": caller.name})
    return case_of(closed, store.cases.sessions(id), store, services, caller)


@router.get("/{id}/report", operation_id="report_case")
def report(
    id: Id,
    program: ProgramDep,
    services: ServicesDep,
    caller: Viewer,
    acting: Annotated[Acting, audited(Exported)],
) -> Report:
    """Return everything that is printed of a case: what was asked, found, confirmed."""
    store = program.store
    found = store.cases.get(id)
    with acting.of(case=id, detail={"what": "report"}):
        sessions = store.cases.sessions(id)
        case = case_of(found, sessions, store, services, caller)
        saw = [event for one in sessions for event in store.cases.events(one.id)]
        events = [WatchEvent.of(event, id) for event in visible(saw, store, caller)]
        told = [session_of(SearchSession.of(one), program, caller) for one in sessions]
        at = datetime.now(UTC)
        return Report(case=case, sessions=told, events=events, made_by=caller.name, made_at=at)


def case_of(
    found: StoredCase,
    sessions: Sequence[SessionRecord],
    store: GalleryStore,
    services: Services,
    caller: Caller,
) -> Case:
    """Return a case's answer, with who has it open and what a caller may see of confirmations."""
    said = confirmed(store, caller, found.id)
    return Case.of(found, sessions, said, services.hub.here(found.id))


def confirmed(store: GalleryStore, caller: Caller, case: str) -> list[Confirmation]:
    """Return the confirmations of a case whose sighting a caller may see."""
    found = store.confirmations.listing(case)
    unseen = hidden(store, caller, {one.sighting for one in found})
    return [one for one in found if one.sighting not in unseen]
