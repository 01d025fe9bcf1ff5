"""Recorded descriptions in place of a witness: the demo's, or those of a drill of one's own.

They lie in the folder ``witnesses`` of the data folder, with ``witnesses.json`` that lists them::

    [{"id": "child", "words": "A girl about six …", "language": "en", "audio": "child.ogg"}]
"""

from __future__ import annotations

import io
import json
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cmps.speech.decoding import SAMPLE_RATE, decode
from cmps.speech.errors import SpeechError

FOLDER = "witnesses"
LIST = "witnesses.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One of them.

    Attributes:
        id: Its name.
        words: What is said.
        language: Of the words.
        audio: The sound file.
        seconds: Its length.
    """

    id: str
    words: str
    language: str
    audio: Path
    seconds: float


def witnesses(data: Path) -> list[Recorded]:
    """Return those of a data folder; none where there is no list, or it cannot be read."""
    folder = data.expanduser() / FOLDER
    try:
        entries = json.loads((folder / LIST).read_text(encoding="utf-8"))
        found = [_recorded(folder, entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, SpeechError):
        return []
    return [one for one in found if one.audio.parent == folder and one.audio.is_file()]


def _recorded(folder: Path, entry: dict[str, str]) -> Recorded:
    audio = folder / entry["audio"]
    seconds = round((len(wav(audio)) - 44) / 2 / SAMPLE_RATE, 2) if audio.is_file() else 0.0
    return Recorded(
        str(entry["id"]), str(entry["words"]), str(entry.get("language", "en")), audio, seconds
    )


def write_witnesses(data: Path, entries: list[dict[str, str]], source: Path) -> None:
    """Copy recordings into a data folder.

    Args:
        data: The data folder.
        entries: As in ``witnesses.json``.
        source: Where their sound files lie.
    """
    folder = data.expanduser() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        (folder / entry["audio"]).write_bytes((source / entry["audio"]).read_bytes())
    text = json.dumps(entries, indent=2, ensure_ascii=False)
    (folder / LIST).write_text(text + "\n", encoding="utf-8")


@lru_cache(maxsize=32)
def wav(audio: Path) -> bytes:
    """Return a recording as every browser plays it: WAV, 16 bits, one channel.

    Raises:
        SpeechError: If it cannot be decoded.
    """
    samples = (decode(audio, minutes=1) * 32767).round().astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, SAMPLE_RATE, len(samples), "NONE", ""))
        sound.writeframes(np.ascontiguousarray(samples).tobytes())
    return file.getvalue()
