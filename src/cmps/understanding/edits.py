"""What a sentence changed: typed edits that a session shows, undoes and explains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from cmps.understanding.chips import Chip, ChipError, Description


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a description: a chip goes, a chip comes, or one takes another's place.

    Attributes:
        old: The chip that goes; ``None`` where none does.
        new: The chip that comes; ``None`` where none does.
        note: Words that are added to the description's rest; only of :class:`Note`.
        name: How the kind of edit is called in JSON.
    """

    name: ClassVar[str] = "edit"

    old: Chip | None = None
    new: Chip | None = None
    note: str = ""

    def apply(self, to: Description) -> Description:
        """Return the description after it."""
        chips = [chip for chip in to.chips if self.old is None or chip.meaning != self.old.meaning]
        if self.new is not None:
            chips.append(self.new)
        return replace(to, chips=tuple(chips), rest=f"{to.rest} {self.note}")

    def undo(self, after: Description) -> Description:
        """Return the description as it was before it."""
        back = Edit(self.new, self.old).apply(after)
        if self.note and back.rest.endswith(self.note):
            back = replace(back, rest=back.rest.removesuffix(self.note))
        return back

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is empty is left out."""
        plain: dict[str, Any] = {"edit": self.name}
        if self.old is not None:
            plain["old"] = self.old.to_dict()
        if self.new is not None:
            plain["new"] = self.new.to_dict()
        if self.note:
            plain["note"] = self.note
        return plain


class Add(Edit):
    """Something new is known: ``new`` comes."""

    __slots__ = ()
    name = "add"


class Replace(Edit):
    """Something is known better, or was wrong: ``new`` takes the place of ``old``."""

    __slots__ = ()
    name = "replace"


class Remove(Edit):
    """``old`` goes because something else that was said rules it out."""

    __slots__ = ()
    name = "remove"


class Negate(Edit):
    """Something is ruled out: ``new``, of modality ``not``, comes, in place of ``old`` if any."""

    __slots__ = ()
    name = "negate"


class Forget(Edit):
    """``old`` goes by the witness's wish: nothing is claimed of it any more."""

    __slots__ = ()
    name = "forget"


class Older(Edit):
    """The person is older than thought: ``new`` takes the place of ``old``, if any."""

    __slots__ = ()
    name = "older"


class Younger(Edit):
    """The person is younger than thought: ``new`` takes the place of ``old``, if any."""

    __slots__ = ()
    name = "younger"


class Note(Edit):
    """Words that are no chip were added to the description's rest."""

    __slots__ = ()
    name = "note"


KINDS: dict[str, type[Edit]] = {
    kind.name: kind for kind in (Add, Replace, Remove, Negate, Forget, Older, Younger, Note)
}


def edit_from_dict(plain: Mapping[str, Any]) -> Edit:
    """Read what :meth:`Edit.to_dict` wrote.

    Raises:
        ChipError: If it is no edit.
    """
    kind = KINDS.get(str(plain.get("edit")))
    if kind is None:
        raise ChipError(f"unknown edit {plain.get('edit')!r}; there are: {', '.join(KINDS)}")
    old, new = (plain.get("old"), plain.get("new"))
    return kind(
        Chip.from_dict(old) if old else None,
        Chip.from_dict(new) if new else None,
        str(plain.get("note", "")),
    )


def apply_all(edits: Iterable[Edit], to: Description) -> Description:
    """Return the description after all edits, in order."""
    for edit in edits:
        to = edit.apply(to)
    return to


def undo_all(edits: Iterable[Edit], after: Description) -> Description:
    """Return the description as it was before all edits.

    Example:
        >>> edits = [Add(new=Chip("hat", "cap")), Note(note="she limps")]
        >>> undo_all(edits, apply_all(edits, Description())) == Description()
        True
    """
    for edit in reversed(list(edits)):
        after = edit.undo(after)
    return after
