"""Text-to-person data sets that share CUHK-PEDES's JSON: CUHK-PEDES, ICFG-PEDES, RSTPReid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmps.datasets.picture import DatasetError, Picture

# official annotation files, first match wins
ANNOTATIONS = ("reid_raw.json", "ICFG-PEDES.json", "data_captions.json", "caption_all.json")


def find_annotations(root: Path) -> Path:
    """Return the annotation file below ``root`` (or one folder deeper).

    Raises:
        DatasetError: If there is none.
    """
    for folder in (root, root / "CUHK-PEDES"):
        for name in ANNOTATIONS:
            if (folder / name).is_file():
                return folder / name
    raise DatasetError(f"{root}: none of {', '.join(ANNOTATIONS)} is there; --root must hold one")


def read_cuhk_pedes(root: Path, split: str | None = None) -> Iterator[Picture]:
    """Yield the pictures of a CUHK-PEDES layout with their captions.

    Args:
        root: Folder of the annotation file and of ``imgs/``.
        split: ``train``, ``val``, ``test``, or ``None`` for all.

    Yields:
        Pictures in the file's order. ``person`` is the record's ``person`` where it has one (our
        subset names the source identity), else the set's name and numeric ``id``.

    Raises:
        DatasetError: If the file is missing, not JSON, or a record lacks a field.
    """
    annotations = find_annotations(root)
    try:
        records = json.loads(annotations.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{annotations} is not JSON: {error}") from error
    if not isinstance(records, list):
        raise DatasetError(f"{annotations} must hold a list of records")
    for number, record in enumerate(records):
        picture = _picture(annotations, number, record)
        if split is None or picture.split == split:
            yield picture


def _picture(annotations: Path, number: int, record: dict[str, Any]) -> Picture:
    try:
        file_path = str(record.get("file_path") or record["img_path"])
        person = record.get("person") or f"{annotations.parent.name}:{record['id']}"
        return Picture(
            path=annotations.parent / "imgs" / file_path,
            camera=_camera(file_path),
            person=str(person),
            captions=tuple(str(caption) for caption in record["captions"]),
            split=str(record["split"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{annotations}: record {number} is not usable ({error})") from error


def _camera(file_path: str) -> str:
    """Name the camera by the source folder: CUHK-PEDES gives nothing finer."""
    return file_path.split("/")[0].lower() if "/" in file_path else "unknown"
