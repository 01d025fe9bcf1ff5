"""Recordings that operators send, and what was heard in them."""

from __future__ import annotations

from cmps.server.worker import WrongTypeError
from cmps.speech.vocabulary import describes_person

MOST_BYTES = 50_000_000
TAKEN = "wav, flac, ogg, webm, mp3, m4a, 3gp or amr"
HEADS = (
    b"RIFF", b"RF64", b"riff", b"fLaC", b"OggS", b"\x1aE\xdf\xa3", b"ID3", b"#!AMR", b"FORM",
    b"caff",
)  # fmt: skip
BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"styp", b"moof", b"sidx")


def require_sound(raw: bytes) -> None:
    """Look at the first bytes, as cheaply as a server can.

    Raises:
        WrongTypeError: If they begin no sound file of a kind that is taken.
    """
    # mp3 and aac without a head begin with eleven bits that are set
    bare = len(raw) > 1 and raw[0] == 0xFF and raw[1] & 0xE0 == 0xE0 and raw[1] != 0xFF
    if not (raw.startswith(HEADS) or raw[4:8] in BOXES or bare):
        raise WrongTypeError(f"this is no sound file; {TAKEN} are read")


def tells_something(text: str, language: str, about: str = "") -> bool:
    """Tell whether words describe a person, correct a description, or answer a question.

    Recognisers invent "Thank you." from noise, and a search for that shows people at random.

    Args:
        text: As heard.
        language: Its code.
        about: The topic of the open question that it may answer, by "long" or "a dark one".

    Example:
        >>> [tells_something(text, "en") for text in ("older", "yes", "Thank you.", "")]
        [True, True, False, False]
        >>> tells_something("long", "en"), tells_something("long", "en", "hair")
        (False, True)
    """
    from cmps.search.witness import asked_of
    from cmps.understanding.chips import Description
    from cmps.understanding.language import LanguageError
    from cmps.understanding.reading import understand

    if not text:
        return False
    if language == "en" and describes_person(text):
        return True
    try:
        focus = asked_of(about, Description()) if about else None
        found = understand(text, language, focus=focus)
    except LanguageError:
        return True  # nobody here can tell
    return bool(found.reply) or any(edit.name != "note" for edit in found.edits)


def describes_nobody(text: str) -> str:
    """Return what to say where words were heard that are of no use."""
    return (
        f"nothing was heard that describes a person (understood: {shortened(text)!r}); "
        "say what they look like or wear, or type it"
    )


def shortened(text: str) -> str:
    """Return the beginning of words that were heard, for a message."""
    return text if len(text) <= 80 else text[:79] + "…"
