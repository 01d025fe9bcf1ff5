"""How the baselines read a sentence: words, and the row of each in their word table."""

from __future__ import annotations

from collections.abc import Mapping

from cmps.evaluation.metrics import words_of

MAX_WORDS = 56
UNKNOWN = 1
"""Row of a word that no training caption holds; row 0 is padding."""


def word_ids(sentence: str, words: Mapping[str, int]) -> list[int]:
    """Return the row of each word, at most :data:`MAX_WORDS`; no word at all is an unknown one.

    Example:
        >>> word_ids("A red T-shirt!", {"a": 2, "red": 3, "t": 4})
        [2, 3, 4, 1]
    """
    ids = [words.get(word, UNKNOWN) for word in words_of(sentence)[:MAX_WORDS]]
    return ids or [UNKNOWN]
