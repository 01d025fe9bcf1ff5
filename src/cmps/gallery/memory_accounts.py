"""Accounts in memory: for tests, and for programs that keep nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

from cmps.gallery.accounts import (
    Login,
    Role,
    Token,
    User,
    last_admin,
    not_first,
    taken,
    unknown_token,
    unknown_user,
)
from cmps.gallery.audit import carry
from cmps.gallery.memory_audit import MemoryAudit


class MemoryAccounts:
    """Keeps accounts in dictionaries; see :class:`~cmps.gallery.accounts.AccountStore`.

    Args:
        audit: Where pending entries go.
    """

    def __init__(self, audit: MemoryAudit) -> None:
        self._lock = threading.RLock()
        self._audit = audit
        self._users: dict[str, User] = {}
        self._logins: dict[str, Login] = {}
        self._tokens: dict[str, Token] = {}

    def add(self, user: User, *, first: bool = False) -> None:
        """Store a new user."""
        with self._lock:
            if first and self._users:
                raise not_first()
            if user.name in self._users:
                raise taken(user.name)
            self._users[user.name] = user
            carry(self._audit.append)

    def get(self, name: str) -> User:
        """Return a user."""
        with self._lock:
            if name not in self._users:
                raise unknown_user(name)
            return self._users[name]

    def find(self, name: str) -> User | None:
        """Return a user, or ``None``."""
        with self._lock:
            return self._users.get(name)

    def listing(self) -> list[User]:
        """Return all users by name."""
        with self._lock:
            return [self._users[name] for name in sorted(self._users)]

    def write(self, user: User, *, end_logins: bool = False) -> None:
        """Store a changed user."""
        with self._lock:
            self.get(user.name)
            if user.role is not Role.ADMIN:
                self._keep_an_admin(user.name)
            self._users[user.name] = user
            if end_logins:
                self._forget_logins(user.name)
            carry(self._audit.append)

    def remove(self, name: str) -> None:
        """Remove a user with logins and tokens."""
        with self._lock:
            self.get(name)
            self._keep_an_admin(name)
            del self._users[name]
            self._forget_logins(name)
            self._tokens = {id: one for id, one in self._tokens.items() if one.user != name}
            carry(self._audit.append)

    def begin(self, login: Login) -> None:
        """Store a login."""
        with self._lock:
            self.get(login.user)
            self._logins = {k: one for k, one in self._logins.items() if one.expires > login.began}
            self._logins[login.key] = login
            carry(self._audit.append)

    def login(self, key: str) -> tuple[Login, User] | None:
        """Return a login and whose it is."""
        with self._lock:
            found = self._logins.get(key)
            return None if found is None else (found, self._users[found.user])

    def touch(self, key: str, at: datetime) -> None:
        """Note that a login was used."""
        with self._lock:
            if key in self._logins:
                self._logins[key] = replace(self._logins[key], seen=at)

    def end(self, key: str) -> None:
        """End a login."""
        with self._lock:
            self._logins.pop(key, None)
            carry(self._audit.append)

    def add_token(self, token: Token) -> None:
        """Store a token."""
        with self._lock:
            self.get(token.user)
            self._tokens[token.id] = token
            carry(self._audit.append)

    def token(self, key: str) -> tuple[Token, User] | None:
        """Return a token and whose it is."""
        with self._lock:
            for one in self._tokens.values():
                if one.key == key:
                    return one, self._users[one.user]
            return None

    def tokens(self, user: str | None = None) -> list[Token]:
        """Return the tokens of a user or of all, oldest first."""
        with self._lock:
            found = [one for one in self._tokens.values() if user in (None, one.user)]
        return sorted(found, key=lambda one: (one.made_at, one.id))

    def revoke(self, id: str, user: str | None = None) -> None:
        """Remove a token."""
        with self._lock:
            if id not in self._tokens or user not in (None, self._tokens[id].user):
                raise unknown_token(id)
            del self._tokens[id]
            carry(self._audit.append)

    def _keep_an_admin(self, name: str) -> None:
        admins = {one.name for one in self._users.values() if one.role is Role.ADMIN}
        if admins == {name}:
            raise last_admin(name)

    def _forget_logins(self, user: str) -> None:
        self._logins = {key: one for key, one in self._logins.items() if one.user != user}
