"""Sightings made of numbers, for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from cmps.gallery.records import EMBEDDING_SIZE, Encoding, Sighting

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def unit(seed: int, near: np.ndarray | None = None, spread: float = 0.05) -> np.ndarray:
    """A random unit vector, or one near another; as it is stored, in half precision."""
    vector = np.random.default_rng(seed).standard_normal(EMBEDDING_SIZE)
    if near is not None:
        vector = near + spread * vector
    vector = (vector / np.linalg.norm(vector)).astype(np.float32)
    return vector.astype(np.float16).astype(np.float32)


def encoding(seed: int, cells: int = 4, width: int = 6) -> Encoding:
    random = np.random.default_rng(seed)
    return Encoding(
        unit(seed),
        random.standard_normal((cells, width)).astype(np.float16),
        random.random(cells).astype(np.float16).astype(np.float32),
    )


def sighting(seed: int, camera: str = "gate", minute: float | None = None, **fields) -> Sighting:
    """A sighting whose every field follows from a number."""
    fields.setdefault("encoding", encoding(seed))
    fields.setdefault("picture", b"\xff\xd8 picture %d" % seed)
    time = None if minute is None else NOON + timedelta(minutes=minute)
    return Sighting(id=f"{seed:020x}", camera=camera, time=time, **fields)


def assert_same(found: Sighting, expected: Sighting) -> None:
    """Every field is the same; numbers to the last bit."""
    for name in (
        "id",
        "camera",
        "picture",
        "time",
        "tracklet",
        "person",
        "source",
        "box",
        "passage",
    ):
        assert getattr(found, name) == getattr(expected, name), name
    for name in ("embedding", "pyramid", "foreground"):
        got, wanted = getattr(found.encoding, name), getattr(expected.encoding, name)
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted, err_msg=name)
