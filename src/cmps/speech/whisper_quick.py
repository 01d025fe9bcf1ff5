"""Whisper on a short window: less exact, for less than half of the time.

Whisper always listens to 30 seconds, most of them silence that is put behind the words, and for
one sentence that is two thirds of its work. Here the window ends soon after the words. The network
was never trained so: with five seconds of silence it hears 5.7 % of words wrong where the whole
window has 4.3, with one second it repeats itself (docs/speech.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmps.speech.decoding import SAMPLE_RATE

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

LONGEST_SECONDS = 22.0
SILENCE_SECONDS = 5.0
FRAMES_A_SECOND = 100
WINDOW_FRAMES = 3000
# nobody speaks faster; a text that is longer repeats itself
TOKENS_A_SECOND = 9
LEAST_TOKENS = 16


def hear_quickly(
    model: WhisperModel, audio: NDArray[np.float32], language: str, lead: str | None
) -> tuple[str, float, float] | None:
    """Recognise speech on a window that is as long as it must be.

    Args:
        model: A Whisper model.
        audio: ``(n,)`` samples, 16,000 a second.
        language: Code of the language that is spoken.
        lead: Sentences that lead the spelling.

    Returns:
        The text, the mean log probability of its words, and the probability that nobody speaks;
        ``None`` where the speech is too long for this or the text would not end.
    """
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.tokenizer import Tokenizer
    from faster_whisper.transcribe import get_suppressed_tokens

    seconds = len(audio) / SAMPLE_RATE
    if seconds > LONGEST_SECONDS:
        return None
    tokenizer = Tokenizer(
        model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
    )
    frames = min(WINDOW_FRAMES, FRAMES_A_SECOND * round(seconds + SILENCE_SECONDS + 0.5))
    features = np.ascontiguousarray(pad_or_trim(model.feature_extractor(audio), frames))
    before = tokenizer.encode(" " + lead) if lead else []
    prompt = model.get_prompt(tokenizer, before, without_timestamps=True)
    most = LEAST_TOKENS + round(TOKENS_A_SECOND * seconds)
    heard = model.model.generate(
        model.encode(features),
        [prompt],
        beam_size=1,
        max_length=min(model.max_length, len(prompt) + most),
        return_scores=True,
        return_no_speech_prob=True,
        suppress_blank=True,
        suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
    )[0]
    tokens = heard.sequences_ids[0]
    if len(tokens) >= most:
        return None
    sure = heard.scores[0] * len(tokens) / (len(tokens) + 1)
    return tokenizer.decode(tokens).strip(), float(sure), float(heard.no_speech_prob)
