"""Voice activity: which parts of a recording are speech, by the Silero network (v6).

The network is the one that faster-whisper carries and runs with ONNX Runtime.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cmps.speech.decoding import SAMPLE_RATE

Span = tuple[float, float]

# a witness pauses to think: only longer silences are cut out, and a little of each stays
SILENCE_MS = 700
MARGIN_MS = 200
SHORTEST_MS = 160

CONTEXT = 64


def trim(audio: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[Span, ...]]:
    """Keep the speech of a recording.

    Args:
        audio: ``(n,)`` samples, mono, 16,000 a second, in -1 to 1.

    Returns:
        The parts with speech, joined, and where they lay: ``(start, end)`` in seconds, in order.
        Both are empty where nobody speaks.

    Example:
        >>> speech, spans = trim(np.zeros(16000, np.float32))
        >>> speech.size, spans
        (0, ())
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=SILENCE_MS,
        speech_pad_ms=MARGIN_MS,
        min_speech_duration_ms=SHORTEST_MS,
    )
    found = [(part["start"], part["end"]) for part in get_speech_timestamps(audio, options)]
    if not found:
        return np.empty(0, np.float32), ()
    speech = np.concatenate([audio[start:end] for start, end in found])
    return speech, tuple((start / SAMPLE_RATE, end / SAMPLE_RATE) for start, end in found)


class Activity:
    """Tells speech from other sound while it comes in, frame by frame.

    The same sound gives the same probabilities as in one piece, however it is divided.

    Example:
        >>> Activity().chances(np.zeros((3, 512), np.float32)).shape
        (3,)
    """

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model

        self._network = get_vad_model().session
        self._memory = np.zeros((2, 1, 1, 128), np.float32)
        self._context = np.zeros(CONTEXT, np.float32)

    def chances(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech of each frame.

        Args:
            frames: ``(n, 512)`` samples that follow on those of the last call, 16,000 a second.
        """
        if not len(frames):
            return np.empty(0, np.float32)
        # the network hears each frame with the end of the one before it
        ends = np.concatenate([self._context[None], frames[:-1, -CONTEXT:]])
        self._context = frames[-1, -CONTEXT:].copy()
        heard, self._memory[0], self._memory[1] = self._network.run(
            None,
            {
                "input": np.concatenate([ends, frames], 1),
                "h": self._memory[0],
                "c": self._memory[1],
            },
        )
        return np.asarray(heard, np.float32).reshape(-1)
