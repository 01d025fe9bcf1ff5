"""What a text mentions, and the marks of it: the records between tokens and edits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from cmps.understanding.chips import Chip
from cmps.understanding.codes import GENERAL, LONG_OR_SHORT, SHADED, SLEEVED

_YOUNG, _YOUNG_CHILD = (18, 35), (4, 16)
"""What "young" says of a person, and of one who is a child."""

Order = Literal["", "forget", "forget all", "older", "younger"]


@dataclass(slots=True)
class Mention:
    """One thing that was spoken of.

    Attributes:
        chip: What was said of it.
        known: Whether it was spoken of as known: *the* hat, *her* hat, *it*.
        another: Whether as one more of its kind.
        corrects: Whether it takes back something said before.
        order: What to do, where it is not to be described.
        step: Of older and younger: -1 a bit, 0, 1 much.
        fields: Of forget: the attributes to forget; none means all of it.
        same: Whether it tells what a thing spoken of before really is: *it is* a raincoat.
    """

    chip: Chip
    known: bool = False
    another: bool = False
    corrects: bool = False
    order: Order = ""
    step: int = 0
    fields: tuple[str, ...] = ()
    same: bool = False


@dataclass(slots=True)
class Marks:
    """What was said of a thing that has not been named yet."""

    colours: list[str] = field(default_factory=list)
    accents: list[str] = field(default_factory=list)
    pattern_told: bool = False  # colours that follow are the pattern's: une robe rose à pois blancs
    either: bool = False
    shade: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    age: tuple[int, int] | None = None
    years: bool = False
    words: list[str] = field(default_factory=list)
    repaired: bool = False

    def __bool__(self) -> bool:
        return bool(self.words)

    def colour(self, colour: str) -> None:
        """Take a colour, with the shade that stood before it."""
        shaded = f"{self.shade}-{colour}" if self.shade and colour in SHADED else colour
        (self.accents if self.pattern_told else self.colours).append(shaded)
        self.shade = ""

    def all_colours(self) -> tuple[str, ...]:
        """Return the colours; a shade alone counts as one."""
        return (*self.colours, *([self.shade] if self.shade else []))


@dataclass(slots=True)
class Spoken:
    """All that a text speaks of.

    Attributes:
        mentions: In order.
        notes: Unknown words that may still help the text network.
        gender: Of the pronouns: ``"female"``, ``"male"`` or ``""``.
        focus: What was spoken of last.
    """

    mentions: list[Mention] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gender: str = ""
    focus: Chip | None = None


def replace_colours(marks: Marks, colours: tuple[str, ...]) -> Marks:
    """Return the marks with other colours."""
    return replace(marks, colours=list(colours), either=False)


def marked(thing: Chip, marks: Marks) -> Chip:
    """Return a thing with what was said of it, as far as such a thing can have it."""
    chip = thing
    if thing.slot == "who":
        age = marks.age or chip.age
        if age == _YOUNG and thing.value in ("girl", "boy", "child"):
            age = _YOUNG_CHILD
        return replace(chip, age=age)
    if thing.slot == "build":
        return chip
    chip = replace(
        chip,
        colours=(*chip.colours, *marks.all_colours()),
        accents=(*chip.accents, *marks.accents),
    )
    fields = marks.fields
    if fields.get("pattern"):
        chip = replace(chip, pattern=fields["pattern"])
    if fields.get("sleeve") and thing.slot in SLEEVED:
        chip = replace(chip, sleeve=fields["sleeve"])
    if fields.get("length") and thing.slot in LONG_OR_SHORT:
        chip = replace(chip, length=fields["length"])
    if thing.slot not in ("hair", "beard"):
        chip = replace(chip, details=(*chip.details, *marks.details))
    return chip


def one_hair(earlier: Mention, mention: Mention) -> Chip | None:
    """Return one chip of hair that is told in two words: black hair in a ponytail."""
    one, two = earlier.chip, mention.chip
    if one.slot != "hair" or earlier.order or one.modality != two.modality:
        return None
    kinds = {one.value, two.value} - {GENERAL["hair"]}
    if len(kinds) > 1 or "bald" in kinds:
        return None
    if one.colours and two.colours and one.colours != two.colours:
        return None
    return replace(
        one,
        value=next(iter(kinds), GENERAL["hair"]),
        colours=one.colours or two.colours,
        length=one.length or two.length,
        said=f"{one.said}, {two.said}",
    )


_KINDS_OF = {
    "female": ("woman", "girl"),
    "male": ("man", "boy"),
    "child": ("girl", "boy"),
}


def same_person(known: Chip, more: Chip) -> Chip | None:
    """Return one chip of two that tell of the same person; ``None`` where they cannot.

    Example:
        >>> same_person(Chip("who", "child", age=(7, 7)), Chip("who", "female")).code()
        'who:girl age=7-7'
    """
    pair = {known.value, more.value}
    if "person" in pair:
        value = (pair - {"person"} or {"person"}).pop()
    elif len(pair) == 1:
        value = known.value
    elif pair == {"female", "child"}:
        value = "girl"
    elif pair == {"male", "child"}:
        value = "boy"
    else:
        general = next((one for one in pair if pair - {one} <= set(_KINDS_OF.get(one, ()))), "")
        if not general:
            return None
        value = (pair - {general}).pop()
    return replace(
        known,
        value=value,
        age=more.age or known.age,
        said=", ".join(dict.fromkeys(one for one in (known.said, more.said) if one)),
    )
