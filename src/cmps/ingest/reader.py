"""Which pictures are under a path: picks the reader for a layout and checks that it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from cmps.datasets.csv_list import read_csv
from cmps.datasets.cuhk_pedes import find_annotations, read_cuhk_pedes
from cmps.datasets.folder import read_folder
from cmps.datasets.market1501 import FOLDERS, find_market1501, parse_name, read_market1501
from cmps.datasets.picture import DatasetError, Picture

ErrorHandler = Callable[[DatasetError], None]
Layout = Literal["market1501", "cuhk-pedes", "folder", "csv"]

LISTING = "index.csv"
"""A folder that holds this list is read by it."""


def guess_layout(path: Path) -> Layout:
    """Tell the layout from what lies under the path.

    Raises:
        DatasetError: If the path does not exist.
    """
    if not path.exists():
        raise DatasetError(f"{path} does not exist")
    if path.suffix.lower() == ".csv" or (path / LISTING).is_file():
        return "csv"
    if _holds(find_market1501, path):
        return "market1501"
    return "cuhk-pedes" if _holds(find_annotations, path) else "folder"


def _holds(find: Callable[[Path], Path], path: Path) -> bool:
    try:
        find(path)
    except DatasetError:
        return False
    return True


def read_all(
    paths: Iterable[Path],
    layout: Layout | None = None,
    camera: str | None = None,
    on_error: ErrorHandler | None = None,
) -> list[Picture]:
    """Return the pictures under several paths; see :func:`read_pictures`.

    Raises:
        DatasetError: If a path does not exist or does not fit the layout.
    """
    return [picture for path in paths for picture in read_pictures(path, layout, camera, on_error)]


def read_pictures(
    path: Path,
    layout: Layout | None = None,
    camera: str | None = None,
    on_error: ErrorHandler | None = None,
) -> Iterator[Picture]:
    """Yield the pictures under a path.

    Args:
        path: A folder, a picture, a CSV file, or a data set's root.
        layout: How to read it; ``None`` tells it from the contents.
        camera: Camera of a plain folder or single picture.
        on_error: Told of a broken CSV line; without it the first one raises.

    Raises:
        DatasetError: If the path does not exist or does not fit the layout, or a camera is given
            for a layout that names its cameras itself.
    """
    chosen = layout or guess_layout(path)
    if chosen != "folder" and camera is not None:
        raise DatasetError(f"{path}: --camera is for plain folders; {chosen} names its cameras")
    if chosen == "csv":
        yield from read_csv(path / LISTING if path.is_dir() else path, on_error=on_error)
    elif chosen == "cuhk-pedes":
        yield from read_cuhk_pedes(path)
    elif chosen == "folder":
        yield from read_folder(path, camera)
    else:
        yield from _read_market(path)


def _read_market(path: Path) -> Iterator[Picture]:
    """Yield a whole Market-1501 root, or just one of its folders where the path is one."""
    if not _holds(find_market1501, path):
        names = sorted(path.glob("*.jpg"))
        if not names:
            raise DatasetError(f"{path} holds neither Market-1501's folders nor its pictures")
        yield from (parse_name(name) for name in names)
        return
    root = find_market1501(path)
    for split, folder in FOLDERS.items():
        if (root / folder).is_dir():
            yield from read_market1501(root, split)
