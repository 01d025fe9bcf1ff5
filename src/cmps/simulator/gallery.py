"""Draws a synthetic gallery: pictures of people by several cameras, a list, and the truth.

::

    out/<camera>/<tracklet>_<n>.jpg   the crops
    out/pictures.csv                  path,camera,time,x,y,w,h,tracklet,person
    out/truth.json                    cameras, people with their descriptions, pictures
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from .body import load_body
from .camera import develop
from .describe import describe
from .garments import dress
from .mesh import Mesh
from .people import Person, SimulatorError, sample_crowd
from .places import posts
from .pose import gait_of
from .render import Figure, View, draw, open_view, silhouette_box, stand
from .walks import Passage, is_free, itinerary

COLUMNS = ("path", "camera", "time", "x", "y", "w", "h", "tracklet", "person")
_COMPANY = 0.35
_LEAST_VISIBLE = 0.45


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of one person.

    Attributes:
        path: Relative to the gallery's folder, with forward slashes.
        camera: The camera's id.
        time: When it was taken.
        tracklet: The pass before the camera that it belongs to.
        person: Who it shows.
        box: ``(x, y, width, height)`` of the person's visible part, pixels.
        visible: Share of the person that nothing hides, 0–1.
        others: Who else is to be seen in it.
        jpeg: The picture file.
    """

    path: str
    camera: str
    time: datetime
    tracklet: str
    person: str
    box: tuple[int, int, int, int]
    visible: float
    others: tuple[str, ...]
    jpeg: bytes

    @property
    def iso_time(self) -> str:
        """The time in ISO 8601, UTC, with milliseconds."""
        return self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and everything of one draw."""

    people: list[Person]
    meshes: list[Mesh]
    views: list[View]
    seed: int


def detection_window(
    view: View, figure: Figure, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Return the box of a detector that is a little off, clipped to the frame."""
    left, top, right, bottom = silhouette_box(view.camera, figure)
    width, height = right - left, bottom - top
    side = max(0.0, 0.30 * height - width) / 2  # Detectors like boxes of human proportions.
    off = rng.uniform([0.03, 0.01, 0.03, 0.01], [0.14, 0.05, 0.14, 0.04])
    return (
        max(0, int(left - side - off[0] * width)),
        max(0, int(top - off[1] * height)),
        min(view.camera.width, int(right + side + off[2] * width) + 1),
        min(view.camera.height, int(bottom + off[3] * height) + 1),
    )


def _companion(
    cast: Cast, passage: Passage, moment: int, rng: np.random.Generator
) -> Figure | None:
    """Return somebody who happens to walk close by, or nobody."""
    view, place = cast.views[passage.camera], passage.places[moment]
    other = int(rng.integers(len(cast.people)))
    right, _, forward = view.camera.axes
    aside, behind = rng.choice([-1, 1]) * rng.uniform(0.25, 0.65), rng.uniform(-1.3, 1.3)
    spot = (
        float(place[0] + right[0] * aside + forward[0] * behind),
        float(place[1] + right[2] * aside + forward[2] * behind),
    )
    close = np.hypot(spot[0] - place[0], spot[1] - place[1]) < 0.5
    if other == passage.person or close or not is_free(view, spot):
        return None
    person = cast.people[other]
    gait = gait_of(person, float(rng.random()), rng)
    yaw = passage.yaw if rng.random() < 0.4 else float(rng.uniform(0, 360))
    return stand(person, cast.meshes[other], gait, spot, yaw)


def take(cast: Cast, passage: Passage) -> list[Shot]:
    """Take the pictures of one passage."""
    person, view = cast.people[passage.person], cast.views[passage.camera]
    rng = np.random.default_rng([cast.seed, 2, passage.person, passage.camera])
    tracklet = f"{person.id}-{view.camera.id}"
    shots = []
    for moment, time in enumerate(passage.times):
        figure = stand(
            person,
            cast.meshes[passage.person],
            passage.gaits[moment],
            passage.places[moment],
            passage.yaw,
        )
        window = detection_window(view, figure, rng)
        company = _companion(cast, passage, moment, rng) if rng.random() < _COMPANY else None
        figures = [figure] if company is None else [figure, company]
        drawing = draw(view, figures, window)
        if company is not None and drawing.visible[0] < _LEAST_VISIBLE:
            figures, drawing = [figure], draw(view, [figure], window)
        box = drawing.boxes[0]
        if box is None:
            raise SimulatorError(
                f"{person.id} is hidden from camera {view.camera.id}; draw with another seed"
            )
        stride = (
            abs(float(view.camera.axes[0] @ _heading(passage.yaw)))
            * passage.gaits[moment].amplitude
        )
        motion = 1 + int(rng.random() * 2.2 * stride)
        shots.append(
            Shot(
                path=f"{view.camera.id}/{tracklet}_{moment + 1}.jpg",
                camera=view.camera.id,
                time=time,
                tracklet=tracklet,
                person=person.id,
                box=box,
                visible=round(drawing.visible[0], 3),
                others=tuple(
                    other.person.id
                    for other, seen in zip(figures[1:], drawing.boxes[1:], strict=True)
                    if seen is not None
                ),
                jpeg=develop(drawing.light, view.camera.optics, rng, motion),
            )
        )
    return shots


def _heading(yaw: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.sin(np.radians(yaw)), 0.0, np.cos(np.radians(yaw))])


def _truth(cast: Cast, shots: list[Shot]) -> dict[str, Any]:
    return {
        "seed": cast.seed,
        "cameras": [view.camera.id for view in cast.views],
        "people": [
            {
                **person.as_dict(),
                "descriptions": describe(person),
                "pictures": [shot.path for shot in shots if shot.person == person.id],
            }
            for person in cast.people
        ],
        "pictures": {
            shot.path: {
                "person": shot.person,
                "camera": shot.camera,
                "time": shot.iso_time,
                "tracklet": shot.tracklet,
                "box": list(shot.box),
                "visible": shot.visible,
                "others": list(shot.others),
            }
            for shot in shots
        },
    }


def _clear(out: Path) -> None:
    """Remove the pictures of an earlier draw, and nothing else."""
    listing = out / "pictures.csv"
    if listing.is_file():
        with listing.open(newline="") as lines:
            for row in csv.DictReader(lines):
                picture = (out / (row.get("path") or "")).resolve()
                if picture.suffix == ".jpg" and picture.is_relative_to(out.resolve()):
                    picture.unlink(missing_ok=True)
        listing.unlink()


def _write(out: Path, truth: dict[str, Any], shots: list[Shot]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    _clear(out)
    for camera in truth["cameras"]:
        (out / camera).mkdir(exist_ok=True)
    for shot in shots:
        (out / shot.path).write_bytes(shot.jpeg)
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    with (out / "pictures.csv").open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(COLUMNS)
        for shot in shots:
            writer.writerow(
                [shot.path, shot.camera, shot.iso_time, "", "", "", "", shot.tracklet, shot.person]
            )


def draw_gallery(
    out: Path,
    people: int = 64,
    cameras: int = 4,
    seed: int = 7,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Draw a gallery into a folder; the same arguments give the same bytes.

    Args:
        out: The folder; made where it is missing. An earlier draw in it is replaced.
        people: How many people; every age group is among 5 or more.
        cameras: How many cameras; everybody passes 2 to 4 of them.
        seed: Which crowd, which walks.
        workers: Threads, by default one a core.
        progress: Called with pictures' passages done and in all.

    Returns:
        What ``truth.json`` holds.

    Raises:
        SimulatorError: If a count is not positive or the folder cannot be written.
    """
    crowd, watch = sample_crowd(seed, people), posts(cameras, seed)
    load_body()
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        opening = [pool.submit(open_view, post) for post in watch]
        meshes = list(pool.map(dress, crowd))
        cast = Cast(crowd, meshes, [view.result() for view in opening], seed)
        plans = pool.map(
            lambda n: itinerary(n, crowd[n], meshes[n], cast.views, seed), range(people)
        )
        passages = [passage for plan in plans for passage in plan]
        shots: list[Shot] = []
        for done, taken in enumerate(pool.map(lambda p: take(cast, p), passages), 1):
            shots += taken
            if progress is not None:
                progress(done, len(passages))
    truth = _truth(cast, shots)
    try:
        _write(out, truth, shots)
    except OSError as error:
        raise SimulatorError(f"{out}: the gallery cannot be written: {error.strerror}") from error
    return truth
