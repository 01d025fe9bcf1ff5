"""Which baseline files there are, that their bytes are right, and what they were trained on."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from cmps.encoders.weights import WeightsError, manifest

FOLDER = Path(__file__).parent / "files"

METHODS = {
    "deeper-lstm": "deeper LSTM Q+norm",
    "gna-rnn": "GNA-RNN",
    "latent-coattention": "Latent Co-attention",
    "pwm-ath": "PWM-ATH",
}
"""File name and name in Table 1 of each baseline, in the table's order."""

LICENCE = "research use only: trained on data sets whose terms allow nothing else"
WAY_OUT = "train them with: python -m cmps.training.baselines (docs/baselines.md)"


def baseline_files(folder: Path = FOLDER) -> dict[str, int]:
    """Check every file of the baselines and return their words.

    Returns:
        The row of each word in the baselines' word tables.

    Raises:
        WeightsError: If a file is missing or changed, or another image network ships by now.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise WeightsError(f"the baselines of Table 1 are not in {folder}; {WAY_OUT}")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): str(entry["sha256"]) for name, entry in stored["files"].items()}
        image = str(stored["image_sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} cannot be read ({error}); {WAY_OUT}") from error
    for name, digest in files.items():
        if not (folder / name).is_file():
            raise WeightsError(f"{folder / name} is missing; {WAY_OUT}")
        if sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise WeightsError(f"{folder / name} was changed or damaged; {WAY_OUT}")
    if image != manifest()["image.onnx"].sha256:
        raise WeightsError(
            "the baselines of Table 1 were trained on the features of another image.onnx than the "
            f"one that ships, so their scores would mean nothing; {WAY_OUT}"
        )
    words: list[str] = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    return {word: row for row, word in enumerate(words, 2)}


def write_baseline_manifest(folder: Path) -> int:
    """List every file of the folder with size and SHA-256; return their bytes together.

    Export calls it after it wrote its files.
    """
    files = {
        path.name: {
            "sha256": sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.iterdir())
        if path.suffix == ".onnx" or path.name == "words.json"
    }
    entries = {
        "licence": LICENCE,
        "image_sha256": manifest()["image.onnx"].sha256,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    return sum(int(str(entry["bytes"])) for entry in files.values())
