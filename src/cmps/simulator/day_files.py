"""Writes a simulated day: crops, their list, the floor plan, and the truth.

docs/simulator.md describes every file.
"""

from __future__ import annotations

import csv
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from cmps.gallery.plan_files import PASSAGES, write_floorplan, write_passages
from cmps.gallery.records import Passage

from .day import Day, Progress, plan_day, take_pictures
from .describe import describe
from .film import Crop
from .passages import Pass
from .people import SimulatorError

OPENING = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
"""When a day starts; chosen once, so that days can be compared."""

COLUMNS = ("path", "camera", "time", "tracklet")
_PLACE_ERROR = 0.2

Heights = list[float | None]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        folder: Where.
        people: How many people there are.
        cameras: The cameras' ids.
        tracklets: How many passages have pictures.
        pictures: How many crops there are.
        seed: Which day it is.
    """

    folder: Path
    people: int
    cameras: tuple[str, ...]
    tracklets: int
    pictures: int
    seed: int


def iso(seconds: float) -> str:
    """Return a time of the day in ISO 8601, UTC, with milliseconds.

    Example:
        >>> iso(90.5)
        '2026-03-14T10:01:30.500Z'
    """
    time = OPENING + timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def draw_day(
    out: Path,
    people: int = 500,
    hours: float = 3.0,
    cameras: int = 8,
    seed: int = 1,
    *,
    alike: float = 0.3,
    led_away: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Written:
    """Simulate a day and write it; the same arguments give the same bytes.

    Args:
        out: The folder; made where it is missing. An earlier day in it is replaced.
        people: How many people come.
        hours: How long the day is.
        cameras: How many cameras hang.
        seed: Which day.
        alike: Share of visitors who wear an outfit that others wear too, 0-1.
        led_away: How many children somebody leads away.
        workers: Processes, by default one a core.
        progress: Called with passages done and in all.

    Raises:
        SimulatorError: If a number is out of range or the folder cannot be written.
    """
    day = plan_day(people, hours, cameras, seed, alike=alike, led_away=led_away)
    try:
        _clear(out)
        for camera in day.plan.cameras:
            (out / camera.id).mkdir(parents=True, exist_ok=True)
        kept, heights, pictures = _write_pictures(out, day, take_pictures(day, workers, progress))
        _write_truth(out, day, kept, heights)
    except OSError as error:
        raise SimulatorError(f"{out}: the day cannot be written: {error.strerror}") from error
    ids = tuple(camera.id for camera in day.plan.cameras)
    return Written(out, people, ids, len(kept), pictures, seed)


def _clear(out: Path) -> None:
    """Remove the pictures of an earlier day, and nothing else."""
    listing = out / "index.csv"
    if not listing.is_file():
        return
    with listing.open(newline="") as lines:
        for row in csv.DictReader(lines):
            picture = (out / (row.get("path") or "")).resolve()
            if picture.suffix == ".jpg" and picture.is_relative_to(out.resolve()):
                picture.unlink(missing_ok=True)
    listing.unlink()


def _write_pictures(
    out: Path, day: Day, shots: Iterable[list[Crop]]
) -> tuple[list[Pass], Heights, int]:  # fmt: skip
    """Write crops, their list and their truth as they come; return the passages that have some.

    And how tall cameras find people in them, and how many crops there are.
    """
    kept, heights, count = [], [], 0
    ids = [person.id for person in day.company.people]
    with (
        (out / "index.csv").open("w", encoding="utf-8", newline="") as listing,
        (out / "truth.jsonl").open("w", encoding="utf-8") as truth,
    ):
        rows = csv.writer(listing, lineterminator="\n")
        rows.writerow(COLUMNS)
        for one, crops in zip(day.cast.passes, shots, strict=True):
            camera = day.plan.cameras[one.camera].id
            for number, crop in enumerate(crops, 1):
                path = f"{camera}/{one.tracklet}_{number}.jpg"
                (out / path).write_bytes(crop.jpeg)
                rows.writerow([path, camera, iso(crop.seconds), one.tracklet])
                told = {"picture": path, "camera": camera, "tracklet": one.tracklet}
                truth.write(json.dumps(told | _told(crop, ids)) + "\n")
            count += len(crops)
            if crops:
                kept.append(one)
                measured = [crop.height for crop in crops if crop.height is not None]
                heights.append(statistics.median(measured) if measured else None)
    return kept, heights, count


def _told(crop: Crop, ids: list[str]) -> dict[str, Any]:
    sight = crop.sight
    return {
        "person": ids[sight.person],
        "time": iso(crop.seconds),
        "position": [round(value, 2) for value in sight.place],
        "heading": round(sight.heading % 360, 1),
        "speed": round(sight.speed, 2),
        "box": list(crop.box),
        "visible": crop.visible,
        "companions": [ids[number] for number in crop.companions],
        "others": [ids[number] for number in crop.others],
    }


def _write_truth(out: Path, day: Day, kept: list[Pass], heights: Heights) -> None:
    write_floorplan(day.plan, out / "floorplan.json")
    write_passages(_passages(day, kept, heights), out / PASSAGES)
    _write_lines(out / "people.jsonl", _everybody(day, kept))
    events = [
        {key: iso(value) if key in _TIMES else value for key, value in event.items()}
        for event in day.story.events
    ]
    _write_lines(out / "events.jsonl", events)


_TIMES = frozenset({"time", "missed", "found", "met", "left"})


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row) + "\n")


def _passages(day: Day, kept: list[Pass], heights: Heights) -> Iterable[Passage]:
    """Yield what calibrated cameras know of the passages: times, places with an error, heights."""
    rng = np.random.default_rng([day.cast.seed, 17])
    for one, height in zip(kept, heights, strict=True):
        path = day.story.trails[one.trail]
        ends = path.places[[one.first, one.last]] + rng.normal(0, _PLACE_ERROR, (2, 2))
        yield Passage(
            tracklet=one.tracklet,
            camera=day.plan.cameras[one.camera].id,
            enter=OPENING + timedelta(seconds=float(path.times[one.first])),
            leave=OPENING + timedelta(seconds=float(path.times[one.last])),
            first=(float(ends[0, 0]), float(ends[0, 1])),
            last=(float(ends[1, 0]), float(ends[1, 1])),
            height=height,
        )


def _everybody(day: Day, kept: list[Pass]) -> Iterable[dict[str, Any]]:
    people, outfits = day.company.people, day.company.outfits
    wearing, tracklets, visits = defaultdict(list), defaultdict(list), defaultdict(list)
    for id, worn in outfits.items():
        wearing[worn].append(id)
    for one in kept:
        tracklets[one.person].append(one.tracklet)
    for trail in day.story.trails:
        visits[trail.person].append([iso(float(trail.times[0])), iso(float(trail.times[-1]))])
    for group in day.company.groups:
        for number in group.members:
            person = people[number]
            outfit = outfits.get(person.id)
            yield {
                **person.as_dict(),
                "descriptions": describe(person),
                "group": group.id,
                "kind": group.kind,
                "companions": [people[other].id for other in group.members if other != number],
                "outfit": outfit,
                "same_outfit": [id for id in wearing.get(outfit or "", ()) if id != person.id],
                "visits": visits[number],
                "tracklets": tracklets[number],
            }
