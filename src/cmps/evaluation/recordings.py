"""Spoken queries: the list of recordings, and what was heard in them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmps.datasets.cuhk_pedes import Record
from cmps.datasets.picture import DatasetError
from cmps.evaluation.interfaces import Hear, Progress, silent
from cmps.evaluation.metrics import word_error_rate, words_of
from cmps.speech.words import Words

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Recording:
    """One spoken sentence.

    Attributes:
        audio: The sound file.
        text: What was said.
        person: Identity of the person described.
        group: The picture described (its ``file_path``), or the person where only that is known.
    """

    audio: Path
    text: str
    person: str
    group: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The recordings of one split.

    Attributes:
        recordings: In the file's order.
        other_splits: How many lines belong to another split.
        broken_lines: How many lines are not usable.
    """

    recordings: list[Recording]
    other_splits: int
    broken_lines: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of all recordings.

    Attributes:
        words: Of each recording; empty where nothing was heard.
        word_error_rate: In percent, over all words said; an empty one misses all its words.
        seconds: How long recognition took, per recording.
    """

    words: list[Words]
    word_error_rate: float
    seconds: float

    @property
    def empty(self) -> int:
        """How many recordings had no speech that was understood."""
        return sum(not one.text for one in self.words)


def read_manifest(
    folder: Path,
    records: Iterable[Record],
    split: str,
    on_error: Callable[[DatasetError], None] | None = None,
) -> Manifest:
    """Read ``manifest.jsonl``: an object a line with ``audio``, ``text``, ``file_path`` or ``id``.

    Args:
        folder: Holds the manifest; ``audio`` is relative to it.
        records: All records of the data set.
        split: Recordings of other splits are left out.
        on_error: Called with the error of each broken line, which is then left out; without it
            the first broken line ends the reading.

    Raises:
        DatasetError: If the manifest is missing, holds no recording of the split, or at a broken
            line (without ``on_error``); the message names file, line and fault.
    """
    manifest = folder / MANIFEST
    try:
        lines = manifest.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise DatasetError(f"{manifest} is missing; cmps data speak makes it") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{manifest} cannot be read: {error}") from error
    known = _Known(records, split)
    recordings: list[Recording] = []
    outside = broken = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            recording = _recording(folder, line, known)
        except (ValueError, RecursionError, OSError) as error:
            named = DatasetError(f"{manifest} line {number}: {error}")
            if on_error is None:
                raise named from error
            on_error(named)
            broken += 1
            continue
        if recording is None:
            outside += 1
        else:
            recordings.append(recording)
    if not recordings:
        raise DatasetError(f"{manifest} names no recording of the split {split!r}")
    return Manifest(recordings, outside, broken)


class _Known:
    """Records by picture and by id; those of the split win where an id occurs in two splits."""

    def __init__(self, records: Iterable[Record], split: str) -> None:
        self.split = split
        self.by_picture: dict[str, Record] = {}
        self.by_id: dict[str, Record] = {}
        for record in records:
            self.by_picture.setdefault(record.file_path, record)
            if record.id not in self.by_id or record.picture.split == split:
                self.by_id[record.id] = record


def _recording(folder: Path, line: str, known: _Known) -> Recording | None:
    """Read one line; ``None`` where it belongs to another split."""
    row: Any = json.loads(line)
    if not isinstance(row, dict):
        raise DatasetError("not an object")
    for name in ("audio", "text"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise DatasetError(f"{name!r} is missing or empty")
    if not words_of(row["text"]):
        raise DatasetError("'text' holds no word")
    if row.get("file_path"):
        named = str(row["file_path"])
        record = known.by_picture.get(named.removeprefix("imgs/"))
    elif row.get("id") is not None:
        named = str(row["id"])
        record = known.by_id.get(named)
    else:
        raise DatasetError("needs 'file_path' or 'id'")
    if record is None:
        raise DatasetError(f"the data set holds no {named!r}")
    if record.picture.split != known.split:
        return None
    audio = folder / row["audio"]
    if not audio.is_file():
        raise DatasetError(f"{audio} is missing")
    person = str(record.picture.person)
    return Recording(
        audio, row["text"], person, record.file_path if row.get("file_path") else person
    )


def hear_all(recordings: Sequence[Recording], hear: Hear, progress: Progress = silent) -> Heard:
    """Recognise every recording, one after the other."""
    started = time.perf_counter()
    words = []
    for number, recording in enumerate(recordings, 1):
        words.append(hear(recording.audio))
        progress("recognising speech", number, len(recordings))
    seconds = (time.perf_counter() - started) / max(len(recordings), 1)
    pairs = ((one.text, heard.text) for one, heard in zip(recordings, words, strict=True))
    return Heard(words, word_error_rate(pairs), seconds)
