"""Any folder of pictures, at any depth."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cmps.datasets.picture import DatasetError, Picture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
UNKNOWN_CAMERA = "unknown"

# tags of the EXIF sub-directory (Exif 2.31, CIPA DC-008)
_SUB_DIRECTORY = 0x8769
_TIME_ORIGINAL = 0x9003
_OFFSET_ORIGINAL = 0x9011


def read_folder(path: Path, camera: str | None = None) -> Iterator[Picture]:
    """Yield the pictures of a folder tree in name order; hidden files and folders are skipped.

    Args:
        path: A folder, or a single picture.
        camera: The camera of all pictures; without it the first sub-folder below ``path`` names
            the camera, and pictures directly in ``path`` have the camera ``unknown``.

    Yields:
        Pictures, found by their suffix (jpg, jpeg, png, bmp, webp). They are not decoded: only
        EXIF is read, for a time with zone where the camera noted one.

    Raises:
        DatasetError: If ``path`` is missing, is no picture, cannot be listed, or holds no picture.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     (Path(folder) / "entrance").mkdir()
        ...     Path(folder, "entrance", "1.png").touch()
        ...     [picture.camera for picture in read_folder(Path(folder))]
        ['entrance']
    """
    if not path.exists():
        raise DatasetError(f"{path} does not exist")
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise DatasetError(f"{path} is not a picture; supported: {_suffixes()}")
        yield Picture(path, camera=camera or UNKNOWN_CAMERA, time=exif_time(path))
        return
    empty = True
    for found in _walk(path):
        empty = False
        below = found.relative_to(path).parts
        named = camera or (below[0] if len(below) > 1 else UNKNOWN_CAMERA)
        yield Picture(found, camera=named, time=exif_time(found))
    if empty:
        raise DatasetError(f"{path} holds no pictures; supported: {_suffixes()}")


def _walk(folder: Path) -> Iterator[Path]:
    """Yield picture files depth first, each folder's own files before its sub-folders."""
    for here, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(here, name)


def _refuse(error: OSError) -> None:
    raise DatasetError(f"{error.filename} cannot be listed: {error.strerror}") from error


def _suffixes() -> str:
    return ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))


def exif_time(path: Path) -> datetime | None:
    """Return when a picture was taken, or ``None`` unless its EXIF gives both time and zone.

    A time without a zone is no point in time, so it is not guessed. A file that does not decode
    has no time either: whoever decodes it reports that.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            tags = image.getexif().get_ifd(_SUB_DIRECTORY)
        taken, offset = str(tags[_TIME_ORIGINAL]), str(tags[_OFFSET_ORIGINAL])
        return datetime.strptime(
            f"{taken.strip(chr(0) + ' ')} {offset.strip(chr(0) + ' ')}", "%Y:%m:%d %H:%M:%S %z"
        )
    except Exception:  # broken EXIF makes Pillow raise almost anything; a time is never essential
        return None
