"""Opening the program that a command needs, and writing down what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cmps.gallery.audit_events import AuditEvent
    from cmps.program import Program
    from cmps.settings import Settings


def settings_of(data: Path | None, **options: Any) -> Settings:
    """Return the settings: options of the command line come before the environment."""
    from cmps.settings import Settings

    given = {"data": data, **options}
    return Settings(**{name: value for name, value in given.items() if value is not None})


@contextmanager
def opened(
    data: Path | None,
    does: str = "",
    *,
    case: str | None = None,
    sightings: Sequence[str] = (),
    detail: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[Program]:
    """Open the program with the options of a command and close it whatever happens.

    Args:
        data: Where the gallery lives; by default as the settings say.
        does: The kind of the audit event that the command is, done by the system's user; empty
            for what neither searches nor changes anything.
        case: Which case it is about, where the stores do not tell.
        sightings: What it is about.
        detail: As the event allows.
        options: Other settings.
    """
    from cmps.program import running

    with running(settings_of(data, **options)) as program:
        if not does:
            yield program
            return
        from cmps.gallery.audit import recording
        from cmps.gallery.audit_events import KINDS

        event = KINDS[does](doer(), case, sightings=tuple(sightings), detail=detail or {})
        with recording(_Later(program), event):
            yield program
        _seal(program)


def doer() -> str:
    """Return who runs the command line, for the audit."""
    import getpass

    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):
        return "command line"


def require_case(program: Program, case: str | None) -> None:
    """Make sure that a search has an open case; only a gallery without accounts needs none.

    Raises:
        GalleryError: If it has none, or the case is unknown or closed.
    """
    from cmps.gallery.cases import closed
    from cmps.gallery.records import GalleryError

    if case is not None:
        found = program.store.cases.get(case)
        if found.closed_at is not None:
            raise closed(found)
    elif program.store.accounts.listing():
        raise GalleryError(
            "this gallery has accounts, and its searches need a case with its purpose; "
            "give --case ID, from: cmps case new --purpose …"
        )


class _Later:
    """The audit of a program that is not opened before there is something to write."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def append(self, event: AuditEvent) -> None:
        self._program.store.audit.append(event)


def _seal(program: Program) -> None:
    from cmps.cli.errors import warn
    from cmps.gallery.audit_check import Seals
    from cmps.gallery.records import GalleryError

    try:
        Seals(program.settings.data).seal(program.store.audit)
    except GalleryError as error:
        warn(f"{error}; the deed itself is done and recorded")
