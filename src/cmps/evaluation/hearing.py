"""What a recogniser heard, kept beside the recordings: recognising takes an hour, reading seconds.

``heard.jsonl`` has a line for each recording that was recognised, named by the SHA-256 of the
file, the recogniser, the noise, and the prompt. What any of them changes is recognised anew, and
deleting the file is always safe. Words that describe nobody are kept, too; whether they count is
judged at each reading.
"""

from __future__ import annotations

import io
import json
import time
import wave
from collections.abc import Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cmps.evaluation.noise import RATE, Noise, Samples, noisy
from cmps.speech.words import Words

if TYPE_CHECKING:
    from cmps.speech.recogniser import Recogniser

HEARD = "heard.jsonl"

Key = tuple[str, str, str, str]


class Listener:
    """Hears recordings as ``cmps search --audio`` does, and none of them twice.

    Attributes:
        recalled: How many were known from before.
        seconds: How long recognising took for all that were asked for, when they were recognised.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        folder: Path | None = None,
        noise: Noise | None = None,
        others: Sequence[Path] = (),
    ) -> None:
        """Read what is known.

        Args:
            recogniser: What hears.
            folder: Where ``heard.jsonl`` lies; without it nothing is kept.
            noise: Put behind every recording.
            others: The recordings that babble is made of.
        """
        from cmps.speech.vocabulary import prompt

        self._recogniser = recogniser
        self._file = folder / HEARD if folder else None
        self._noise = noise
        self._others = sorted(others)
        self._prompt = sha256(prompt().encode()).hexdigest()[:12]
        self._label = self._noise_label()
        self._known = _read(self._file) if self._file else {}
        self.recalled = 0
        self.seconds = 0.0

    def __call__(self, audio: Path) -> Words:
        """Return what was heard in a file; no text where nobody describes a person."""
        # imported here: typed sentences and pictures must not need the sound libraries
        from cmps.speech.vocabulary import describes_person

        key = (_checksum(audio), self._recogniser.name, self._label, self._prompt)
        known = self._known.get(key)
        if known is None:
            known = self._heard(audio, key[0])
            self._keep(key, *known)
        else:
            self.recalled += 1
        words, seconds = known
        self.seconds += seconds
        return words if describes_person(words.text) else Words()

    def facts(self) -> dict[str, str | int]:
        """Return what a report says about how it was heard."""
        said: dict[str, str | int] = {"recogniser": self._recogniser.name}
        if self._noise:
            said["noise"] = str(self._noise)
        return said | {"recalled": self.recalled}

    def _heard(self, audio: Path, checksum: str) -> tuple[Words, float]:
        from cmps.speech.decoding import decode
        from cmps.speech.errors import SpeechError
        from cmps.speech.listening import listen

        source: Path | bytes = audio
        try:
            if self._noise:
                mixed = noisy(audio, self._noise, self._others, decode, checksum)
                source = _wav(mixed)
            started = time.perf_counter()
            heard = listen(source, self._recogniser, audio.name, guard=False)
        except SpeechError:
            return Words(), 0.0
        return heard.words, time.perf_counter() - started

    def _keep(self, key: Key, words: Words, seconds: float) -> None:
        self._known[key] = (words, seconds)
        if self._file is None:
            return
        sha, recogniser, noise, prompted = key
        line = {
            "sha256": sha,
            "recogniser": recogniser,
            "noise": noise,
            "prompt": prompted,
            "text": words.text,
            "readings": words.readings,
            "seconds": round(seconds, 3),
        }
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError:
            # a data set may lie where nothing can be written: then it is heard again next time
            self._file = None

    def _noise_label(self) -> str:
        """Name the noise; babble changes with the recordings that it is made of."""
        if self._noise is None:
            return ""
        if self._noise.kind != "babble":
            return str(self._noise)
        crowd = sha256("".join(_checksum(path) for path in self._others).encode())
        return f"{self._noise} {crowd.hexdigest()[:12]}"


def _read(path: Path) -> dict[Key, tuple[Words, float]]:
    """Read what was kept; a line that a killed program left unfinished is passed over.

    So is one without readings, which an earlier version wrote: it is heard anew.
    """
    known: dict[Key, tuple[Words, float]] = {}
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
        if content and not content.endswith("\n"):
            with path.open("a", encoding="utf-8") as file:
                file.write("\n")
    except OSError:
        return known
    for line in content.split("\n"):
        try:
            row = json.loads(line)
            key = (row["sha256"], row["recogniser"], row["noise"], row["prompt"])
            words = Words(str(row["text"]), tuple(map(str, row["readings"])))
            known[key] = (words, float(row["seconds"]))
        except (ValueError, KeyError, TypeError):
            continue
    return known


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


def _wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
