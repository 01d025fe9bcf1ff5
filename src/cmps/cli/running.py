"""Opening the program that a command needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cmps.program import Program
    from cmps.settings import Settings


def settings_of(data: Path | None, **options: Any) -> Settings:
    """Return the settings: options of the command line come before the environment."""
    from cmps.settings import Settings

    given = {"data": data, **options}
    return Settings(**{name: value for name, value in given.items() if value is not None})


@contextmanager
def opened(data: Path | None, **options: Any) -> Iterator[Program]:
    """Open the program with the options of a command and close it whatever happens."""
    from cmps.program import running

    with running(settings_of(data, **options)) as program:
        yield program
