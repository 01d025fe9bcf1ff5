"""Noise behind recorded speech, made from the recordings themselves or from nothing.

A mall is never silent. ``babble`` is other people talking: other sentences of the same set, mixed.
``hall`` is a large room: a steady rush that falls by 5 dB an octave, as room noise does (Hoth,
1941), and knocks as of steps and doors, both in an echo that fades in one and a half seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from cmps.evaluation.interfaces import EvaluationError

RATE = 16_000
TALKERS = 6
FADE_SECONDS = 1.5
KNOCKS_A_SECOND = 3.0
# louder noise hides everything, softer noise nothing
LOUDEST, SOFTEST = -20.0, 60.0

KINDS = ("babble", "hall")

Samples = NDArray[np.float32]
Load = Callable[[Path], Samples]


@dataclass(frozen=True, slots=True)
class Noise:
    """A kind of noise and its level.

    Attributes:
        kind: ``babble`` or ``hall``.
        decibels: How much stronger the speech is, by mean power over the whole recording.
    """

    kind: str
    decibels: float

    def __str__(self) -> str:
        """Name it as :func:`parse_noise` reads it."""
        return f"{self.kind}:{self.decibels:g}"


def parse_noise(spec: str) -> Noise:
    """Read ``KIND:DECIBELS``.

    Raises:
        EvaluationError: If it is none.

    Example:
        >>> parse_noise("babble:10")
        Noise(kind='babble', decibels=10.0)
    """
    kind, _, level = spec.partition(":")
    try:
        decibels = float(level)
    except ValueError:
        decibels = np.nan
    if kind not in KINDS or not LOUDEST <= decibels <= SOFTEST:
        raise EvaluationError(
            f"noise {spec!r}: write {' or '.join(KINDS)}, a colon, and how many decibels the "
            f"speech is above it ({LOUDEST:g} to {SOFTEST:g}), such as babble:10"
        )
    return Noise(kind, decibels)


def noisy(audio: Path, noise: Noise, others: Sequence[Path], load: Load, seed: str) -> Samples:
    """Return a recording with noise behind it.

    Args:
        audio: The recording.
        noise: What to add.
        others: The recordings that babble is made of; the recording itself is left out.
        load: Decodes a file into ``(n,)`` samples, 16,000 a second.
        seed: The same seed, the same noise, whatever its level.

    Returns:
        ``(n,)`` samples in -1 to 1, as long as the recording.

    Raises:
        EvaluationError: If there is no other recording to make babble of.
    """
    chance = np.random.default_rng(list(sha256(f"{noise.kind} {seed}".encode()).digest()))
    speech = load(audio)
    if noise.kind == "hall":
        behind = hall(len(speech), chance)
    else:
        crowd = [path for path in others if path != audio]
        if not crowd:
            raise EvaluationError(f"{audio}: babble needs other recordings, and there are none")
        chosen = chance.choice(len(crowd), min(TALKERS, len(crowd)), replace=False)
        behind = babble([load(crowd[place]) for place in chosen], len(speech), chance)
    return mix(speech, behind, noise.decibels)


def babble(voices: Sequence[Samples], length: int, chance: Generator) -> Samples:
    """Let voices of equal power talk at once, each over and over from a point by chance."""
    total = np.zeros(length, np.float32)
    for voice in voices:
        power = _power(voice)
        if power:
            places = (chance.integers(len(voice)) + np.arange(length)) % len(voice)
            total += voice[places] / np.float32(np.sqrt(power))
    return total


def hall(length: int, chance: Generator) -> Samples:
    """Make the noise of a large room: rush and knocks of equal power, with their echo."""
    # a fade's length ahead, so that the echo is there from the first sample on
    ahead = int(FADE_SECONDS * RATE)
    span = length + ahead
    rush = _filtered(chance.standard_normal(span))
    knocks = np.zeros(span)
    strokes = chance.integers(span, size=max(1, round(KNOCKS_A_SECOND * span / RATE)))
    # strokes differ in strength by some 10 dB
    np.add.at(knocks, strokes, np.exp(chance.normal(0, 0.6, len(strokes))))
    total = np.zeros(span)
    for dry in (rush, _filtered(knocks)):
        wet = _echoing(dry, chance)[:span]
        total += wet / np.sqrt(_power(wet))
    return total[ahead:].astype(np.float32)


def mix(speech: Samples, noise: Samples, decibels: float) -> Samples:
    """Add noise so that speech is ``decibels`` above it; made softer as a whole if it overflows."""
    power = _power(noise)
    if not power:
        return speech
    factor = np.sqrt(_power(speech) / power) * 10 ** (-decibels / 20)
    mixed = speech + noise * np.float32(factor)
    return (mixed / max(1.0, float(np.abs(mixed).max(initial=0.0)))).astype(np.float32)


def _filtered(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape a flat spectrum to one that falls by 5 dB an octave, without what is below 60 Hz."""
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    gains = np.where(hertz < 60, 0, np.maximum(hertz, 60) ** (-5 / (20 * np.log10(2))))
    return np.fft.irfft(np.fft.rfft(noise) * gains, len(noise))


def _echoing(dry: NDArray[np.float64], chance: Generator) -> NDArray[np.float64]:
    """Add a diffuse echo that is 60 dB softer after ``FADE_SECONDS`` (Schroeder's model)."""
    count = int(FADE_SECONDS * RATE)
    response = chance.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    # the echo has the direct sound's power
    response *= 1 / np.sqrt((response**2).sum())
    response[0] = 1.0
    size = len(dry) + count - 1
    return np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)


def _power(samples: NDArray[np.floating]) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
