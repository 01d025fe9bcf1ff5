"""The operator's desk: cases, sessions and their steps, each stored as it is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.image import ImageEncoder
from cmps.gallery.cases import Case, Photo, SessionRecord, changed, new_id
from cmps.gallery.records import Encoding, GalleryError
from cmps.gallery.store import GalleryStore
from cmps.search.parts import (
    Answer,
    Answered,
    Clear,
    Like,
    Look,
    Mark,
    NoneOf,
    Part,
    Picture,
    Place,
    Reject,
    Said,
    Tick,
)
from cmps.search.people import Ranking
from cmps.search.places import Where
from cmps.search.query import QueryError
from cmps.search.questions import Proposal, contested, worded_chip, worth_asking
from cmps.search.refining import Refiner
from cmps.search.session import SearchSession, State
from cmps.search.witness import Reader, edits_of_answer, shipped_reader
from cmps.settings import Variant
from cmps.understanding.chips import Chip
from cmps.understanding.codes import TOPICS


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question, worded.

    Attributes:
        chip: What a yes would make known; ``None`` of an open question.
        text: In the witness's language.
        gain: Expected bits.
        likely: Probability of a yes; ``None`` of an open question.
        about: The topic of an open question; it is answered by :meth:`Desk.say`.
    """

    chip: Chip | None
    text: str
    gain: float
    likely: float | None
    about: str = ""


@dataclass
class Desk:
    """Takes the steps of sessions on one gallery.

    Attributes:
        store: The gallery, whose database keeps cases and sessions.
        refiner: Ranks.
        image: Opens the image encoder, for photos.
        reader: Understands sentences and words questions.
        clock: Tells the time.
    """

    store: GalleryStore
    refiner: Refiner
    image: Callable[[], ImageEncoder]
    reader: Reader = field(default_factory=shipped_reader)
    clock: Callable[[], datetime] = now

    def open_case(self, purpose: str, by: str = "") -> Case:
        """Open a case.

        Raises:
            GalleryError: If there is no purpose.
        """
        case = self.new_case(purpose, by)
        self.store.cases.open(case)
        return case

    def new_case(self, purpose: str, by: str = "", keep_days: int | None = None) -> Case:
        """Return a case that is not stored yet.

        Raises:
            GalleryError: If there is no purpose, or it cannot be kept for so many days.
        """
        return Case(new_id(), purpose.strip(), by, self.clock(), keep_days=keep_days)

    def close_case(self, id: str) -> Case:
        """Close a case."""
        return self.store.cases.close(id, self.clock())

    def new_session(self, case: str) -> SearchSession:
        """Begin a session of an open case."""
        record = SessionRecord(new_id(), case)
        self.store.cases.create_session(record)
        return SearchSession.of(record)

    def session(self, id: str, version: int | None = None) -> SearchSession:
        """Return a session as it is stored.

        Args:
            id: Of the session. Every step takes it, and the version too.
            version: The one that the caller saw, if a later one is to be refused.

        Raises:
            ChangedError: If somebody changed it since.
        """
        found = SearchSession.of(self.store.cases.session(id))
        if version is not None and found.version != version:
            raise changed(id)
        return found

    def say(
        self,
        session: str,
        text: str,
        *,
        readings: Sequence[str] = (),
        language: str = "en",
        spoken: bool = False,
        about: str = "",
        by: str = "",
        version: int | None = None,
    ) -> SearchSession:
        """Take what the witness said: by themselves, or to an open question.

        Args:
            session: Id of the session.
            text: As heard or typed.
            readings: What else may have been heard.
            language: Its code.
            spoken: Whether it was heard.
            about: The topic of the open question that it answers; "I don't know" is an answer.
            by: Who took it down.
            version: Of the session, that the caller saw.

        Raises:
            QueryError: If there is no such topic, or the text holds no word.
        """
        before = self.session(session, version)
        state = before.state()
        found = self.reader.read(text, language, state.description, state.focus, about)
        # a topic that there is not is refused by the part
        asked = self.reader.word_open(about, language, state.description) if about in TOPICS else ""
        part = Said(
            text.strip(),
            found.edits,
            language,
            spoken,
            found.focus,
            found.describes,
            about,
            asked,
            tuple(readings),
        )
        return self._add(before, part, by)

    def click(
        self,
        session: str,
        kind: str,
        sighting: str,
        *,
        by: str = "",
        version: int | None = None,
    ) -> SearchSession:
        """Tick, reject or like a sighting, or take that back (``clear``).

        Raises:
            GalleryError: If there is no such sighting.
        """
        kinds: dict[str, Callable[[str], Part]] = {
            "tick": Tick,
            "reject": Reject,
            "like": Like,
            "clear": Clear,
        }
        if kind not in kinds:
            raise QueryError(f"a sighting can be {', '.join(kinds)}, not {kind!r}")
        before = self.session(session, version)
        if kind != "clear":
            self.store.get([sighting])  # names one that is unknown
        return self._add(before, kinds[kind](sighting), by)

    def none_of(
        self, session: str, sightings: Sequence[str], *, by: str = "", version: int | None = None
    ) -> SearchSession:
        """Rule out everybody who is shown: one step, which is one to take back.

        Args:
            session: Its id.
            sightings: The picture by which each of them is shown.
            by: Who says so.
            version: That they saw.

        Raises:
            GalleryError: If there is no such sighting.
            QueryError: If there are none.
        """
        before = self.session(session, version)
        self.store.get(list(sightings))  # names one that is unknown
        return self._add(before, NoneOf(tuple(dict.fromkeys(sightings))), by)

    def show_photo(
        self,
        session: str,
        pixels: NDArray[np.uint8],
        *,
        name: str = "",
        by: str = "",
        version: int | None = None,
    ) -> SearchSession:
        """Search with a picture of the person; only its vectors are kept."""
        before = self.session(session, version)
        id = blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=10).hexdigest()
        encoding = self.image().encode([pixels])[0]
        self.store.cases.add_photo(Photo(id, before.case, name, encoding))
        return self._add(before, Picture(id, name), by)

    def mark(
        self, session: str, chip: Chip, to: Place, *, by: str = "", version: int | None = None
    ) -> SearchSession:
        """Set a chip to must, maybe, not, or gone."""
        return self._add(self.session(session, version), Mark(chip, to), by)

    def look(
        self, session: str, where: Where, *, by: str = "", version: int | None = None
    ) -> SearchSession:
        """Set where and when to look.

        Raises:
            GalleryError: If a camera is unknown.
            QueryError: If no camera stands at a site.
        """
        before = self.session(session, version)
        cameras = self.store.cameras()
        where.filter(cameras)
        known = {camera.id for camera in cameras}
        for camera in where.cameras:
            if camera not in known:
                listed = ", ".join(sorted(known)) or "none; index pictures first"
                raise GalleryError(f"camera {camera} is unknown; the gallery's cameras: {listed}")
        return self._add(before, Look(where), by)

    def answer(
        self, session: str, chip: Chip, answer: Answer, *, by: str = "", version: int | None = None
    ) -> SearchSession:
        """Take the answer to the question whether a chip holds."""
        before = self.session(session, version)
        state = before.state()
        text = self.reader.word(chip, state.language, state.description)
        edits = edits_of_answer(chip, answer, state.description)
        return self._add(before, Answered(chip, answer, text, edits), by)

    def undo(self, session: str, *, version: int | None = None) -> SearchSession:
        """Undo the last step."""
        return self._write(self.session(session, version).undo())

    def redo(self, session: str, *, version: int | None = None) -> SearchSession:
        """Take the step again that was undone last."""
        return self._write(self.session(session, version).redo())

    def results(
        self,
        session: SearchSession,
        variant: Variant = "accurate",
        top: int = 20,
        cameras: frozenset[str] | None = None,
    ) -> Ranking:
        """Rank people for a session as it stands.

        Args:
            session: The session.
            variant: Which text network.
            top: How many people.
            cameras: Only what these saw; ``None`` for all.
        """
        state = session.state()
        return self.refiner.rank(state, self.photos(session, state), variant, top, cameras)

    def photos(self, session: SearchSession, state: State) -> list[Encoding]:
        """Return the encodings of a session's photos."""
        if not state.photos:
            return []
        kept = self.store.cases.photos(session.case, state.photos)
        return [photo.encoding for photo in kept]

    def ask(
        self,
        session: SearchSession,
        variant: Variant = "accurate",
        count: int = 1,
        ranking: Ranking | None = None,
    ) -> list[Asking]:
        """Return the questions worth asking, best first; none where nothing is left to ask."""
        state = session.state()
        ranking = ranking or self.results(session, variant)
        found = proposals(self.refiner, state, ranking, variant)[:count]
        asked = []
        for one in found:
            now = state.description
            chip = None if one.asks is None else worded_chip(one.asks, now)
            if chip is None:
                text = self.reader.word_open(one.about, state.language, now)
            else:
                text = self.reader.word(chip, state.language, now)
            asked.append(Asking(chip, text, one.gain, one.likely, one.about))
        return asked

    def _add(self, before: SearchSession, part: Part, by: str) -> SearchSession:
        return self._write(before.add(part, at=self.clock(), by=by))

    def _write(self, session: SearchSession) -> SearchSession:
        return session.numbered(self.store.cases.write_session(session.record()).version)


def proposals(refiner: Refiner, state: State, ranking: Ranking, variant: Variant) -> list[Proposal]:
    """Return the questions worth asking of a ranking's candidates, best first."""
    if not len(ranking.ids):
        return []
    ids = [str(id) for id in ranking.ids[contested(ranking)]]
    snapshot = refiner.store.snapshot()
    places = snapshot.resident.places(ids)
    if len(places) == len(ids):
        vectors = snapshot.resident.vectors[places]
    else:
        vectors = np.stack([one.encoding.embedding for one in refiner.store.get(ids)])
    evidence = refiner.evidence(variant, snapshot)
    return worth_asking(ranking, state, evidence, refiner.habits, vectors)
