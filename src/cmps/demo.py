"""The demo: the whole chain on people who do not exist, so that right and wrong can be told.

A day in a synthetic mall is drawn and indexed. Then the page opens on it, with a case and
recorded witnesses; or (``--check``) the recordings go through recogniser, text network and search,
and the truth is laid beside the answer.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmps.gallery.plan_files import keep_floorplan, passages_beside
from cmps.ingest.index import IndexReport, index
from cmps.ingest.reader import read_all
from cmps.ingest.reindex import reindex
from cmps.program import Program
from cmps.search.query import Query
from cmps.search.ranking import Answer
from cmps.search.sheet import query_sheet
from cmps.timings import Timings

if TYPE_CHECKING:
    from cmps.simulator.day_files import Written

SHIPPED = Path(__file__).parent / "simulator" / "demo"
TOP = 5
DRAWN = "drawn.json"


class DemoError(RuntimeError):
    """The demo cannot run; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Description:
    """A shipped recording and whom it describes.

    Attributes:
        audio: The recording.
        text: What is said in it.
        person: The person's id in the drawn day.
    """

    audio: Path
    text: str
    person: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """The demo's gallery on disk.

    Attributes:
        folder: Where it lies.
        people: What its ``people.jsonl`` holds, by id.
        cameras: How many there are.
        pictures: How many there are.
        fresh: Whether it was drawn just now.
    """

    folder: Path
    people: dict[str, dict[str, Any]]
    cameras: int
    pictures: int
    fresh: bool

    def person(self, id: str) -> dict[str, Any]:
        """Return a person's entry.

        Raises:
            DemoError: If nobody has this id.
        """
        if id not in self.people:
            raise DemoError(f"{self.folder} holds nobody called {id}; delete it and try again")
        return self.people[id]


@dataclass(frozen=True, slots=True)
class Played:
    """One description, searched for.

    Attributes:
        description: What was played.
        heard: What the recogniser understood.
        answer: The candidates.
        right: Sightings of the person among them.
        first: Rank of the first of these; ``None`` if there is none.
        passages: How often the person passes a camera.
        timings: Milliseconds per stage, listening included.
        sheet: The contact sheet that was written.
    """

    description: Description
    heard: str
    answer: Answer
    right: frozenset[str]
    first: int | None
    passages: int
    timings: Timings
    sheet: Path


@cache
def shipped() -> dict[str, Any]:
    """Return ``descriptions.json``: the day, the recordings, what is said in them and of whom.

    Raises:
        DemoError: If it is missing or not readable.
    """
    path = SHIPPED / "descriptions.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DemoError(f"{path} cannot be read ({error}); reinstall cmps") from error


def draw(
    out: Path,
    people: int,
    cameras: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Draw a synthetic gallery; see :func:`cmps.simulator.gallery.draw_gallery`.

    Raises:
        DemoError: If the simulator's libraries are not installed.
        SimulatorError: If it cannot be drawn.
    """
    try:
        from cmps.simulator.gallery import draw_gallery
    except ModuleNotFoundError as error:
        raise _lacking(error) from error
    return draw_gallery(out, people, cameras, seed, progress=progress)


def draw_day(
    out: Path,
    people: int,
    hours: float,
    cameras: int,
    seed: int,
    led_away: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Draw a day in a mall; see :func:`cmps.simulator.day_files.draw_day`.

    Raises:
        DemoError: If the simulator's libraries are not installed.
        SimulatorError: If it cannot be drawn.
    """
    try:
        from cmps.simulator import day_files
    except ModuleNotFoundError as error:
        raise _lacking(error) from error
    return day_files.draw_day(
        out, people, hours, cameras, seed, led_away=led_away, progress=progress
    )


def _lacking(error: ModuleNotFoundError) -> DemoError:
    return DemoError(
        f"drawing people needs {error.name}; install it with: pip install 'cmps[simulator]'"
    )


def prepare(
    out: Path, progress: Callable[[int, int], None] | None = None
) -> tuple[Gallery, Timings]:
    """Draw the demo's day unless the same one is there already.

    Args:
        out: The folder; the day goes into ``out/day``.
        progress: Called with passages drawn and in all.

    Raises:
        DemoError: If the simulator's libraries are not installed.
    """
    folder, timings, day = out / "day", Timings(), shipped()["day"]
    gallery = _drawn_before(folder, day)
    if gallery is not None:
        return gallery, timings
    (folder / DRAWN).unlink(missing_ok=True)
    with timings.measure("draw"):
        draw_day(folder, **day, progress=progress)
    # last of all: a draw that was broken off has none
    (folder / DRAWN).write_text(json.dumps(day), encoding="utf-8")
    gallery = _drawn_before(folder, day, fresh=True)
    if gallery is None:
        raise DemoError(f"{folder}: what was drawn is not complete; delete it and try again")
    return gallery, timings


def _drawn_before(folder: Path, day: dict[str, Any], fresh: bool = False) -> Gallery | None:
    try:
        drawn = json.loads((folder / DRAWN).read_text(encoding="utf-8"))
        lines = (folder / "people.jsonl").read_text(encoding="utf-8").splitlines()
        people = {str(one["id"]): dict(one) for one in map(json.loads, lines)}
        with (folder / "index.csv").open(encoding="utf-8", newline="") as listing:
            rows = list(csv.DictReader(listing))
        complete = all((folder / row["path"]).is_file() for row in rows)
    # a draw that was broken off or came from another version is drawn again
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if drawn != day or not complete or not (folder / "floorplan.json").is_file():
        return None
    cameras = len({row["camera"] for row in rows})
    return Gallery(folder, people, cameras, len(rows), fresh)


def fill(
    gallery: Gallery, program: Program, progress: Callable[[int], None] = lambda count: None
) -> IndexReport:
    """Index the demo's pictures, and keep its floor plan and witnesses with them.

    Pictures that are known already cost nothing. A gallery that an older version filled with
    another image network is encoded again first.
    """
    from cmps.server.witnesses import write_witnesses

    pictures = read_all([gallery.folder])
    reindex(program.store.stale(), program.store, program.image)
    keep_floorplan(gallery.folder, program.settings.data)
    told = [
        {"id": entry["id"], "words": entry["text"], "language": "en", "audio": entry["audio"]}
        for entry in shipped()["descriptions"]
    ]
    write_witnesses(program.settings.data, told, SHIPPED)
    passages = passages_beside([gallery.folder])
    return index(pictures, program.store, program.image, progress, passages)


def play(gallery: Gallery, program: Program, sheets: Path) -> Iterator[Played]:
    """Search for each shipped description, first to last.

    Args:
        gallery: Drawn and indexed.
        program: Networks and store.
        sheets: Folder for contact sheets, ``1.png`` and so on.
    """
    sheets.mkdir(parents=True, exist_ok=True)
    for number, entry in enumerate(shipped()["descriptions"], 1):
        description = Description(SHIPPED / entry["audio"], entry["text"], entry["person"])
        yield _play_one(gallery, program, description, sheets / f"{number}.png")


def _play_one(gallery: Gallery, program: Program, description: Description, sheet: Path) -> Played:
    variant, timings = program.settings.variant, Timings()
    # opened before the clock runs: networks are loaded once, not once a search
    _, engine = program.recogniser, program.engine
    program.text(variant)
    with timings.measure("listen"):
        heard = program.hear(description.audio)
    query = Query(texts=(heard.text,), top=TOP)
    answer = engine.search(query, variant)
    timings.stages.update(answer.timings.stages)
    passages = set(gallery.person(description.person)["tracklets"])
    ranks = {
        one.sighting.id: one.rank for one in answer.candidates if one.sighting.tracklet in passages
    }
    query_sheet(query, answer, program.store, variant, ranks).save(sheet)
    return Played(
        description=description,
        heard=heard.text,
        answer=answer,
        right=frozenset(ranks),
        first=min(ranks.values(), default=None),
        passages=len(passages),
        timings=timings,
        sheet=sheet,
    )
