"""That a sighting shows the person sought, said by two people: one proposes, another decides.

A search may end with somebody being stopped at a door, so one operator's click is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cmps.gallery.records import ConflictError, GalleryError, UnknownError

LONGEST_NOTE = 2000


class SamePersonError(GalleryError):
    """Who proposed a confirmation cannot decide on it."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A sighting that somebody takes for the person sought, and what a second person says.

    Attributes:
        id: From :func:`cmps.gallery.cases.new_id`.
        case: Id of the case.
        sighting: Id of the sighting.
        note: Of who proposed it.
        proposed_by, proposed_at: Who, and when.
        agreed: What the second person said; ``None`` while nobody did.
        decided_by, decided_at: The second person, and when; empty and ``None`` before.
        answer: Their note.

    Raises:
        GalleryError: If a note is too long, or nobody proposed it.
    """

    id: str
    case: str
    sighting: str
    note: str
    proposed_by: str
    proposed_at: datetime
    agreed: bool | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    answer: str = ""

    def __post_init__(self) -> None:
        if not self.proposed_by.strip():
            raise GalleryError("a confirmation needs the name of who proposes it")
        if max(len(self.note), len(self.answer)) > LONGEST_NOTE:
            raise GalleryError(f"a note has at most {LONGEST_NOTE} characters")


class ConfirmationStore(Protocol):
    """Keeps confirmations; each call is one transaction."""

    def propose(self, confirmation: Confirmation) -> None:
        """Store a new one.

        Raises:
            GalleryError: If its case is unknown or closed, or the sighting is confirmed already
                or waits for a second person.
        """
        ...

    def decide(
        self, id: str, agreed: bool, by: str, at: datetime, answer: str = ""
    ) -> Confirmation:
        """Store what the second person says and return it.

        Raises:
            SamePersonError: If ``by`` proposed it.
            GalleryError: If it is unknown or decided, or its case is closed.
        """
        ...

    def get(self, id: str) -> Confirmation:
        """Return a confirmation; an unknown one raises."""
        ...

    def listing(self, case: str | None = None) -> list[Confirmation]:
        """Return those of a case or of all, in the order in which they were proposed."""
        ...


def unknown_confirmation(id: str) -> GalleryError:
    """Return the error for a confirmation that is not there."""
    return UnknownError(f"confirmation {id} is unknown; its case shows those it has")


def proposed_already(confirmation: Confirmation) -> GalleryError:
    """Return the error for a sighting that was proposed before."""
    state = "is confirmed already" if confirmation.agreed else "waits for a second person already"
    return ConflictError(
        f"sighting {confirmation.sighting} {state}: confirmation {confirmation.id} by "
        f"{confirmation.proposed_by}"
    )


def decidable(confirmation: Confirmation, by: str) -> None:
    """Make sure that somebody can decide on a confirmation.

    Raises:
        SamePersonError: If they proposed it, however they write their name.
        GalleryError: If it is decided, or they have no name.
    """
    if confirmation.agreed is not None:
        raise ConflictError(
            f"confirmation {confirmation.id} was decided by {confirmation.decided_by}; "
            "propose it again if they were wrong"
        )
    if not by.strip():
        raise GalleryError("a decision needs the name of who decides")
    if by.strip().casefold() == confirmation.proposed_by.strip().casefold():
        raise SamePersonError(
            f"{by} proposed confirmation {confirmation.id}; a second person decides"
        )
