"""Tracks, cameras, sightings and the floor plan, as the API says them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.records import Camera as StoredCamera
from cmps.gallery.records import Sighting as StoredSighting
from cmps.search.tracks.records import Companion as Near
from cmps.search.tracks.records import Track as Followed
from cmps.server.views.base import Answered, Chance, Id, Line, Taken


class TrackOf(Taken):
    """Whose way is asked for, and what a human says of sightings."""

    case: Id
    sighting: Id
    confirm: list[Id] = Field(default_factory=list, max_length=200)
    reject: list[Id] = Field(default_factory=list, max_length=200)
    near: bool = Field(False, description="Also say who was near the person.")


class Pass(Answered):
    """A sighting of a track."""

    rank: int
    sighting: str
    probability: Chance
    camera: str
    time: datetime | None
    tracklet: str | None


class Stop(Answered):
    """A person's stay at one camera."""

    camera: str
    camera_name: str
    since: datetime | None = Field(alias="from")
    to: datetime | None
    probability: Chance
    confirmed: bool
    unreachable: bool = Field(description="Nobody walks here so fast from the stop before.")
    walk: list[tuple[float, float]] = Field(
        description="Where on the floor they came and went, metres on the plan, if it is known."
    )
    best: str = Field(description="The sighting that shows them best.")
    pictures: int
    sightings: list[Pass]


class Gap(Answered):
    """A stretch between two stops in which no camera is known to have seen the person."""

    after: int = Field(description="Place of the stop before it, from 0 on.")
    seconds: float
    metres: float | None
    cameras: list[str] = Field(description="Those that they can have passed meanwhile.")
    maybe: list[Pass]


class Companion(Answered):
    """Somebody who was near the person."""

    stops: float
    probability: Chance
    at: list[int]
    sightings: list[Pass]


class Track(Answered):
    """Where a person was, camera by camera; a human decides."""

    sighting: str
    sightings: int
    travel_times: bool = Field(description="Whether walking times took part.")
    stops: list[Stop]
    gaps: list[Gap]
    note: str
    near: list[Companion] | None

    @classmethod
    def of(
        cls,
        found: Followed,
        near: list[Near] | None,
        cameras: dict[str, StoredCamera],
    ) -> Track:
        """Return a track's answer; gaps name only the cameras that are given."""
        plain: dict[str, Any] = found.as_dict()
        for stop in plain["stops"]:
            known = cameras.get(stop["camera"])
            stop["camera_name"] = (known.name if known else "") or stop["camera"]
        for gap in plain["gaps"]:
            gap["cameras"] = [one for one in gap["cameras"] if one in cameras]
        plain["near"] = None if near is None else [one.as_dict() for one in near]
        return cls.model_validate(plain)


class Sighting(Answered):
    """The record of a sighting."""

    id: str
    camera: str
    camera_name: str
    site: str
    time: datetime | None
    tracklet: str | None
    source: str
    box: tuple[int, int, int, int] | None

    @classmethod
    def of(cls, one: StoredSighting, camera: StoredCamera) -> Sighting:
        """Return a sighting's answer."""
        return cls(
            id=one.id,
            camera=one.camera,
            camera_name=camera.label,
            site=camera.site,
            time=one.time,
            tracklet=one.tracklet,
            source=one.source,
            box=one.box,
        )


class Camera(Answered):
    """A camera of the gallery."""

    id: str
    name: str
    site: str
    keep_days: int | None
    sightings: int

    @classmethod
    def of(cls, one: StoredCamera, sightings: int) -> Camera:
        """Return a camera's answer; ``sightings`` is how many it has."""
        return cls(
            id=one.id,
            name=one.label,
            site=one.site,
            keep_days=one.keep_days,
            sightings=sightings,
        )


class Cameras(Answered):
    """The cameras that the caller may see."""

    cameras: list[Camera]


class CameraChange(Taken):
    """What to change of a camera; what is left out stays."""

    name: Line | None = None
    site: Line | None = None
    keep_days: int | None = Field(None, ge=1, le=36_500)


Point = tuple[float, float]


class Obstacle(Answered):
    """Something in the way."""

    kind: str
    height: float
    polygon: list[Point]


class Shop(Answered):
    """A room that no camera sees into."""

    name: str
    door: Point
    polygon: list[Point]


class Entrance(Answered):
    """Where people come and go."""

    name: str
    place: Point


class PlacedCamera(Answered):
    """A camera on the plan: degrees from +x towards +y, metres."""

    id: str
    name: str
    x: float
    y: float
    heading: float
    angle: float = Field(description="Of view, degrees.")
    range: float = Field(description="Up to which people are told from each other, metres.")
    view: list[Point] = Field(description="The floor that it sees.")


class Plan(Answered):
    """The floor plan, metres, x to the right and y down; or that there is none."""

    available: bool
    name: str = ""
    metres: Point = (0.0, 0.0)
    outline: list[Point] = Field(default_factory=list)
    obstacles: list[Obstacle] = Field(default_factory=list)
    shops: list[Shop] = Field(default_factory=list)
    entrances: list[Entrance] = Field(default_factory=list)
    cameras: list[PlacedCamera] = Field(default_factory=list)

    @classmethod
    def of(cls, plan: FloorPlan, cameras: dict[str, StoredCamera]) -> Plan:
        """Return a plan's answer, with those of its cameras that are given."""
        wide, high = (max(corner[axis] for corner in plan.outline) for axis in (0, 1))
        return cls(
            available=True,
            name=plan.name,
            metres=(wide, high),
            outline=list(plan.outline),
            obstacles=[
                Obstacle(kind=one.kind, height=one.height, polygon=list(one.polygon))
                for one in plan.obstacles
            ],
            shops=[
                Shop(name=one.name, door=one.door, polygon=list(one.polygon)) for one in plan.shops
            ],
            entrances=[Entrance(name=one.name, place=one.place) for one in plan.entrances],
            cameras=[
                PlacedCamera(
                    id=one.id,
                    name=cameras[one.id].label,
                    x=one.place[0],
                    y=one.place[1],
                    heading=one.heading,
                    angle=one.field_of_view,
                    range=one.reach,
                    view=[(round(x, 2), round(y, 2)) for x, y in plan.view(one.id)],
                )
                for one in plan.cameras
                if one.id in cameras
            ],
        )
