"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cmps.search.ranking import Candidate

# Wide enough for a table with paths where no terminal says how wide it is.
WIDTH_OF_A_PIPE = 160
# below this a table has no room for a picture's path beside a sighting's id
NARROW = 110


def _console(file: TextIO) -> Console:
    from rich.console import Console

    piped = not file.isatty() and "COLUMNS" not in os.environ
    # file names and transcripts are printed as they are, never read as Rich's markup
    return Console(
        file=file,
        width=WIDTH_OF_A_PIPE if piped else None,
        markup=False,
        highlight=False,
        emoji=False,
    )


def results() -> Console:
    """Return the console of standard output."""
    return _console(sys.stdout)


def notes() -> Console:
    """Return the console of standard error: progress and warnings."""
    return _console(sys.stderr)


def print_json(answer: Mapping[str, Any]) -> None:
    """Print an answer as one JSON object."""
    # plain ASCII survives every terminal encoding and file names that are not UTF-8
    print(json.dumps(answer, indent=2))


def counted(number: int, thing: str, things: str = "") -> str:
    """Write a number with its noun.

    Example:
        >>> counted(1, "picture"), counted(2000, "person", "people")
        ('1 picture', '2,000 people')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def milliseconds(stages: Mapping[str, float]) -> str:
    """Write the time of all stages, then of each.

    Example:
        >>> milliseconds({"encode": 8.26, "rank": 1230.0})
        '1238 ms: encode 8.3, rank 1230'
    """
    parts = ", ".join(f"{stage} {_round(value)}" for stage, value in stages.items())
    return f"{_round(sum(stages.values()))} ms: {parts}"


def _round(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def shown(text: str) -> str:
    """Make text from outside safe for a terminal: control characters become a mark.

    Example:
        >>> shown(f"a{chr(27)}[31mred.jpg")
        'a�[31mred.jpg'
    """
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def shown_path(path: str) -> str:
    """Shorten a path below the working folder."""
    try:
        return shown(str(Path(path).relative_to(Path.cwd())))
    except ValueError:
        return shown(path)


def table(*columns: str, right: tuple[str, ...] = (), folding: str = "") -> Table:
    """Return an empty Rich table in the style of all commands.

    Args:
        columns: Headings.
        right: Those whose figures are aligned at the right.
        folding: The one that may break over lines.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            overflow="fold",
            no_wrap=name != folding,
        )
    return made


def candidate_table(
    candidates: Sequence[Candidate], width: int, right: Collection[str] | None = None
) -> Table:
    """Return ranked candidates as a table.

    Args:
        candidates: Best first.
        width: Of the terminal; in a narrow one the picture stands above the sighting's id.
        right: Ids of sightings that are known to show the person; adds a column of marks.
    """
    from cmps.search.wording import moment, percent

    marks = () if right is None else ("true",)
    narrow = width < NARROW
    last = ("picture and sighting",) if narrow else ("picture", "sighting")
    columns = ("rank", *marks, "score", "camera", "time", *last)
    rows = table(*columns, right=("rank", "score"), folding=last[0])
    for one in candidates:
        seen = one.sighting
        picture = shown_path(seen.source)
        rows.add_row(
            str(one.rank),
            *(() if right is None else ("✓" if seen.id in right else "",)),
            percent(one.probability),
            shown(seen.camera),
            moment(seen.time),
            *((f"{picture}\n{seen.id}",) if narrow else (picture, seen.id)),
        )
    return rows


@contextmanager
def bar(task: str, total: float) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on standard error where that is a terminal.

    Yields:
        A function that is told how much more is done.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    console = notes()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        number = progress.add_task(task, total=total)
        yield lambda count: progress.advance(number, count)


@contextmanager
def waiting(task: str) -> Iterator[None]:
    """Show on standard error what is being waited for, where that is a terminal."""
    console = notes()
    if not console.is_terminal:
        yield
        return
    with console.status(task):
        yield
