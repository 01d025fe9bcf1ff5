"""Passwords, kept as Argon2id hashes."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cmps.gallery.records import GalleryError

SHORTEST, LONGEST = 10, 200
AT_ONCE = 2  # a hash takes 64 MiB and a tenth of a second, on purpose


class Passwords:
    """Hashes and checks passwords, a few at a time whoever knocks.

    Args:
        hasher: Its cost; tests take a cheap one.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # checked where there is no such user, so that the time tells nobody
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """Return the hash of a new password.

        Raises:
            GalleryError: If it is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise GalleryError(f"a password has {SHORTEST} to {LONGEST} characters; choose another")
        with self._turns:
            return self._hasher.hash(password)

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that was hashed; ``None`` takes as long and is not."""
        with self._turns:
            try:
                self._hasher.verify(kept or self._nobody, password[: LONGEST + 1])
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None
