"""Where the recordings lie, and sounds without speech."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

AUDIO = Path(__file__).parent.parent / "data" / "audio"
SENTENCE = "A woman with long hair in a white top carrying a black bag."

Encode = Callable[..., bytes]


def noises(seconds: float = 4.0) -> dict[str, np.ndarray]:
    """Sounds without speech, 16 kHz."""
    count = int(seconds * 16000)
    time = np.arange(count) / 16000
    chance = np.random.default_rng(7)
    white = chance.normal(size=count)
    spectrum = np.fft.rfft(white) / np.sqrt(np.arange(count // 2 + 1) + 1)
    pink = np.fft.irfft(spectrum, count)
    sounds = {
        "silence": np.zeros(count),
        "hiss": white,
        "traffic": pink,
        "beating": white * (1 + np.sin(2 * np.pi * 4 * time)),
        "hum": np.sign(np.sin(2 * np.pi * 50 * time)),
        "clicks": (chance.random(count) < 0.0005).astype(float),
        "whistle": np.sin(2 * np.pi * 900 * time) * (np.sin(2 * np.pi * time) > 0),
    }
    return {
        name: (sound / max(1e-9, np.abs(sound).max()) * 0.3).astype(np.float32)
        for name, sound in sounds.items()
    }
