"""The record that every reader yields: one picture of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class DatasetError(ValueError):
    """A collection cannot be read; the message names the file and the way out."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of one person, as a data set or a camera delivers it.

    Attributes:
        path: The picture file.
        camera: Identifier of the camera that took it.
        time: When it was taken (timezone-aware), or ``None`` where nobody knows.
        person: Ground-truth identity, namespaced by source (``market:0002``), or ``None``.
        tracklet: Identifier of the run of pictures it belongs to, or ``None``.
        box: ``(x, y, width, height)`` in pixels of the part that shows the person, or
            ``None`` for the whole picture.
        captions: Sentences that describe the person in this picture.
        split: ``train``, ``val``, ``test``, or ``""`` where the collection has no splits.

    Raises:
        DatasetError: If the time is naive or the box is empty.

    Example:
        >>> from pathlib import Path
        >>> picture = Picture(Path("0002_c1s1_000451_03.jpg"), camera="c1", person="market:0002")
        >>> picture.camera
        'c1'
    """

    path: Path
    camera: str = "unknown"
    time: datetime | None = None
    person: str | None = None
    tracklet: str | None = None
    box: tuple[int, int, int, int] | None = None
    captions: tuple[str, ...] = ()
    split: str = ""

    def __post_init__(self) -> None:
        if self.time is not None and self.time.tzinfo is None:
            raise DatasetError(f"{self.path}: the time {self.time} has no zone; add one, e.g. Z")
        if self.box is not None and (self.box[2] <= 0 or self.box[3] <= 0):
            raise DatasetError(f"{self.path}: the box {self.box} is empty")
