"""From tokens to what was mentioned: which words belong to which thing, and how it was meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import GENERAL, LONG_OR_SHORT, SHADED, SLEEVED, Modality
from cmps.understanding.language import Lexicon
from cmps.understanding.tagging import STOP, Token

Order = Literal["", "forget", "forget all", "older", "younger"]

_SURE = 1.0
_REPAIRED = 0.7
"""Confidence of a chip with a repaired word in it; misheard words are read right about so often."""

_DESCRIBES = ("colour", "shade", "mark", "part")


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
    """

    chip: Chip
    known: bool = False
    another: bool = False
    corrects: bool = False
    order: Order = ""
    step: int = 0
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Marks:
    """What was said of a thing that has not been named yet."""

    colours: list[str] = field(default_factory=list)
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
        shaded = f"{self.shade}-{colour}"
        self.colours.append(shaded if self.shade and colour in SHADED else colour)
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


def spoken_of(
    tokens: Sequence[Token], words: Lexicon, now: Description, focus: Chip | None
) -> Spoken:
    """Return what a text speaks of.

    Args:
        tokens: Of :func:`cmps.understanding.tagging.tokens_of`.
        words: Of the language.
        now: What is known, which settles what *no* and *older* mean.
        focus: What *it* means.
    """
    return _Parse(tokens, words, now, focus).run()


class _Parse:
    def __init__(
        self, tokens: Sequence[Token], words: Lexicon, now: Description, focus: Chip | None
    ) -> None:
        self.tokens = [*tokens, STOP]
        self.words = words
        self.now = now
        self.focus = focus
        self.found = Spoken()
        self.marks = Marks()
        self.last: Mention | None = None
        self.clause = 0  # mentions before this sentence
        self.modality: Modality = "must"
        self.since = 0  # mentions since the modality was set
        self.one_only = False
        self.corrects = False
        self.forgetting = False
        self.fields: list[str] = []
        self.relation = ""
        self.it = False
        self.known = False
        self.another = False
        self.either = False
        self.step = 0
        self.open = False  # adjectives may still follow the noun
        self.genders: list[str] = []
        self.at = 0

    def run(self) -> Spoken:
        for self.at, token in enumerate(self.tokens):
            self._take(token)
        self._notes()
        if len(set(self.genders)) == 1:
            self.found.gender = self.genders[0]
        self.found.focus = self.last.chip if self.last else self.focus
        return self.found

    # What a token does

    def _take(self, token: Token) -> None:
        thing = self._thing(token)
        if token.has("stop"):
            self._stop(token.parts["stop"])
        elif thing is not None:
            self._name(token, thing)
        elif token.has("older", "younger") and self._ages_alone():
            self._order("older" if token.has("older") else "younger")
        elif token.has("part") and self._is_part(token):
            self._part(token)
        elif token.has(*_DESCRIBES, "age"):
            self._describe(token)
        else:
            self._grammar(token)

    def _grammar(self, token: Token) -> None:
        for gender in ("female", "male"):
            if token.has(gender):
                self.genders.append(gender)
        if token.has("restart") or (token.has("everything") and self.forgetting):
            self._order("forget all")
        elif token.has("forget") and self._begins():
            self.forgetting = True
        elif token.has("no"):
            self._no()
        elif token.has("instead"):
            self._flush()
            self._mode("not", one_only=True)
        elif token.has("not"):
            self._flush()
            self._mode("not")
        elif token.has("maybe") and not (token.has("forget") and self.forgetting):
            self._maybe()
        elif token.has("sure"):
            self._mode("must")
        elif token.has("correct"):
            self._correct()
        elif token.has("another"):
            self._flush()
            self.another = True
        elif token.has("one") and (self.marks or self.known) and self.focus_chip():
            self._one(token)
        elif token.has("bit", "much") and not token.has("noise"):
            self.step = -1 if token.has("bit") else 1
        elif token.has("bit"):
            self.step = -1
        elif token.has("it"):
            self._flush()
            self.it, self.relation = True, "be"
        elif token.has("female", "male", "neither") and not token.has("the"):
            self._flush()
            self.it, self.last, self.relation = False, self._who_mention(), ""
            if self.modality == "not" or self.since:
                self._mode("must")
        elif token.has("the", "a"):
            if not (self.relation == "be" and self.marks):
                self._flush(next_thing=True)
            self.known = token.has("the")
        else:
            self._link(token)

    def _link(self, token: Token) -> None:
        for name in ("hold", "in", "with", "wear", "be"):
            if token.has(name):
                self._flush()
                if self.since and self.modality == "not":
                    self._mode("must")
                if name != "be" or self.relation not in ("hold", "wear"):
                    self.relation = name
                if name == "hold" or (name == "wear" and not self.it):
                    self.it = False
                if name == "in" and " " in token.text:  # dressed in: of the person again
                    self.last, self.relation = self._who_mention(), "wear"
                self.open = False
                return
        if token.has("or"):
            self._or()
        elif token.has("but"):
            self._flush()
            self._mode("must")
        elif token.has("and"):
            self._and()
        elif token.has("attribute_colours", "attribute_pattern", "attribute_sleeve",
                       "attribute_length", "attribute_age"):  # fmt: skip
            self.fields += [part.removeprefix("attribute_") for part in token.parts
                            if part.startswith("attribute_")]  # fmt: skip
        elif token.has("years_to") and self.corrects and self._clause_known():
            # change the coat to a dress
            self._turn_last_round()

    def _stop(self, stop: str) -> None:
        after = self._peek(1)
        if stop == ",":
            if self.marks and self.relation != "be" and after.has("colour", "shade", "mark"):
                return
            if self.marks and self.relation != "be" and self._thing(after, 1) is not None:
                return
            self._flush()
            self.open = False
            if self.modality == "not" and self.since:
                self._mode("must")
            return
        self._flush()
        if self.forgetting and self.fields and self.focus_chip():
            self._forget_fields()
        self._mode("must")
        self.relation, self.it, self.open = "", False, False
        self.corrects = self.forgetting = self.known = self.another = False
        self.fields, self.step = [], 0
        self.clause = len(self.found.mentions)

    def _no(self) -> None:
        after = self._peek(1)
        self._flush()
        alone = after.has("stop", "the", "a", "it", "wear", "hold", "correct", "no", "not", "in",
                          "another") or (after.has("female", "male", "neither"))  # fmt: skip
        first = self.at == 0 or self._peek(-1).has("stop")
        if first and (alone or self._denies_known()):
            self.corrects = True
        else:
            self._mode("not", one_only=True)

    def _denies_known(self) -> bool:
        """Whether "no red hat" is a correction: another hat is known, or only marks are said."""
        head, marked = None, False
        for ahead in range(1, 6):
            token = self._peek(ahead)
            if token.has("stop"):
                break
            head = self._thing(token, ahead)
            if head is not None:
                break
            marked = marked or token.has("colour", "shade", "mark", "age")
        if head is None:
            return marked
        return marked and any(one.modality != "not" for one in self.now.of(head.slot))

    def _maybe(self) -> None:
        after = self._peek(1)
        if after.has("stop") and len(self.found.mentions) > self.clause and not self.marks:
            last = self.found.mentions[-1]
            if last.chip.modality == "must":
                last.chip = replace(last.chip, modality="maybe")
            return
        self._flush() if self.relation != "be" else None
        self._mode("maybe")

    def _correct(self) -> None:
        if self.marks and self._peek(1).has("stop", "colour", "shade"):
            self.marks = Marks()  # a red, sorry, blue hat
        else:
            self._flush()
        self.corrects = True

    def _mode(self, modality: Modality, one_only: bool = False) -> None:
        self.modality, self.since, self.one_only = modality, 0, one_only

    def _or(self) -> None:
        after = self._peek(1)
        if self.marks and after.has("colour", "shade"):
            self.marks.either = True
            return
        self._flush()
        if self.found.mentions and self.modality != "not":
            last = self.found.mentions[-1]
            if last.chip.modality == "must" and last.chip.slot != "who":
                last.chip = replace(last.chip, modality="maybe")
                self._mode("maybe", one_only=True)

    def _and(self) -> None:
        after = self._peek(1)
        joins = after.has("colour", "shade", "mark") and self.relation != "be"
        if self.marks and not joins and not (self.relation == "be" and after.has("colour")):
            self._flush()
        if not self.marks:
            self.open = False

    def _order(self, order: Order) -> None:
        self.marks = Marks()
        who = Chip("who", "person")
        self.found.mentions.append(Mention(who, order=order, step=self.step))

    def _ages_alone(self) -> bool:
        """Whether "older" compares with what is known, and tells no age by itself."""
        return bool(self.now.chips) and self._head() is None

    # Names of things

    def _thing(self, token: Token, ahead: int = 0) -> Chip | None:
        """Return the thing that a token names here, if it does."""
        thing: Chip | None = token.parts.get("thing")
        if thing is None:
            return None
        if token.has("noise") and not self.marks:
            return None
        if token.has("mark"):
            head = self._head(ahead)
            if head is not None and head.slot != "who":
                return None
        if token.has("part") and self._is_part(token):
            return None
        if thing.value == "something" and not (self.marks or self.relation == "hold"):
            return None
        if thing.slot == "hair" and token.has("hair_only") and not self._near_hair():
            return None
        if thing.slot in ("build", "hair", "carried") or token.text.endswith(" s"):
            return self._not_a_mere_adjective(thing, token, ahead)
        return thing

    def _not_a_mere_adjective(self, thing: Chip, token: Token, ahead: int) -> Chip | None:
        """Leave out a thing that only describes the next: heavy coat, football shirt."""
        following = self._peek(ahead + 1).parts.get("thing")
        if thing.slot == "build":
            head = self._head(ahead)
            return None if head is not None and head.slot not in ("who", "build") else thing
        if following is None:
            return thing
        if token.text.endswith(" s"):
            return None
        if thing.slot == "hair":
            return thing if following.slot in ("hair", "who", "build") else None
        return None if following.slot not in ("who", "carried") else thing

    def _near_hair(self) -> bool:
        around = self.tokens[max(0, self.at - 8) : self.at + 5]
        hair = [one for one in around if one.has("thing") and one.parts["thing"].slot == "hair"
                and not one.has("hair_only")]  # fmt: skip
        return bool(hair)

    def _head(self, ahead: int = 0) -> Chip | None:
        """Return the thing that adjectives from here on belong to."""
        for step in range(ahead + 1, ahead + 6):
            token = self._peek(step)
            if token.has("thing") and not token.has("mark"):
                head: Chip = token.parts["thing"]
                if head.slot == "build":
                    continue
                return head
            if not token.has("colour", "shade", "mark", "age", "and", "thing") and token.parts:
                return None
        return None

    def _peek(self, step: int) -> Token:
        at = self.at + step
        return self.tokens[at] if 0 <= at < len(self.tokens) else STOP

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
            if thing.value not in ("child", "girl", "boy", "female", "male"):
                return
            thing = Chip("carried", "child")
        said = " ".join([*marks.words, token.text])
        chip = marked(thing, marks)
        chip = replace(chip, modality=modality, said=said,
                       confidence=_REPAIRED if marks.repaired or token.repaired else _SURE)  # fmt: skip
        if chip.slot == "who" and modality == "must" and not self.forgetting:
            if thing.slot == "who" and marks.fields.get("length") == "short":
                self._append(Mention(Chip("build", "short", said=said)))
            if self.relation == "with":
                return
            self._who_is(chip)
        else:
            self._append(Mention(chip, self.known, self.another, self.corrects,
                                 "forget" if self.forgetting else "", 0, tuple(self.fields)))  # fmt: skip
        self.since += 1
        self.known = self.another = False
        self.fields = []
        self.open = True

    def _append(self, mention: Mention) -> None:
        if mention.chip.slot == "hair" and not mention.order:
            for earlier in self.found.mentions[self.clause :]:
                if joined := _one_hair(earlier, mention):
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

    def focus_chip(self) -> Chip | None:
        """Return what was spoken of last, here or before."""
        return self.last.chip if self.last else self.focus

    def _who_mention(self) -> Mention | None:
        for one in self.found.mentions:
            if one.chip.slot == "who" and not one.order:
                return one
        return None

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

    # What is said of things

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
        elif token.has("age"):
            marks.age, marks.years = token.parts["age"], token.has("years")
        else:
            marks.words.pop()

    def _is_part(self, token: Token) -> bool:
        """Whether a word like "hood" or "stripes" tells of the thing before it."""
        target = self._on()
        if target is None:
            return False
        if token.has("thing"):
            return target.chip.slot == "upper" and self.relation in ("with", "wear", "be", "")
        return True

    def _on(self) -> Mention | None:
        """Return what a part or a mark without a noun belongs to."""
        if self.it:
            return self._focused()
        if self.last and self.last.chip.slot not in ("who", "build", "carried"):
            return self.last
        return None

    def _focused(self) -> Mention | None:
        """Return what "it" is, as a mention of this text."""
        if self.last and self.last.chip.slot != "who":
            return self.last
        if self.focus is None or self.focus.slot == "who":
            return None
        mention = Mention(Chip(self.focus.slot, self.focus.value), known=True,
                          corrects=self.corrects)  # fmt: skip
        self.found.mentions.append(mention)
        self.last = mention
        return mention

    def _part(self, token: Token) -> None:
        marks, self.marks = self.marks, Marks()
        target = self._on()
        self.known = False
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
        target.chip = replace(chip, accents=(*chip.accents, *accents),
                              said=" ".join([chip.said, *marks.words, token.text]).strip())  # fmt: skip

    def _flush(self, next_thing: bool = False) -> None:
        """Give marks without a noun to what they were said of."""
        marks, self.marks = self.marks, Marks()
        if not marks:
            return
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
        sleeved = "sleeve" in marks.fields
        if sleeved:
            for one in reversed(self.found.mentions):
                if one.chip.slot in SLEEVED and not one.order:
                    return one
            return None
        if self.it:
            return self._focused()
        if self.last and self.last.chip.slot not in ("who", "build"):
            if self.relation == "wear" and marks.colours and self.last.chip.colours:
                return None
            return self.last
        if self.last is None and self.relation in ("", "be") and not self.found.mentions:
            return self._focused()
        return None

    def _give(self, target: Mention, marks: Marks) -> None:
        if self.modality == "not":
            if self._another_follows():
                self.corrects = target.corrects = True
                return
            kind = marked(Chip(target.chip.slot, target.chip.value), marks)
            target.chip = replace(kind, modality="not", said=" ".join(marks.words))
            return
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
        steps = [self._peek(step) for step in range(0, 4)]
        rest = [one for one in steps if not one.has("stop", "but", "it", "a", "be")]
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

    # Small helpers of orders

    def _begins(self) -> bool:
        return len(self.found.mentions) == self.clause and not self.marks and bool(self.now.chips)

    def _clause_known(self) -> bool:
        return len(self.found.mentions) > self.clause and self.found.mentions[-1].known

    def _turn_last_round(self) -> None:
        if self._peek(1).has("a") or self._thing(self._peek(1), 1):
            last = self.found.mentions[-1]
            last.chip = replace(last.chip, modality="not")

    def _forget_fields(self) -> None:
        chip = self.focus_chip()
        for one in self.found.mentions[self.clause :]:
            if one.order == "forget" and not one.fields:
                one.fields = tuple(self.fields)
                return
        if chip is not None:
            self.found.mentions.append(
                Mention(chip, True, order="forget", fields=tuple(self.fields))
            )

    def _notes(self) -> None:
        """Collect unknown words, with the small words between them."""
        run: list[str] = []
        gap: list[str] = []
        for token in self.tokens:
            if not token.parts:
                run += [*gap, token.text] if run else [token.text]
                gap = []
            elif run and token.has("noise", "the", "a", "in") and len(gap) < 4:
                gap.append(token.text)
            else:
                if run:
                    self.found.notes.append(" ".join(run))
                run, gap = [], []


def replace_colours(marks: Marks, colours: tuple[str, ...]) -> Marks:
    """Return the marks with other colours."""
    return replace(marks, colours=list(colours), either=False)


def marked(thing: Chip, marks: Marks) -> Chip:
    """Return a thing with what was said of it, as far as such a thing can have it."""
    chip = thing
    if thing.slot == "who":
        return replace(chip, age=marks.age or chip.age)
    if thing.slot == "build":
        return chip
    chip = replace(chip, colours=(*chip.colours, *marks.all_colours()))
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


def _one_hair(earlier: Mention, mention: Mention) -> Chip | None:
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
