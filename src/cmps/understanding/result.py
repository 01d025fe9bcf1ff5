"""What comes out of reading a sentence, and what a question asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cmps.understanding.chips import Chip, Description
from cmps.understanding.edits import Edit

Reply = Literal["yes", "no", "unknown", ""]


@dataclass(frozen=True, slots=True)
class Repair:
    """A word that the recogniser had misheard.

    Attributes:
        heard: As it stood in the text.
        meant: What it was read as.
    """

    heard: str
    meant: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a sentence changed.

    Attributes:
        description: After the sentence; always ``apply_all(edits, now)``.
        edits: What changed, in order; empty where nothing did.
        repairs: Words that were read as others that sound like them.
        focus: The chip that was spoken of last: "it" and "the other one" of the next sentence.
        reply: To a question: yes, no, unknown, or nothing where the text does not say.
        describes: Whether the text by itself says what the person looks like, such as "a man in
            dark trousers"; not so a correction, "no, dark ones".
    """

    description: Description
    edits: tuple[Edit, ...] = ()
    repairs: tuple[Repair, ...] = ()
    focus: Chip | None = None
    reply: Reply = ""
    describes: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "description": self.description.to_dict(),
            "sentence": self.description.sentence(),
            "edits": [edit.to_dict() for edit in self.edits],
            "repairs": [{"heard": one.heard, "meant": one.meant} for one in self.repairs],
            "focus": self.focus.to_dict() if self.focus else None,
            "reply": self.reply,
            "describes": self.describes,
        }


@dataclass(frozen=True, slots=True)
class Question:
    """One question for the witness, already worded.

    Attributes:
        asks: What would be known after a "yes".
        text: In the language of the witness, e.g. "Does she carry a bag?".
        language: Code of that language.
    """

    asks: Chip
    text: str
    language: str
