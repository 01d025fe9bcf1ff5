"""A small mall for the page: thirty people in two colours each, four cameras, a floor plan.

The networks are those of ``fakes.py``, which see and read colours: the page is what is tested
here, and a search must be quick and its outcome certain.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from itertools import product

from desks import NOON, pixels, sighting
from fakes import COLOURS, FakeImageEncoder
from PIL import Image, ImageDraw
from serving_fakes import FakeProgram

from cmps.gallery.floorplan import FloorPlan, PlacedCamera
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.plan_files import write_floorplan
from cmps.gallery.records import Camera, Passage
from cmps.settings import Settings

SOUGHT = ("red", "blue")
DESCRIPTION = "red shirt and blue jeans"
CAMERAS = {"gate": (2, 10, 0), "hall": (30, 1, 90), "exit": (58, 10, 180), "yard": (20, 19, 270)}
WAY = (("gate", 1), ("hall", 3), ("exit", 5))
"""The sought person's passes: camera and minute."""
DOUBLE = ("gate", 25)
"""Somebody in nearly the same clothes, later: the stop that an operator rejects."""
WALK = Passage(
    "t0", "gate", NOON + timedelta(minutes=1), NOON + timedelta(minutes=1, seconds=2),
    (4.0, 10.0), (6.0, 11.0),
)  # fmt: skip
"""The first of these passes on the floor: the gate's camera is the only one that knows it."""


def plan() -> FloorPlan:
    square = ((0.0, 0.0), (60.0, 0.0), (60.0, 20.0), (0.0, 20.0))
    cameras = [
        PlacedCamera(name, (float(x), float(y)), 3, turn, 20, 70, (1280, 720), 7.0)
        for name, (x, y, turn) in CAMERAS.items()
    ]
    return FloorPlan("little mall", square, cameras=tuple(cameras))


def figure(upper: str, lower: str) -> bytes:
    """Draw somebody who looks like a person to a human too."""
    picture = Image.new("RGB", (96, 192), (198, 196, 190))
    brush = ImageDraw.Draw(picture)
    brush.ellipse((34, 8, 62, 40), (222, 184, 150))
    brush.rounded_rectangle((22, 40, 74, 104), 10, COLOURS[upper])
    brush.rectangle((28, 100, 46, 178), COLOURS[lower])
    brush.rectangle((50, 100, 68, 178), COLOURS[lower])
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def _passes() -> list[tuple[str, str, str, int]]:
    """Return upper, lower, camera and minute of every pass."""
    found = [(*SOUGHT, camera, minute) for camera, minute in (*WAY, DOUBLE)]
    others = [one for one in product(COLOURS, COLOURS) if one != SOUGHT and one[0] != one[1]]
    for number, (upper, lower) in enumerate(others):
        camera = list(CAMERAS)[number % len(CAMERAS)]
        found.append((upper, lower, camera, 2 + number % 40))
    return found


def people() -> list:
    made = []
    for number, (upper, lower, camera, minute) in enumerate(_passes()):
        for picture in range(2):
            time = NOON + timedelta(minutes=minute, seconds=2 * picture)
            name = f"{upper}-{lower}-{camera}-{minute}-{picture}"
            one = sighting(name, upper, lower, seed=100 + 2 * number + picture,
                           camera=camera, time=time, tracklet=f"t{number}")  # fmt: skip
            if (camera, minute) == WAY[0] and (upper, lower) == SOUGHT:
                one = replace(one, passage=WALK)
            if (camera, minute) == DOUBLE and (upper, lower) == SOUGHT:
                one = replace(one, encoding=nearly(upper, lower, picture))
            made.append(replace(one, picture=figure(upper, lower)))
    return made


def nearly(upper: str, lower: str, seed: int):
    """Encode somebody whose trousers have a black stripe."""
    drawn = pixels(upper, lower, seed)
    drawn[30:, :4] = COLOURS["black"]
    return FakeImageEncoder().encode([drawn])[0]


def program(folder) -> FakeProgram:
    write_floorplan(plan(), folder / "floorplan.json")
    made = FakeProgram(Settings(data=folder), MemoryGallery(), people())
    made.store.upsert_cameras(
        [Camera(name, name.title(), site="park" if name == "yard" else "mall") for name in CAMERAS]
    )
    return made
