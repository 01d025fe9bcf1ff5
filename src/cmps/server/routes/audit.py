"""The audit, for those who watch the watchers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from cmps.gallery.audit_check import Seals, verify
from cmps.gallery.audit_events import AuditRead
from cmps.server.access import Acting, Caller, Role, allow, audited, hidden
from cmps.server.state import ProgramDep

router = APIRouter(prefix="/audit", tags=["audit"])
Text = Annotated[str | None, Query(max_length=200)]
LARGEST = 2**62


class Deed(BaseModel):
    """A row of the audit."""

    number: int
    at: AwareDatetime
    kind: str
    by: str
    case: str | None
    session: str | None
    sightings: list[str] = Field(description="Those that the reader may see.")
    detail: dict[str, Any]
    hash: str


class Page(BaseModel):
    """Rows of the audit, newest first."""

    rows: list[Deed]
    older: int | None = Field(description="Give it as before, for the rows that follow.")


class Soundness(BaseModel):
    """What was found when every row was hashed again."""

    sound: bool
    rows: int
    head: str = Field(description="Write it down elsewhere: cmps audit verify --head takes it.")
    seals: int
    problems: list[str]


@router.get("")
def find(
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.REVIEWER)],
    acting: Annotated[Acting, audited(AuditRead)],
    case: Text = None,
    user: Text = None,
    kind: Text = None,
    after: AwareDatetime | None = None,
    before: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Page:
    """Find rows, newest first."""
    with acting.of(case=case, detail={"what": "rows", "user": user}):
        found = program.store.audit.find(
            case=case, by=user, kind=kind, after=after, before_number=before, limit=limit
        )
        rows = [Deed(**row.as_dict()) for row in found]
        unseen = hidden(program.store, caller, {one for row in rows for one in row.sightings})
    for row in rows:
        row.sightings = [one for one in row.sightings if one not in unseen]
    return Page(rows=rows, older=rows[-1].number if len(rows) == limit else None)


@router.get("/verify")
def check(
    program: ProgramDep,
    caller: Annotated[Caller, allow(Role.ADMIN)],
    acting: Annotated[Acting, audited(AuditRead)],
) -> Soundness:
    """Hash every row again, and look for the ends of the chain that were sealed."""
    with acting.of(detail={"what": "verified"}):
        found = verify(program.store.audit, Seals(program.settings.data).read())
    return Soundness(
        sound=found.sound,
        rows=found.rows,
        head=f"{found.head.number}:{found.head.hash.hex()}",
        seals=found.seals,
        problems=found.problems,
    )
