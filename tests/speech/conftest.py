"""Recordings that the tests share, and the recogniser, opened once."""

from __future__ import annotations

import io
import json
from fractions import Fraction

import numpy as np
import pytest
from sounds import AUDIO, Encode

from cmps.speech.recogniser import Recogniser, open_recogniser


@pytest.fixture(scope="session")
def tiny_en() -> Recogniser:
    return open_recogniser("tiny.en", threads=2)


@pytest.fixture(scope="session")
def manifest() -> list[dict[str, object]]:
    lines = (AUDIO / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Write samples as a sound file and return its bytes."""
    import av

    def write(
        samples: np.ndarray, rate: int = 16000, form: str = "wav", codec: str = "pcm_s16le"
    ) -> bytes:
        file = io.BytesIO()
        with av.open(file, "w", format=form) as container:
            stream = container.add_stream(codec, rate=rate, layout="mono")
            pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return file.getvalue()

    return write
