"""What a recogniser is, and the registry that opens one by name.

A new recogniser is one small file with a function ``open(threads: int) -> Recogniser``, and a
line that names it; in another package that line stands in its ``pyproject.toml``::

    [project.entry-points."cmps.recognisers"]
    parrot = "my_package.parrot:open"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cmps.speech.activity import Span
from cmps.speech.errors import SpeechError
from cmps.speech.words import Words

GROUP = "cmps.recognisers"

# the built-in ones are named like plug-ins, so that there is one way to open a recogniser
BUILT_IN = (
    EntryPoint("tiny.en", "cmps.speech.whisper:open_tiny_en", GROUP),
    EntryPoint("base", "cmps.speech.whisper:open_base", GROUP),
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard.

    Attributes:
        text: The words.
        language: Language code, ``en``.
        audio_seconds: Length of the recording.
        seconds: Time that recognising took, wall clock.
        spans: Parts of the recording that are speech, ``(start, end)`` in seconds.
        recogniser: Name of the recogniser.
        readings: What else may have been said, likeliest first, two or three; without
            ``text``. The search asks with the mean of all readings.
    """

    text: str
    language: str
    audio_seconds: float
    seconds: float
    spans: tuple[Span, ...]
    recogniser: str
    readings: tuple[str, ...] = ()

    @property
    def words(self) -> Words:
        """What was said, without how and when."""
        return Words(self.text, self.readings)


class Recogniser(Protocol):
    """Turns speech into words. One is opened once and used for many recordings."""

    @property
    def name(self) -> str:
        """The name it was opened by."""

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages that it hears, such as ``en``."""

    def transcribe(
        self,
        audio: NDArray[np.float32],
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        """Recognise speech.

        Args:
            audio: ``(n,)`` samples, mono, 16,000 a second, in -1 to 1, trimmed to speech.
            language: Code of the language that is spoken.
            quick: Whether somebody waits: a recogniser that can be quicker if it is less exact
                should be. Others ignore it.
            readings: Whether to say what else may have been said, where it knows; a partial text
                needs none.

        Returns:
            The words; no text where none was recognised. ``spans`` is all of ``audio``.

        Raises:
            SpeechError: If it does not hear this language.
        """


def unknown_language(recogniser: Recogniser, language: str) -> str:
    """Return what to say to somebody who speaks a language that a recogniser does not hear."""
    heard = sorted(recogniser.languages)
    known = "English only" if heard == ["en"] else f"{', '.join(heard[:12])}"
    return (
        f"recogniser {recogniser.name} hears {known}, not {language!r}; speak one of these, type "
        "the description, or start with a multilingual recogniser: CMPS_RECOGNISER=base, with "
        "pip install 'cmps[whisper-base]'"
    )


def recognisers() -> dict[str, EntryPoint]:
    """Return every recogniser that has a name of its own, plug-ins included.

    A plug-in cannot take the name of a built-in one.

    Example:
        >>> {"tiny.en", "base"} <= set(recognisers())
        True
    """
    plugins = {point.name: point for point in entry_points(group=GROUP)}
    return plugins | {point.name: point for point in BUILT_IN}


def open_recogniser(name: str, threads: int) -> Recogniser:
    """Open a recogniser: one of ``recognisers()``, or a Whisper model by folder or hub name.

    Args:
        name: ``tiny.en``, ``base``, a plug-in's name, a folder that holds a Whisper model in
            CTranslate2 format, or a hub name such as ``Systran/faster-whisper-small.en``.
        threads: CPU threads.

    Raises:
        SpeechError: If there is no such recogniser or it cannot be loaded.
    """
    known = recognisers()
    if name not in known:
        from cmps.speech.whisper import open_named

        return open_named(name, threads, known=sorted(known))
    try:
        factory: Callable[[int], Recogniser] = known[name].load()
    except (ImportError, AttributeError) as error:
        raise SpeechError(
            f"recogniser {name}: {known[name].value} cannot be loaded ({error}); reinstall it"
        ) from error
    return factory(threads)
