"""The one error of this room."""

from __future__ import annotations


class SpeechError(RuntimeError):
    """A recording or a recogniser is of no use; the message names it and the way out."""
