"""One recogniser for everybody who speaks at once, and for recordings beside them.

A recognition takes both cores of a small machine for a third of a second, so only one runs at a
time: words that somebody waits for first, then recordings, then partial texts, each kind by who
has waited longest. Speakers are asked for work only when the recogniser is free (see
:mod:`cmps.speech.streaming`), so nothing piles up where it is slower than they speak.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cmps.speech.activity import Activity
from cmps.speech.decoding import SAMPLE_RATE
from cmps.speech.errors import SpeechError
from cmps.speech.recogniser import Recogniser, Transcript, unknown_language
from cmps.speech.streaming import (
    FRAME,
    FRAME_SECONDS,
    Due,
    Event,
    Failed,
    Job,
    Rules,
    Utterances,
)
from cmps.speech.words import Words, joined

log = logging.getLogger("cmps.speech")

Clock = Callable[[], float]
Tell = Callable[[Sequence[Event]], None]
Chances = Callable[[NDArray[np.float32]], NDArray[np.float32]]

PROMISED = 0.35
"""Seconds that the last words may take: with the silence before them, half a second in all. Where
exact recognition takes longer, they are recognised quickly."""
TIMES_QUICK = 2.5
"""What an exact recognition takes, by what a quick one takes."""
TIMES_PARTIAL = 3.5
"""The same by what a partial text takes: quick, and without other readings."""
SMOOTHING = 0.3
IDLE = 0.05
"""How often speakers are asked for work while nothing else wakes the recogniser, seconds."""
PIECE_SECONDS = 25.0
WARMING_SECONDS = 1.0


@dataclass(eq=False)
class Speaker:
    """Somebody who speaks; made by :meth:`SharedRecogniser.join`.

    Attributes:
        language: What they speak.
    """

    language: str
    _shared: SharedRecogniser
    _utterances: Utterances
    _tell: Tell
    _chances: Chances
    _rest: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    _feeding: threading.Lock = field(default_factory=threading.Lock)

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Take sound as it comes, in pieces of any length.

        Args:
            samples: ``(n,)``, mono, 16,000 a second.
        """
        with self._feeding:
            sound = np.concatenate([self._rest, samples])
            whole = len(sound) - len(sound) % FRAME
            self._rest = sound[whole:]
            frames = sound[:whole].reshape(-1, FRAME).astype(np.float32) / np.float32(32768)
            chances = self._chances(frames)
            for frame, chance in zip(frames, chances, strict=True):
                now = self._shared.clock()
                self._shared.act(self, partial(self._utterances.take, frame, float(chance), now))

    def end(self) -> None:
        """Say that the utterance is over; its final text comes as an event."""
        with self._feeding:
            self._rest = self._rest[:0]
            self._shared.act(self, lambda: self._utterances.end(self._shared.clock()))

    def leave(self) -> None:
        """Stop to listen; no event comes after this."""
        self._shared.leave(self)


@dataclass(eq=False, slots=True)
class _Recording:
    """A piece of a recording that waits for its turn."""

    audio: NDArray[np.float32]
    language: str
    since: float
    heard: Future[Words] = field(default_factory=Future)


class SharedRecogniser:
    """Lends one recogniser to many speakers; itself a recogniser for recordings.

    Args:
        opener: Opens the recogniser; called when the first one wants it.
        clock: Steady seconds.
        rules: When speech begins and ends.
        prepare: Called with words that may be the last ones, before anybody is told them: what a
            search with them needs can be worked out while the speaker is still silent.
    """

    def __init__(
        self,
        opener: Callable[[], Recogniser],
        clock: Clock = time.monotonic,
        rules: Rules | None = None,
        prepare: Callable[[Words], None] = lambda words: None,
    ) -> None:
        self.clock = clock
        self._prepare = prepare
        self._opener = opener
        self._rules = rules
        self._recogniser: Recogniser | None = None
        self._opening = threading.Lock()
        self._turn = threading.Condition()
        self._speakers: list[Speaker] = []
        self._recordings: list[_Recording] = []
        self._worker: threading.Thread | None = None
        self._closed = False
        self._exact_seconds = 0.0  # what an exact recognition takes here, as far as is known

    @property
    def speakers(self) -> int:
        """How many are listened to."""
        return len(self._speakers)

    # -- for speakers ---------------------------------------------------------------------------

    def join(
        self,
        tell: Tell,
        *,
        hands_free: bool = False,
        language: str = "en",
        chances: Chances | None = None,
    ) -> Speaker:
        """Begin to listen to somebody; may take seconds where the recogniser is not open yet.

        Args:
            tell: Called with events, in any thread; it must not block.
            hands_free: Whether silence ends an utterance.
            language: Code of what they speak.
            chances: Tells speech from other sound; by default Silero's network.

        Raises:
            SpeechError: If the recogniser cannot be opened or does not hear this language.
        """
        self.open(language)
        utterances = Utterances(hands_free, self._rules)
        speaker = Speaker(language, self, utterances, tell, chances or Activity().chances)
        with self._turn:
            self._speakers.append(speaker)
            self._start()
        return speaker

    def leave(self, speaker: Speaker) -> None:
        """Forget a speaker."""
        with self._turn:
            if speaker in self._speakers:
                self._speakers.remove(speaker)

    def act(self, speaker: Speaker, deed: Callable[[], Sequence[Event]]) -> None:
        """Change what is known of a speaker, and tell what happened."""
        with self._turn:
            if speaker not in self._speakers:
                return
            events = deed()
            if events:
                speaker._tell(events)
            if speaker._utterances.due(self.clock()):
                self._turn.notify()

    # -- for recordings -------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The recogniser's name."""
        return self.open().name

    @property
    def languages(self) -> frozenset[str]:
        """The recogniser's languages."""
        return self.open().languages

    def transcribe(
        self,
        audio: NDArray[np.float32],
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        """Recognise a recording, piece by piece, between what speakers wait for."""
        started = self.clock()
        recogniser = self.open(language)
        pieces = [_Recording(part, language, started) for part in _pieces(audio)]
        with self._turn:
            self._recordings += pieces
            self._start()
            self._turn.notify()
        try:
            words = joined([piece.heard.result() for piece in pieces])
        finally:
            with self._turn:
                self._recordings = [one for one in self._recordings if one not in pieces]
        seconds = len(audio) / SAMPLE_RATE
        spans = ((0.0, seconds),) if len(audio) else ()
        took = self.clock() - started
        name = recogniser.name
        return Transcript(words.text, language, seconds, took, spans, name, words.readings)

    # -- the work -------------------------------------------------------------------------------

    def close(self) -> None:
        """End the work; speakers hear nothing more, recordings fail."""
        with self._turn:
            self._closed = True
            self._speakers.clear()
            for one in self._recordings:
                one.heard.set_exception(SpeechError("the server is stopping; send it again later"))
            self._recordings.clear()
            self._turn.notify_all()
        if self._worker is not None:
            self._worker.join(5)

    def open(self, language: str = "en") -> Recogniser:
        """Open the recogniser before somebody waits for it.

        Raises:
            SpeechError: If it cannot be opened or does not hear this language.
        """
        with self._opening:
            if self._recogniser is None:
                recogniser = self._opener()
                # the first recognition of a process is slow; nobody should wait for it
                recogniser.transcribe(np.zeros(int(WARMING_SECONDS * SAMPLE_RATE), np.float32))
                self._recogniser = recogniser
        if language not in self._recogniser.languages:
            raise SpeechError(unknown_language(self._recogniser, language))
        return self._recogniser

    def _start(self) -> None:
        if self._closed:
            raise SpeechError("the server is stopping; speak again later")
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="recogniser", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            with self._turn:
                chosen = self._next()
                while chosen is None:
                    if self._closed:
                        return
                    # partial texts become due by the clock, with nobody to wake us
                    self._turn.wait(IDLE if self._speakers else None)
                    chosen = self._next()
            if isinstance(chosen, _Recording):
                self._hear_recording(chosen)
            else:
                self._hear_speaker(*chosen)

    def _next(self) -> tuple[Speaker, Job] | _Recording | None:
        """Choose what is recognised next."""
        now = self.clock()
        wanted: list[tuple[Due, Speaker]] = []
        for speaker in self._speakers:
            if (due := speaker._utterances.due(now)) is not None:
                wanted.append((due, speaker))
        urgent = [one for one in wanted if one[0].kind != "partial"]
        if not urgent and self._recordings:
            return self._recordings.pop(0)
        if not wanted:
            return None
        due, speaker = min(urgent or wanted, key=lambda one: (one[0].kind != "final", one[0].since))
        return speaker, speaker._utterances.begin(due, now)

    def _hear_speaker(self, speaker: Speaker, job: Job) -> None:
        quick = job.kind == "partial" or self._exact_seconds > PROMISED
        failed: list[Event] = []
        try:
            words = self._hear(job.audio, speaker.language, quick, job.kind != "partial")
        # whatever a recogniser raises, others must still be heard
        except Exception as error:
            log.error("the recogniser failed", exc_info=error)
            failed.append(Failed("the recogniser failed at this; speak again or type it"))
            words = Words()
        if words.text and job.kind != "partial":
            self._ready(words)

        def heard() -> Sequence[Event]:
            return [*failed, *speaker._utterances.heard(job, words, self.clock())]

        self.act(speaker, heard)

    def _ready(self, words: Words) -> None:
        try:
            self._prepare(words)
        # whoever searches is told what is wrong; the words must come all the same
        except Exception as error:
            log.error("a search could not be prepared", exc_info=error)

    def _hear_recording(self, one: _Recording) -> None:
        try:
            one.heard.set_result(self._hear(one.audio, one.language, quick=False, readings=True))
        except Exception as error:
            one.heard.set_exception(error)

    def _hear(
        self, audio: NDArray[np.float32], language: str, quick: bool, readings: bool
    ) -> Words:
        recogniser, started = self._recogniser, self.clock()
        assert recogniser is not None
        words = recogniser.transcribe(audio, language, quick, readings).words
        took = as_exact(self.clock() - started, audio, quick, readings)
        self._exact_seconds += SMOOTHING * (took - self._exact_seconds)
        return words


def as_exact(seconds: float, audio: NDArray[np.float32], quick: bool, readings: bool) -> float:
    """Return what an exact recognition takes here, as another one of some audio tells.

    Args:
        seconds: That this one took.
        audio: What it heard.
        quick: Whether it was quick.
        readings: Whether it told other readings.
    """
    times = 1.0 if not quick else TIMES_QUICK if readings else TIMES_PARTIAL
    # a long recording takes long on any machine
    return seconds * times / max(1.0, len(audio) / SAMPLE_RATE / 10)


def _pieces(audio: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Cut a recording into pieces that a recogniser hears at once, each at a quiet moment.

    Example:
        >>> [len(piece) / SAMPLE_RATE for piece in _pieces(np.zeros(16000 * 60, np.float32))]
        [18.752, 18.752, 22.496]
    """
    pieces, frames = [], int(PIECE_SECONDS / FRAME_SECONDS)
    while len(audio) > PIECE_SECONDS * SAMPLE_RATE:
        late = 3 * frames // 4
        part = audio[late * FRAME : frames * FRAME].reshape(-1, FRAME)
        cut = (late + int(np.argmin(np.square(part).mean(1))) + 1) * FRAME
        pieces.append(audio[:cut])
        audio = audio[cut:]
    return [*pieces, audio] if len(audio) else pieces
