"""The words of descriptions: they prompt the recogniser, and tell a description from noise."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The content of ``vocabulary.toml``.

    Attributes:
        prompt: Sentences in the manner of a witness; they lead the recogniser's spelling.
        words: Every word that describes a person, lower case, singular.
        inventions: Forms of them that recognisers make up from noise.
    """

    prompt: str
    words: frozenset[str]
    inventions: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Read ``vocabulary.toml``, once."""
    text = (files("cmps.speech") / "vocabulary.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    words = frozenset(word for group in content["words"].values() for word in group.split())
    inventions = frozenset(content["except"].split())
    return Vocabulary(content["prompt"].strip(), words, inventions)


def prompt() -> str:
    """Return the sentences that a recogniser is prompted with."""
    return vocabulary().prompt


def describes_person(text: str) -> bool:
    """Tell whether at least one word says what a person looks like, wears or carries.

    Example:
        >>> describes_person("She has two red scarves.")
        True
        >>> describes_person("Thank you for watching!")
        False
    """
    known = vocabulary()
    said = set(re.findall(r"[a-z]+", text.lower())) - known.inventions
    return any(form in known.words for word in said for form in _singulars(word))


def _singulars(word: str) -> tuple[str, ...]:
    """Return the forms under which a word may be listed: scarves, dresses, bags, bodies."""
    forms = [word]
    for ending, singular in (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            forms.append(word.removesuffix(ending) + singular)
    return tuple(forms)
