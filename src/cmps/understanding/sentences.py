"""Chips as English sentences in the manner of real captions, for the text network.

The order of words follows what the captions of CUHK-PEDES and RSTPReid do most often: *long black
coat*, *white short sleeved shirt*, *black and white striped*, *black down jacket*, *large black
backpack*, *pants* rather than trousers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import WEARABLE

_NOUNS = {
    "trousers": "pants",
    "capris": "capri pants",
    "polo-shirt": "polo shirt",
    "t-shirt": "t-shirt",
    "beanie": "knitted hat",
    "crossbody-bag": "messenger bag",
    "mask": "face mask",
    "phone": "cell phone",
}
"""Where captions use another word than the code's."""

_NO_ARTICLE = frozenset((
    "trousers", "jeans", "sweatpants", "leggings", "capris", "shorts", "clothes", "shoes",
    "sneakers", "boots", "sandals", "slippers", "heels", "glasses", "sunglasses", "gloves", "socks",
    "headphones", "earrings", "something", "papers", "food", "flowers", "crutches",
))  # fmt: skip

_COLOURS = {
    "light-brown": "tan",
    "dark": "dark coloured",
    "light": "light coloured",
    "blond": "blonde",
    "colourful": "colorful",
}
_PATTERNS = {"checked": "plaid", "dotted": "polka dot", "animal": "leopard print"}
_BEFORE_COLOURS = ("plain", "small", "large", "tight", "loose")
_SLEEVES = {"short": "short sleeved", "long": "long sleeved", "none": "sleeveless", "": ""}
_WITH_ACCENTS = {
    "striped": "stripes",
    "checked": "checks",
    "dotted": "dots",
    "floral": "flowers",
    "printed": "print on it",
    "": "trim",
}
_HELD = {
    "bicycle": "riding",
    "motorbike": "riding",
    "scooter": "riding",
    "skateboard": "riding",
    "stroller": "pushing",
    "cart": "pushing",
    "walking-frame": "pushing",
    "suitcase": "pulling",
    "wheelchair": "sitting in",
    "child": "walking with",
    "dog": "walking with",
    "cane": "walking with",
    "crutches": "walking with",
}
_STYLES = {"ponytail": "in a ponytail", "bun": "in a bun", "braids": "in braids"}
_SHE = {"female": "She", "woman": "She", "girl": "She", "male": "He", "man": "He", "boy": "He"}
_ADULT = {"female": "woman", "male": "man"}

# up to which age, in the middle of its range, a word fits
_AGES = (
    (3, "toddler"),
    (12, "child"),
    (19, "teenage"),
    (35, "young"),
    (45, ""),
    (62, "middle-aged"),
)


def chip_sentence(chip: Chip, person: str = "a person") -> str:
    """Word one chip; see :meth:`cmps.understanding.chips.Chip.sentence`.

    Example:
        >>> chip_sentence(Chip("hair", "ponytail", ("black",), length="long"), "a girl")
        'a girl with long black hair in a ponytail'
    """
    if chip.slot == "who":
        return person_words(chip)
    if chip.slot == "build":
        return with_article(f"{chip.value} {_without_article(person)}")
    if chip.slot == "hair" and chip.value == "bald":
        return with_article(f"bald {_without_article(person)}")
    return f"{person} {_verb(chip)} {thing_words(chip)}"


def description_sentence(description: Description, maybe: bool = True, rest: bool = True) -> str:
    """Word a description; see :meth:`cmps.understanding.chips.Description.sentence`."""
    said = [chip for chip in description.chips if chip.modality == "must" or
            (maybe and chip.modality == "maybe")]  # fmt: skip
    subject, she = _subject(said)
    has = [thing_words(chip) for chip in said if chip.slot in ("hair", "beard")
           and chip.value != "bald"]  # fmt: skip
    worn = [thing_words(chip) for chip in said if chip.slot in WEARABLE]
    held = [chip for chip in said if chip.slot in ("bag", "carried")]
    sentences = []
    if has:
        subject += f" with {_and(has)}"
    if worn:
        sentences.append(f"{subject} is wearing {_and(worn)}")
        subject = she
    for verb in dict.fromkeys(map(_verb, held)):
        things = _and([thing_words(chip) for chip in held if _verb(chip) == verb])
        sentences.append(f"{subject} is {verb} {things}")
        subject = she
    if said and not sentences:
        sentences.append(subject)
    if rest and description.rest:
        sentences.append(description.rest.rstrip(". "))
    return " ".join(f"{one[:1].upper()}{one[1:]}." for one in sentences)


def person_words(chip: Chip) -> str:
    """Word who it is, with the age as captions say it.

    Example:
        >>> person_words(Chip("who", "woman", age=(70, 79)))
        'an elderly woman'
        >>> person_words(Chip("who", "child", age=(5, 7)))
        'a little child'
    """
    noun, word = chip.value, ""
    if chip.age is not None:
        middle = sum(chip.age) / 2
        word = next((word for most, word in _AGES if middle <= most), "elderly")
    if word in ("toddler", "child"):
        small = {"female": "girl", "woman": "girl", "male": "boy", "man": "boy", "person": "child"}
        return with_article(f"little {small.get(noun, noun)}")
    if word == "teenage":
        noun = {"female": "girl", "male": "boy", "child": "boy or girl"}.get(noun, noun)
    return with_article(f"{word} {_ADULT.get(noun, noun)}".strip())


def thing_words(chip: Chip) -> str:
    """Word a thing with all that is known of it, its article in front.

    Example:
        >>> thing_words(Chip("upper", "jacket", ("black",), details=("padded",)))
        'a black down jacket'
        >>> thing_words(Chip("upper", "t-shirt", ("white",), ("black",), "striped", "short"))
        'a white short sleeved t-shirt with black stripes'
    """
    marks = [*([chip.pattern] if chip.pattern == "plain" else []), *chip.details]
    words = [mark for mark in marks if mark in _BEFORE_COLOURS]
    if chip.length:
        words.append(f"{chip.length} length" if chip.length == "medium" else chip.length)
    words.append(_and([colour_words(colour) for colour in chip.colours], " and "))
    if chip.pattern and chip.pattern != "plain" and not chip.accents:
        words.append(_PATTERNS.get(chip.pattern, chip.pattern))
    words.append(_SLEEVES[chip.sleeve])
    words += [
        "down" if mark == "padded" else mark
        for mark in marks
        if mark not in _BEFORE_COLOURS and mark != "fur"
    ]
    noun = _NOUNS.get(chip.value, chip.value.replace("-", " "))
    if chip.slot == "hair":
        noun = f"{chip.value} hair" if chip.value in ("curly", "straight") else "hair"
        words += [noun, _STYLES.get(chip.value, "")]
    else:
        words.append(noun)
    phrase = " ".join(word for word in words if word)
    if chip.accents:
        colours = _and([colour_words(colour) for colour in chip.accents], " and ")
        phrase += f" with {colours} {_WITH_ACCENTS.get(chip.pattern, 'print on it')}"
    if "fur" in chip.details:
        phrase += " with fur"
    return phrase if chip.value in _NO_ARTICLE or chip.slot == "hair" else with_article(phrase)


def colour_words(colour: str) -> str:
    """Word a colour as captions do.

    Example:
        >>> colour_words("dark-blue"), colour_words("light-brown")
        ('dark blue', 'tan')
    """
    return _COLOURS.get(colour, colour.replace("-", " "))


def with_article(phrase: str) -> str:
    """Put the right indefinite article before a phrase.

    Example:
        >>> with_article("orange coat"), with_article("uniform")
        ('an orange coat', 'a uniform')
    """
    return f"{'an' if re.match('(?!uni)[aeiou]', phrase) else 'a'} {phrase}"


def _without_article(phrase: str) -> str:
    return re.sub("^(an?|the) ", "", phrase)


def _verb(chip: Chip) -> str:
    if chip.slot in ("hair", "beard"):
        return "with"
    if chip.slot in WEARABLE:
        return "wearing"
    return _HELD.get(chip.value, "carrying" if chip.slot == "bag" else "holding")


def _subject(said: Sequence[Chip]) -> tuple[str, str]:
    """Return who it is with build and baldness, and the pronoun of further sentences."""
    who = next((chip for chip in said if chip.slot == "who"), Chip("who", "person"))
    marks = [chip.value for chip in said if chip.slot == "build" or chip.value == "bald"]
    phrase = person_words(who)
    if marks:
        phrase = with_article(" ".join([*marks, _without_article(phrase)]))
    return phrase, _SHE.get(who.value, "the person")


def _and(words: Iterable[str], last: str = " and ") -> str:
    *most, end = list(words) or [""]
    return f"{', '.join(most)}{last}{end}" if most else end
