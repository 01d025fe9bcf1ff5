"""Reading ahead: what a word is here, by the words around it."""

from __future__ import annotations

from collections.abc import Sequence

from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import WEARABLE, Modality
from cmps.understanding.language import Lexicon
from cmps.understanding.mentions import Marks, Mention, Spoken
from cmps.understanding.tagging import STOP, Token


class Cursor:
    """A place in a sentence and what was gathered up to it.

    Args:
        tokens: Of :func:`cmps.understanding.tagging.tokens_of`.
        words: Of the language.
        now: What is known.
        focus: What *it* means.
    """

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
        self.verb_at = 0  # mentions before the last verb
        self.it = False
        self.known = False
        self.another = False
        self.either = False
        self.step = 0
        self.open = False  # adjectives may still follow the noun
        self.genders: list[str] = []
        self.at = 0

    def _thing(self, token: Token, ahead: int = 0) -> Chip | None:
        """Return the thing that a token names here, if it does."""
        thing: Chip | None = token.parts.get("thing")
        if thing is None:
            return None
        if token.has("noise") and not self.marks:
            return None
        if token.has("mark", "age"):
            head = self._head(ahead)
            if head is not None and (head.slot == "who") == token.has("age"):
                return None  # skinny jeans, eine junge Frau
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
            if thing.value not in ("straight", "curly") and not token.has("hair_only"):
                return thing
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

    def focus_chip(self) -> Chip | None:
        """Return what was spoken of last, here or before."""
        return self.last.chip if self.last else self.focus

    def _who_mention(self) -> Mention | None:
        for one in self.found.mentions:
            if one.chip.slot == "who" and one.chip.modality != "not" and not one.order:
                return one
        return None

    def _is_part(self, token: Token) -> bool:
        """Whether a word like "hood" or "stripes" tells of the thing before it."""
        target = self._on()
        chip = target.chip if target else self._focus_alone()
        if chip is None:
            return False
        if token.has("thing"):
            relations = ("with", "wear", "be", "") if target else ("with",)
            return chip.slot == "upper" and self.relation in relations
        return True

    def _names_print(self, token: Token) -> bool:
        """Whether a word like "unicorn" says what is on the thing that is named next."""
        following = self._thing(self._peek(1), 1)
        worn = following is not None and following.slot in (*WEARABLE, "bag")
        return worn and token.parts["part"][0] == "pattern"

    def _focus_alone(self) -> Chip | None:
        """Return what was spoken of last, where this sentence named nothing yet: "with stripes"."""
        named = self.found.mentions[self.clause :] or self.relation in ("wear", "hold", "in")
        if named or self.focus is None or self.focus.slot in ("who", "build", "carried"):
            return None
        return self.focus

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
