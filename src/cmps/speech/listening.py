"""From a recording to a description that can be searched with."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from cmps.speech.activity import trim
from cmps.speech.decoding import MINUTES, SAMPLE_RATE, decode, recording_name
from cmps.speech.errors import SpeechError
from cmps.speech.recogniser import Recogniser, Transcript
from cmps.speech.vocabulary import describes_person

REMEDY = "check the microphone or type the description"


def listen(
    source: Path | bytes | BinaryIO,
    recogniser: Recogniser,
    name: str = "",
    minutes: float = MINUTES,
    guard: bool = True,
    language: str = "en",
) -> Transcript:
    """Hear a description: decode, trim to speech, recognise, judge.

    Args:
        source: A sound file, the bytes of one, or an open binary file.
        recogniser: From ``open_recogniser``.
        name: What to call the recording in messages; the file's own name by default.
        minutes: The longest recording that is taken.
        guard: Whether words that describe nobody count as silence. Recognisers invent
            "Thank you." from noise, and a search for that would show people at random.
        language: Code of the language that is spoken; the guard knows English words only.

    Returns:
        The words, with the length of the whole recording, the spans of speech in it and the
        seconds that all four steps took.

    Raises:
        SpeechError: If the recording cannot be decoded or no speech was heard in it.
    """
    started = time.perf_counter()
    name = name or recording_name(source)
    heard = hear(decode(source, name, minutes), recogniser, name, guard, language)
    return replace(heard, seconds=time.perf_counter() - started)


def hear(
    audio: NDArray[np.float32],
    recogniser: Recogniser,
    name: str,
    guard: bool = True,
    language: str = "en",
) -> Transcript:
    """Hear a description in sound that is decoded already; see :func:`listen`.

    Raises:
        SpeechError: If no speech was heard in it.
    """
    started = time.perf_counter()
    speech, spans = trim(audio)
    if not spans:
        raise SpeechError(f"{name}: no speech was heard; {REMEDY}")
    heard = recogniser.transcribe(speech, language)
    if not heard.text:
        raise SpeechError(f"{name}: no speech was heard; {REMEDY}")
    if guard and language == "en" and not describes_person(heard.text):
        said = heard.text if len(heard.text) <= 60 else heard.text[:59] + "…"
        raise SpeechError(
            f"{name}: no speech was heard that describes a person (understood: {said!r}); {REMEDY}"
        )
    return replace(
        heard,
        audio_seconds=len(audio) / SAMPLE_RATE,
        spans=spans,
        seconds=time.perf_counter() - started,
    )
