"""How far a progressive search gets, turn by turn, with a simulated witness.

In the first turn the witness says the vaguest sentence that they know. In every further turn the
operator ticks a picture of the right person if one is among the 20 people shown, the system asks
its question, and the witness says the next sentence, if any is left. After each turn the rank of
the first person whose best picture shows the right one is noted; a person who was ticked is found.
Half of val's people choose the weights of ``search/weights.json``; figures called *held* are of
the others.

The best log rank integral (BRI) is that of Lee et al., *Interactive Text-to-Image Retrieval with
Large Language Models* (ACL 2024): the area under the logarithm of the best rank so far over the
turns, lower is better.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cmps.datasets.cuhk_pedes import find_annotations, read_cuhk_pedes
from cmps.datasets.picture import DatasetError, Picture
from cmps.encoders.image import ImageEncoder
from cmps.evaluation.fit_calibration import calibration_error, fits
from cmps.evaluation.interfaces import EvaluationError, Progress, silent
from cmps.evaluation.large_gallery import encode_once, fillers
from cmps.evaluation.pictures import EncodedGallery
from cmps.evaluation.witness import Witness, witnesses
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import Encoding, Network, Sighting
from cmps.search.desk import now, proposals
from cmps.search.parts import Answered, NoneOf, Said, Tick
from cmps.search.people import Ranking
from cmps.search.questions import Proposal, open_chips, open_topics, worded_chip
from cmps.search.refining import Refiner
from cmps.search.session import SearchSession, State
from cmps.search.witness import Reader, edits_of_answer, shipped_reader
from cmps.settings import Variant
from cmps.understanding.codes import TOPICS

Look = Callable[[Witness, State, Ranking], None]
"""Looks at what one turn of a witness brought."""

Setting = Literal["questions", "no questions", "random questions", "no feedback", "rejections"]

SETTINGS: tuple[Setting, ...] = ("questions", "no questions", "random questions", "no feedback")
TURNS = 5
REPORTED = (1, 2, 3, 5)
SHOWN = 20
RANKS = (1, 5, 10)


@dataclass
class Outcome:
    """Ranks of one setting: one list of a rank per turn for each witness.

    Attributes:
        ranks: ``[witness][turn]``, from 1.
        chances: Probability of the first person shown while none was ticked, and whether it was
            right and of the held half, ``[turn][witness]``.
        held: Whether nothing was fitted on a witness's person.
        questions: How many questions were put.
        known: How many of them were answered otherwise than by "I don't know".
        gained: Bits that those answered were expected to bring.
    """

    ranks: list[list[int]] = field(default_factory=list)
    chances: list[list[tuple[float, bool, bool]]] = field(
        default_factory=lambda: [[] for _ in range(TURNS)]
    )
    held: list[bool] = field(default_factory=list)
    questions: int = 0
    known: int = 0
    gained: float = 0.0

    def turns(self, held: bool = False) -> dict[str, dict[str, float]]:
        """Return rank-1, 5, 10 in percent and BRI after the reported turns.

        Args:
            held: Only of people on whom nothing was fitted.
        """
        ranks = [one for one, new in zip(self.ranks, self.held, strict=True) if new or not held]
        if not ranks:
            return {}
        return {
            str(turn): {
                **{
                    f"rank{k}": round(100 * statistics.mean(one[turn - 1] <= k for one in ranks), 2)
                    for k in RANKS
                },
                "bri": round(statistics.mean(best_rank_integral(one[:turn]) for one in ranks), 4),
            }
            for turn in REPORTED
        }

    def calibration(self, held: bool = False) -> dict[str, float]:
        """Return the expected calibration error of the first person shown, by turn.

        Args:
            held: Only over people on whom nothing was fitted.
        """
        found = {}
        for turn in REPORTED:
            rows = [one for one in self.chances[turn - 1] if one[2] or not held]
            if rows:
                chances = np.array([chance for chance, _, _ in rows])
                right = np.array([one for _, one, _ in rows])
                found[str(turn)] = round(calibration_error(chances, right), 4)
        return found


def best_rank_integral(ranks: Sequence[int]) -> float:
    """Return the area under the logarithm of the best rank so far, per turn.

    Args:
        ranks: After each turn, from 1.

    Example:
        >>> best_rank_integral([1, 1, 1]), round(best_rank_integral([10, 100, 1]), 3)
        (0.0, 1.727)
    """
    best = np.log(np.minimum.accumulate(np.asarray(ranks, float)))
    if len(best) == 1:
        return float(best[0])
    return float(((best[:-1] + best[1:]) / 2).mean())


@dataclass(frozen=True, slots=True)
class Searched:
    """A gallery that witnesses are sent through."""

    refiner: Refiner
    reader: Reader
    people: dict[str, str]
    variant: Variant

    def rank_of(self, ranking: Ranking, person: str) -> int:
        """Return the place of the first person whose best picture shows the right one.

        Sightings that were not gathered into people count one by one, after those that were.
        """
        members = set()
        for shown in ranking.people:
            if self.people[shown.best.sighting.id] == person:
                return shown.rank
            members |= {one.sighting.id for one in shown.sightings}
        place = len(ranking.people)
        for row in np.argsort(-ranking.odds, kind="stable"):
            id = str(ranking.ids[row])
            if id not in members:
                place += 1
                if self.people[id] == person:
                    return place
        return place + 1

    def search(
        self, witness: Witness, setting: Setting, outcome: Outcome, look: Look | None = None
    ) -> None:
        """Send one witness through all turns."""
        held = not fits(witness.person)
        session = SearchSession(witness.seed, "evaluation")
        left = list(witness.sentences)
        ranks: list[int] = []
        ranking: Ranking | None = None
        for _ in range(TURNS):
            if ranking is not None and setting != "no feedback":
                session = self._clicked(session, ranking, witness, setting)
            if ranking is not None and setting != "no questions":
                session = self._asked(session, ranking, witness, setting, outcome)
            if left:
                session = self._said(session, left.pop(0))
            state = session.state()
            ranking = self.refiner.rank(state, (), self.variant, top=10**6)
            ranks.append(self.rank_of(ranking, witness.person))
            if look is not None:
                look(witness, state, ranking)
            first = ranking.people[0]
            if not state.ticked:
                right = self.people[first.best.sighting.id] == witness.person
                outcome.chances[len(ranks) - 1].append((first.probability, right, held))
        outcome.ranks.append(ranks)
        outcome.held.append(held)

    def _said(self, session: SearchSession, text: str, about: str = "") -> SearchSession:
        state = session.state()
        found = self.reader.read(text, "en", state.description, state.focus, about)
        return session.add(
            Said(text, found.edits, focus=found.focus, describes=found.describes, about=about),
            at=now(),
        )

    def _clicked(
        self, session: SearchSession, ranking: Ranking, witness: Witness, setting: Setting
    ) -> SearchSession:
        if session.state().ticked:
            return session
        wrong = []
        for person in ranking.people[:SHOWN]:
            id = person.best.sighting.id
            if self.people[id] == witness.person:
                return session.add(Tick(id), at=now())
            wrong.append(id)
        return session.add(NoneOf(tuple(wrong)), at=now()) if setting == "rejections" else session

    def _asked(
        self,
        session: SearchSession,
        ranking: Ranking,
        witness: Witness,
        setting: Setting,
        outcome: Outcome,
    ) -> SearchSession:
        state = session.state()
        question = self._question(state, ranking, witness, setting)
        if question is None:
            return session
        outcome.questions += 1
        outcome.gained += question.gain
        if question.asks is None:
            words = witness.tell(TOPICS[question.about])
            outcome.known += bool(words)
            return self._said(session, words or "I don't know", question.about)
        chip = worded_chip(question.asks, state.description)
        answer = witness.answer(chip)
        outcome.known += answer != "unknown"
        edits = edits_of_answer(chip, answer, state.description)
        return session.add(Answered(chip, answer, "", edits), at=now())

    def _question(
        self, state: State, ranking: Ranking, witness: Witness, setting: Setting
    ) -> Proposal | None:
        if setting == "random questions":
            chips = open_chips(state)
            topics = open_topics(state, chips)
            chance = random.Random(f"{witness.seed}:{len(state.answers) + len(state.topics)}")
            if topics:  # as good a kind of question as is chosen: only what it is about is random
                return Proposal(None, 0.0, None, chance.choice(topics))
            return Proposal(chance.choice(chips), 0.0, 0.5) if chips else None
        found = proposals(self.refiner, state, ranking, self.variant)
        return found[0] if found else None


def evaluate_progressive(
    root: Path,
    split: str,
    image: ImageEncoder,
    network: Network,
    refiner: Refiner,
    *,
    variant: Variant = "accurate",
    gallery_size: int = 20_000,
    cache: Path,
    seed: int = 0,
    limit: int | None = None,
    settings: Sequence[Setting] = SETTINGS,
    reader: Reader | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Measure progressive search on a CUHK-PEDES layout.

    Args:
        root: Folder of the data sets, or of the annotations alone.
        split: Whose people are sought.
        image: The image network.
        network: Its name and checksum.
        refiner: Ranks; its gallery is replaced by the data set's.
        variant: Which text network.
        gallery_size: The gallery is filled up to so many pictures, as far as there are other
            people's below ``root``.
        cache: Folder where encodings are kept.
        seed: Of all that is left to chance.
        limit: At most so many witnesses; the gallery stays whole.
        settings: What to compare; the first one is the answer.
        reader: Understands captions.
        progress: Called along the way.

    Raises:
        DatasetError: If the data set cannot be read.
        EvaluationError: If nobody in the split has a caption.
    """
    pictures, others = sought_and_others(root, split, gallery_size)
    gallery = encode_once(pictures + others, image, network, cache / "galleries", progress)
    searched = searched_gallery(gallery, refiner, variant, reader)
    asked = witnesses(pictures, searched.reader.understand, seed, limit)
    if not asked:
        raise EvaluationError(f"nobody in split {split!r} of {root} has a caption")
    outcomes: dict[str, Outcome] = {}
    for setting in settings:
        outcomes[setting] = Outcome()
        for number, witness in enumerate(asked, 1):
            searched.search(witness, setting, outcomes[setting])
            progress(f"searching, {setting}", number, len(asked))
    return {
        "dataset": "cuhk-pedes",
        "split": split,
        "gallery": len(gallery.pictures),
        "fillers": len(others),
        "witnesses": len(asked),
        "variant": variant,
        "seed": seed,
        "turns": outcomes[settings[0]].turns(),
        "settings": {name: _as_dict(one) for name, one in outcomes.items()},
    }


def searched_gallery(
    gallery: EncodedGallery,
    refiner: Refiner,
    variant: Variant = "accurate",
    reader: Reader | None = None,
) -> Searched:
    """Return a gallery that witnesses can be sent through; the refiner's own one is left aside."""
    store, people = filled(gallery)
    made = Refiner(
        store, refiner.text, refiner.curves, refiner.depth, refiner.weights, refiner.habits
    )
    return Searched(made, reader or shipped_reader(), people, variant)


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "turns": outcome.turns(),
        "held_turns": outcome.turns(held=True),
        "questions": outcome.questions,
        "answered": outcome.known,
        "expected_bits": round(outcome.gained, 2),
        "calibration_error": outcome.calibration(),
        "held_calibration_error": outcome.calibration(held=True),
    }


def sought_and_others(root: Path, split: str, size: int) -> tuple[list[Picture], list[Picture]]:
    """Return a split's pictures, and strangers' that fill a gallery up to a size.

    Raises:
        DatasetError: If there is no such split.
    """
    everybody = list(read_cuhk_pedes(root))
    pictures = [one for one in everybody if one.split == split]
    if not pictures:
        splits = ", ".join(sorted({one.split or "(none)" for one in everybody}))
        raise DatasetError(f"{find_annotations(root)} has no split {split!r}; it has {splits}")
    sought = {one.person for one in everybody if one.person}
    wanted = size - len(pictures)
    others = fillers(root, wanted, sought)
    if not others and wanted > 0:  # ``root`` may be the folder of the annotations
        others = fillers(find_annotations(root).parent.parent, wanted, sought)
    return pictures, others


def filled(gallery: EncodedGallery) -> tuple[MemoryGallery, dict[str, str]]:
    """Return the pictures as a gallery in memory, and who is on each sighting."""
    store = MemoryGallery()
    rows = zip(
        gallery.pictures, gallery.embeddings, gallery.pyramids, gallery.foregrounds, strict=True
    )
    sightings = [
        Sighting(f"{number:020x}", picture.camera, Encoding(vector, cells, weights))
        for number, (picture, vector, cells, weights) in enumerate(rows)
    ]
    store.upsert(sightings)
    people = {
        one.id: str(picture.person)
        for one, picture in zip(sightings, gallery.pictures, strict=True)
    }
    return store, people
