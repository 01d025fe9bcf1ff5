"""Who may use the server: users, their logins, and tokens for programs.

Secrets are kept as hashes: passwords by Argon2id (``cmps.server.security.passwords``), cookies and
tokens, which are long and random, by SHA-256.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cmps.gallery.records import ConflictError, GalleryError, UnknownError

NAME = re.compile(r"[\w.@-]{1,64}")


class Role(StrEnum):
    """What a user may do; each may what the ones before may.

    Example:
        >>> Role.REVIEWER.may(Role.OPERATOR), Role.VIEWER.may(Role.OPERATOR)
        (True, False)
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    def may(self, needed: Role) -> bool:
        """Whether this role includes another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """An account.

    Attributes:
        name: Lower case; letters, digits, dots, dashes, underscores, ``@``.
        role: What they may do.
        password: Argon2id hash.
        cameras: What they may see; ``None`` for all cameras.
        made_at: When.

    Raises:
        GalleryError: If the name does not do.
    """

    name: str
    role: Role
    password: str
    cameras: frozenset[str] | None
    made_at: datetime

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name != self.name.lower():
            raise GalleryError(
                f"{self.name!r} cannot be a user's name; use 1 to 64 small letters, digits or ._@-"
            )


@dataclass(frozen=True, slots=True)
class Login:
    """A browser that logged in.

    Attributes:
        key: SHA-256 of the cookie, hexadecimal.
        user: Name.
        began, expires: When it began, and when it ends whatever happens.
        seen: About when it was used last.
    """

    key: str
    user: str
    began: datetime
    expires: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows instead of a password.

    Attributes:
        id: To name it by.
        key: SHA-256 of the token, hexadecimal.
        user: Whose rights it has.
        label: What it is for.
        made_at, expires: When.
    """

    id: str
    key: str
    user: str
    label: str
    made_at: datetime
    expires: datetime


class AccountStore(Protocol):
    """Keeps accounts; each call is one transaction, and raises ``GalleryError`` with a way out."""

    def add(self, user: User, *, first: bool = False) -> None:
        """Store a new user.

        Args:
            user: Whose name is not taken.
            first: Refuse if there is any user yet.
        """
        ...

    def get(self, name: str) -> User:
        """Return a user; an unknown one raises."""
        ...

    def find(self, name: str) -> User | None:
        """Return a user, or ``None``."""
        ...

    def listing(self) -> list[User]:
        """Return all users by name."""
        ...

    def write(self, user: User, *, end_logins: bool = False) -> None:
        """Store a changed user; the last admin stays one.

        Args:
            user: As they shall be.
            end_logins: Log them out everywhere.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a user with logins and tokens; the last admin stays."""
        ...

    def begin(self, login: Login) -> None:
        """Store a login, and forget those that have ended."""
        ...

    def login(self, key: str) -> tuple[Login, User] | None:
        """Return a login and whose it is; whether it has ended is the caller's to see."""
        ...

    def touch(self, key: str, at: datetime) -> None:
        """Note that a login was used."""
        ...

    def end(self, key: str) -> None:
        """End a login."""
        ...

    def add_token(self, token: Token) -> None:
        """Store a token of a known user."""
        ...

    def token(self, key: str) -> tuple[Token, User] | None:
        """Return a token and whose it is; whether it has ended is the caller's to see."""
        ...

    def tokens(self, user: str | None = None) -> list[Token]:
        """Return the tokens of a user or of all, oldest first."""
        ...

    def revoke(self, id: str, user: str | None = None) -> None:
        """Remove a token; one that is unknown, or not this user's, raises."""
        ...


def unknown_user(name: str) -> GalleryError:
    """Return the error for a user who is not there."""
    return UnknownError(f"user {name} is unknown; cmps user list shows those that are there")


def unknown_token(id: str) -> GalleryError:
    """Return the error for a token that is not there."""
    return UnknownError(f"token {id} is unknown; the list of tokens shows those that are there")


def taken(name: str) -> GalleryError:
    """Return the error for a name that somebody has."""
    return ConflictError(f"user {name} is there already; choose another name")


def not_first() -> GalleryError:
    """Return the error for a first account that is not the first."""
    return ConflictError("there are accounts already; ask an admin for one")


def last_admin(name: str) -> GalleryError:
    """Return the error for taking away the last admin."""
    return ConflictError(f"{name} is the last admin; make somebody else admin first")
