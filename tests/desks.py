"""A desk on a gallery of drawn people, whose networks see and read colours."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from fakes import COLOURS, FakeImageEncoder, FakeTextEncoder, fake_curves

from cmps.gallery.records import Camera, Sighting
from cmps.search.desk import Desk
from cmps.search.evidence import Habits
from cmps.search.refining import Refiner
from cmps.search.witness import shipped_reader
from cmps.understanding.chips import Chip
from cmps.understanding.edits import Add, Note, apply_all
from cmps.understanding.result import Understanding

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HABITS = Habits({"": 3.0}, {"": 0.45}, {"": 0.8}, 0.9)
KINDS = {"shirt": "upper", "coat": "upper", "jeans": "lower", "shorts": "lower"}


def pixels(upper: str, lower: str, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    picture = np.zeros((40, 16, 3), np.int16)
    picture[:20], picture[20:] = COLOURS[upper], COLOURS[lower]
    picture += random.integers(-25, 26, picture.shape, np.int16)
    return picture.clip(0, 255).astype(np.uint8)


def sighting(name: str, upper: str, lower: str, seed: int = 0, **fields) -> Sighting:
    fields.setdefault("camera", "gate")
    fields.setdefault("time", NOON + timedelta(minutes=seed))
    (encoding,) = FakeImageEncoder().encode([pixels(upper, lower, seed)])
    return Sighting(name, encoding=encoding, **fields)


def understand(text, language, now, focus):
    """Reads "red shirt" and "blue jeans" as chips."""
    if text == "I don't know":
        return Understanding(now, focus=focus, reply="unknown", describes=False)
    chips = [
        Chip(KINDS[thing], thing, (colour,))
        for colour, thing in pairwise(re.findall(r"\w+", text))
        if thing in KINDS and colour in COLOURS
    ]
    edits = tuple(Add(new=chip) for chip in chips) or (Note(note=text),)
    return Understanding(apply_all(edits, now), edits, focus=chips[-1] if chips else focus)


CROWD = [
    sighting("red-1", "red", "blue", 1, tracklet="t1"),
    sighting("red-2", "red", "blue", 2, tracklet="t1"),
    sighting("red-3", "red", "blue", 3, camera="hall"),
    sighting("green", "green", "blue", 4),
    sighting("white", "white", "blue", 5, camera="hall"),
    sighting("redblack", "red", "black", 6),
    sighting("yellow", "yellow", "white", 7, time=None),
    sighting("purple", "purple", "green", 8),
]


def desk(store, sightings=CROWD) -> Desk:
    store.upsert(list(sightings))
    store.upsert_cameras([Camera("gate", site="mall"), Camera("hall", site="mall")])
    refiner = Refiner(store, lambda variant: FakeTextEncoder(), fake_curves(), habits=HABITS)
    return Desk(
        store,
        refiner,
        FakeImageEncoder,
        replace(shipped_reader(), understand=understand),
        clock=lambda: NOON,
    )
