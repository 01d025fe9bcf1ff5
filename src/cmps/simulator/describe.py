"""True sentences about a person, worded as people word them.

The sentences follow the wording of photo captions and of people on the telephone: pants and
jeans, "carrying a black bag", "about six years old". Nothing is said of skin or face, and nothing
that the specification does not hold.
"""

from __future__ import annotations

import numpy as np

from .people import Garment, Person

STYLES = ("vague", "short", "plain", "full", "spoken")
"""From few words to many, then as somebody says it aloud."""

DARK = frozenset({"black", "dark grey", "dark blue", "dark red", "dark green", "brown"})
LIGHT = frozenset({"white", "light grey", "light blue", "beige", "pink", "yellow"})
"""What people sum up as dark or as light clothes."""

_NUMBERS = {
    4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven",
    12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
}  # fmt: skip
_DECADES = {6: "sixties", 7: "seventies", 8: "eighties"}
_NAMES: dict[str, tuple[str, ...]] = {
    "T-shirt": ("t-shirt", "short sleeved shirt"),
    "shirt": ("shirt", "long sleeved shirt"),
    "polo shirt": ("polo shirt",),
    "coat": ("coat", "long coat"),
    "trousers": ("pants", "trousers"),
    "handbag": ("handbag", "bag", "purse"),
    "shoulder bag": ("shoulder bag", "bag"),
    "cap": ("cap", "baseball cap"),
    "beanie": ("knitted hat", "beanie"),
    "sun hat": ("sun hat", "hat"),
}
_PAIRS = frozenset({"trousers", "jeans", "shorts"})


def with_article(words: str) -> str:
    """Put the right indefinite article before words.

    Example:
        >>> with_article("elderly man"), with_article("blue coat")
        ('an elderly man', 'a blue coat')
    """
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}"


def person_noun(person: Person) -> str:
    """Name a person's age and gender, e.g. ``elderly woman``."""
    female = person.gender == "female"
    if person.age_group == "child":
        return "girl" if female else "boy"
    if person.age_group == "teenager":
        return "teenage girl" if female else "teenage boy"
    grown = "woman" if female else "man"
    if person.age_group == "elderly":
        return f"elderly {grown}"
    return f"young {grown}" if person.years < 30 else grown


def age_words(person: Person) -> str:
    """Say how old somebody looks, or nothing of adults.

    Example:
        >>> from cmps.simulator.people import sample_person
        >>> import numpy as np
        >>> child = sample_person(np.random.default_rng(2), "p01", "child")
        >>> child.years, age_words(child)
        (11, 'about eleven years old')
    """
    if person.age_group in ("child", "teenager"):
        return f"about {_NUMBERS[person.years]} years old"
    if person.age_group == "elderly":
        return f"in {_pronouns(person)[1]} {_DECADES[person.years // 10]}"
    return ""


def garment_words(garment: Garment, rng: np.random.Generator | None = None) -> str:
    """Name a garment with colour and pattern; the first name for it without ``rng``.

    Example:
        >>> garment_words(Garment("shirt", "black", "stripes", "white"))
        'a black and white striped shirt'
        >>> garment_words(Garment("trousers", "dark blue"))
        'dark blue pants'
    """
    names = _NAMES.get(garment.kind, (garment.kind,))
    name = names[0] if rng is None else names[int(rng.integers(len(names)))]
    if garment.kind in _PAIRS:
        return f"{garment.colour} {name}"
    if garment.pattern in ("stripes", "checks"):
        look = {"stripes": "striped", "checks": "checked"}[garment.pattern]
        return with_article(f"{garment.colour} and {garment.second} {look} {name}")
    words = with_article(f"{garment.colour} {name}")
    if garment.pattern == "print":
        return f"{words} with {with_article(f'{garment.second} print')}"
    if garment.pattern == "open":
        return f"{words} over {with_article(f'{garment.second} shirt')}"
    return words


def hair_words(person: Person) -> str:
    """Name the hair, or nothing where a hat hides it or there is none."""
    if person.hair == "bald" or (person.hat is not None and person.hair == "short"):
        return ""
    if person.hair in ("ponytail", "bun"):
        return f"{person.hair_colour} hair in a {person.hair}"
    return f"{person.hair.replace('-', ' ')} {person.hair_colour} hair"


def _pronouns(person: Person) -> tuple[str, str]:
    return ("she", "her") if person.gender == "female" else ("he", "his")


def _join(parts: list[str]) -> str:
    parts = [part for part in parts if part]
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _clothes(person: Person, rng: np.random.Generator) -> list[str]:
    worn = [garment_words(person.top, rng)]
    if person.bottom is not None:
        worn.append(garment_words(person.bottom, rng))
    return worn


def _sneakers(person: Person) -> str:
    return f"{person.shoes.colour} {person.shoes.kind}"


def _shade(colour: str) -> str:
    return "dark" if colour in DARK else "light" if colour in LIGHT else colour


def _vague(person: Person, rng: np.random.Generator) -> str:
    noun = _sentence(with_article(person_noun(person)))
    colours = [person.top.colour] + ([person.bottom.colour] if person.bottom else [])
    shades = [_shade(colour) for colour in colours]
    if len(set(shades)) == 1 and shades[0] in ("dark", "light"):
        text = f"{noun} in {shades[0]} clothes"
    else:
        kind = {"dress": "dress", "jacket": "jacket", "coat": "coat"}.get(person.top.kind, "top")
        text = f"{noun} in {with_article(f'{shades[0]} {kind}')}"
    if person.bag is not None:
        return f"{text} with {with_article(_NAMES.get(person.bag.kind, (person.bag.kind,))[-1])}."
    return f"{text} with a hat." if person.hat is not None else f"{text}."


def _short(person: Person, rng: np.random.Generator) -> str:
    noun = _sentence(with_article(person_noun(person)))
    clothes = _join([*_clothes(person, rng), _sneakers(person) if rng.random() < 0.5 else ""])
    wearing = "in" if rng.random() < 0.5 else "wearing"
    return f"{noun} {wearing} {clothes}."


def _plain(person: Person, rng: np.random.Generator) -> str:
    noun, hair = person_noun(person), hair_words(person)
    clothes = _join([*_clothes(person, rng), _sneakers(person)])
    start = f"The {noun} has {hair} and is wearing" if hair else f"The {noun} is wearing"
    extra = [garment_words(person.hat, rng) if person.hat else "",
             "glasses" if person.glasses else ""]  # fmt: skip
    more = _join(extra)
    subject = _pronouns(person)[0].capitalize()
    sentences = [f"{start} {clothes}."]
    if person.bag is not None:
        bag = f"{subject} is carrying {garment_words(person.bag, rng)}"
        sentences.append(f"{bag} and wears {more}." if more else f"{bag}.")
    elif more:
        sentences.append(f"{subject} also wears {more}.")
    return " ".join(sentences)


def _full(person: Person, rng: np.random.Generator) -> str:
    subject, noun = _pronouns(person)[0].capitalize(), with_article(person_noun(person))
    age, hair = age_words(person), hair_words(person)
    head = [f"with {hair}" if hair else "who is bald" if _bare(person) else "", age]
    opening = ", ".join([noun, *[part for part in head if part]])
    carried = garment_words(person.bag, rng) if person.bag else "no bag"
    above = _join([garment_words(person.hat, rng) if person.hat else "",
                   "glasses" if person.glasses else ""])  # fmt: skip
    verb = f"{subject} wears"
    start = f"{opening}. {verb}" if any(head) else f"{noun} wears"
    text = f"{_sentence(start)} {_join([*_clothes(person, rng), _sneakers(person)])}."
    if above:
        text += f" {verb} {above}."
    return f"{text} {subject} carries {carried}."


def _spoken(person: Person, rng: np.random.Generator) -> str:
    subject = _pronouns(person)[0]
    age, hair = age_words(person), hair_words(person)
    opening = ("I am looking for", "We are looking for", "Please help me find")[
        int(rng.integers(3))
    ]
    comma = f", {age}" if age else ""
    text = f"{opening} {with_article(person_noun(person))}{comma}."
    text += f" {subject.capitalize()} is wearing {_join(_clothes(person, rng))}."
    has = [hair, garment_words(person.bag, rng) if person.bag else "",
           garment_words(person.hat, rng) if person.hat else "",
           "glasses" if person.glasses else ""]  # fmt: skip
    carried = _join(has)
    if carried:
        return f"{text} {subject.capitalize()} has {carried}."
    bald = f" {subject.capitalize()} is bald." if _bare(person) else ""
    return f"{text}{bald} {subject.capitalize()} wears {_sneakers(person)}."


def _bare(person: Person) -> bool:
    return person.hair == "bald" and person.hat is None


def describe(person: Person) -> dict[str, str]:
    """Describe a person in every style of :data:`STYLES`.

    The wording varies from person to person and is always the same for one.

    Example:
        >>> import numpy as np
        >>> from cmps.simulator.people import sample_person
        >>> person = sample_person(np.random.default_rng(4), "p01", "elderly")
        >>> describe(person)["vague"]
        'An elderly man in dark clothes.'
    """
    rng = np.random.default_rng([person.variation, 2])
    makers = (_vague, _short, _plain, _full, _spoken)
    return {style: make(person, rng) for style, make in zip(STYLES, makers, strict=True)}
