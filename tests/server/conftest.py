"""A server on a gallery of drawn people, and people who ask it."""

from __future__ import annotations

import pytest
from desks import CROWD
from serving_fakes import FakeProgram, add_user, log_in, with_picture

from cmps.gallery.accounts import Role
from cmps.gallery.memory import MemoryGallery
from cmps.settings import Settings


@pytest.fixture
def served(tmp_path):
    """A program on drawn sightings; see tests/search/desks.py for who is there."""
    with_pictures = [with_picture(one) for one in CROWD]
    return FakeProgram(Settings(data=tmp_path), MemoryGallery(), with_pictures)


@pytest.fixture
def gate():
    """How people get in, with a cheap hash."""
    from argon2 import PasswordHasher

    from cmps.server.security.passwords import Passwords
    from cmps.server.state import Gate

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return Gate(passwords=Passwords(cheap))


@pytest.fixture
def app(served, gate):
    from cmps.server.app import create_app

    return create_app(served, gate)


@pytest.fixture
def anybody(app):
    """A client that is not logged in; errors come as answers."""
    from starlette.testclient import TestClient

    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client_as(app, served, gate, anybody):
    """Make a user and log in: ``client_as(Role.VIEWER, cameras=["gate"])``."""
    from starlette.testclient import TestClient

    def make(role=Role.OPERATOR, *, name=None, cameras=None):
        name = name or f"{Role(role).value}-{len(served.store.accounts.listing())}"
        add_user(served, gate, name, role, cameras)
        client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        return log_in(client, name)

    return make


@pytest.fixture
def client(client_as):
    """An operator named ana who sees all cameras."""
    return client_as(Role.OPERATOR, name="ana")
