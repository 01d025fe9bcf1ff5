"""A sentence as tokens: its phrases looked up, misheard words repaired, ages read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmps.understanding.codes import OLDEST, WEARABLE
from cmps.understanding.language import WORD, Lexicon, Phrase
from cmps.understanding.result import Repair

_PIECE = re.compile(rf"{WORD.pattern}|[.,;:!?，。；：！？、]")
_STOPS = dict.fromkeys(".!?;。！？；", ".") | dict.fromkeys(",:，：、", ",")

_BEFORE_NOUN = ("colour", "shade", "mark", "number")
"""Parts of speech that ask for a noun."""


@dataclass(frozen=True, slots=True)
class Token:
    """One phrase of a sentence.

    Attributes:
        text: As it was said.
        parts: What it may be: part of speech to meaning; none for an unknown word.
        repaired: Whether it was misheard.
    """

    text: str
    parts: Mapping[str, Any]
    repaired: bool = False

    def has(self, *parts: str) -> bool:
        """Whether it may be any of these parts of speech."""
        return any(part in self.parts for part in parts)


STOP = Token(".", {"stop": "."})


def tokens_of(text: str, words: Lexicon) -> tuple[list[Token], tuple[Repair, ...]]:
    """Split a text into known phrases, the longest that fit, and unknown words.

    Example:
        >>> from cmps.understanding.language import lexicon
        >>> tokens, repairs = tokens_of("a read jacket, navy blue genes", lexicon())
        >>> [token.text for token in tokens]
        ['a', 'red', 'jacket', ',', 'navy blue', 'jeans']
        >>> [(one.heard, one.meant) for one in repairs]
        [('read', 'red'), ('genes', 'jeans')]
    """
    pieces = _PIECE.findall(unicodedata.normalize("NFKC", text).lower())
    pieces = [words.accented.get(piece, piece) for piece in pieces]
    pieces, marked, repairs = _repair(pieces, words)
    tokens, at = [], 0
    while at < len(pieces):
        size = _longest(pieces, at, words)
        phrase = tuple(pieces[at : at + max(size, 1)])
        stop = _STOPS.get(pieces[at])
        parts = {"stop": stop} if stop else words.phrases.get(phrase, {})
        glue = "" if WORD.match(phrase[0]) and phrase[0] > "\u3400" else " "
        tokens.append(Token(glue.join(phrase), parts, any(marked[at : at + len(phrase)])))
        at += len(phrase)
    return _ages(tokens), repairs


def _longest(pieces: Sequence[str], at: int, words: Lexicon) -> int:
    for size in range(min(words.longest, len(pieces) - at), 0, -1):
        if tuple(pieces[at : at + size]) in words.phrases:
            return size
    return 0


def _repair(pieces: list[str], words: Lexicon) -> tuple[list[str], list[bool], tuple[Repair, ...]]:
    """Put what was said in place of what was misheard, where only that can have been meant."""
    longest = max((len(heard) for heard in words.slips), default=0)
    said: list[str] = []
    marked: list[bool] = []
    repairs: list[Repair] = []
    at = 0
    while at < len(pieces):
        for size in range(min(longest, len(pieces) - at), 0, -1):
            heard = tuple(pieces[at : at + size])
            meant = words.slips.get(heard)
            if meant and _fits(heard, meant, said, pieces[at + size :], words):
                repairs.append(Repair(" ".join(heard), " ".join(meant)))
                said.extend(meant)
                marked.extend([True] * len(meant))
                at += size
                break
        else:
            said.append(pieces[at])
            marked.append(False)
            at += 1
    return said, marked, tuple(repairs)


def _fits(
    heard: Phrase, meant: Phrase, before: Sequence[str], after: Sequence[str], words: Lexicon
) -> bool:
    """Whether the words around make the word that was meant, and not the one that was heard."""
    last = _last(before, words)
    following = _next(after, words)
    parts = words.phrases.get(meant) or words.phrases.get(meant[-1:], {})
    ordinary = any(word in words.ordinary for word in heard)
    noun_follows = any(part in following for part in ("thing", *_BEFORE_NOUN))
    if "colour" in parts:
        if ordinary:  # "people jacket", but not "people in jackets"
            return _worn(following) and any(part in last for part in ("a", "colour", "shade"))
        return _worn(following) or ("colour" in following and "a" in last)
    if "wear" in parts or "hold" in parts:
        who = "be" in last or "female" in last or "male" in last or _who(last)
        return who and (noun_follows or "a" in following)
    if "mark" in parts:
        says_itself = "part" in words.phrases.get(heard, {})  # a white stripe
        return _worn(following) or (
            not says_itself and ("colour" in last or _worn(last) or "wear" in last)
        )
    if "thing" not in parts:
        return False
    described = any(part in last for part in ("colour", "shade", "mark"))
    if ordinary:  # "a black had", but not "a black hat she had"
        return "colour" in last and not noun_follows
    if "thing" in following and not len(heard) > 1:
        return False
    return described or "wear" in last or "in" in last or "a" in last


def _last(before: Sequence[str], words: Lexicon) -> Mapping[str, Any]:
    for size in range(min(3, len(before)), 0, -1):
        parts = words.phrases.get(tuple(before[-size:]))
        if parts:
            return parts
    return {}


def _next(after: Sequence[str], words: Lexicon) -> Mapping[str, Any]:
    for size in range(min(3, len(after)), 0, -1):
        parts = words.phrases.get(tuple(after[:size]))
        if parts:
            return parts
    meant = words.slips.get(tuple(after[:1]))
    return words.phrases.get(meant, {}) if meant else {}


def _worn(parts: Mapping[str, Any]) -> bool:
    return "thing" in parts and parts["thing"].slot in {*WEARABLE, "hair", "bag"}


def _who(parts: Mapping[str, Any]) -> bool:
    return "thing" in parts and parts["thing"].slot == "who"


def _ages(tokens: list[Token]) -> list[Token]:
    """Join the words of an age into one token: about forty years old, in her late twenties."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        age, used = _age(tokens, at)
        if age is None and _age_again(tokens, at, found):
            years = number_of(tokens[at]) or 0
            age, used = (years, years), 1
        if age is None:
            found.append(tokens[at])
            at += 1
        else:
            text = " ".join(token.text for token in tokens[at : at + used])
            found.append(Token(text, {"age": age, "years": True}))
            at += used
    return found


def _age_again(tokens: Sequence[Token], at: int, before: Sequence[Token]) -> bool:
    """Whether a bare number corrects an age: she is seven, sorry, eight."""
    again = at > 0 and _ends(tokens, at + 1) and tokens[at - 1].has("stop", "correct", "no")
    return again and number_of(tokens[at]) is not None and any(one.has("years") for one in before)


def number_of(token: Token) -> int | None:
    """Return the number that a token says, in digits or words."""
    if token.text.isdecimal() and len(token.text) <= 3:
        return int(token.text)
    return token.parts.get("number")


def _age(tokens: Sequence[Token], start: int) -> tuple[tuple[int, int] | None, int]:
    """Return the years that are said from here on, and how many tokens say them."""
    at, said = _how_old(tokens, start)
    if at >= len(tokens):
        return None, 0
    if (decade := tokens[at].parts.get("decade")) is not None:
        parts = {"early": (0, 4), "middle": (3, 7), "late": (6, 9)}
        low, high = next((years for name, years in parts.items() if name in said), (0, 9))
        if decade == 13:
            low, high = 0, 6
        return (decade + low, decade + high), at + 1 - start
    first = number_of(tokens[at])
    if first is None:
        return None, 0
    at += 1
    last = None
    if at + 1 < len(tokens) and tokens[at].has("years_to"):
        last = number_of(tokens[at + 1])
        at += 2 if last is not None else 0
    unit = at < len(tokens) and tokens[at].has("years_unit", "years_month")
    months = unit and tokens[at].has("years_month")
    while at < len(tokens) and tokens[at].has("years_unit", "years_month"):
        at += 1
    noun = at < len(tokens) and tokens[at].has("thing", "colour", "mark", "shade", "part")
    bare = not noun and first >= 3 and (
        _after_is(tokens, start) or (last is not None and first >= 10)
        or bool(said & {"over", "under"} and first >= 10)
        or (_ends(tokens, at) and ("about" in said or last is not None)))  # fmt: skip
    if not (unit or "aged" in said or bare):
        return None, 0
    if months:
        return (first // 12, max(first, last or 0) // 12), at - start
    return _span(first, last, said), at - start


def _after_is(tokens: Sequence[Token], at: int) -> bool:
    """Whether "is" stands before, small words aside: she is only four."""
    while at > 0 and tokens[at - 1].has("noise") and not tokens[at - 1].has("be"):
        at -= 1
    return at > 0 and tokens[at - 1].has("be")


def _ends(tokens: Sequence[Token], at: int) -> bool:
    return at >= len(tokens) or tokens[at].has("stop")


def _how_old(tokens: Sequence[Token], start: int) -> tuple[int, set[str]]:
    """Return where the number stands, and which of about, over, late, … stand before it."""
    at, said = start, set[str]()
    names = ("about", "over", "under", "between", "aged", "early", "middle", "late")
    while at < len(tokens):
        here = [name for name in names if tokens[at].has(f"years_{name}")]
        the = at > start and tokens[at].has("the")
        if not here and not the:
            break
        said.update(here)
        at += 1
    return at, said


def _span(first: int, last: int | None, said: set[str]) -> tuple[int, int] | None:
    if last is not None:
        low, high = sorted((first, last))
        return (low, high) if high <= OLDEST else None
    if first > OLDEST:
        return None
    if "over" in said:
        return first, OLDEST
    if "under" in said:
        return 0, first
    if "about" in said:
        around = 5 if first >= 20 else 2
        return max(0, first - around), min(OLDEST, first + around)
    return first, first
