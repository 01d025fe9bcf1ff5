"""Cases, confirmations, watches and the report, as the API says them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from cmps.gallery import cases as stored
from cmps.gallery.confirmations import Confirmation as Proposed
from cmps.server.views.base import Answered, Chance, Id, Taken, Text
from cmps.server.views.sessions import Session


class NewCase(Taken):
    """A case to open."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"purpose": "Lost child, reported by her mother"}]}
    )
    purpose: Text = Field(min_length=1, description="Why this person is searched for.")
    keep_days: int | None = Field(
        None, ge=1, le=3660, description="Days after closing until it is erased; null: as set."
    )


class SessionLine(Answered):
    """A session in the list of a case."""

    id: str
    steps: int
    last_at: datetime | None
    last_by: str

    @classmethod
    def of(cls, record: stored.SessionRecord) -> SessionLine:
        """Return a session's line."""
        last = record.steps[-1] if record.steps else None
        return cls(
            id=record.id,
            steps=record.cursor,
            last_at=last.at if last else None,
            last_by=last.by if last else "",
        )


class Confirmation(Answered):
    """What two people say of a sighting: ``agreed`` is null while the second one has not spoken."""

    id: str
    case: str
    sighting: str
    note: str
    proposed_by: str
    proposed_at: datetime
    agreed: bool | None
    decided_by: str
    decided_at: datetime | None
    answer: str

    @classmethod
    def of(cls, record: Proposed) -> Confirmation:
        """Return a confirmation's answer."""
        return cls(**{name: getattr(record, name) for name in cls.model_fields})


class NewConfirmation(Taken):
    """A sighting that somebody takes for the person sought."""

    sighting: Id
    note: Text = ""


class Decision(Taken):
    """What the second person says."""

    agreed: bool
    note: Text = ""


class Case(Answered):
    """A case: why somebody is searched for."""

    id: str
    purpose: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    keep_days: int | None
    sessions: list[SessionLine]
    confirmations: list[Confirmation]
    here: list[str] = Field(description="Who has the case open now.")

    @classmethod
    def of(
        cls,
        record: stored.Case,
        sessions: Iterable[stored.SessionRecord] = (),
        confirmed: Iterable[Proposed] = (),
        here: Sequence[str] = (),
    ) -> Case:
        """Return a case's answer."""
        return cls(
            id=record.id,
            purpose=record.purpose,
            opened_by=record.opened_by,
            opened_at=record.opened_at,
            closed_at=record.closed_at,
            keep_days=getattr(record, "keep_days", None),
            sessions=[SessionLine.of(one) for one in sessions],
            confirmations=[Confirmation.of(one) for one in confirmed],
            here=list(here),
        )


class Cases(Answered):
    """All cases, newest first."""

    cases: list[Case]


class NewWatch(Taken):
    """From which probability on an armed session tells of a new sighting."""

    threshold: float = Field(0.5, gt=0, le=1)


class Watch(Answered):
    """A session that is armed."""

    session: str
    case: str
    threshold: float
    by: str
    at: datetime


class Watches(Answered):
    """Sessions that are armed."""

    watches: list[Watch]


class Disarmed(Answered):
    """A session that is no longer armed."""

    session: str
    was_armed: bool


class WatchEvent(Answered):
    """A person whom an armed session saw."""

    id: int
    session: str
    case: str
    sighting: str
    probability: Chance
    reasons: list[dict[str, Any]]
    at: datetime

    @classmethod
    def of(cls, event: stored.Event, case: str) -> WatchEvent:
        """Return an event's answer."""
        return cls(
            id=event.id,
            session=event.session,
            case=case,
            sighting=event.sighting,
            probability=round(event.probability, 6),
            reasons=list(event.reasons),
            at=event.at,
        )


class WatchEvents(Answered):
    """What armed sessions saw, oldest first."""

    events: list[WatchEvent]


class Report(Answered):
    """Everything that is printed of a case."""

    case: Case
    sessions: list[Session]
    events: list[WatchEvent]
    made_by: str
    made_at: datetime
