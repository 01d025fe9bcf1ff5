"""Encoded sentences, each encoded once: a session asks for the same ones again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from cmps.encoders.text import TextEncoder, TextEncoding
from cmps.settings import Variant

MOST = 4096


class Sentences:
    """Encodes sentences with a variant's network and keeps the last some thousand.

    Args:
        open: Opens the text encoder of a variant.
    """

    def __init__(self, open: Callable[[Variant], TextEncoder]) -> None:
        self._open = open
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Variant, str], TextEncoding] = OrderedDict()

    def encode(self, sentence: str, variant: Variant) -> TextEncoding:
        """Return a sentence's encoding.

        Raises:
            ValueError: If it holds no word.
        """
        key = variant, sentence
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        encoding = self._open(variant).encode(sentence)
        with self._lock:
            self._kept[key] = encoding
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return encoding
