"""What the audit knows of: one class an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cmps.gallery.records import GalleryError

COUNTS = ("sightings", "cases", "sessions", "steps", "photos", "events", "confirmations")
"""What erasing counts."""


@dataclass(frozen=True)
class AuditEvent:
    """What somebody did.

    Attributes:
        kind: What this sort of event is called in the rows.
        keys: Names of the details that it may carry.
        needs_case: Whether it makes no sense without a case.
        one_case: Whether it is about one case at most; stores then say which.
        by: Who.
        case, session: Where.
        sightings: What was seen or changed.
        detail: Numbers, ids and choices; no words about a person, since rows are never erased.

    Raises:
        GalleryError: If nobody did it, or a detail is not one of ``keys``.

    Example:
        >>> LoggedIn("ana", detail={"address": "127.0.0.1"}).kind
        'logged in'
    """

    kind: ClassVar[str] = ""
    keys: ClassVar[frozenset[str]] = frozenset()
    needs_case: ClassVar[bool] = False
    one_case: ClassVar[bool] = True

    by: str
    case: str | None = None
    session: str | None = None
    sightings: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.kind or not self.by:
            raise GalleryError(f"the audit wants to know who did it: {type(self).__name__}")
        if odd := sorted(self.detail.keys() - self.keys):
            raise GalleryError(
                f"{self.kind}: no detail {', '.join(odd)} is known; "
                "name it in gallery/audit_events.py"
            )

    def require_case(self) -> None:
        """Make sure that a case is named where this kind of deed makes no sense without.

        Raises:
            GalleryError: If not.
        """
        if self.needs_case and not self.case:
            raise GalleryError(f"{self.kind}: a case is needed; open one with its purpose first")


# -- accounts ------------------------------------------------------------------------------------


class LoggedIn(AuditEvent):
    """Somebody logged in."""

    kind = "logged in"
    keys = frozenset({"address"})


class LoginFailed(AuditEvent):
    """A name and a password did not fit; ``by`` is the account, if there is one."""

    kind = "login failed"
    keys = frozenset({"address"})


class LoggedOut(AuditEvent):
    """Somebody logged out."""

    kind = "logged out"


class UserAdded(AuditEvent):
    """An account was made, the first one too."""

    kind = "user added"
    keys = frozenset({"user", "role", "cameras"})


class UserChanged(AuditEvent):
    """Role, cameras or password of an account were changed."""

    kind = "user changed"
    keys = frozenset({"user", "role", "cameras", "password"})


class UserRemoved(AuditEvent):
    """An account was removed, with its sessions and tokens."""

    kind = "user removed"
    keys = frozenset({"user"})


class TokenMade(AuditEvent):
    """A token for a program was made."""

    kind = "token made"
    keys = frozenset({"token", "expires"})


class TokenRevoked(AuditEvent):
    """A token was revoked."""

    kind = "token revoked"
    keys = frozenset({"token"})


class AccountsRead(AuditEvent):
    """Accounts or tokens were listed."""

    kind = "accounts read"


# -- cases and searches --------------------------------------------------------------------------


class CaseOpened(AuditEvent):
    """A case was opened; its purpose is kept with the case."""

    kind = "case opened"
    keys = frozenset({"keep_days"})


class CaseRead(AuditEvent):
    """A case, its sessions or what its watches saw were looked at."""

    kind = "case read"
    keys = frozenset({"what"})


class CaseClosed(AuditEvent):
    """A case was closed."""

    kind = "case closed"
    needs_case = True


class SessionBegun(AuditEvent):
    """A session of a case began."""

    kind = "session begun"
    needs_case = True


class Stepped(AuditEvent):
    """A step of a session was taken, undone or redone."""

    kind = "stepped"
    keys = frozenset({"step", "chip", "to", "answer", "language", "spoken", "version", "photo"})
    needs_case = True


class Searched(AuditEvent):
    """Somebody was searched for, and results were shown."""

    kind = "searched"
    keys = frozenset({"top", "variant", "version", "texts", "pictures", "sheet"})


class Listened(AuditEvent):
    """Speech was turned into words; the recording is not kept."""

    kind = "listened"
    keys = frozenset({"seconds", "language", "live"})


class SawSighting(AuditEvent):
    """The record of a sighting was read."""

    kind = "saw sighting"
    needs_case = True


class SawPicture(AuditEvent):
    """The picture of a sighting was read."""

    kind = "saw picture"
    needs_case = True


class Tracked(AuditEvent):
    """Somebody's way over the cameras was shown."""

    kind = "tracked"
    keys = frozenset({"confirm", "reject", "near", "photo"})


class Proposed(AuditEvent):
    """A sighting was proposed as the person, for another to confirm."""

    kind = "proposed"
    keys = frozenset({"confirmation"})
    needs_case = True


class Confirmed(AuditEvent):
    """A second person agreed or disagreed with a proposed sighting."""

    kind = "confirmed"
    keys = frozenset({"confirmation", "agreed"})
    needs_case = True


class Exported(AuditEvent):
    """A report of a case left the program."""

    kind = "exported"
    keys = frozenset({"what"})
    needs_case = True


class WatchArmed(AuditEvent):
    """A session was armed."""

    kind = "watch armed"
    keys = frozenset({"threshold"})


class WatchDisarmed(AuditEvent):
    """A session was disarmed."""

    kind = "watch disarmed"


class WatchRun(AuditEvent):
    """Armed sessions looked at what came; who they saw is in the events of the case."""

    kind = "watch run"
    keys = frozenset({"events"})
    one_case = False


# -- the gallery ---------------------------------------------------------------------------------


class Indexed(AuditEvent):
    """Pictures were indexed, or encoded again."""

    kind = "indexed"
    keys = frozenset({"count", "cameras"})


class CameraChanged(AuditEvent):
    """Name, site or retention of a camera were changed."""

    kind = "camera changed"
    keys = frozenset({"camera", "keep_days"})


class CaseKept(AuditEvent):
    """How long a case is kept was changed."""

    kind = "case retention changed"
    keys = frozenset({"keep_days"})
    needs_case = True


class Deleted(AuditEvent):
    """Sightings were deleted."""

    kind = "deleted"
    keys = frozenset({"count"})


class Erased(AuditEvent):
    """A person, a case or what is old was erased; what stays of it is this row."""

    kind = "erased"
    keys = frozenset({"what", "before", *COUNTS})
    one_case = False


class Retained(AuditEvent):
    """The retention job erased what was kept long enough."""

    kind = "retention"
    one_case = False
    keys = frozenset({"what", "camera", "keep_days", *COUNTS})


class AuditRead(AuditEvent):
    """The audit was read, verified or exported."""

    kind = "audit read"
    keys = frozenset({"what", "rows", "user"})


KINDS: dict[str, type[AuditEvent]] = {one.kind: one for one in AuditEvent.__subclasses__()}
"""Every event by its kind, in the order of this page."""
