"""Fit the directions of chips between pictures of people who have the thing and who have not.

``python -m cmps.evaluation.fit_directions --root DIR`` reads CUHK-PEDES's train people, labels each
picture by what all captions of its person tell (as simulated witnesses know it), and writes
``search/directions.npz`` for the image network that ships. Then it says on val, nobody of which it
saw, how well people who have a thing are told from others (area under the ROC curve), beside the
directions of the text network. To be run again after each export of the image network.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.datasets.picture import Picture
from cmps.evaluation.fit_evidence import knowledge_of
from cmps.evaluation.large_gallery import encode_once
from cmps.evaluation.witness import chips_of
from cmps.search.calibration import probability
from cmps.search.directions import FILE
from cmps.search.evidence import Evidence, shipped_habits
from cmps.search.questions import catalogue
from cmps.search.sentences import Sentences
from cmps.search.witness import Understand, shipped_reader
from cmps.understanding.chips import Chip

OUT = Path(__file__).parents[1] / "search" / FILE
RIDGE = 10.0
LEAST = 20
"""So many pictures that show it, and as many that do not, or a chip gets no direction."""

Labels = NDArray[np.int8]
"""1 has it, 0 has not, -1 nobody knows."""


def labelled(pictures: Sequence[Picture], understand: Understand, chips: Sequence[Chip]) -> Labels:
    """Return labels ``(pictures, chips)`` by what all captions of a picture's person tell."""
    rows: dict[str, list[int]] = {}
    for row, picture in enumerate(pictures):
        rows.setdefault(str(picture.person), []).append(row)
    marks = {"yes": 1, "no": 0, "unknown": -1}
    found = np.full((len(pictures), len(chips)), -1, np.int8)
    for of_person in rows.values():
        read = [[chips_of(one, understand) for one in pictures[row].captions] for row in of_person]
        for row, knowledge in zip(of_person, knowledge_of(read), strict=True):
            found[row] = [marks[knowledge.verdict(chip)] for chip in chips]
    return found


def fit_direction(
    vectors: NDArray[np.floating], has: NDArray[np.bool_], ridge: float = RIDGE
) -> NDArray[np.float64]:
    """Return the line between two kinds of pictures, both counting the same.

    Args:
        vectors: ``(n, d)``.
        has: ``(n,)``.
        ridge: Keeps it short.

    Returns:
        ``(d,)``, scaled so that the pictures' scores have a standard deviation of 1.
    """
    rows = np.column_stack([vectors - vectors.mean(0), np.ones(len(vectors))]).astype(np.float64)
    penalty = np.append(np.full(vectors.shape[1], ridge), 1e-6)
    counts = np.where(has, 0.5 / has.mean(), 0.5 / (1 - has.mean()))
    found = np.zeros(rows.shape[1])
    for _ in range(20):
        chances = probability(rows @ found)
        gradient = rows.T @ (counts * (has - chances)) - penalty * found
        curvature = (rows * (counts * chances * (1 - chances))[:, None]).T @ rows
        step = np.linalg.solve(curvature + np.diag(penalty), gradient)
        found += step
        if np.abs(step).max() < 1e-6:
            break
    line = found[:-1]
    return np.asarray(line / max(float((rows[:, :-1] @ line).std()), 1e-9))


def fit(
    vectors: NDArray[np.float32], labels: Labels, chips: Sequence[Chip]
) -> dict[str, NDArray[np.float64]]:
    """Return the direction of every chip of which enough is known, by code."""
    found = {}
    for column, chip in enumerate(chips):
        known = labels[:, column] >= 0
        has = labels[known, column] == 1
        if min(has.sum(), (~has).sum()) >= LEAST:
            found[chip.code()] = fit_direction(vectors[known], has)
    return found


def area(scores: NDArray[np.floating], has: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: how often one who has it scores above one who has not.

    Example:
        >>> area(np.array([3.0, 1.0, 2.0]), np.array([True, False, True]))
        1.0
    """
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    some, others = int(has.sum()), int((~has).sum())
    return float((ranks[has].sum() - some * (some + 1) / 2) / (some * others))


def areas(
    directions: Mapping[str, NDArray[np.floating]],
    vectors: NDArray[np.float32],
    labels: Labels,
    chips: Sequence[Chip],
) -> dict[str, float]:
    """Return the area of every chip that at least ten pictures show and ten do not, by code."""
    found = {}
    for column, chip in enumerate(chips):
        known = labels[:, column] >= 0
        has = labels[known, column] == 1
        if chip.code() in directions and min(has.sum(), (~has).sum()) >= 10:
            found[chip.code()] = area(vectors[known] @ directions[chip.code()], has)
    return found


def main() -> None:
    """Fit, write, and print the areas on val."""
    from cmps.cli.running import opened
    from cmps.encoders.weights import image_network
    from cmps.speech.packaged import cache_folder

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="CUHK-PEDES layout")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    options = parser.parse_args()
    understand, chips = shipped_reader().understand, catalogue()
    with opened(None) as program:
        sets = {}
        for split in ("train", "val"):
            pictures = list(read_cuhk_pedes(options.root, split))
            folder = options.cache / "galleries"
            encoded = encode_once(pictures, program.image, image_network(), folder)
            vectors = encoded.embeddings.astype(np.float32)
            sets[split] = vectors, labelled(pictures, understand, chips)
        found = fit(*sets["train"], chips)
        np.savez_compressed(
            options.out,
            network=np.array(image_network().sha256),
            codes=np.array(list(found)),
            vectors=np.stack(list(found.values())).astype(np.float16),
        )
        evidence = Evidence(Sentences(program.text), "accurate", shipped_habits(), sets["val"][0])
        read = {chip.code(): evidence.read_direction(chip) for chip in chips}
    learned, said = areas(found, *sets["val"], chips), areas(read, *sets["val"], chips)
    for code, value in learned.items():
        print(f"{code:28} {value:.3f}  {said[code]:.3f}")
    both = [np.mean(list(one.values())) for one in (learned, {k: said[k] for k in learned})]
    print(f"mean of {len(learned)}: learned {both[0]:.3f}, read by the text network {both[1]:.3f}")


if __name__ == "__main__":
    main()
