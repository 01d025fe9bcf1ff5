"""Fit how a session weighs what it knows: chips, sentences, and how far to trust their sum.

``python -m cmps.evaluation.fit_fusion --root DIR`` sends the simulated witnesses of half of val's
people, who answer questions while nobody is ticked, through the gallery that
``cmps evaluate progressive`` uses. It chooses, one after the other,

1. the slope of each slot's curve in ``search/evidence.json``: by the logistic loss of whether a
   picture's person has a thing, as the captions of all pictures of the person tell;
2. the weights in ``search/weights.json``: by the mean best log rank integral, one weight at a time;
3. the line of trust there: logistic regression over the people shown.

The other half then says what it brought.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cmps.evaluation.fit_calibration import fits, parts
from cmps.evaluation.large_gallery import encode_once
from cmps.evaluation.logistic import fit_logistic
from cmps.evaluation.pictures import EncodedGallery
from cmps.evaluation.progressive import (
    SHOWN,
    TURNS,
    Outcome,
    Searched,
    best_rank_integral,
    searched_gallery,
    sought_and_others,
)
from cmps.evaluation.witness import Witness, witnesses
from cmps.gallery.memory import MemoryGallery
from cmps.search.calibration import probability
from cmps.search.evidence import Evidence, Habits, offset_for, shipped_habits
from cmps.search.people import Ranking
from cmps.search.questions import catalogue
from cmps.search.refining import Refiner
from cmps.search.session import State
from cmps.search.weights import Trust, Weights, larger, shipped_weights

EVIDENCE = Path(__file__).parents[1] / "search" / "evidence.json"
WEIGHTS = EVIDENCE.with_name("weights.json")
SLOPES = (0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3)
LEAST = 200
"""So many pictures that have a slot's things, and the slot gets a slope of its own."""
CHOICES: dict[str, tuple[float, ...]] = {
    "told": (0.0, 0.15, 0.3, 0.5),
    "chip": (0.5, 0.75, 1.0, 1.5),
    "repeated": (0.3, 0.5, 0.7),
    "same": (0.6, 0.63, 0.66, 0.69, 0.72),
}
"""What each weight may be."""


def fit_slopes(
    scores: Mapping[str, NDArray[np.float64]],
    labels: Mapping[str, NDArray[np.integer]],
    habits: Habits,
) -> dict[str, float]:
    """Return the best slope by slot; ``""`` for slots of which too little is known.

    Args:
        scores: By chip code, ``(n,)`` standardised scores of pictures.
        labels: ``(n,)`` 1 where the picture's person has the thing, 0 where not, -1 unknown.
        habits: How frequent chips are.
    """
    losses: dict[str, NDArray[np.float64]] = {}
    positives: dict[str, int] = {}
    for code, row in scores.items():
        slot = code.partition(":")[0]
        known = labels[code] >= 0
        right = labels[code][known] == 1
        share = habits.shares.get(code, habits.shares[""])
        loss = np.zeros(len(SLOPES))
        for place, slope in enumerate(SLOPES):
            offset = offset_for(slope * row, share)
            chances = np.clip(probability(slope * row[known] + offset), 1e-6, 1 - 1e-6)
            loss[place] = -np.log(np.where(right, chances, 1 - chances)).sum()
        losses[slot] = losses.get(slot, np.zeros(len(SLOPES))) + loss
        positives[slot] = positives.get(slot, 0) + int(right.sum())
    found = {"": SLOPES[int(sum(losses.values(), np.zeros(len(SLOPES))).argmin())]}
    return found | {
        slot: SLOPES[int(loss.argmin())]
        for slot, loss in sorted(losses.items())
        if positives[slot] >= LEAST
    }


def scored(
    evidence: Evidence, vectors: NDArray[np.float32], known: Sequence[Witness]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.int8]]]:
    """Return scores and labels of pictures, for every chip of the catalogue.

    Args:
        evidence: Scores chips.
        vectors: ``(n, 256)`` of pictures.
        known: Who knows the person of each picture.
    """
    marks = {"yes": 1, "no": 0, "unknown": -1}
    scores, labels = {}, {}
    for chip in catalogue():
        scores[chip.code()] = evidence.standardised(chip, vectors)
        told = {one.person: marks[one.truth.verdict(chip)] for one in known}
        labels[chip.code()] = np.array([told[one.person] for one in known], np.int8)
    return scores, labels


@dataclass
class Shown:
    """The people shown in all turns: what :class:`Trust` is fitted on."""

    rows: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def look(self, people: Mapping[str, str]) -> Callable[[Witness, State, Ranking], None]:
        """Return what collects one ranking of a gallery; ``people`` names everybody in it."""
        size = larger(len(people))

        def take(witness: Witness, state: State, ranking: Ranking) -> None:
            shown = ranking.people[:SHOWN]
            texts, chips = len(state.sentences), len(state.description.chips)
            for place, person in enumerate(shown):
                chance = min(max(person.probability, 1e-12), 1 - 1e-12)
                odds = float(np.log(chance / (1 - chance)))
                self.rows.append((odds, texts - 1, chips, size, size * odds))
                self.right.append(people[person.best.sighting.id] == witness.person)
                # the first one counts as much as all others together
                self.weights.append(1.0 if place == 0 else 1.0 / (len(shown) - 1))

        return take

    def trust(self) -> Trust:
        """Return the line that makes their log-odds honest."""
        slopes, base = fit_logistic(
            np.array(self.rows), np.array(self.right), np.array(self.weights)
        )
        slope, *others = (round(float(one), 4) for one in slopes)
        return Trust(slope, round(base, 4), *others)


def sent(
    searched: Searched, asked: Iterable[Witness], shown: Shown | None = None
) -> tuple[float, Outcome]:
    """Send witnesses through, nobody ticked; return the mean best log rank integral, and all."""
    outcome = Outcome()
    look = None if shown is None else shown.look(searched.people)
    for witness in asked:
        searched.search(witness, "no feedback", outcome, look)
    return float(np.mean([best_rank_integral(one[:TURNS]) for one in outcome.ranks])), outcome


def with_weights(searched: Searched, weights: Weights, habits: Habits | None = None) -> Searched:
    """Return the same gallery, searched with other weights."""
    old = searched.refiner
    made = Refiner(old.store, old.text, old.curves, old.depth, weights, habits or old.habits)
    made.sentences = old.sentences
    return replace(searched, refiner=made)


def fit_weights(
    searched: Searched, asked: Sequence[Witness], note: Callable[[str], None] = print
) -> Weights:
    """Choose the weights one at a time, starting from those that there are, trust aside."""
    best = replace(searched.refiner.weights, trust=Trust())
    score, _ = sent(with_weights(searched, best), asked)
    note(f"bri {score:.4f} with {asdict(best)}")
    for name, choices in CHOICES.items():
        for value in choices:
            if value == getattr(best, name):
                continue
            tried = replace(best, **cast(Any, {name: value}))
            found, _ = sent(with_weights(searched, tried), asked)
            note(f"bri {found:.4f} with {name} {value}")
            if found < score:
                score, best = found, tried
    return best


def fit_trust(
    searched: Searched,
    own: EncodedGallery,
    weights: Weights,
    habits: Habits,
    asked: Sequence[Witness],
) -> Trust:
    """Fit the line of trust in the large gallery, and in small ones of the split's own pictures.

    What log-odds of a large gallery say is not what those of a small one do, and most galleries
    are small when a search begins.

    Args:
        searched: The large gallery.
        own: The split's own pictures; searched whole, and in parts of 300.
        weights: As fitted before; their trust is left aside.
        habits: The same.
        asked: The witnesses.
    """
    galleries = [searched]
    for size in (None, 300):
        for rows in parts(own.people, size):
            small = taken(own, rows)
            where = searched.refiner, searched.variant, searched.reader
            galleries.append(searched_gallery(small, *where))
    shown = Shown()
    plain = replace(weights, trust=Trust())
    for one in galleries:
        there = set(one.people.values())
        within = [witness for witness in asked if witness.person in there]
        sent(with_weights(one, plain, habits), within, shown)
    return shown.trust()


def taken(gallery: EncodedGallery, rows: NDArray[np.intp]) -> EncodedGallery:
    """Return some rows of a gallery."""
    return EncodedGallery(
        [gallery.pictures[row] for row in rows],
        gallery.embeddings[rows],
        gallery.pyramids[rows],
        gallery.foregrounds[rows],
        0.0,
    )


def main() -> None:
    """Fit, write, and print what the other half says."""
    from cmps.cli.running import opened
    from cmps.encoders.weights import image_network
    from cmps.speech.packaged import cache_folder

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--gallery-size", type=int, default=20_000)
    parser.add_argument("--limit", type=int, help="at most so many witnesses, both halves together")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    options = parser.parse_args()
    with opened(None) as program:
        pictures, others = sought_and_others(options.root, "val", options.gallery_size)
        folder = options.cache / "galleries"
        gallery = encode_once(pictures + others, program.image, image_network(), folder)
        refiner = Refiner(MemoryGallery(), program.text, program.curves, program.settings.rerank)
        searched = searched_gallery(gallery, refiner, program.settings.variant)
        everybody = witnesses(pictures, searched.reader.understand, 0, options.limit)
        fitting = [one for one in everybody if fits(one.person)]
        held = [one for one in everybody if not fits(one.person)]
        before = _summary(sent(searched, held))
        habits = _slopes(searched, fitting)
        weights = fit_weights(with_weights(searched, shipped_weights(), habits), fitting)
        own = taken(gallery, np.arange(len(pictures)))
        weights = replace(weights, trust=fit_trust(searched, own, weights, habits, fitting))
        after = _summary(sent(with_weights(searched, weights, habits), held))
    plain = asdict(habits)
    del plain["directions"]  # they are in a file of their own
    EVIDENCE.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
    WEIGHTS.write_text(json.dumps(asdict(weights), indent=2) + "\n", encoding="utf-8")
    print(f"held half, before {before}\nheld half, after  {after}\n{weights}\n{habits.slopes}")


def _slopes(searched: Searched, fitting: Sequence[Witness]) -> Habits:
    habits = shipped_habits()
    evidence = searched.refiner.evidence(searched.variant)
    by_person = {one.person: one for one in fitting}
    ids = searched.refiner.store.snapshot().resident.ids
    owners = [searched.people[str(id)] for id in ids]
    known = [(by_person[one], row) for row, one in enumerate(owners) if one in by_person]
    places = np.array([row for _, row in known])
    scores, labels = scored(evidence, evidence.vectors[places], [one for one, _ in known])
    return replace(habits, slopes=fit_slopes(scores, labels, habits))


def _summary(found: tuple[float, Outcome]) -> dict[str, Any]:
    score, outcome = found
    return {"bri": round(score, 4), "turns": outcome.turns(), "error": outcome.calibration()}


if __name__ == "__main__":
    main()
