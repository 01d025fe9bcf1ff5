"""What a draw shows of itself: three people for the demo, and a sheet of pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .describe import DARK, LIGHT
from .gallery import draw_gallery
from .people import Person, SimulatorError

DEMO_FOLDER = Path(__file__).with_name("demo")
DEMO_SEED = 7
DEMO_GROUPS = ("child", "adult", "elderly")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to look for.

    Attributes:
        id: The person's id in the draw.
        age_group: ``child``, ``adult`` or ``elderly``.
        sentence: What is said of them.
        audio: The recording of the sentence, where one is shipped.
    """

    id: str
    age_group: str
    sentence: str
    audio: Path | None = None


def _unlike(first: str | None, second: str | None) -> float:
    """Return 0 for the same colour, 0.5 for two dark or two light ones, 1 otherwise."""
    if first == second:
        return 0.0
    alike = any(first in family and second in family for family in (DARK, LIGHT))
    return 0.5 if alike else 1.0


def distance(first: Person, second: Person) -> float:
    """Return how well a description tells two people apart; 0 for twins in the same clothes."""
    apart = 3 * _unlike(first.top.colour, second.top.colour)
    apart += 0.5 * (first.top.kind != second.top.kind)
    lower = [person.bottom or person.top for person in (first, second)]
    apart += 2 * _unlike(lower[0].colour, lower[1].colour) + (lower[0].kind != lower[1].kind)
    for one, other in ((first.bag, second.bag), (first.hat, second.hat)):
        if one is not None:
            apart += 1.5 if other is None else _unlike(one.colour, other.colour)
    apart += 1.0 * (first.gender != second.gender)
    apart += 1.0 * ((first.age_group == "child") != (second.age_group == "child"))
    return float(apart + 0.5 * (first.hair != second.hair))


def demo_people(truth: Mapping[str, Any]) -> list[DemoPerson]:
    """Choose a child, an adult and an elderly person who are told from everybody else best.

    Args:
        truth: What ``truth.json`` holds.

    Raises:
        SimulatorError: If the draw holds nobody of one of the three groups.
    """
    plain = {entry["id"]: entry for entry in truth["people"]}
    fields = Person.__dataclass_fields__
    crowd = [Person.from_dict({name: entry[name] for name in fields}) for entry in truth["people"]]
    chosen = []
    for group in DEMO_GROUPS:
        members = [person for person in crowd if person.age_group == group]
        if not members:
            raise SimulatorError(f"the draw holds nobody of the group {group}; draw more people")
        best = max(members, key=lambda one: min(distance(one, o) for o in crowd if o.id != one.id))
        chosen.append(DemoPerson(best.id, group, plain[best.id]["descriptions"]["spoken"]))
    return chosen


def shipped_demo() -> list[DemoPerson]:
    """Return the three people of the shipped recordings; they belong to the demo's day.

    Example:
        >>> [person.age_group for person in shipped_demo()]
        ['child', 'adult', 'elderly']
    """
    listed = json.loads((DEMO_FOLDER / "descriptions.json").read_text())
    return [
        DemoPerson(entry["person"], entry["age_group"], entry["text"], DEMO_FOLDER / entry["audio"])
        for entry in listed["descriptions"]
    ]


def people_sheet(
    folder: Path, truth: Mapping[str, Any], columns: int = 12, rows: int = 3, height: int = 200
) -> Image.Image:
    """Lay out pictures of a drawn gallery, one a person, the cameras taking turns."""
    width = height * 9 // 20
    sheet = Image.new("RGB", (columns * width, rows * height), (24, 24, 26))
    people = truth["people"]
    order = np.random.default_rng(truth["seed"]).permutation(len(people))[: columns * rows]
    for place, number in enumerate(order):
        paths = [
            path for path in people[number]["pictures"] if truth["pictures"][path]["visible"] > 0.7
        ]
        path = paths[place % len(paths)] if paths else people[number]["pictures"][0]
        with Image.open(folder / path) as picture:
            scale = min((width - 4) / picture.width, (height - 4) / picture.height)
            size = round(picture.width * scale), round(picture.height * scale)
            small = picture.resize(size, Image.Resampling.LANCZOS)
        left = place % columns * width + (width - size[0]) // 2
        sheet.paste(small, (left, place // columns * height + (height - size[1]) // 2))
    return sheet


if __name__ == "__main__":
    gallery, target = Path(sys.argv[1]), Path(sys.argv[2])
    drawn = draw_gallery(gallery, seed=DEMO_SEED)
    people_sheet(gallery, drawn).save(target, quality=85)
    for shown in demo_people(drawn):
        print(shown.id, shown.sentence)
