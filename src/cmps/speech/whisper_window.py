"""Whisper on one window of sound: what was said, and what else may have been said.

Whisper always listens to 30 seconds, most of them silence that is put behind the words, and for
one sentence that is two thirds of its work. Where somebody waits, the window ends soon after the
words. The network was never trained so: with five seconds of silence it hears 5.7 % of words wrong
where the whole window has 4.3, with one second it repeats itself (docs/speech.md).

The decoder follows several readings at once, a beam. The likeliest of them are returned, since a
search that asks with the mean of what they say finds more than one that asks with the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmps.speech.decoding import SAMPLE_RATE

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

BEAM = 5
WINDOW_SECONDS = 30
LONGEST_SHORT_SECONDS = 22.0
SILENCE_SECONDS = 5.0
FRAMES_A_SECOND = 100
# nobody speaks faster; a text that is longer repeats itself
TOKENS_A_SECOND = 9
LEAST_TOKENS = 16


class Heard(NamedTuple):
    """What was heard in a window.

    Attributes:
        texts: Readings, likeliest first; at least one, which may be empty.
        log_probability: Mean over the words of the first.
        silence: Probability that nobody speaks.
    """

    texts: tuple[str, ...]
    log_probability: float
    silence: float


def hear_window(
    model: WhisperModel,
    audio: NDArray[np.float32],
    language: str,
    lead: str | None,
    *,
    short: bool = False,
    readings: int = 1,
) -> Heard | None:
    """Recognise speech that fits into one window.

    Args:
        model: A Whisper model.
        audio: ``(n,)`` samples, 16,000 a second.
        language: Code of the language that is spoken.
        lead: Sentences that lead the spelling.
        short: Whether the window is only as long as it must be.
        readings: How many are returned, ``BEAM`` at most; a single one is decoded greedily.

    Returns:
        What was heard; ``None`` where the speech is too long for this or the text would not end.
    """
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.tokenizer import Tokenizer
    from faster_whisper.transcribe import get_suppressed_tokens

    seconds = len(audio) / SAMPLE_RATE
    if seconds > (LONGEST_SHORT_SECONDS if short else WINDOW_SECONDS):
        return None
    tokenizer = Tokenizer(
        model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
    )
    window = (
        min(WINDOW_SECONDS, round(seconds + SILENCE_SECONDS + 0.5)) if short else WINDOW_SECONDS
    )
    frames = pad_or_trim(model.feature_extractor(audio), FRAMES_A_SECOND * window)
    before = tokenizer.encode(" " + lead) if lead else []
    prompt = model.get_prompt(tokenizer, before, without_timestamps=True)
    most = LEAST_TOKENS + round(TOKENS_A_SECOND * seconds)
    found = model.model.generate(
        model.encode(np.ascontiguousarray(frames)),
        [prompt],
        beam_size=BEAM if readings > 1 else 1,
        num_hypotheses=readings,
        max_length=min(model.max_length, len(prompt) + most),
        return_scores=True,
        return_no_speech_prob=True,
        suppress_blank=True,
        suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
    )[0]
    tokens = found.sequences_ids[0]
    if len(tokens) >= most:
        return None
    # the end of the text counts as a word
    sure = found.scores[0] * len(tokens) / (len(tokens) + 1)
    texts = (tokenizer.decode(one).strip() for one in found.sequences_ids)
    return Heard(tuple(texts), float(sure), float(found.no_speech_prob))
