"""Which weight files there are, where each comes from, and that its bytes are the right ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from cmps.gallery.records import Network

FOLDER = Path(__file__).parent / "files"

ORIGINS = {
    "image.onnx": "trained by CMPS on Market-1501, CUHK01, CUHK03 and CUHK-PEDES train people",
    "fast.onnx": "trained by CMPS; word vectors fine-tuned from GloVe 6B 50d (PDDL)",
    "accurate.onnx": "trained by CMPS; layers fine-tuned from MiniLM-L6 (Apache-2.0)",
    "fast.json": "word list of the fast variant",
    "accurate.json": "word pieces of the accurate variant, trimmed from MiniLM-L6 (Apache-2.0)",
    "calibration.json": "fitted by cmps.evaluation.fit_calibration on val people",
}


class WeightsError(RuntimeError):
    """A weight file is missing or not the one that was shipped."""


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One shipped file: its name, SHA-256, size and origin, from ``files/manifest.json``."""

    name: str
    sha256: str
    bytes: int
    origin: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / self.name

    def check(self) -> Path:
        """Return the path after comparing the file with its SHA-256.

        Raises:
            WeightsError: If it is missing or differs.
        """
        if not self.path.is_file():
            raise WeightsError(f"{self.path} is missing; reinstall with: pip install cmps")
        found = sha256(self.path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise WeightsError(
                f"{self.path} has SHA-256 {found[:12]}…, not {self.sha256[:12]}…; "
                "it was changed or damaged: reinstall with: pip install --force-reinstall cmps"
            )
        return self.path


@cache
def manifest() -> dict[str, WeightFile]:
    """Return every shipped file by name.

    Raises:
        WeightsError: If the manifest is missing or not readable.
    """
    path = FOLDER / "manifest.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {name: WeightFile(name, **entry) for name, entry in entries.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} cannot be read ({error}); reinstall cmps") from error


def weight_file(name: str) -> Path:
    """Return the checked path of a shipped file.

    Raises:
        WeightsError: If there is no such file, or its bytes differ.
    """
    return _listed(name).check()


def image_network() -> Network:
    """Return the name by which galleries know the shipped image network.

    Raises:
        WeightsError: If the manifest does not list it.
    """
    return Network("cmps", _listed("image.onnx").sha256)


def _listed(name: str) -> WeightFile:
    if name not in manifest():
        raise WeightsError(f"no weights named {name}; there are {', '.join(sorted(manifest()))}")
    return manifest()[name]


def write_manifest(folder: Path) -> None:
    """List every file of ``ORIGINS`` in a folder with its size and SHA-256.

    Training and calibration call it after they wrote their files.
    """
    files = {
        name: {
            "sha256": sha256((folder / name).read_bytes()).hexdigest(),
            "bytes": (folder / name).stat().st_size,
            "origin": origin,
        }
        for name, origin in ORIGINS.items()
        if (folder / name).is_file()
    }
    (folder / "manifest.json").write_text(json.dumps({"files": files}, indent=2) + "\n")
