"""Text-to-person data sets that share CUHK-PEDES's JSON: CUHK-PEDES, ICFG-PEDES, RSTPReid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cmps.datasets.picture import DatasetError, Picture

# official annotation files, first match wins
ANNOTATIONS = ("reid_raw.json", "ICFG-PEDES.json", "data_captions.json", "caption_all.json")
# names under which the official archives unpack
NAMES = ("CUHK-PEDES", "ICFG-PEDES", "RSTPReid")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the annotation file.

    Attributes:
        id: The set's number of the person, as text.
        file_path: The picture below ``imgs/``, as written in the file.
        picture: The picture with person, captions and split.
    """

    id: str
    file_path: str
    picture: Picture


def find_annotations(root: Path) -> Path:
    """Return the annotation file in ``root`` or in the unpacked archive below it.

    Raises:
        DatasetError: If there is none.
    """
    for folder in (root, *(root / name for name in NAMES)):
        for name in ANNOTATIONS:
            if (folder / name).is_file():
                return folder / name
    raise DatasetError(f"{root}: none of {', '.join(ANNOTATIONS)} is there; --root must hold one")


def read_records(root: Path) -> Iterator[Record]:
    """Yield every record of the annotation file, in its order.

    Raises:
        DatasetError: If the file is missing, not JSON, or a record lacks a field; the message
            names file and record (counted from 0).
    """
    annotations = find_annotations(root)
    try:
        records = json.loads(annotations.read_bytes())
    # json gives up on bad bytes with UnicodeDecodeError (a ValueError) and on depth with recursion
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{annotations} is not readable as JSON: {error}") from error
    if not isinstance(records, list):
        raise DatasetError(f"{annotations} must hold a list of records")
    for number, record in enumerate(records):
        yield _record(annotations, number, record)


def read_cuhk_pedes(root: Path, split: str | None = None) -> Iterator[Picture]:
    """Yield the pictures of a CUHK-PEDES layout with their captions.

    Args:
        root: Folder of the annotation file and of ``imgs/``, or the folder above it.
        split: ``train``, ``val``, ``test``, or ``None`` for all.

    Yields:
        Pictures in the file's order. ``person`` is the record's ``person`` where it has one (our
        subset names the source identity), else the set's name and numeric ``id``.

    Raises:
        DatasetError: If the file is missing, not JSON, or a record lacks a field.
    """
    for record in read_records(root):
        if split is None or record.picture.split == split:
            yield record.picture


def _record(annotations: Path, number: int, record: Any) -> Record:
    try:
        file_path = str(record.get("file_path") or record["img_path"])
        captions = record["captions"]
        if not isinstance(captions, list):
            raise TypeError("captions must be a list")
        _stay_inside(file_path)
        identity = str(record["id"])
        picture = Picture(
            path=annotations.parent / "imgs" / file_path,
            camera=_camera(file_path),
            person=str(record.get("person") or f"{annotations.resolve().parent.name}:{identity}"),
            captions=tuple(str(caption) for caption in captions if str(caption).strip()),
            split=str(record.get("split", "")),
        )
    except KeyError as error:
        raise DatasetError(f"{annotations}: record {number} lacks {error}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise DatasetError(f"{annotations}: record {number} is not usable ({error})") from error
    return Record(identity, file_path, picture)


def _stay_inside(file_path: str) -> None:
    """Refuse a path that leaves ``imgs/``: an annotation file must not choose files elsewhere."""
    path = PurePosixPath(file_path)
    if path.is_absolute() or ".." in path.parts or "\0" in file_path:
        raise ValueError(f"file_path {file_path!r} leaves imgs/")


def _camera(file_path: str) -> str:
    """Name the camera: RSTPReid's names carry it, CUHK-PEDES gives only the source folder."""
    if "/" in file_path:
        return file_path.split("/")[0].lower() or "unknown"
    named = re.match(r"\d{4}_(c\d+)_", file_path)
    return named[1] if named else "unknown"
