"""Confirmations in memory: for tests, and for programs that keep nothing."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from cmps.gallery.audit import carry
from cmps.gallery.cases import CaseStore, closed
from cmps.gallery.confirmations import (
    Confirmation,
    decidable,
    proposed_already,
    unknown_confirmation,
)
from cmps.gallery.memory_audit import MemoryAudit


class MemoryConfirmations:
    """Keeps them in a dictionary; see :class:`~cmps.gallery.confirmations.ConfirmationStore`.

    Args:
        cases: Knows which cases are open.
        audit: Where pending entries go.
    """

    def __init__(self, cases: CaseStore, audit: MemoryAudit) -> None:
        self._cases = cases
        self._audit = audit
        self._lock = threading.RLock()
        self._kept: dict[str, Confirmation] = {}

    def propose(self, confirmation: Confirmation) -> None:
        """Store a new one."""
        with self._lock:
            self._require_open(confirmation.case)
            for one in self.listing(confirmation.case):
                if one.sighting == confirmation.sighting and one.agreed is not False:
                    raise proposed_already(one)
            self._kept[confirmation.id] = confirmation
            carry(self._audit.append)

    def decide(
        self, id: str, agreed: bool, by: str, at: datetime, answer: str = ""
    ) -> Confirmation:
        """Store what the second person says and return it."""
        with self._lock:
            kept = self.get(id)
            self._require_open(kept.case)
            decidable(kept, by)
            made = replace(kept, agreed=agreed, decided_by=by, decided_at=at, answer=answer)
            self._kept[id] = made
            carry(self._audit.append)
            return made

    def get(self, id: str) -> Confirmation:
        """Return a confirmation."""
        with self._lock:
            if id not in self._kept:
                raise unknown_confirmation(id)
            return self._kept[id]

    def listing(self, case: str | None = None) -> list[Confirmation]:
        """Return those of a case or of all, in the order in which they were proposed."""
        with self._lock:
            return [one for one in self._kept.values() if case in (None, one.case)]

    def confirmed(self, ids: Collection[str]) -> set[str]:
        """Return the cases in which one of some sightings was taken for the person sought."""
        with self._lock:
            kept = self._kept.values()
            return {one.case for one in kept if one.sighting in ids and one.agreed is not False}

    def forget(self, ids: Collection[str] = (), case: str | None = None) -> int:
        """Erase those of some sightings or of a case; return how many."""
        with self._lock:
            gone = [id for id, one in self._kept.items() if one.sighting in ids or one.case == case]
            for id in gone:
                del self._kept[id]
            return len(gone)

    def _require_open(self, case: str) -> None:
        found = self._cases.get(case)
        if found.closed_at is not None:
            raise closed(found)
