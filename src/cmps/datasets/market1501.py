"""Market-1501 in its official layout; file names carry identity, camera, sequence, frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cmps.datasets.picture import DatasetError, Picture

NAME = re.compile(
    r"(?P<person>-1|\d{4})_c(?P<camera>\d)s(?P<sequence>\d)_(?P<frame>\d{6})_\d\d(\.\w+)*",
    re.ASCII,
)
FOLDERS = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}
FRAMES_PER_SECOND = 25

# The data set has no calendar: frames are comparable within one camera's sequence only. A nominal
# day, with two hours per sequence (the longest lasts 1 h 50 min), keeps sequences apart and is
# easy to recognise as nominal.
NOMINAL_DAY = datetime(2015, 1, 1, tzinfo=UTC)
HOURS_PER_SEQUENCE = 2

# names under which the official archive unpacks
NAMES = ("Market-1501-v15.09.15", "Market-1501", "market1501")


def parse_name(path: Path, split: str = "") -> Picture:
    """Read identity, camera and nominal time from a Market-1501 file name.

    Args:
        path: A file named like ``0002_c1s1_000451_03.jpg``.
        split: The split to note in the record.

    Returns:
        The picture; distractors (``0000``) and junk (``-1``) have no person.

    Raises:
        DatasetError: If the name does not follow the official pattern.

    Example:
        >>> picture = parse_name(Path("0002_c1s2_000450_03.jpg"))
        >>> picture.person, picture.camera, picture.time.isoformat()
        ('market:0002', 'c1', '2015-01-01T04:00:18+00:00')
    """
    match = NAME.fullmatch(path.name)
    if match is None:
        raise DatasetError(
            f"{path}: not a Market-1501 file name; expected PPPP_cCsS_FFFFFF_NN.jpg, "
            "or index the folder with --dataset folder"
        )
    person = match["person"]
    seconds = int(match["frame"]) / FRAMES_PER_SECOND
    return Picture(
        path=path,
        camera=f"c{match['camera']}",
        time=NOMINAL_DAY
        + timedelta(hours=HOURS_PER_SEQUENCE * int(match["sequence"]), seconds=seconds),
        person=None if person in ("-1", "0000") else f"market:{person}",
        split=split,
    )


def is_junk(picture: Picture) -> bool:
    """Tell whether the official protocol ignores this picture (identity ``-1``)."""
    return picture.path.name.startswith("-1")


def find_market1501(root: Path) -> Path:
    """Return the folder of the official layout: ``root`` or the unpacked archive below it.

    Raises:
        DatasetError: If neither holds any of the official folders.
    """
    for folder in (root, *(root / name for name in NAMES)):
        if any((folder / name).is_dir() for name in FOLDERS.values()):
            return folder
    raise DatasetError(
        f"{root}: none of {', '.join(FOLDERS.values())} is there; "
        "--root must hold Market-1501's official folders"
    )


def read_market1501(root: Path, split: str = "gallery") -> Iterator[Picture]:
    """Yield the pictures of one official folder, in name order.

    Args:
        root: The folder that holds ``bounding_box_train``, ``bounding_box_test`` and ``query``,
            or the folder above it.
        split: ``train``, ``query`` or ``gallery``.

    Raises:
        DatasetError: If the folder is missing, holds no picture, or holds a foreign file name.
    """
    if split not in FOLDERS:
        raise DatasetError(
            f"Market-1501 has no split {split!r}; choose one of {', '.join(FOLDERS)}"
        )
    folder = find_market1501(root) / FOLDERS[split]
    paths = sorted(path for path in folder.glob("*.jpg") if not path.name.startswith("."))
    if not paths:
        raise DatasetError(f"{folder} is missing or empty; unpack Market-1501 there")
    for path in paths:
        yield parse_name(path, split)
