"""Words that were heard, and what else may have been said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What a recogniser makes of speech.

    Attributes:
        text: The likeliest reading; empty where nothing was said.
        readings: What else may have been said, likeliest first. A search asks with all of them.
    """

    text: str = ""
    readings: tuple[str, ...] = ()


def joined(parts: Sequence[Words]) -> Words:
    """Put the words of pieces together: the likeliest of each, then the second of each, and so on.

    A piece that has fewer readings than another one keeps its likeliest.

    Example:
        >>> joined([Words("a girl", ("a curl",)), Words(), Words("in red")])
        Words(text='a girl in red', readings=('a curl in red',))
    """
    parts = [one for one in parts if one.text]
    text = " ".join(one.text for one in parts)
    count = max((len(one.readings) for one in parts), default=0)
    others = (
        " ".join(one.readings[place] if place < len(one.readings) else one.text for one in parts)
        for place in range(count)
    )
    return Words(text, tuple(others))
