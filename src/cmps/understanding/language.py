"""Languages: each is a file of words, read once, and a chip shown in it.

A phrase of the file may play several parts (*hood* is worn and is a part of a coat); what it is
in a sentence is settled by :mod:`cmps.understanding.phrases`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cmps.understanding.chips import Chip
from cmps.understanding.result import Reply

WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
"""One word; a Chinese character stands alone, since Chinese writes no spaces."""

Phrase = tuple[str, ...]

_REPLIES: Mapping[str, Reply] = {"yes": "yes", "unknown": "unknown", "so": "no"}


class LanguageError(ValueError):
    """No such language; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language.

    Attributes:
        language: Its code, e.g. ``"en"``.
        before: Whether adjectives mostly stand before their noun.
        phrases: What each phrase may be: part of speech to what it means.
        longest: Words in the longest phrase.
        slips: What a recogniser writes, and what was said.
        ordinary: Words among them that people say too: they need more around them.
        accented: Words typed without their accents, where that makes no other word.
        replies: What answers a question: ``"yes"``, ``"no"`` or ``"unknown"``.
        plain: The file as it is, for names and questions.
    """

    language: str
    before: bool
    phrases: Mapping[Phrase, Mapping[str, Any]]
    longest: int
    slips: Mapping[Phrase, Phrase]
    ordinary: frozenset[str]
    accented: Mapping[str, str]
    replies: Mapping[Phrase, Reply]
    plain: Mapping[str, Any]


def words_of(text: str) -> list[str]:
    """Split into lower-case words without punctuation.

    Example:
        >>> words_of("She's wearing a T-shirt, 黑色")
        ['she', 's', 'wearing', 'a', 't', 'shirt', '黑', '色']
    """
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    folder = files("cmps.understanding") / "languages"
    codes = sorted(one.name.removesuffix(".toml") for one in folder.iterdir()
                   if one.name.endswith(".toml"))  # fmt: skip
    return tuple(sorted(codes, key=lambda code: (code != "en", code)))


@cache
def lexicon(language: str = "en") -> Lexicon:
    """Return the words of a language.

    Raises:
        LanguageError: If there is no such language.
    """
    if language not in languages():
        raise LanguageError(f"unknown language {language!r}; there are: {', '.join(languages())}")
    file = files("cmps.understanding") / "languages" / f"{language}.toml"
    plain = tomllib.loads(file.read_text(encoding="utf-8"))
    phrases: dict[Phrase, dict[str, Any]] = {}
    for part, meaning, listed in _entries(plain):
        for phrase in _phrases(listed, plain["endings"]):
            phrases.setdefault(phrase, {}).setdefault(part, meaning)
    slips = dict(
        (tuple(words_of(heard)), tuple(words_of(meant)))
        for heard, _, meant in (one.partition("=") for one in _commas(plain["slips"]["words"]))
    )
    return Lexicon(
        language,
        plain["adjectives"] == "before",
        phrases,
        max(map(len, phrases)),
        slips,
        frozenset(_commas(plain["slips"]["ordinary"])),
        _accented({word for phrase in phrases for word in phrase}),
        _replies(plain),
        plain,
    )


def _entries(plain: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
    """Yield part of speech, meaning and listed words of everything in a file."""
    for code, listed in plain["things"].items():
        yield "thing", Chip.read(code), listed
    for colour, listed in plain["colours"].items():
        yield "colour", colour, listed
    for shade, listed in plain["shades"].items():
        yield "shade", shade, listed
    for section, part in (("marks", "mark"), ("parts", "part")):
        for code, listed in plain[section].items():
            yield part, tuple(code.split("=")) if code else ("", ""), listed
    for years, listed in plain["ages"].items():
        first, _, last = years.partition("-")
        yield "age", (int(first), int(last)), listed
    for name, listed in plain["grammar"].items():
        if name not in _REPLIES:  # "she is" answers, but begins a sentence too
            yield name, True, listed
    yield "noise", True, plain["noise"]["words"]
    yield from _years(plain["years"])
    yield from _numbers(plain["years"])


def _years(years: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
    for name in ("unit", "month", "aged", "about", "over", "under", "between", "to", "early",
                 "middle", "late"):  # fmt: skip
        yield f"years_{name}", True, years[name]
    for decade, listed in years["decade"].items():
        yield "decade", int(decade), listed


def _numbers(years: Mapping[str, Any]) -> Iterable[tuple[str, int, str]]:
    units = [one.strip() for one in years["numbers"].split(",")]
    for number, word in enumerate(units):
        yield "number", number, word.replace("|", ",")
    for ten, listed in years["tens"].items():
        yield "number", int(ten), listed
        for word in _commas(listed):
            for unit in range(1, 10):
                for name in units[unit].split("|"):
                    joined = years["tens_and_units"].format(tens=word, unit=name)
                    yield "number", int(ten) + unit, joined
    for number, listed in years.get("irregular", {}).items():
        yield "number", int(number), listed
    yield "number", 100, years["hundred"]


def _replies(plain: Mapping[str, Any]) -> dict[Phrase, Reply]:
    found: dict[Phrase, Reply] = {}
    names: dict[str, Reply] = {"no": "no", **_REPLIES}
    for name, reply in names.items():
        for phrase in _phrases(plain["grammar"][name], plain["endings"]):
            found[phrase] = reply
    return found


def _accented(known: Set[str]) -> dict[str, str]:
    """Return bare words and the only known word that each may stand for."""
    found: dict[str, set[str]] = {}
    for word in known:
        bare = without_accents(word)
        if bare not in known:
            found.setdefault(bare, set()).add(word)
    return {bare: words.pop() for bare, words in found.items() if len(words) == 1}


def without_accents(word: str) -> str:
    """Return a word as people type it in a hurry.

    Example:
        >>> without_accents("pantalón"), without_accents("été")
        ('pantalon', 'ete')
    """
    apart = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def _commas(listed: str) -> list[str]:
    return [one for one in (" ".join(one.split()) for one in listed.split(",")) if one]


def _phrases(listed: str, endings: Mapping[str, list[str]]) -> Iterable[Phrase]:
    for one in _commas(listed):
        marks = re.findall(r"{(\w+)}", one)
        forms = [one]
        for mark in marks:
            forms = [form.replace(f"{{{mark}}}", end, 1) for form in forms for end in endings[mark]]
        for form in forms:
            words = tuple(words_of(form))
            if words:
                yield words


def name_of(chip: Chip, words: Lexicon) -> tuple[str, str]:
    """Return the noun of a chip and its article's class in a language."""
    noun, _, kind = str(words.plain["names"][f"{chip.slot}:{chip.value}"]).rpartition(" ")
    return noun, kind


def _shown(text: str, kind: str, words: Lexicon) -> str:
    """Return the form of a shown word that fits a class of nouns: noir, noire, noirs, noires."""
    forms = text.split("|")
    return forms[words.plain["agreement"][kind]] if len(forms) > 1 else text


def colour_name(colour: str, words: Lexicon, kind: str = "") -> str:
    """Return a colour's name in a language, as it is said of a class of nouns.

    Example:
        >>> colour_name("dark-blue", lexicon())
        'dark blue'
        >>> colour_name("white", lexicon("fr"), "f"), colour_name("dark-green", lexicon("fr"), "f")
        ('blanche', 'vert foncé')
    """
    shown = words.plain["shown"]
    shade, _, base = colour.partition("-")
    if base:
        return str(shown[f"{shade}-of"]).format(colour=str(shown[base]).partition("|")[0])
    return _shown(str(shown[colour]), kind, words) if kind else str(shown[colour]).partition("|")[0]


def marks_of(chip: Chip, words: Lexicon, modality: bool = False) -> list[str]:
    """Return all that is said of a chip beside its kind, each as shown to people."""
    shown = words.plain["shown"]
    _, kind = name_of(chip, words)
    marks = [str(shown[chip.modality])] if modality and chip.modality != "must" else []
    if chip.colours:
        colours = [colour_name(one, words, kind) for one in chip.colours]
        marks.append(f" {shown['and']} ".join(colours))
    fields = [f"{one}={getattr(chip, one)}" for one in ("pattern", "sleeve", "length")
              if getattr(chip, one)]  # fmt: skip
    fields += [f"is={detail}" for detail in chip.details]
    marks += [_shown(str(shown[one]), kind, words) for one in fields]
    if chip.accents:
        accents = f" {shown['and']} ".join(colour_name(one, words) for one in chip.accents)
        marks.append(str(shown["accents"]).format(colours=accents))
    if chip.age:
        first, last = chip.age
        marks.append(str(shown["year" if first == last else "years"]).format(
            **{"from": first, "to": last}))  # fmt: skip
    return marks


def label(chip: Chip, language: str = "en") -> str:
    """Show a chip in a language.

    Example:
        >>> label(Chip("hat", "cap", ("dark-blue",), modality="maybe"))
        'cap: maybe, dark blue'
    """
    words = lexicon(language)
    noun, _ = name_of(chip, words)
    return f"{noun}: {', '.join(marks)}" if (marks := marks_of(chip, words, True)) else noun
