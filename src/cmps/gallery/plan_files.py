"""Files that lie beside the pictures of a place: ``floorplan.json`` and ``tracklets.csv``.

docs/simulator.md describes both.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cmps.gallery.floorplan import (
    Entrance,
    FloorPlan,
    FloorPlanError,
    Obstacle,
    PlacedCamera,
    Shop,
)
from cmps.gallery.geometry import Point, Polygon
from cmps.gallery.records import GalleryError, Passage

FORMAT, VERSION = "cmps-floorplan", 1
FILE = "floorplan.json"
PASSAGES = "tracklets.csv"


COLUMNS = ("tracklet", "camera", "enter", "leave", "enter_x", "enter_y", "leave_x", "leave_y")
HEIGHT = "height"
"""A further column of :data:`PASSAGES`; may be missing, or empty where a camera cannot tell."""


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_passages(passages: Iterable[Passage], path: Path) -> None:
    """Write ``tracklets.csv``, one line a tracklet."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COLUMNS, HEIGHT])
        for one in passages:
            places = (f"{value:.2f}" for value in (*one.first, *one.last))
            times, tall = (_iso(one.enter), _iso(one.leave)), one.height
            height = "" if tall is None else f"{tall:.2f}"
            writer.writerow([one.tracklet, one.camera, *times, *places, height])


def read_passages(path: Path) -> dict[str, Passage]:
    """Read ``tracklets.csv``; the keys are the tracklets' ids.

    Raises:
        FloorPlanError: If it cannot be read; the message names file, line and fault.
    """
    found: dict[str, Passage] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise FloorPlanError(f"{path}: the header lacks {', '.join(missing)}")
            for row in reader:
                try:
                    passage = _passage(row)
                except (TypeError, ValueError, GalleryError) as error:
                    raise FloorPlanError(f"{path} line {reader.line_num}: {error}") from error
                found[passage.tracklet] = passage
    except OSError as error:
        raise FloorPlanError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FloorPlanError(f"{path} is not UTF-8; save it as UTF-8") from error
    return found


def _passage(row: Mapping[str, str]) -> Passage:
    enter, leave = (datetime.fromisoformat(row[name]) for name in ("enter", "leave"))
    x, y, last_x, last_y = (float(row[name]) for name in COLUMNS[4:])
    height = float(row[HEIGHT]) if row.get(HEIGHT) else None
    return Passage(row["tracklet"], row["camera"], enter, leave, (x, y), (last_x, last_y), height)


def passages_beside(paths: Iterable[Path]) -> dict[str, Passage]:
    """Return what calibrated cameras know of the passes in folders; nothing where they do not.

    Args:
        paths: Folders that may hold a ``tracklets.csv``, or lists and pictures beside one, which
            is read once, however many they are.

    Raises:
        FloorPlanError: If the file cannot be read.
    """
    found: dict[str, Passage] = {}
    for folder in dict.fromkeys(path if path.is_dir() else path.parent for path in paths):
        if (folder / PASSAGES).is_file():
            found |= read_passages(folder / PASSAGES)
    return found


def plan_as_dict(plan: FloorPlan) -> dict[str, Any]:
    """Return the plan as plain data, ready for JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": plan.name,
        "outline": plan.outline,
        "obstacles": [
            {"kind": o.kind, "height": o.height, "polygon": o.polygon} for o in plan.obstacles
        ],
        "shops": [{"name": s.name, "door": s.door, "polygon": s.polygon} for s in plan.shops],
        "entrances": [{"name": e.name, "place": e.place} for e in plan.entrances],
        "cameras": [
            {
                "id": c.id,
                "place": c.place,
                "height": c.height,
                "heading": c.heading,
                "tilt": c.tilt,
                "field_of_view": c.field_of_view,
                "focal_length": round(c.focal_length, 1),
                "picture": c.picture,
                "reach": c.reach,
            }
            for c in plan.cameras
        ],
    }


def plan_from_dict(plain: Mapping[str, Any]) -> FloorPlan:
    """Rebuild a plan from :func:`plan_as_dict`.

    Raises:
        FloorPlanError: If something is missing or not what it should be.
    """
    if plain.get("format") != FORMAT or plain.get("version") != VERSION:
        raise FloorPlanError(f"not a floor plan: it needs format {FORMAT}, version {VERSION}")
    try:
        return FloorPlan(
            name=str(plain["name"]),
            outline=_polygon(plain["outline"]),
            obstacles=tuple(
                Obstacle(str(o["kind"]), _polygon(o["polygon"]), float(o["height"]))
                for o in plain.get("obstacles", ())
            ),
            shops=tuple(
                Shop(str(s["name"]), _polygon(s["polygon"]), _point(s["door"]))
                for s in plain.get("shops", ())
            ),
            entrances=tuple(
                Entrance(str(e["name"]), _point(e["place"])) for e in plain.get("entrances", ())
            ),
            cameras=tuple(_camera(c) for c in plain.get("cameras", ())),
        )
    except KeyError as error:
        raise FloorPlanError(f"the floor plan lacks {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise FloorPlanError(f"the floor plan does not hold together: {error}") from error


def read_floorplan(path: Path) -> FloorPlan:
    """Read ``floorplan.json``.

    Raises:
        FloorPlanError: If it cannot be read; the message names the file and the fault.
    """
    try:
        return plan_from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FloorPlanError(f"{path} cannot be read: {error.strerror}") from error
    except (FloorPlanError, ValueError, AttributeError) as error:
        raise FloorPlanError(f"{path}: {error}") from error


def write_floorplan(plan: FloorPlan, path: Path) -> None:
    """Write ``floorplan.json``.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> plan = FloorPlan("hall", ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)))
        >>> with TemporaryDirectory() as folder:
        ...     write_floorplan(plan, Path(folder) / "floorplan.json")
        ...     read_floorplan(Path(folder) / "floorplan.json") == plan
        True
    """
    path.write_text(json.dumps(plan_as_dict(plan), indent=1) + "\n", encoding="utf-8")


def keep_floorplan(folder: Path, data: Path) -> FloorPlan | None:
    """Keep the floor plan that lies beside pictures with the gallery; one kept before gives way.

    Args:
        folder: Where ``floorplan.json`` may lie.
        data: The gallery's folder.

    Returns:
        The plan, or ``None`` if there is none in the folder.

    Raises:
        FloorPlanError: If it cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    plan = read_floorplan(path)
    data.expanduser().mkdir(parents=True, exist_ok=True)
    write_floorplan(plan, data.expanduser() / FILE)
    return plan


def kept_floorplan(data: Path) -> FloorPlan | None:
    """Return the floor plan that a gallery's folder keeps, or ``None``.

    Raises:
        FloorPlanError: If it cannot be read.
    """
    path = data.expanduser() / FILE
    return read_floorplan(path) if path.is_file() else None


def _point(plain: Any) -> Point:
    x, y = plain
    return float(x), float(y)


def _polygon(plain: Any) -> Polygon:
    return tuple(_point(corner) for corner in plain)


def _camera(plain: Mapping[str, Any]) -> PlacedCamera:
    width, height = plain["picture"]
    camera = PlacedCamera(
        id=str(plain["id"]),
        place=_point(plain["place"]),
        height=float(plain["height"]),
        heading=float(plain["heading"]),
        tilt=float(plain["tilt"]),
        field_of_view=float(plain["field_of_view"]),
        picture=(int(width), int(height)),
        reach=float(plain.get("reach", 0.0)),
    )
    said = float(plain.get("focal_length", camera.focal_length))
    if abs(said / camera.focal_length - 1) > 0.01:
        raise FloorPlanError(
            f"camera {camera.id}: a field_of_view of {camera.field_of_view} degrees makes a "
            f"focal_length of {camera.focal_length:.0f} pixels, not {said:.0f}; leave one out"
        )
    return camera
