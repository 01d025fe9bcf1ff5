"""Sessions: a search that narrows down step by step, each step answered with who fits best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from cmps.gallery.audit_events import AuditEvent, CaseRead, Searched, SessionBegun, Stepped
from cmps.gallery.cases import ChangedError
from cmps.gallery.records import GalleryError
from cmps.program import Program
from cmps.search.session import SearchSession
from cmps.server.access import Acting, Caller, Role, allow, audited, hidden
from cmps.server.services import Services, ServicesDep
from cmps.server.state import ProgramDep
from cmps.server.views.base import Id
from cmps.server.views.results import Results
from cmps.server.views.sessions import (
    AnswerStep,
    ClickStep,
    LookStep,
    MarkStep,
    NoneStep,
    Say,
    Session,
    SessionAnswer,
    Step,
)
from cmps.settings import Variant
from cmps.understanding.chips import Chip

router = APIRouter(tags=["sessions"])

TRIES = 4
"""How often a step that named no version is tried where others step at the same moment."""

Stepping = Annotated[Acting, audited(Stepped)]
Operator = Annotated[Caller, allow(Role.OPERATOR)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of the results is wanted.

    Attributes:
        top: People; 0 for no results.
        variant: Which text network.
    """

    top: int
    variant: Variant


def wanted(
    program: ProgramDep,
    top: Annotated[
        int, Query(ge=0, le=500, description="How many people; 0 answers without results.")
    ] = 40,
    variant: Annotated[
        Variant | None, Query(description="Text network; default as the server was started.")
    ] = None,
) -> Wanted:
    """Read what every step takes in its query."""
    return Wanted(top, variant or program.settings.variant)


WantedDep = Annotated[Wanted, Depends(wanted)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step needs.

    Attributes:
        program: With the desk that takes the steps.
        services: Who is told, and what was found already.
        caller: Who takes it.
        wanted: How much of the results.
    """

    program: Program
    services: Services
    caller: Caller
    wanted: Wanted


def desk(program: ProgramDep, services: ServicesDep, caller: Operator, wanted: WantedDep) -> Desk:
    """Gather what a step needs."""
    return Desk(program, services, caller, wanted)


DeskDep = Annotated[Desk, Depends(desk)]


@router.post("/cases/{id}/sessions", status_code=201, operation_id="begin_session")
def begin(
    id: Id,
    program: ProgramDep,
    services: ServicesDep,
    caller: Operator,
    acting: Annotated[Acting, audited(SessionBegun)],
) -> Session:
    """Begin a session of an open case."""
    program.store.cases.get(id)
    with acting.of(case=id):
        made = program.desk.new_session(id)
    tell(services, made, caller)
    return Session.of(made)


@router.get("/sessions/{id}", operation_id="read_session")
def read(
    id: Id,
    program: ProgramDep,
    services: ServicesDep,
    caller: Annotated[Caller, allow(Role.VIEWER)],
    wanted: WantedDep,
    acting: Annotated[Acting, audited(Searched)],
) -> SessionAnswer:
    """Return a session as it stands, and who fits best."""
    made = program.desk.session(id)
    if wanted.top == 0:
        with acting.of(event=CaseRead, case=made.case, session=id, detail={"what": "session"}):
            return SessionAnswer(session=session_of(made, program, caller), results=None)
    return answer(Desk(program, services, caller, wanted), acting, made)


@router.post("/sessions/{id}/say", operation_id="say")
def say(id: Id, body: Say, desk: DeskDep, caller: Operator, acting: Stepping) -> SessionAnswer:
    """Take what the witness said: a description, a correction, an answer in words."""
    detail = {"step": "said", "language": body.language, "spoken": body.spoken}
    return step(
        desk,
        acting,
        id,
        body.version,
        detail,
        lambda version: desk.program.desk.say(
            id,
            body.text,
            readings=body.readings,
            language=body.language,
            spoken=body.spoken,
            about=body.about,
            by=caller.name,
            version=version,
        ),
    )


@router.post("/sessions/{id}/click", operation_id="click_sighting")
def click(
    id: Id, body: ClickStep, desk: DeskDep, caller: Operator, acting: Stepping
) -> SessionAnswer:
    """Tick, reject or like a sighting, or take that back (clear)."""
    require_seen(desk, [body.sighting])
    return step(
        desk,
        acting,
        id,
        body.version,
        {"step": body.kind},
        lambda version: desk.program.desk.click(
            id, body.kind, body.sighting, by=caller.name, version=version
        ),
        sightings=[body.sighting],
    )


@router.post("/sessions/{id}/none", operation_id="rule_out_shown")
def none(
    id: Id, body: NoneStep, desk: DeskDep, caller: Operator, acting: Stepping
) -> SessionAnswer:
    """Rule out everybody who is shown: none of them is the person."""
    require_seen(desk, body.sightings)
    return step(
        desk,
        acting,
        id,
        body.version,
        {"step": "none"},
        lambda version: desk.program.desk.none_of(
            id, body.sightings, by=caller.name, version=version
        ),
        sightings=body.sightings,
    )


@router.post("/sessions/{id}/mark", operation_id="mark_chip")
def mark(
    id: Id, body: MarkStep, desk: DeskDep, caller: Operator, acting: Stepping
) -> SessionAnswer:
    """Set something known of the person to must, maybe, not, or gone."""
    chip = Chip.read(body.chip)
    return step(
        desk,
        acting,
        id,
        body.version,
        {"step": "mark", "chip": body.chip, "to": body.to},
        lambda version: desk.program.desk.mark(id, chip, body.to, by=caller.name, version=version),
    )


@router.post("/sessions/{id}/look", operation_id="look_where")
def look(
    id: Id, body: LookStep, desk: DeskDep, caller: Operator, acting: Stepping
) -> SessionAnswer:
    """Choose cameras, sites and times; an empty choice is everything again."""
    where = body.where.looking()
    seen = {one.id for one in caller.cameras_of(desk.program.store.cameras())}
    for camera in where.cameras:
        if camera not in seen:
            listed = ", ".join(sorted(seen)) or "none"
            raise GalleryError(f"camera {camera} is unknown; cameras that you may see: {listed}")
    return step(
        desk,
        acting,
        id,
        body.version,
        {"step": "look"},
        lambda version: desk.program.desk.look(id, where, by=caller.name, version=version),
    )


@router.post("/sessions/{id}/answer", operation_id="answer_question")
def answer_question(
    id: Id, body: AnswerStep, desk: DeskDep, caller: Operator, acting: Stepping
) -> SessionAnswer:
    """Take the witness's answer to the question whether a chip holds."""
    chip = Chip.read(body.chip)
    return step(
        desk,
        acting,
        id,
        body.version,
        {"step": "answered", "chip": body.chip, "answer": body.answer},
        lambda version: desk.program.desk.answer(
            id, chip, body.answer, by=caller.name, version=version
        ),
    )


@router.post("/sessions/{id}/undo", operation_id="undo_step")
def undo(
    id: Id, desk: DeskDep, caller: Operator, acting: Stepping, body: Step | None = None
) -> SessionAnswer:
    """Undo the last step."""
    seen = body.version if body else None
    return step(
        desk, acting, id, seen, {"step": "undo"},
        lambda version: desk.program.desk.undo(id, version=version),
    )  # fmt: skip


@router.post("/sessions/{id}/redo", operation_id="redo_step")
def redo(
    id: Id, desk: DeskDep, caller: Operator, acting: Stepping, body: Step | None = None
) -> SessionAnswer:
    """Take the step again that was undone last."""
    seen = body.version if body else None
    return step(
        desk, acting, id, seen, {"step": "redo"},
        lambda version: desk.program.desk.redo(id, version=version),
    )  # fmt: skip


def step(
    desk: Desk,
    acting: Acting,
    id: str,
    version: int | None,
    detail: Mapping[str, Any],
    take: Callable[[int | None], SearchSession],
    sightings: list[str] | None = None,
) -> SessionAnswer:
    """Take a step, tell who has the case open, and answer with the results.

    Args:
        desk: What it needs.
        acting: For the audit.
        id: Of the session.
        version: That the sender saw; ``None`` where they do not mind.
        detail: For the audit.
        take: Takes it, given the version.
        sightings: What it is about.
    """
    case = desk.program.store.cases.session(id).case
    for left in reversed(range(TRIES)):
        try:
            with acting.of(case=case, session=id, sightings=sightings or [], detail=detail):
                made = take(version)
            break
        except ChangedError:
            # two who step at the same moment take turns, unless one named what they saw
            if version is not None or not left:
                raise
    tell(desk.services, made, desk.caller)
    return answer(desk, acting, made)


def tell(services: Services, made: SearchSession, caller: Caller) -> None:
    """Tell who has the case open that a session changed."""
    message = {"type": "session", "session": made.id, "version": made.version, "by": caller.name}
    services.hub.tell(made.case, message)


def answer(desk: Desk, acting: Acting, made: SearchSession) -> SessionAnswer:
    """Return a session and what it finds; that it was shown is written down first."""
    caller, wanted = desk.caller, desk.wanted
    session = session_of(made, desk.program, caller)
    if wanted.top == 0:
        return SessionAnswer(session=session, results=None)
    event: type[AuditEvent] = Searched
    detail = {"top": wanted.top, "variant": wanted.variant, "version": made.version}
    with acting.of(event=event, case=made.case, session=made.id, detail=detail):
        found = desk.services.findings.of(made, wanted.variant, wanted.top, caller.cameras)
        cameras = {one.id: one for one in desk.program.store.cameras()}
        results = Results.of(made, *found, cameras)
    return SessionAnswer(session=session, results=results)


def require_seen(desk: Desk, sightings: Sequence[str]) -> None:
    """Refuse sightings of cameras that the caller may not see; those that are gone pass."""
    store = desk.program.store
    for one in store.get(sorted(store.known(sightings))):
        desk.caller.require(one.camera, one.id)


def session_of(made: SearchSession, program: Program, caller: Caller) -> Session:
    """Return a session's answer without sightings of cameras that the caller may not see."""
    parts = [one.part for one in made.record().steps]
    clicked = {part["sighting"] for part in parts if "sighting" in part}
    clicked |= {one for part in parts for one in part.get("sightings", ())}
    return Session.of(made, hidden(program.store, caller, clicked))
