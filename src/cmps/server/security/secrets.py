"""Cookies, tokens and what is derived from them."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

COOKIE = "cmps_session"
CSRF_HEADER = "X-CSRF-Token"
LONGEST_LOGIN = timedelta(hours=12)
IDLE_LOGIN = timedelta(hours=2)
NOTED = timedelta(minutes=1)
"""How exactly it is known when a login was used last."""
TOKEN_PREFIX = "cmps_"


def new_secret() -> str:
    """Return 256 random bits in letters and digits."""
    return secrets.token_urlsafe(32)


def key_of(secret: str) -> str:
    """Return what is kept of a secret; enough to know it again, useless to whoever reads it."""
    return sha256(secret.encode()).hexdigest()


def csrf_of(cookie: str) -> str:
    """Return what the page must send beside its cookie: another site cannot know it."""
    return sha256(b"csrf of " + cookie.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
