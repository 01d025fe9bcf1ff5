"""Marks given to what they were said of, and things put among what was mentioned."""

from __future__ import annotations

from dataclasses import replace

from cmps.understanding.chips import Chip
from cmps.understanding.codes import SHADED, SLEEVED, SLEEVES, Modality
from cmps.understanding.cursor import Cursor
from cmps.understanding.mentions import (
    Marks,
    Mention,
    Order,
    marked,
    one_hair,
    replace_colours,
    same_person,
)
from cmps.understanding.tagging import Token

_SURE = 1.0
_REPAIRED = 0.7
"""Confidence of a chip with a repaired word in it; misheard words are read right about so often."""


class Describing(Cursor):
    """Builds mentions from things and marks."""

    def _name(self, token: Token, thing: Chip) -> None:
        if not self.words.before and self.open and self.marks:
            self._flush()
        marks, self.marks = self.marks, Marks()
        if thing.slot in ("build",) and marks:
            self.marks, marks = marks, Marks()  # a young slim woman
        if thing.slot != "who" and marks.age and marks.years:
            self._who_is(Chip("who", "person", age=marks.age))
        if marks.either and len(marks.colours) > 1 and self.modality != "not":
            for colour in marks.colours:
                single = replace_colours(marks, (colour,))
                self._mention(token, thing, single, "maybe")
            return
        self._mention(token, thing, marks, self.modality)
        if self.one_only:
            self._mode("must")

    def _mention(self, token: Token, thing: Chip, marks: Marks, modality: Modality) -> None:
        if thing.slot == "who" and self.relation == "hold" and thing.value != "person":
            child = thing.value in ("child", "girl", "boy", "female", "male")
            held = child and len(self.found.mentions) == self.verb_at
            if self._who_mention() is not None or held:
                if not child:
                    return
                thing = Chip("carried", "child")
        said = " ".join([*marks.words, token.text])
        chip = marked(thing, marks)
        sure = _REPAIRED if marks.repaired or token.repaired else _SURE
        chip = replace(chip, modality=modality, said=said, confidence=sure)
        if chip.slot == "who" and self.known and modality == "maybe":
            chip = replace(chip, modality="must")  # I think the man wore a cap
        if chip.slot == "who" and chip.modality == "must" and not self.forgetting:
            if thing.slot == "who" and marks.fields.get("length") == "short":
                self._append(Mention(Chip("build", "short", said=said)))
            if self.relation == "with":
                return
            self._who_is(chip)
        else:
            order: Order = "forget" if self.forgetting else ""
            mention = Mention(chip, self.known, self.another, self.corrects, order)
            mention.fields = tuple(self.fields)
            mention.same = self.it and self.relation == "be"
            self._append(mention)
        self.since += 1
        self.known = self.another = False
        self.fields = []
        self.open = True

    def _append(self, mention: Mention) -> None:
        if mention.chip.slot == "hair" and not mention.order:
            for earlier in self.found.mentions[self.clause :]:
                if joined := one_hair(earlier, mention):
                    earlier.chip = joined
                    self.last = earlier
                    return
        self.found.mentions.append(mention)
        if mention.chip.slot != "build":
            self.last, self.it = mention, False

    def _one(self, token: Token) -> None:
        """A red one: of the kind that was spoken of last."""
        focus = self.focus_chip()
        if focus is None:
            return
        thing = Chip(focus.slot, focus.value)
        last = self.found.mentions[-1] if len(self.found.mentions) > self.clause else None
        if last and last is self.last and not (last.chip.colours and self.marks.colours):
            self.another = False
            self._flush()  # a cap, a green one
            return
        if not self.another and not self.forgetting:
            self.known = True
        self._name(token, thing)

    def _who_is(self, chip: Chip) -> None:
        """Say more of the person, or name them for the first time."""
        mention = self._who_mention()
        if mention is None:
            mention = Mention(chip, known=True, corrects=self.corrects)
            self.found.mentions.append(mention)
        elif self.corrects and chip.value != "person":
            mention.chip = replace(chip, age=chip.age or mention.chip.age)
        else:
            mention.chip = same_person(mention.chip, chip) or mention.chip
        self.last, self.it = mention, False

    def _describe(self, token: Token) -> None:
        marks = self.marks
        marks.words.append(token.text)
        marks.repaired = marks.repaired or token.repaired
        if token.has("shade") and self._peek(1).has("colour"):
            marks.shade = token.parts["shade"]
        elif token.has("colour"):
            marks.colour(token.parts["colour"])
        elif token.has("shade"):
            marks.shade = token.parts["shade"]
        elif token.has("mark"):
            name, value = token.parts["mark"]
            if name == "is":
                marks.details.append(value)
            else:
                marks.fields[name] = value
                after = not self.words.before and bool(marks.colours)
                marks.pattern_told |= name == "pattern" and after
        elif token.has("age"):
            marks.age, marks.years = token.parts["age"], token.has("years")
        else:
            marks.words.pop()

    def _part(self, token: Token) -> None:
        marks, self.marks = self.marks, Marks()
        target = self._on() or (self._focused() if self._focus_alone() else None)
        self.known = False
        if token.has("attribute_sleeve") and not marks:
            self.fields.append("sleeve")
        if target is None or self.modality == "not":
            if self.one_only:
                self._mode("must")
            return
        name, value = token.parts["part"]
        chip = target.chip
        if name == "is":
            chip = replace(chip, details=(*chip.details, value))
        elif name and not chip.pattern:
            chip = replace(chip, pattern=value)
        accents = tuple(one for one in marks.all_colours() if one not in chip.accents)
        said = " ".join([chip.said, *marks.words, token.text]).strip()
        target.chip = replace(chip, accents=(*chip.accents, *accents), said=said)

    def _flush(self) -> None:
        """Give marks without a noun to what they were said of."""
        marks, self.marks = self.marks, Marks()
        if not marks:
            return
        if "sleeve" in self.fields and marks.fields.get("length") in SLEEVES:
            marks.fields["sleeve"] = marks.fields.pop("length")  # the sleeves are short
        if marks.age is not None and (marks.years or self._of_person()):
            self._who_is(Chip("who", "person", age=marks.age, said=" ".join(marks.words)))
            return
        target = self._target(marks)
        if target is not None:
            self._give(target, marks)
        elif self._of_person():
            self._of_clothes(marks)

    def _of_person(self) -> bool:
        return not self.it and (self.last is None or self.last.chip.slot == "who")

    def _target(self, marks: Marks) -> Mention | None:
        if self.modality == "not" and not self.it and (denied := self._denied(marks)):
            return denied
        sleeved = "sleeve" in marks.fields
        if sleeved:
            for one in reversed(self.found.mentions):
                if one.chip.slot in SLEEVED and not one.order:
                    return one
            of_focus = self.it and self.focus is not None and self.focus.slot in SLEEVED
            return self._focused() if of_focus else None
        if self.it:
            return self._focused()
        if self.last and self.last.chip.slot not in ("who", "build"):
            if self.relation == "wear" and marks.colours and self.last.chip.colours:
                return None
            return self.last
        if self.last is None and self.relation in ("", "be") and not self.found.mentions:
            size_of_person = self.genders and not (marks.all_colours() or marks.fields)
            return None if size_of_person else self._focused()
        return None

    def _denied(self, marks: Marks) -> Mention | None:
        """Return the known thing that has the colour of "not red", where none was named."""
        if not marks.colours or self.found.mentions[self.clause :]:
            return None
        known = [one for one in self.now.chips
                 if one.modality != "not" and set(marks.colours) <= set(one.colours)]  # fmt: skip
        focus = [one for one in known if self.focus and one.meaning == self.focus.meaning]
        if not known:
            return None
        one = (focus or known)[-1]
        self.last = Mention(Chip(one.slot, one.value), known=True)
        self.found.mentions.append(self.last)
        return self.last

    def _give(self, target: Mention, marks: Marks) -> None:
        if self.modality == "not":
            if self._another_follows():
                self.corrects = target.corrects = True
                self._mode("must")
                return
            kind = marked(Chip(target.chip.slot, target.chip.value), marks)
            if target.chip.colours or target.chip.pattern:
                return  # red, not blue: told already
            target.chip = replace(kind, modality="not", said=" ".join(marks.words))
            self.since += 1
            return
        if target.chip.modality == "not" and self.modality == "must":
            # the hat is not red, it is blue: what holds takes the place of what does not
            target.chip = replace(target.chip, colours=(), modality="must")
            target.corrects = True
        if marks.shade and not marks.colours and target.chip.colours:
            colours = tuple(f"{marks.shade}-{one}" if one in SHADED else one
                            for one in target.chip.colours)  # fmt: skip
            target.chip, marks.shade = replace(target.chip, colours=colours), ""
            target.corrects = True
        modality = target.chip.modality if self.modality == "must" else self.modality
        repaired = _REPAIRED if marks.repaired else target.chip.confidence
        if marks.either and len(marks.colours) > 1:
            first, *others = marks.colours
            base = target.chip
            target.chip = replace(base, colours=(first,), modality="maybe")
            for colour in others:
                more = replace(base, colours=(colour,), modality="maybe")
                self.found.mentions.append(Mention(more, another=True))
            return
        if self.corrects and marks.colours:
            target.corrects = True
            target.chip = replace(target.chip, colours=())
        target.chip = replace(
            marked(target.chip, marks), modality=modality, confidence=repaired,
            said=" ".join([target.chip.said, *marks.words]).strip(),
        )  # fmt: skip

    def _another_follows(self) -> bool:
        """Whether after "not red" comes "but blue" or ", blue"."""
        steps = [self._peek(step) for step in range(0, 7)]
        small = ("stop", "but", "it", "a", "be", "noise", "maybe", "years_about")
        rest = [one for one in steps if not one.has(*small)]
        return bool(rest) and rest[0].has("colour", "shade") and self._peek(0).has("stop", "but")

    def _of_clothes(self, marks: Marks) -> None:
        said = " ".join(marks.words)
        if marks.fields.get("sleeve"):
            self._append(Mention(marked(Chip("upper", "top", said=said), marks)))
        elif (marks.all_colours() or marks.fields.get("pattern")) and self.relation in (
            "wear", "in",
        ):  # fmt: skip
            clothes = marked(Chip("whole", "clothes", said=said), marks)
            self._append(Mention(replace(clothes, modality=self.modality)))
        elif marks.fields.get("length") == "short" and self.relation == "be":
            self._append(Mention(Chip("build", "short", said=said, modality=self.modality)))

    def _mode(self, modality: Modality, one_only: bool = False) -> None:
        self.modality, self.since, self.one_only = modality, 0, one_only
