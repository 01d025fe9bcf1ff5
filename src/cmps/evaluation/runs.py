"""Search query by query, and keep score and time of each.

Queries go one by one, as in use: times are real, and memory holds the gallery plus one row of
scores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmps.encoders.text import TextEncoder, encode_readings, has_word
from cmps.evaluation.interfaces import Progress
from cmps.evaluation.metrics import MISS, Score, judge, market_ignored
from cmps.evaluation.pictures import EncodedGallery
from cmps.evaluation.reranking import Reranking

Scores = Callable[["Sentence"], NDArray[np.float64]]
"""Scores every picture of a gallery for a sentence; greater is better."""

Ranker = Callable[[EncodedGallery], Scores]
"""A method of searching with words: takes a gallery in, then scores it for sentences."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A query in words.

    Attributes:
        text: Empty where a recogniser heard nothing.
        readings: What else it may have heard.
        person: Identity of the person described.
        group: What the query is averaged with: the picture described.
    """

    text: str
    person: str
    group: Hashable
    readings: tuple[str, ...] = ()


@dataclass(slots=True)
class Run:
    """Scores of one setting, one per query, and the seconds of each query that was searched."""

    scores: list[Score | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """Median over queries; 0 where none could be searched."""
        return 1000 * statistics.median(self.seconds) if self.seconds else 0.0


def two_stage(kind: str, encoder: TextEncoder, reranking: Reranking) -> Ranker:
    """Return our own search: global similarity first, FPR over the best.

    Args:
        kind: The variant of the text network.
        encoder: That network.
        reranking: How the best are ranked again.
    """

    def over(gallery: EncodedGallery) -> Scores:
        def scores(sentence: Sentence) -> NDArray[np.float64]:
            query = encode_readings(encoder.encode, sentence.text, sentence.readings)
            return reranking.scores(
                kind,
                gallery.embeddings @ query.embedding,
                query.words,
                query.attention,
                gallery.pyramids,
                embeddings=gallery.embeddings,
            )

        return scores

    return over


def search_sentences(
    sentences: Sequence[Sentence],
    gallery: EncodedGallery,
    name: str,
    ranker: Ranker,
    progress: Progress,
) -> Run:
    """Search with every sentence; one that holds no word is a miss.

    Args:
        sentences: The queries.
        gallery: What is searched.
        name: Of the method, for ``progress``.
        ranker: The method; reading the sentence counts into its time, taking the gallery in not.
        progress: Called after every query.
    """
    run = Run()
    people = gallery.people
    score = ranker(gallery)
    for number, sentence in enumerate(sentences, 1):
        if not has_word(sentence.text):
            run.scores.append(MISS)
        else:
            started = time.perf_counter()
            scores = score(sentence)
            run.seconds.append(time.perf_counter() - started)
            run.scores.append(judge(scores, people == sentence.person))
        progress(f"searching, {name}", number, len(sentences))
    return run


def search_pictures_within(
    gallery: EncodedGallery,
    places: Sequence[int],
    reranking: Reranking,
    progress: Progress,
    probes: EncodedGallery | None = None,
) -> dict[str, Run]:
    """Search with gallery pictures among all others; results as :func:`search_market`'s.

    Args:
        gallery: What is searched.
        places: Which of its pictures are asked for.
        reranking: How the best are ranked again.
        progress: Called after every query.
        probes: How these pictures look as probes, one per place; default as in the gallery.
    """
    runs = {"global": Run(), "fpr": Run()}
    people = gallery.people
    for number, place in enumerate(places, 1):
        itself = np.zeros(len(people), bool)
        itself[place] = True
        right = people == gallery.pictures[place].person
        asked, row = (gallery, place) if probes is None else (probes, number - 1)
        _search_picture(asked, row, gallery, right, itself, reranking, runs)
        progress("searching", number, len(places))
    return runs | {"image": runs["fpr"]}


def search_market(
    probes: EncodedGallery, gallery: EncodedGallery, reranking: Reranking, progress: Progress
) -> dict[str, Run]:
    """Search with every probe by Market-1501's protocol.

    Returns:
        Runs ``global``, ``fpr``, and ``image``, which is ``fpr``.
    """
    runs = {"global": Run(), "fpr": Run()}
    people, cameras = gallery.people, gallery.cameras
    for number, picture in enumerate(probes.pictures):
        right = people == picture.person
        ignored = market_ignored(picture.person, picture.camera, people, cameras)
        _search_picture(probes, number, gallery, right, ignored, reranking, runs)
        progress("searching", number + 1, len(probes.pictures))
    return runs | {"image": runs["fpr"]}


def _search_picture(
    probes: EncodedGallery,
    row: int,
    gallery: EncodedGallery,
    right: NDArray[np.bool_],
    ignored: NDArray[np.bool_],
    reranking: Reranking,
    runs: dict[str, Run],
) -> None:
    """Search with one picture, globally and with FPR; add score and time to each run."""
    started = time.perf_counter()
    similarities = gallery.embeddings @ probes.embeddings[row]
    middle = time.perf_counter()
    scores = reranking.scores(
        "image",
        similarities,
        probes.pyramids[row],
        probes.foregrounds[row],
        gallery.pyramids,
        ignored,
        gallery.embeddings,
    )
    ended = time.perf_counter()
    runs["global"].scores.append(judge(similarities, right, ignored))
    runs["global"].seconds.append(middle - started)
    runs["fpr"].scores.append(judge(scores, right, ignored))
    runs["fpr"].seconds.append(ended - started)
