"""What evaluation is given: networks, a recogniser, and a way to show progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cmps.encoders.image import ImageEncoder
from cmps.encoders.text import TextEncoder
from cmps.settings import Variant
from cmps.speech.words import Words

Probe = Literal["all", "text", "speech", "image"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""

Hear = Callable[[Path], Words]
"""Returns what was heard in a recording; no text where there was no speech."""


class EvaluationError(ValueError):
    """A measurement cannot be made; the message names the thing and the way out."""


def silent(stage: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Encoders:
    """The networks to measure.

    Attributes:
        image: The image network.
        text: The text network of each variant; may be empty where pictures are the probes.
    """

    image: ImageEncoder
    text: Mapping[Variant, TextEncoder] = field(default_factory=dict)
