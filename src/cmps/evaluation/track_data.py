"""What tracks are measured on: Market-1501, and simulated days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from cmps.datasets.csv_list import read_csv
from cmps.datasets.drawn_day import read_truth
from cmps.datasets.market1501 import is_junk, read_market1501
from cmps.datasets.picture import DatasetError, Picture
from cmps.encoders.image import ImageEncoder
from cmps.evaluation.interfaces import Progress
from cmps.evaluation.large_gallery import encode_once
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.plan_files import passages_beside, read_floorplan
from cmps.gallery.records import Network, Sighting
from cmps.search.track import Ways
from cmps.search.tracks.learned import Seen, TravelTimes, learned


@dataclass(frozen=True, slots=True)
class Tracked:
    """A gallery with its truth.

    Attributes:
        name: Of the data set.
        store: The gallery; its sightings carry their person.
        people: Per person, their passes in order of time, each with its sightings' ids.
        owners: Who each sighting shows.
        ways: What is known of the ways.
        placed: Whether cameras tell where on the floor somebody passes.
    """

    name: str
    store: MemoryGallery
    people: dict[str, dict[str, list[str]]]
    owners: dict[str, str | None]
    ways: Ways
    placed: bool


def tracked(name: str, sightings: Iterable[Sighting], network: Network, ways: Ways) -> Tracked:
    """Return a gallery of sightings that carry their person."""
    store = MemoryGallery()
    store.use(network)
    listed = sorted(sightings, key=lambda one: (one.time is None, one.time or 0, one.id))
    store.upsert(listed)
    people: dict[str, dict[str, list[str]]] = {}
    for one in listed:
        if one.person is not None:
            people.setdefault(one.person, {}).setdefault(one.tracklet or one.id, []).append(one.id)
    owners = {one.id: one.person for one in listed}
    return Tracked(name, store, people, owners, ways, any(one.passage for one in listed))


def market(
    root: Path, encoder: ImageEncoder, network: Network, cache: Path, progress: Progress
) -> Tracked:
    """Return Market-1501's gallery; travel times are learned from its training people.

    Times are frames, which run together over all cameras as far as the data set's makers started
    them together; each picture is a pass of its own, as the data set has no tracklets.

    Raises:
        DatasetError: If the data set or a picture cannot be read.
    """
    pictures = [one for one in read_market1501(root, "gallery") if not is_junk(one)]
    seen: dict[str, list[Seen]] = {}
    for one in read_market1501(root, "train"):
        if one.person is not None and one.time is not None:
            moment = one.time.timestamp()
            seen.setdefault(one.person, []).append(Seen(one.camera, moment, moment))
    times: TravelTimes = learned(seen.values())
    sightings = _encoded(pictures, encoder, network, cache, progress)
    return tracked("market1501", sightings, network, Ways(times=times))


def day(
    folder: Path, encoder: ImageEncoder, network: Network, cache: Path, progress: Progress
) -> Tracked:
    """Return a simulated day with its floor plan.

    Raises:
        DatasetError: If the day or a picture cannot be read.
        FloorPlanError: If the floor plan cannot be read.
    """
    people = read_truth(folder / "truth.jsonl")
    listed = {str(one.path.relative_to(folder)): one for one in read_csv(folder / "index.csv")}
    missing = [name for name in listed if name not in people]
    if missing:
        raise DatasetError(f"{folder}/truth.jsonl does not tell whom {missing[0]} shows")
    ways = Ways(read_floorplan(folder / "floorplan.json"))
    passages = passages_beside([folder])
    pictures = list(listed.values())
    sightings = _encoded(pictures, encoder, network, cache, progress)
    named = [
        replace(one, person=people[name], passage=passages.get(one.tracklet or ""))
        for one, name in zip(sightings, listed, strict=True)
    ]
    return tracked("day", named, network, ways)


def _encoded(
    pictures: list[Picture],
    encoder: ImageEncoder,
    network: Network,
    cache: Path,
    progress: Progress,
) -> list[Sighting]:
    made = encode_once(pictures, encoder, network, cache / "galleries", progress)
    from cmps.gallery.records import Encoding

    return [
        Sighting(
            id=f"{number:06d} {one.path.name}",
            camera=one.camera,
            encoding=Encoding(
                made.embeddings[number], made.pyramids[number], made.foregrounds[number]
            ),
            time=one.time,
            tracklet=one.tracklet,
            person=one.person,
        )
        for number, one in enumerate(pictures)
    ]
