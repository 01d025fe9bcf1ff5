"""Reading what a witness says: a sentence becomes edits of what is known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cmps.understanding.chips import Chip, Description
from cmps.understanding.edits import Edit
from cmps.understanding.language import Lexicon, lexicon, words_of
from cmps.understanding.mentions import Mention, Spoken, same_person
from cmps.understanding.phrases import spoken_of
from cmps.understanding.refining import Refining, covers
from cmps.understanding.result import Reply, Understanding
from cmps.understanding.tagging import tokens_of


def understand(
    text: str,
    language: str = "en",
    now: Description | None = None,
    focus: Chip | None = None,
) -> Understanding:
    """Read a description, or a refinement of what is known.

    Args:
        text: As typed or as the recogniser heard it.
        language: Code of its language.
        now: What is known; default: nothing.
        focus: The chip that was spoken of last, which *it* and *one* mean.

    Returns:
        The description after it and how it came about. Words that are no chip are kept as notes.

    Raises:
        cmps.understanding.language.LanguageError: If there is no such language.

    Example:
        >>> known = understand("a young woman in a red coat with a backpack").description
        >>> [chip.code() for chip in known.chips]
        ['who:woman age=18-35', 'upper:coat red', 'bag:backpack']
        >>> changed = understand("no, a blue coat, and without the backpack", now=known)
        >>> [chip.code() for chip in changed.description.chips]
        ['who:woman age=18-35', 'upper:coat blue', 'not bag:backpack']
        >>> [edit.name for edit in changed.edits]
        ['replace', 'negate']
    """
    words = lexicon(language)
    now = now or Description()
    reply = read_reply(text, words)
    tokens, repairs = tokens_of(_without_reply(text, words), words)
    spoken = spoken_of(tokens, words, now, focus)
    refining = Refining(now, focus)
    _person(spoken, refining, now)
    for at, mention in enumerate(spoken.mentions):
        after = spoken.mentions[at + 1] if at + 1 < len(spoken.mentions) else None
        refining.take(mention, after)
    for note in spoken.notes:
        refining.note(note)
    edits: Sequence[Edit] = refining.edits
    last = spoken.focus if spoken.mentions else focus
    return Understanding(
        refining.description,
        tuple(edits),
        repairs,
        refining.focus(last),
        reply,
        _describes(spoken.mentions, edits),
    )


def read_reply(text: str, words: Lexicon) -> Reply:
    """Return what a text answers to a question of yes or no, by how it begins.

    Example:
        >>> read_reply("yes, a red one", lexicon()), read_reply("I'm not sure", lexicon())
        ('yes', 'unknown')
    """
    head = tuple(words_of(re.split(r"[,.;!?，。；！？]", text.strip(), maxsplit=1)[0]))
    if head in words.replies:
        return words.replies[head]
    first = head[:1]
    if first in words.replies and not words.phrases.get(first, {}).get("noise"):
        return words.replies[first]
    return ""


def _describes(mentions: Sequence[Mention], edits: Sequence[Edit]) -> bool:
    """Whether a text describes the person, rather than correct what was said of them.

    Two honest descriptions of one person seldom agree in everything: "black trousers" in the one,
    "dark trousers" in the other. A correction says little else than what it corrects.
    """
    if any(one.corrects or one.order or one.chip.modality == "not" for one in mentions):
        return False
    things = [one for one in mentions if one.chip.slot != "who"]
    other = [one for one in edits if one.old is not None and one.new is not None
             and one.old.slot != "who" and not _says_more(one.new, one.old)]  # fmt: skip
    return 2 * len(other) <= len(things) if things else not any(one.old for one in edits)


def _says_more(new: Chip, old: Chip) -> bool:
    return new.modality == old.modality and covers(old, new)


def _without_reply(text: str, words: Lexicon) -> str:
    """Cut a reply that stands alone at the beginning: "yes, she does" says no more."""
    head, comma, rest = text.strip().rstrip(".!? ").partition(",")
    said = tuple(words_of(head))
    if said in words.replies:
        if words.replies[said] != "no":
            return _without_reply(rest, words)
        return text if comma else ""
    return text


def _person(spoken: Spoken, refining: Refining, now: Description) -> None:
    """Let pronouns tell who it is, where no noun did."""
    if not spoken.gender:
        return
    pronoun = Chip("who", "female" if spoken.gender == "female" else "male")
    named = [one for one in spoken.mentions if one.chip.slot == "who" and not one.order]
    if named:
        joined = same_person(named[0].chip, pronoun)
        if joined and named[0].chip.modality == "must":
            named[0].chip = joined
        return
    known = now.of("who", modality="must")
    if not known or known[0].value in ("person", "child"):
        spoken.mentions.insert(0, Mention(pronoun, known=True))
