"""A program of drawn people for the server, and getting into it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from desks import desk
from fakes import COLOURS, FakeImageEncoder, FakeRecogniser, FakeTextEncoder, fake_curves
from PIL import Image

from cmps.gallery.accounts import Role, User
from cmps.program import Program

PASSWORD = "correct horse battery"
API = "/api/v1"


class FakeProgram(Program):
    """A program whose gallery is in memory and whose networks see and read colours."""

    def __init__(self, settings, store, people):
        super().__init__(settings)
        self.__dict__["store"] = store
        self.__dict__["desk"] = desk(store, people)
        self.__dict__["image"] = FakeImageEncoder()
        self.__dict__["curves"] = fake_curves()
        self.__dict__["recogniser"] = FakeRecogniser(
            "red shirt and blue jeans", ("bed shirt and blue jeans",)
        )

    def require_gallery(self):
        """There is one in memory."""

    def text(self, variant):
        return FakeTextEncoder()


def add_user(program, gate, name, role=Role.OPERATOR, cameras=None):
    seen = None if cameras is None else frozenset(cameras)
    hashed = gate.passwords.hash(PASSWORD)
    program.store.accounts.add(User(name, Role(role), hashed, seen, datetime.now(UTC)))


def log_in(client, name):
    answer = client.post(f"{API}/login", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def with_picture(one):
    words = {"red": ("red", "blue"), "redblack": ("red", "black"), "purple": ("purple", "green")}
    upper, lower = words.get(one.id, (one.id.split("-")[0], "blue"))
    pixels = np.zeros((40, 16, 3), np.uint8)
    pixels[:20], pixels[20:] = COLOURS[upper], COLOURS[lower]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return replace(one, picture=file.getvalue())
