"""A CSV that lists pictures with camera and time.

The header names the columns, in any order: ``path``, ``camera``, ``time`` and, where known,
``x``, ``y``, ``w``, ``h`` (the box of the person, pixels), ``tracklet``, ``person``, ``caption``.
The separator is a comma or a semicolon, the encoding UTF-8 with or without byte order mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from cmps.datasets.picture import DatasetError, Picture

REQUIRED = ("path", "camera", "time")
BOX = ("x", "y", "w", "h")
OPTIONAL = (*BOX, "tracklet", "person", "caption")

LARGEST_PIXEL = 1_000_000

OnError = Callable[[DatasetError], None]


def read_csv(
    path: Path, *, zone: tzinfo | None = None, on_error: OnError | None = None
) -> Iterator[Picture]:
    r"""Yield the pictures that a CSV lists, in its order.

    Args:
        path: The CSV; the pictures' paths are relative to its folder. Whether they exist shows
            when they are decoded.
        zone: The zone of times that name none; without it such times are refused.
        on_error: Called with the error of each broken line, whose picture is then left out;
            without it the first broken line ends the reading.

    Yields:
        Pictures; an empty time, box or optional cell means that nobody knows.

    Raises:
        DatasetError: If the file cannot be read or its header is not usable (always), or at a
            broken line (without ``on_error``); the message names file, line and fault.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "list.csv"
        ...     _ = file.write_text("path,camera,time\n1.jpg,hall,2026-05-01T10:00:00Z\n")
        ...     picture = next(read_csv(file))
        >>> picture.camera, picture.time.isoformat()
        ('hall', '2026-05-01T10:00:00+00:00')
    """
    lines = list(io.StringIO(_text(path), newline=""))
    if not lines:
        raise DatasetError(f"{path} is empty; it needs a header: {','.join(REQUIRED)}")
    header = next((line for line in lines if line.strip()), "")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    rows = _rows(path, lines, delimiter)
    first = next(rows, (1, []))
    if isinstance(first, DatasetError):
        raise first
    columns = _columns(path, first[1])
    for row in rows:
        try:
            if isinstance(row, DatasetError):
                raise row
            yield _picture(path, columns, *row, zone)
        except DatasetError as error:
            if on_error is None:
                raise
            on_error(error)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DatasetError(f"{path} line {line}: not UTF-8; save the file as UTF-8") from error


def _rows(
    path: Path, lines: list[str], delimiter: str
) -> Iterator[tuple[int, list[str]] | DatasetError]:
    """Yield (line number, cells) of each record that is not blank, or the error of its line.

    A quote that is never closed swallows all that follows; reading starts again after the line
    that opened it, so one broken line costs one line.
    """
    start = 0
    while start < len(lines):
        rest = (lines[number] for number in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=delimiter, strict=True)
        taken = 0
        try:
            for cells in reader:
                number, taken = start + taken + 1, reader.line_num
                if any(cell.strip() for cell in cells):
                    yield number, [cell.strip() for cell in cells]
            return
        except csv.Error as error:
            yield DatasetError(f"{path} line {start + taken + 1}: not readable as CSV ({error})")
            start += taken + 1


def _columns(path: Path, header: list[str]) -> list[str]:
    columns = [name.lower() for name in header]
    allowed = (*REQUIRED, *OPTIONAL)
    unknown = [name for name in columns if name not in allowed]
    if unknown:
        named = ", ".join(repr(name) for name in unknown)
        raise DatasetError(f"{path}: unknown columns {named}; allowed: {', '.join(allowed)}")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise DatasetError(f"{path}: the header lacks {', '.join(missing)}")
    if len(set(columns)) != len(columns):
        raise DatasetError(f"{path}: the header names a column twice")
    if 0 < sum(name in columns for name in BOX) < len(BOX):
        raise DatasetError(f"{path}: a box needs all of {', '.join(BOX)}")
    return columns


def _picture(
    path: Path, columns: list[str], line: int, cells: list[str], zone: tzinfo | None
) -> Picture:
    try:
        if len(cells) != len(columns):
            raise DatasetError(f"{len(cells)} cells where the header has {len(columns)}")
        row = dict(zip(columns, cells, strict=True))
        for name in ("path", "camera"):
            if not row[name]:
                raise DatasetError(f"the {name} is empty")
        if "\0" in row["path"]:
            raise DatasetError("the path holds a NUL character")
        return Picture(
            path=path.parent / row["path"],
            camera=row["camera"],
            time=_time(row["time"], zone) if row["time"] else None,
            person=row.get("person") or None,
            tracklet=row.get("tracklet") or None,
            box=_box(row),
            captions=(row["caption"],) if row.get("caption") else (),
        )
    except DatasetError as error:
        raise DatasetError(f"{path} line {line}: {error}") from error


def _time(text: str, zone: tzinfo | None) -> datetime:
    """Read an ISO 8601 time; it must be a point in time that UTC can express."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise DatasetError(
            f"time {text!r} is not ISO 8601; write e.g. 2026-05-01T14:30:00Z"
        ) from error
    if time.tzinfo is None:
        if zone is None:
            raise DatasetError(
                f"time {text!r} has no zone; add Z for UTC or an offset such as +02:00"
            )
        time = time.replace(tzinfo=zone)
    try:
        time.astimezone(UTC)
    except OverflowError as error:
        raise DatasetError(f"time {text!r} lies outside the calendar") from error
    return time


def _box(row: dict[str, str]) -> tuple[int, int, int, int] | None:
    cells = [row.get(name, "") for name in BOX]
    if not any(cells):
        return None
    numbers = []
    for name, cell in zip(BOX, cells, strict=True):
        try:
            numbers.append(int(cell))
        except ValueError as error:
            raise DatasetError(f"{name} {cell[:20]!r} is not a whole number of pixels") from error
    x, y, width, height = numbers
    if x < 0 or y < 0 or width <= 0 or height <= 0:
        raise DatasetError(f"box {x},{y},{width},{height} is empty or starts outside the picture")
    if max(numbers) > LARGEST_PIXEL:
        raise DatasetError(f"box {x},{y},{width},{height} lies outside any picture")
    return x, y, width, height
