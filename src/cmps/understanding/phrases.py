"""From tokens to what was mentioned: which words belong to which thing, and how it was meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from cmps.understanding.chips import Chip, Description
from cmps.understanding.describing import Describing
from cmps.understanding.language import Lexicon
from cmps.understanding.mentions import Marks, Mention, Order, Spoken
from cmps.understanding.tagging import Token

_DESCRIBES = ("colour", "shade", "mark", "part")


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


class _Parse(Describing):
    def run(self) -> Spoken:
        for at, token in enumerate(self.tokens):
            self.at = at
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
            self._command("older" if token.has("older") else "younger")
        elif token.has("part") and self._is_part(token):
            self._part(token)
        elif token.has("part") and self._names_print(token):
            self.marks.words.append(token.text)
            self.marks.fields.setdefault(*token.parts["part"])
        elif token.has(*_DESCRIBES, "age"):
            self._describe(token)
        else:
            self._grammar(token)

    def _grammar(self, token: Token) -> None:
        for gender in ("female", "male"):
            if token.has(gender):
                self.genders.append(gender)
        for part, act in _GRAMMAR:
            if token.has(part) and act(self, token):
                return

    def _restart(self, token: Token) -> bool:
        if token.has("restart") or self.forgetting:
            self._command("forget all")
            return True
        return False

    def _forget(self, token: Token) -> bool:
        begins = len(self.found.mentions) == self.clause and not self.marks
        if begins and self.now.chips:
            self.forgetting = True
            return True
        return False

    def _negate(self, token: Token) -> bool:
        self._flush()
        self._mode("not", one_only=token.has("instead"))
        return True

    def _certain(self, token: Token) -> bool:
        self._mode("must")
        return True

    def _another(self, token: Token) -> bool:
        self._flush()
        self.another = True
        return True

    def _one_of(self, token: Token) -> bool:
        if (self.marks or self.known) and self.focus_chip():
            self._one(token)
            return True
        return False

    def _how_much(self, token: Token) -> bool:
        self.step = -1 if token.has("bit") else 1
        return True

    def _it(self, token: Token) -> bool:
        self._flush()
        if self.modality == "not" and self.since:
            self._mode("must")
        self.it, self.relation = True, "be"
        return True

    def _subject(self, token: Token) -> bool:
        if token.has("the"):
            return False
        self._flush()
        self.it, self.last, self.relation = False, self._who_mention(), ""
        if self.modality == "not" or self.since:
            self._mode("must")
        return True

    def _article(self, token: Token) -> bool:
        after_or = self.marks.either and self._peek(-1).has("or")
        if not (self.relation == "be" and self.marks) and not after_or:
            self._flush()
        self.known = token.has("the")
        return True

    def _relate(self, token: Token) -> bool:
        name = next(one for one in ("hold", "in", "with", "wear", "be") if token.has(one))
        self._flush()
        if self.since and self.modality == "not":
            self._mode("must")
        if name != "be" or self.relation not in ("hold", "wear"):
            self.relation = name
        self.verb_at = len(self.found.mentions)
        if name == "hold" or (name == "wear" and not self.it):
            self.it = False
        if name == "in" and " " in token.text:  # dressed in: of the person again
            self.last, self.relation = self._who_mention(), "wear"
        self.open = False
        return True

    def _but(self, token: Token) -> bool:
        self._flush()
        self._mode("must")
        return True

    def _attribute(self, token: Token) -> bool:
        self.fields += [
            part.removeprefix("attribute_") for part in token.parts if part.startswith("attribute_")
        ]
        return True

    def _into(self, token: Token) -> bool:
        """Change the coat *to* a dress."""
        known = len(self.found.mentions) > self.clause and self.found.mentions[-1].known
        named = self._peek(1).has("a") or self._thing(self._peek(1), 1)
        if self.corrects and known and named:
            last = self.found.mentions[-1]
            last.chip = replace(last.chip, modality="not")
        return True

    def _stop(self, stop: str) -> None:
        after = self._peek(1)
        if stop == ",":
            more = after.has("colour", "shade", "mark") and self.modality != "not"
            if self.marks and self.relation != "be" and more:
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

    def _no(self, token: Token) -> bool:
        after = self._peek(1)
        if token.has("not") and after.has("wear", "hold", "be"):
            return False  # no lleva gorro
        self._flush()
        alone = after.has("stop", "the", "a", "it", "wear", "hold", "correct", "no", "not", "in",
                          "another") or (after.has("female", "male", "neither"))  # fmt: skip
        first = self.at == 0 or self._peek(-1).has("stop")
        if first and (alone or self._denies_known()):
            self.corrects = True
        else:
            self._mode("not", one_only=True)
        return True

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

    def _maybe(self, token: Token) -> bool:
        after = self._peek(1)
        if after.has("stop") and len(self.found.mentions) > self.clause and not self.marks:
            last = self.found.mentions[-1]
            if last.chip.modality == "must":
                last.chip = replace(last.chip, modality="maybe")
            return True
        if self.relation != "be":
            self._flush()
        self._mode("maybe")
        return True

    def _correct(self, token: Token) -> bool:
        if self._peek(1).has("stop") and not self.marks and self.found.mentions[self.clause :]:
            self.found.mentions[-1].corrects = True  # it was red, sorry
            return True
        if self.marks and self._peek(1).has("stop", "colour", "shade"):
            self.marks = Marks()  # a red, sorry, blue hat
        else:
            self._flush()
        self.corrects = True
        return True

    def _or(self, token: Token) -> bool:
        following = self._peek(2 if self._peek(1).has("a") else 1)
        if self.marks and following.has("colour", "shade"):
            self.marks.either = True
            return True
        self._flush()
        if self.found.mentions and self.modality != "not":
            last = self.found.mentions[-1]
            if last.chip.modality == "must" and last.chip.slot != "who":
                last.chip = replace(last.chip, modality="maybe")
                self._mode("maybe", one_only=True)
        return True

    def _and(self, token: Token) -> bool:
        after = self._peek(1)
        joins = after.has("colour", "shade", "mark") and self.relation != "be"
        if self.marks and not joins and not (self.relation == "be" and after.has("colour")):
            self._flush()
        if not self.marks:
            self.open = False
        return True

    def _command(self, order: Order) -> None:
        self.marks = Marks()
        who = Chip("who", "person")
        said = self._peek(0).text.split()
        if any("much" in self.words.phrases.get((word,), {}) for word in said):
            self.step = 1
        self.found.mentions.append(Mention(who, order=order, step=self.step))

    def _ages_alone(self) -> bool:
        """Whether "older" compares with what is known, and tells no age by itself."""
        named = not self.words.before and self._peek(-1).has("thing")  # una señora mayor
        return bool(self.now.chips) and self._head() is None and not named

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


_GRAMMAR: tuple[tuple[str, Callable[[_Parse, Token], bool]], ...] = (
    ("restart", _Parse._restart),
    ("everything", _Parse._restart),
    ("forget", _Parse._forget),
    ("no", _Parse._no),
    ("instead", _Parse._negate),
    ("not", _Parse._negate),
    ("maybe", _Parse._maybe),
    ("sure", _Parse._certain),
    ("correct", _Parse._correct),
    ("another", _Parse._another),
    ("one", _Parse._one_of),
    ("bit", _Parse._how_much),
    ("much", _Parse._how_much),
    ("it", _Parse._it),
    ("female", _Parse._subject),
    ("male", _Parse._subject),
    ("neither", _Parse._subject),
    ("the", _Parse._article),
    ("a", _Parse._article),
    ("hold", _Parse._relate),
    ("in", _Parse._relate),
    ("with", _Parse._relate),
    ("wear", _Parse._relate),
    ("be", _Parse._relate),
    ("or", _Parse._or),
    ("but", _Parse._but),
    ("and", _Parse._and),
    ("attribute_colours", _Parse._attribute),
    ("attribute_pattern", _Parse._attribute),
    ("attribute_sleeve", _Parse._attribute),
    ("attribute_length", _Parse._attribute),
    ("attribute_age", _Parse._attribute),
    ("years_to", _Parse._into),
)
"""What a small word does, the first that applies; what returns false lets the next one try."""
