"""Was the audit bent? Every row is hashed again, and ends of the chain that were sealed looked for.

Seals are lines of a file outside of the database: the number and hash of the last row at some time.
They show what the chain alone cannot: that its newest rows were cut off and the end put back.

What nobody can detect from here: somebody who may write the database **and** the seals, and who
makes the whole chain anew. Against that a head that was written down elsewhere helps, on paper or
with another party: ``cmps audit verify --head NUMBER:HASH``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cmps.gallery.audit import START, AuditLog, AuditRow, Head, link
from cmps.gallery.records import GalleryError

SEALS = "audit-seals.jsonl"
MOST_NAMED = 20


@dataclass
class Verdict:
    """What was found.

    Attributes:
        rows: How many there are.
        head: Number and hash of the last.
        seals: How many sealed ends were found again.
        problems: What is not as it was written, in words; empty where all is.
        broken_at: The first row of which that is so; ``None`` where all is sound.
    """

    rows: int = 0
    head: Head = field(default_factory=Head)
    seals: int = 0
    problems: list[str] = field(default_factory=list)
    broken_at: int | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def tell(self, row: int, problem: str) -> None:
        """Add a problem, and the first row that it is about."""
        self.problems.append(problem)
        self.broken_at = row if self.broken_at is None else min(self.broken_at, row)


def verify(log: AuditLog, seals: Sequence[Head] = ()) -> Verdict:
    """Hash every row again.

    Args:
        log: What is checked; others may write to it meanwhile.
        seals: Ends of the chain as they were noted at other times.
    """
    kept = log.head()
    wanted: dict[int, list[bytes]] = {}
    for seal in (kept, *seals):
        wanted.setdefault(seal.number, []).append(seal.hash)
    verdict = Verdict()
    # an empty chain was sealed too
    _compare(Head(), wanted.pop(0, []), verdict)
    for row in log.walk():
        _check(row, verdict)
        verdict.rows += 1
        verdict.head = Head(row.number, row.hash)
        _compare(verdict.head, wanted.pop(row.number, []), verdict)
    cut = sorted(number for number in wanted if number > verdict.head.number)
    if cut:
        last = verdict.head.number
        verdict.tell(last + 1, f"rows after {last} are missing: there were {cut[-1]} once")
    for number in sorted(wanted):
        if number < verdict.head.number:
            verdict.tell(number, f"row {number} is missing, and its hash was sealed")
    known = log.head().number
    if verdict.head.number > known:
        added = f"rows after {known} were added without the end of the chain knowing"
        verdict.tell(known + 1, added)
    if len(verdict.problems) > MOST_NAMED:
        more = len(verdict.problems) - MOST_NAMED
        verdict.problems[MOST_NAMED:] = [f"and {more:,} more"]
    return verdict


def _check(row: AuditRow, verdict: Verdict) -> None:
    """Compare a row with the one before it."""
    last = verdict.head
    if row.number != last.number + 1:
        missing = f"rows {last.number + 1} to {row.number - 1} are missing"
        if row.number > last.number:
            verdict.tell(last.number + 1, missing)
        else:
            verdict.tell(row.number, f"row {row.number} is odd")
    if row.hash != link(last.hash, row.body):
        verdict.tell(row.number, f"row {row.number} was changed, or the one before it was")
    try:
        inside = json.loads(row.body)["number"]
    except (ValueError, KeyError, TypeError):
        inside = None
    if inside != row.number:
        verdict.tell(row.number, f"row {row.number} is not where it was written")


def _compare(found: Head, sealed: Iterable[bytes], verdict: Verdict) -> None:
    for hash in sealed:
        verdict.seals += 1
        if hash != found.hash:
            verdict.tell(found.number, f"row {found.number} is not the one that was sealed")


class Seals:
    """Ends of the chain, in a file that only grows.

    Args:
        data: The data folder; keep a copy of the file where its users cannot write.
    """

    def __init__(self, data: Path) -> None:
        self.path = data.expanduser() / SEALS

    def read(self) -> list[Head]:
        """Return what was sealed.

        Raises:
            GalleryError: If a line is not a seal: somebody wrote to the file.
        """
        if not self.path.exists():
            return []
        found = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                plain = json.loads(line)
                found.append(Head(int(plain["number"]), bytes.fromhex(plain["hash"])))
            except (ValueError, KeyError, TypeError) as error:
                raise GalleryError(
                    f"{self.path} line {number} is no seal; was it edited?"
                ) from error
        return found

    def seal(self, log: AuditLog) -> None:
        """Note the end of the chain, unless the last seal did.

        Raises:
            GalleryError: If the file cannot be written.
        """
        head = log.head()
        try:
            if not head.number or self._last() == head.number:
                return
            plain = {
                "number": head.number,
                "hash": head.hash.hex(),
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with open(os.open(self.path, flags, 0o600), "a", encoding="utf-8") as file:
                file.write(json.dumps(plain) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise GalleryError(
                f"{self.path} cannot be written ({error.strerror}); the audit's seals belong there"
            ) from error

    def _last(self) -> int:
        """Return the number in the last line; the file may be long."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 400))
            lines = file.read().decode(errors="replace").splitlines()
        try:
            return int(json.loads(lines[-1])["number"])
        except (IndexError, ValueError, KeyError, TypeError):
            return 0


def parse_head(text: str) -> Head:
    """Read a head as ``cmps audit verify`` prints it.

    Raises:
        GalleryError: If it is not one.

    Example:
        >>> parse_head("0:" + "00" * 32).hash == START
        True
    """
    number, _, digits = text.partition(":")
    try:
        head = Head(int(number), bytes.fromhex(digits))
    except ValueError:
        head = Head(0, b"")
    if len(head.hash) != len(START):
        raise GalleryError(f"{text!r} is no head; write it as cmps audit verify prints it")
    return head
