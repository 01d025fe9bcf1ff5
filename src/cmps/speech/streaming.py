"""Speech as it is spoken: sound comes in pieces, words go out while the person still speaks.

:class:`Utterances` is the whole logic for one speaker, without threads, clocks or networks of its
own: frames and their probability of speech go in with the time, and it says what should be
recognised next. :mod:`cmps.speech.sharing` runs one recogniser for all speakers.

Work is pulled, never queued: whoever recognises asks :meth:`Utterances.due` when it is free, and
gets everything that was said until then. A slow machine therefore shows fewer partial texts, not
late ones.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmps.speech.decoding import SAMPLE_RATE
from cmps.speech.words import Words, joined

FRAME = 512
"""Samples of a frame, 32 ms: the step of the voice activity network."""
FRAME_SECONDS = FRAME / SAMPLE_RATE

Kind = Literal["final", "settled", "partial"]
"""What is recognised first: a final is waited for, a settled text is about to become one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When speech begins and ends, in seconds where not said otherwise.

    Attributes:
        voiced: Probability of speech from which a frame is speech.
        unvoiced: Probability below which it is silence; between both it stays what it was.
        start: Speech that makes an utterance begin; a click is shorter.
        before: Sound that is kept around speech: a soft first consonant. Of a longer silence
            inside an utterance the middle is left out; recognisers invent words there.
        settle: Silence after which the words are recognised as if they were the last.
        pause: Silence that ends an utterance, hands-free.
        every: Time between two partial texts, from the start of one to that of the next.
        piece: Speech after which the next short silence settles the words for good, so that a
            long utterance is not recognised from its beginning again and again.
        longest_piece: Speech after which they are settled even without a silence.
        longest: Speech after which an utterance ends whatever happens; the next one begins.
    """

    voiced: float = 0.5
    unvoiced: float = 0.35
    start: float = 0.16
    before: float = 0.3
    settle: float = 0.13
    pause: float = 0.45
    every: float = 0.5
    piece: float = 10.0
    longest_piece: float = 20.0
    longest: float = 60.0


@dataclass(frozen=True, slots=True)
class Spoke:
    """Somebody began (``on``) or stopped to speak."""

    on: bool


@dataclass(frozen=True, slots=True)
class Partial:
    """The words until now; they may still change."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """All words of an utterance.

    Attributes:
        text: The words; none where only noise was heard.
        readings: What else may have been said; see :class:`cmps.speech.words.Words`.
        seconds: Length of the utterance.
        wait: Seconds from its last speech, or from the end that was told if that was later.
        asked: Whether somebody said that this is the end: they wait for an answer.
    """

    text: str
    seconds: float
    wait: float
    asked: bool
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The recogniser failed at what was said."""

    error: str


Event = Spoke | Partial | Final | Failed


class Due(NamedTuple):
    """That something should be recognised.

    Attributes:
        kind: How urgent it is.
        since: When it was first wanted; the oldest of the same kind comes first.
    """

    kind: Kind
    since: float


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Something to recognise.

    Attributes:
        kind: Why.
        audio: ``(n,)`` samples.
        until: Frames of the piece that it holds.
        piece: Which piece it belongs to.
        cut: Whether the piece ends with it.
    """

    kind: Kind
    audio: NDArray[np.float32]
    until: int
    piece: int
    cut: bool = False


class _Frame(NamedTuple):
    """A frame that came while the words before it were still being recognised."""

    samples: NDArray[np.float32]
    chance: float


@dataclass(slots=True)
class _Piece:
    """The part of an utterance whose words are not settled yet; counts are in frames."""

    number: int = 0
    frames: list[NDArray[np.float32]] = field(default_factory=list)
    chances: list[float] = field(default_factory=list)
    last_voiced: int = 0  # frames until the end of the last speech
    recognised: int = 0  # frames that the last recognition held
    cut: int = 0  # frames after which it should end, where it has grown too long
    words: Words = field(default_factory=Words)

    @property
    def known(self) -> bool:
        """Whether all speech in it was recognised."""
        return self.recognised >= self.last_voiced

    def forget(self, keep: int) -> None:
        """Keep only the last frames."""
        del self.frames[:-keep], self.chances[:-keep]


class Utterances:
    """What one speaker says, utterance by utterance.

    Args:
        hands_free: Whether silence ends an utterance; otherwise only :meth:`end` does, as when a
            key is let go.
        rules: When speech begins and ends.

    Example:
        >>> one = Utterances(hands_free=False)
        >>> frame = np.zeros(FRAME, np.float32)
        >>> for step in range(20):
        ...     events = one.take(frame, chance=0.9, now=step * FRAME_SECONDS)
        >>> events, one.due(now=0.64).kind
        ([], 'partial')
        >>> one.end(now=0.64)
        []
        >>> job = one.begin(one.due(now=0.65), now=0.65)
        >>> one.heard(job, Words("a girl"), now=0.9)
        [Spoke(on=False), Final(text='a girl', seconds=0.64, wait=0.26, asked=True, readings=())]
    """

    def __init__(self, hands_free: bool, rules: Rules | None = None) -> None:
        self.hands_free = hands_free
        self._rules = rules or Rules()
        self._around = round(self._rules.before / FRAME_SECONDS)
        self._piece = _Piece()
        self._settled: list[Words] = []
        self._begun = False
        self._frames = 0  # of the utterance, all pieces
        self._run = 0  # frames of speech in a row, before the utterance began
        self._voice = False
        self._silence = 0  # frames of silence in a row
        self._stopped_at = 0.0
        self._last_job = 0.0
        self._cut_short = False  # whether an utterance ended by its length, with no end told since
        self._ending: tuple[float, bool] | None = None  # when the end came, and whether asked for
        self._later: deque[_Frame | None] = deque()  # what came since; None where an end was told

    # -- sound ----------------------------------------------------------------------------------

    def take(self, frame: NDArray[np.float32], chance: float, now: float) -> list[Event]:
        """Take the next frame.

        Args:
            frame: ``(512,)`` samples, 16,000 a second.
            chance: Probability that it is speech.
            now: Seconds of any steady clock.

        Returns:
            What happened, in order.
        """
        rules, piece = self._rules, self._piece
        if self._ending is not None:
            self._later.append(_Frame(frame, chance))
            if len(self._later) * FRAME_SECONDS > rules.longest:
                self._later.popleft()
            return []
        self._voice = chance >= (rules.unvoiced if self._voice else rules.voiced)
        piece.frames.append(frame)
        piece.chances.append(chance)
        if not self._begun:
            return self._listen(now)
        self._frames += 1
        if self._voice:
            self._silence, self._stopped_at = 0, now
            piece.last_voiced = len(piece.frames)
        else:
            self._silence += 1
            if self._silence > 2 * self._around and len(piece.frames) > self._around:
                del piece.frames[-self._around - 1], piece.chances[-self._around - 1]
        return self._pass(now)

    def _listen(self, now: float) -> list[Event]:
        """Wait for an utterance to begin."""
        rules, piece = self._rules, self._piece
        self._run = self._run + 1 if self._voice else 0
        if self._run * FRAME_SECONDS < rules.start:
            piece.forget(self._run + self._around)
            return []
        self._begun, self._frames = True, len(piece.frames)
        piece.last_voiced, self._silence, self._stopped_at = len(piece.frames), 0, now
        # the first words are shown when there is enough of them to recognise
        self._last_job = now - rules.start
        return [Spoke(True)]

    def _pass(self, now: float) -> list[Event]:
        """Go on with an utterance: is it long, has it ended?"""
        rules, piece = self._rules, self._piece
        silence = self._silence * FRAME_SECONDS
        length = len(piece.frames) * FRAME_SECONDS
        if self._frames * FRAME_SECONDS >= rules.longest:
            self._cut_short = True
            return self._end(now, asked=False)
        if self.hands_free and silence >= rules.pause:
            return self._end(now, asked=False)
        if length >= rules.longest_piece and not piece.cut:
            piece.cut = self._quietest()
        return []

    def _quietest(self) -> int:
        """Return the frames of a piece until the least likely speech of its last quarter."""
        chances = self._piece.chances
        late = 3 * len(chances) // 4
        return late + int(np.argmin(chances[late:])) + 1

    def _settle(self, frames: int) -> None:
        """Keep the words of a piece, and begin the next one with the frames after them."""
        old = self._piece
        self._settled.append(old.words)
        late = max(0, old.last_voiced - frames)
        self._piece = _Piece(old.number + 1, old.frames[frames:], old.chances[frames:], late)

    # -- the end --------------------------------------------------------------------------------

    def end(self, now: float) -> list[Event]:
        """Take that the speaker said that this is the end.

        Returns:
            The final text where it is known already, also where nothing was said; otherwise it
            comes from :meth:`heard`.
        """
        if self._ending is not None:
            if any(one and one.chance >= self._rules.voiced for one in self._later):
                self._later.append(None)
            else:
                self._later.clear()
                self._ending = (self._ending[0], True)
            return []
        if self._begun:
            self._cut_short = False
            return self._end(now, asked=True)
        asked, self._cut_short = not self._cut_short, False
        self._reset()
        return [Final("", 0.0, 0.0, asked)]

    def _end(self, now: float, asked: bool) -> list[Event]:
        self._ending = (now if asked else min(now, self._stopped_at), asked)
        return self._finish(now)

    def _finish(self, now: float) -> list[Event]:
        """Return the final text if all speech was recognised, and go on with what came since."""
        if self._ending is None or not self._piece.known:
            return []
        since, asked = self._ending
        seconds = round(self._frames * FRAME_SECONDS, 2)
        words = self._words()
        events: list[Event] = [
            Spoke(False),
            Final(words.text, seconds, round(now - since, 3), asked, words.readings),
        ]
        self._reset()
        later, self._later = self._later, deque()
        for one in later:
            events += self.end(now) if one is None else self.take(one.samples, one.chance, now)
        return events

    def _reset(self) -> None:
        self._piece, self._settled = _Piece(self._piece.number + 1), []
        self._begun = self._voice = False
        self._frames = self._run = self._silence = 0
        self._ending = None

    def _words(self) -> Words:
        return joined([*self._settled, self._piece.words])

    # -- recognition ----------------------------------------------------------------------------

    def due(self, now: float) -> Due | None:
        """Say what should be recognised now; nothing where nothing new was said."""
        piece, rules = self._piece, self._rules
        if not self._begun or piece.known:
            return None
        if self._ending is not None:
            return Due("final", self._ending[0])
        if piece.cut or self._silence * FRAME_SECONDS >= rules.settle:
            return Due("settled", self._stopped_at)
        if now - self._last_job >= rules.every:
            return Due("partial", self._last_job)
        return None

    def begin(self, due: Due, now: float) -> Job:
        """Return what is to be recognised, with everything that was said until now."""
        piece, self._last_job = self._piece, now
        cut = piece.cut if due.kind != "final" else 0
        until = cut or min(len(piece.frames), piece.last_voiced + self._around)
        long = due.kind == "settled" and until * FRAME_SECONDS >= self._rules.piece
        audio = np.concatenate(piece.frames[:until])
        return Job(due.kind, audio, until, piece.number, long or cut > 0)

    def heard(self, job: Job, words: Words, now: float) -> list[Event]:
        """Take the words of a job.

        Returns:
            A partial text, or the final one, or nothing where the job is out of date.
        """
        piece = self._piece
        if job.piece != piece.number:
            return []
        changed = words.text != piece.words.text
        piece.words, piece.recognised = words, job.until
        if job.cut:
            self._settle(job.until)
        if self._ending is not None:
            return self._finish(now)
        return [Partial(self._words().text)] if changed else []
