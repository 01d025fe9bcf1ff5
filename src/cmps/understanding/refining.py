"""From mentions to edits: what a sentence changes in what is known already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import GENERAL, OLDEST
from cmps.understanding.edits import (
    Add,
    Edit,
    Forget,
    Negate,
    Note,
    Older,
    Remove,
    Replace,
    Younger,
)
from cmps.understanding.mentions import Mention, same_person

SINGLE = ("who", "lower", "whole", "shoes", "hair", "hat", "glasses")
"""Of these a person has one; another one said later takes its place."""

_FIELDS = {
    "colours": ("colours", "accents"),
    "pattern": ("pattern",),
    "sleeve": ("sleeve",),
    "length": ("length",),
    "age": ("age",),
}
_NO_TROUSERS = {"shorts", "skirt"}
_UNTOLD = {"older": (45, 100), "younger": (3, 35)}
"""Ages where none was told: taken as older or younger than a grown person in the middle years."""


class Refining:
    """Takes mentions one by one and keeps the edits and the description after them."""

    def __init__(self, now: Description, focus: Chip | None = None) -> None:
        self.before = now
        self.description = now
        self.edits: list[Edit] = []
        self.fresh: set[tuple[object, ...]] = set()
        self.became: dict[tuple[object, ...], Chip] = {}
        self.said_last = focus
        self._skip: Mention | None = None

    def take(self, mention: Mention, after: Mention | None = None) -> None:
        """Take a mention.

        Args:
            mention: Of the text.
            after: The next one, which "not a coat, a dress" puts in place of this.
        """
        if mention is self._skip:
            return
        if mention.order:
            self._order(mention)
        elif mention.chip.modality == "not":
            self._rule_out(mention, after)
        else:
            self._tell(mention)

    def note(self, words: str) -> None:
        """Keep words that are no chip."""
        if words and words not in self.description.rest:
            self._do(Note(note=words))

    def focus(self, said: Chip | None) -> Chip | None:
        """Return the chip of the description that was spoken of last."""
        if said is None:
            return None
        said = self.became.get(said.meaning, said)
        of = [one for one in self.description.of(said.slot) if one.value == said.value]
        return of[-1] if of and said not in self.description.chips else said

    # Edits

    def _do(self, edit: Edit) -> None:
        if edit.old is not None and edit.new is not None and edit.old.meaning == edit.new.meaning:
            return
        if edit.new is not None and edit.new.meaning in {
            one.meaning for one in self.description.chips
        }:
            if edit.old is None:
                return
            edit = Remove(edit.old)
        for at, earlier in enumerate(self.edits):
            if (edit.old and earlier.new and earlier.new.meaning == edit.old.meaning
                    and isinstance(edit, Replace)):  # fmt: skip
                # one edit for what one text told in two steps
                self.edits[at] = type(earlier)(earlier.old, edit.new)
                break
        else:
            self.edits.append(edit)
        self.description = edit.apply(self.description)
        if edit.new is not None:
            self.fresh.add(edit.new.meaning)

    def _replace(self, old: Chip, new: Chip, said: Chip) -> None:
        self._do(Replace(old, new))
        self.became[said.meaning] = new

    # Orders

    def _order(self, mention: Mention) -> None:
        if mention.order == "forget all":
            for chip in self.description.chips:
                self._do(Forget(chip))
        elif mention.order == "forget":
            self._forget(mention)
        else:
            self._age(mention)

    def _forget(self, mention: Mention) -> None:
        for chip in self._meant(mention.chip):
            if not mention.fields:
                self._do(Forget(chip))
                continue
            emptied: dict[str, Any] = {
                name: None if name == "age" else type(getattr(chip, name))()
                for one in mention.fields
                for name in _FIELDS.get(one, ())
            }
            self._do(Replace(chip, replace(chip, **emptied)))

    def _age(self, mention: Mention) -> None:
        kind = Older if mention.order == "older" else Younger
        who = next(iter(self.description.of("who", modality="must")), None)
        age = shifted(who.age if who else None, mention.order == "older", mention.step)
        base = who or Chip("who", "person")
        value = grown(base.value, age)
        self._do(kind(who, replace(base, value=value, age=age)))

    # What is ruled out

    def _rule_out(self, mention: Mention, after: Mention | None) -> None:
        meant = [one for one in self._meant(mention.chip) if one.modality != "not"]
        held = [one for one in meant if covers(mention.chip, one)]
        if after is not None and self._takes_place(mention, after) and len(meant) == 1:
            held = meant
            new = after.chip
            if held[0].slot == new.slot:
                new = over(held[0], new)
            self._replace(held[0], new, after.chip)
            self._skip = after
            return
        if any(one.meaning in self.fresh for one in held):
            return  # a cap instead of a hat: the cap, which is a hat, stands
        self._do(Negate(held[0] if held else None, mention.chip))
        for chip in held[1:]:
            self._do(Remove(chip))

    def _takes_place(self, mention: Mention, after: Mention) -> bool:
        garments = ("upper", "whole", "lower")
        slot = mention.chip.slot  # of things carried there may be many
        alike = (slot == after.chip.slot != "carried") or (
            slot in garments and after.chip.slot in garments
        )
        return alike and after.chip.modality == "must" and not after.order

    def _meant(self, said: Chip) -> list[Chip]:
        """Return the known chips that a mention of few words means."""
        return [
            one
            for one in self.description.of(said.slot)
            if same_kind(one, said) and not conflict(one, said)
        ]

    # What is told

    def _tell(self, mention: Mention) -> None:
        chip = mention.chip
        of_slot = list(self.description.of(chip.slot))
        for one in of_slot:
            if one.modality == "not" and covers(one, chip):
                self._replace(one, chip, chip)
                return
        held = [one for one in of_slot if one.modality != "not"]
        if chip.slot == "who":
            self._tell_who(mention, held)
            return
        if mention.another:
            self._do(Add(new=chip))
            return
        old = self._known_as(mention, held)
        if old is None:
            if not (mention.known and self._nothing_said(chip) and chip.slot in ("hair",)):
                self._do(Add(new=chip))
            return
        self._replace(old, self._joined(old, mention), chip)

    def _joined(self, old: Chip, mention: Mention) -> Chip:
        new = over(old, mention.chip)
        if mention.same and not new.colours:
            new = replace(new, colours=old.colours)
        if mention.chip.modality == "maybe" and old.modality == "must":
            # doubt of a thing that was told in more words is doubt of all of it
            return replace(new, modality="maybe")
        return new

    def _nothing_said(self, chip: Chip) -> bool:
        return chip.meaning == Chip(chip.slot, GENERAL.get(chip.slot, chip.value)).meaning

    def _known_as(self, mention: Mention, held: list[Chip]) -> Chip | None:
        """Return the known chip that a mention says more of or takes the place of."""
        chip = mention.chip
        older = [one for one in held if one.meaning not in self.fresh]
        fitting = [one for one in held if same_kind(one, chip) and not conflict(one, chip)]
        if mention.chip.modality == "maybe":
            fitting = [one for one in fitting if covers(chip, one) or one.modality == "maybe"]
        if fitting:
            exact = [one for one in fitting if one.value == chip.value] or fitting
            bare = exact[-1].meaning == Chip(chip.slot, exact[-1].value).meaning
            meant = mention.known or mention.corrects or exact[0] in older or bare
            return exact[-1] if meant else None
        means_known = mention.known or mention.same
        if chip.modality == "maybe" and not (mention.corrects or means_known):
            return None
        alike = [one for one in held if one.value == chip.value]
        if alike and (mention.corrects or means_known):
            return alike[-1]
        return self._in_place_of(mention, held, older)

    def _in_place_of(self, mention: Mention, held: list[Chip], older: list[Chip]) -> Chip | None:
        """Return the known chip of another kind whose place a mention takes."""
        spoken = [one for one in held if self.said_last and one.meaning == self.said_last.meaning]
        if mention.same and spoken:
            return spoken[-1]
        slot = mention.chip.slot
        if mention.corrects:
            return (spoken or held)[-1] if slot in (*SINGLE, "upper", "bag") and held else None
        return older[-1] if slot in SINGLE and older else None

    def _tell_who(self, mention: Mention, held: list[Chip]) -> None:
        chip = mention.chip
        if not held:
            self._do(Add(new=chip))
            return
        old = held[-1]
        joined = same_person(old, chip)
        if joined is None:
            joined = replace(chip, age=chip.age or old.age)
        self._replace(old, replace(joined, modality=chip.modality), chip)


def same_kind(one: Chip, two: Chip) -> bool:
    """Whether two chips may be of one thing, by their kinds.

    Example:
        >>> same_kind(Chip("bag", "bag"), Chip("bag", "backpack"))
        True
    """
    general = GENERAL.get(one.slot)
    if {"trousers"} < {one.value, two.value} and {one.value, two.value} & _NO_TROUSERS:
        return False
    return one.slot == two.slot and (one.value == two.value or general in (one.value, two.value))


def conflict(one: Chip, two: Chip) -> bool:
    """Whether two chips of a kind say what cannot hold of one thing: red and blue."""
    for field in ("pattern", "sleeve", "length"):
        first, second = getattr(one, field), getattr(two, field)
        if first and second and first != second:
            return True
    if one.colours and two.colours:
        return not (set(one.colours) <= set(two.colours) or set(two.colours) <= set(one.colours))
    return False


def covers(general: Chip, chip: Chip) -> bool:
    """Whether a chip says all that a more general one says."""
    return (
        same_kind(general, chip)
        and (general.value == chip.value or general.value == GENERAL.get(general.slot))
        and set(general.colours) <= set(chip.colours)
        and set(general.accents) <= set(chip.accents)
        and set(general.details) <= set(chip.details)
        and all(
            getattr(general, field) in ("", getattr(chip, field))
            for field in ("pattern", "sleeve", "length")
        )
    )


def over(old: Chip, new: Chip) -> Chip:
    """Return what a new chip says, with what only the old one said of the same thing.

    Example:
        >>> over(Chip("upper", "shirt", ("red",), sleeve="short"),
        ...      Chip("upper", "shirt", ("blue",))).code()
        'upper:shirt blue sleeve=short'
    """
    value = new.value
    if new.value == GENERAL.get(new.slot):
        value = old.value
    if not same_kind(old, new):
        # another kind of garment: only its colour may still hold, and nobody said so
        return new
    longer = len(new.colours) >= len(old.colours) or not set(new.colours) <= set(old.colours)
    return replace(
        new,
        value=value,
        colours=new.colours if new.colours and longer else old.colours,
        accents=new.accents or old.accents,
        pattern=new.pattern or old.pattern,
        sleeve=new.sleeve or old.sleeve,
        length=new.length or old.length,
        details=(*old.details, *new.details),
        said=new.said or old.said,
    )


def shifted(age: tuple[int, int] | None, older: bool, step: int = 0) -> tuple[int, int]:
    """Return the age of somebody who is older or younger than thought.

    Args:
        age: As thought, in years.
        older: Or younger.
        step: -1 for a bit, 0, 1 for much.

    Example:
        >>> shifted((18, 35), older=True), shifted((30, 40), older=False, step=-1)
        ((36, 53), (25, 35))
    """
    if age is None:
        return _UNTOLD["older" if older else "younger"]
    first, last = age
    way = 1 if older else -1
    width = min(max(last - first, 4), 20)
    if step < 0:
        by = 5 if last >= 20 else 2
        low, high = first + way * by, last + way * by
    elif older:
        far = 10 if step > 0 else 0
        low, high = last + 1 + far, last + 1 + far + width
    else:
        far = 10 if step > 0 else 0
        low, high = first - 1 - far - width, first - 1 - far
    low, high = max(0, min(low, OLDEST)), max(0, min(high, OLDEST))
    return low, high


def grown(value: str, age: tuple[int, int]) -> str:
    """Return the kind of person that fits an age.

    Example:
        >>> grown("girl", (20, 30)), grown("woman", (5, 9))
        ('woman', 'girl')
    """
    adult = {"girl": "woman", "boy": "man", "child": "person"}
    young = {"woman": "girl", "man": "boy"}
    if age[0] >= 18:
        return adult.get(value, value)
    if age[1] <= 15:
        return young.get(value, value)
    return value
