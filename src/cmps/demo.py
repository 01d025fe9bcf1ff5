"""The demo: the whole chain on people who do not exist, so that right and wrong can be told.

A synthetic gallery is drawn and indexed; then shipped recordings of people's descriptions go
through recogniser, text network and search, and the truth is laid beside the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
# the draw whose people the shipped recordings describe, unless descriptions.json names another
DRAW = {"people": 64, "cameras": 4, "seed": 7}


class DemoError(RuntimeError):
    """The demo cannot run; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Description:
    """A shipped recording and whom it describes.

    Attributes:
        audio: The recording.
        text: What is said in it.
        person: The person's id in the drawn gallery.
    """

    audio: Path
    text: str
    person: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """The demo's gallery on disk.

    Attributes:
        folder: Where it lies.
        truth: What its ``truth.json`` holds.
        fresh: Whether it was drawn just now.
    """

    folder: Path
    truth: dict[str, Any]
    fresh: bool

    @property
    def pictures(self) -> int:
        """How many pictures there are."""
        return len(self.truth["pictures"])

    def person(self, id: str) -> dict[str, Any]:
        """Return a person's entry.

        Raises:
            DemoError: If nobody has this id.
        """
        for entry in self.truth["people"]:
            if entry["id"] == id:
                return dict(entry)
        raise DemoError(f"{self.folder / 'truth.json'} has nobody called {id}; delete the folder")


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one recording.

    Attributes:
        description: The recording and its truth.
        heard: The recogniser's words.
        answer: The best candidates.
        right: Ids of candidates that do show the person.
        first: Rank of the first of them, or ``None`` if there is none among the candidates.
        pictures: How many pictures of the person the gallery holds.
        timings: Milliseconds per stage, from sound to ranks.
        sheet: The contact sheet.
    """

    description: Description
    heard: str
    answer: Answer
    right: frozenset[str]
    first: int | None
    pictures: int
    timings: Timings
    sheet: Path


@cache
def shipped() -> dict[str, Any]:
    """Return ``descriptions.json``: the recordings, what is said in them and of whom.

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
    """Draw the demo's gallery unless the same one is there already.

    Args:
        out: The folder; pictures go into ``out/gallery``.
        progress: Called with passages drawn and in all.

    Raises:
        DemoError: If the simulator's libraries are not installed.
    """
    folder, timings = out / "gallery", Timings()
    wanted = {name: int(shipped().get(name, usual)) for name, usual in DRAW.items()}
    truth = _drawn_before(folder, wanted)
    if truth is not None:
        return Gallery(folder, truth, False), timings
    with timings.measure("draw"):
        truth = draw(folder, **wanted, progress=progress)
    return Gallery(folder, truth, True), timings


def _drawn_before(folder: Path, wanted: dict[str, int]) -> dict[str, Any] | None:
    try:
        truth = dict(json.loads((folder / "truth.json").read_text(encoding="utf-8")))
        drawn = {
            "people": len(truth["people"]),
            "cameras": len(truth["cameras"]),
            "seed": truth["seed"],
        }
        complete = all((folder / name).is_file() for name in ("pictures.csv", *truth["pictures"]))
    # a draw that was broken off or came from another version is drawn again
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return truth if drawn == wanted and complete else None


def fill(
    gallery: Gallery, program: Program, progress: Callable[[int], None] = lambda count: None
) -> IndexReport:
    """Index the demo's pictures; those that are known already cost nothing.

    A gallery that an older version filled with another image network is encoded again first.
    """
    pictures = read_all([gallery.folder / "pictures.csv"])
    reindex(program.store.stale(), program.store, program.image)
    return index(pictures, program.store, program.image, progress)


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
    ranks = {
        one.sighting.id: one.rank
        for one in answer.candidates
        if one.sighting.person == description.person
    }
    query_sheet(query, answer, program.store, variant, ranks).save(sheet)
    return Played(
        description=description,
        heard=heard.text,
        answer=answer,
        right=frozenset(ranks),
        first=min(ranks.values(), default=None),
        pictures=len(gallery.person(description.person)["pictures"]),
        timings=timings,
        sheet=sheet,
    )
