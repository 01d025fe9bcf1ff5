"""The next question: whose answer is expected to narrow the candidates down most.

For each chip that was not spoken of, the answer of a witness is a noisy channel: they know it with
some probability (``told``), and are right with another. The expected gain is the mutual
information between that answer and which candidate is the person,

    gain = told · [H(Σᵢ pᵢ aᵢ) − Σᵢ pᵢ H(aᵢ)],

with pᵢ the probability of candidate i, aᵢ the probability that its person's witness says yes, and
H the entropy of a yes or no in bits: how much the answer is expected to reduce the entropy over
the candidates (Lindley, *On a measure of the information provided by an experiment*, 1956).

An open question ("What is she wearing on top?") is answered in words: with one of many colours, one
of many kinds. Of each of these the same is expected, with H the entropy of all that may be named,
and their sum, which is far more than a yes or no can bring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from cmps.search.claims import entails, verdict
from cmps.search.evidence import Evidence, Habits
from cmps.search.people import Ranking
from cmps.search.session import State
from cmps.understanding.chips import Chip, Description
from cmps.understanding.codes import GENERAL, SLOTS, TOPICS

CANDIDATES = 1000
"""How many of the best sightings a question is to tell apart."""
LEAST_GAIN = 0.005
"""Bits; a question that is expected to bring less is not put."""

_TOPS = "black white grey red blue green yellow pink purple brown orange beige"
_BOTTOMS = "black white grey blue brown khaki beige red"
_BAGS = "black red blue white brown"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question worth asking: of yes or no, or an open one.

    Attributes:
        asks: What would be known after a yes; ``None`` of an open question.
        gain: Expected bits.
        likely: Probability of a yes, from one who knows; ``None`` of an open question.
        about: The topic of an open question, one of :data:`cmps.understanding.codes.TOPICS`.
    """

    asks: Chip | None
    gain: float
    likely: float | None
    about: str = ""


@cache
def catalogue() -> tuple[Chip, ...]:
    """Return the chips that may be asked for."""
    codes = [
        *("who:female", "who:male", "who:child", "who:person age=65-100", "build:heavy"),
        *(f"upper:top {colour}" for colour in _TOPS.split()),
        *(f"upper:{kind}" for kind in ("jacket", "coat", "shirt", "t-shirt", "sweater", "hoodie")),
        *("upper:top sleeve=short", "upper:top sleeve=long", "upper:top sleeve=none"),
        *("upper:top pattern=striped", "upper:top pattern=checked", "upper:top pattern=printed"),
        *(f"lower:trousers {colour}" for colour in _BOTTOMS.split()),
        *(f"lower:{kind}" for kind in ("jeans", "shorts", "skirt", "leggings")),
        *("whole:dress", "whole:suit", "whole:uniform"),
        *(f"shoes:shoes {colour}" for colour in ("black", "white", "brown", "red", "grey")),
        *(f"shoes:{kind}" for kind in ("sneakers", "boots", "sandals", "heels")),
        *("hair:hair length=long", "hair:hair length=short", "hair:ponytail", "hair:bald"),
        *("hair:hair black", "hair:hair blond", "hair:hair brown", "hair:hair grey"),
        *("beard:beard", "hat:hat", "hat:cap", "glasses:glasses", "accessory:scarf"),
        *(f"bag:{kind}" for kind in ("bag", "backpack", "handbag", "shoulder-bag", "plastic-bag")),
        *(f"bag:bag {colour}" for colour in _BAGS.split()),
        *(f"carried:{kind}" for kind in ("phone", "umbrella", "bottle", "papers", "bicycle")),
    ]
    return tuple(map(Chip.read, codes))


def open_chips(state: State, chips: Sequence[Chip] | None = None) -> list[Chip]:
    """Return the chips of which nothing was said and which were not asked for yet.

    Args:
        state: Of the session.
        chips: From which to choose; default the catalogue.
    """
    known = [one for one in state.description.chips if one.modality != "maybe"]
    of_slot: dict[str, tuple[Chip, ...]] = {}
    for one in known:
        of_slot[one.slot] = (*of_slot.get(one.slot, ()), one)
    if chips is None:
        opened = [chip for slot in SLOTS for chip in _open_in(slot, of_slot.get(slot, ()))]
    else:
        opened = [chip for chip in chips if _is_open(chip, of_slot.get(chip.slot, ()))]
    return [
        chip
        for chip in opened
        # of a thing that was ruled out as a whole nothing more is asked
        if not _silent(chip, known) and not any(_same_question(chip, one) for one in state.asked)
    ]


@lru_cache(maxsize=4096)
def _open_in(slot: str, known: tuple[Chip, ...]) -> tuple[Chip, ...]:
    """Return the chips of the catalogue in one slot that are open for who knows these of it."""
    return tuple(chip for chip in catalogue() if chip.slot == slot and _is_open(chip, known))


def _is_open(chip: Chip, known: tuple[Chip, ...]) -> bool:
    """Whether nobody knows if a chip holds who knows these of its slot."""
    if any(chip.meaning == replace(one, modality="must").meaning for one in known):
        return False
    return verdict(known, chip) == "unknown"


def worth_asking(
    ranking: Ranking,
    state: State,
    evidence: Evidence,
    habits: Habits,
    vectors: NDArray[np.float32],
    chips: Sequence[Chip] | None = None,
) -> list[Proposal]:
    """Return questions, the one with the greatest expected gain first.

    Args:
        ranking: The present candidates.
        state: Of the session.
        evidence: Scores chips.
        habits: How often witnesses know of a slot, and are right.
        vectors: ``(n, 256)`` of the best sightings, in the order of :func:`contested`.
        chips: From which to choose; default the catalogue.
    """
    asked = open_chips(state, chips)
    if not asked or not len(vectors):
        return []
    chances = chances_of(ranking.odds[contested(ranking)])
    shown = evidence.of(asked, vectors)
    says_yes = habits.right * shown + (1 - habits.right) * (1 - shown)
    overall = says_yes @ chances
    gains = entropy(overall) - entropy(says_yes) @ chances
    told = np.array([habits.knows(chip) for chip in asked])
    found = [
        Proposal(chip, float(gain), float(yes))
        for chip, gain, yes in zip(asked, told * gains, overall, strict=True)
    ]
    if chips is None:
        found += _open_questions(state, asked, shown, told, chances, habits.right)
    worth = [one for one in found if one.gain >= LEAST_GAIN]
    return sorted(worth, key=lambda one: -one.gain)


def open_topics(state: State, chips: Sequence[Chip]) -> list[str]:
    """Return what no open question was about yet, and of which some of these chips are open."""
    return [
        topic
        for topic, slots in TOPICS.items()
        if topic not in state.topics and any(chip.slot in slots for chip in chips)
    ]


def _open_questions(
    state: State,
    chips: Sequence[Chip],
    shown: NDArray[np.float64],
    told: NDArray[np.float64],
    chances: NDArray[np.float64],
    right: float,
) -> list[Proposal]:
    """Return an open question for each topic, with its gain.

    Args:
        state: Of the session.
        chips: That are open.
        shown: ``(chips, n)`` how probably each candidate shows each.
        told: ``(chips,)`` how often a witness knows.
        chances: ``(n,)`` of the candidates.
        right: How often what a witness says is right.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for place, chip in enumerate(chips):
        groups.setdefault((chip.slot, _named(chip)), []).append(place)
    gains: dict[str, float] = {}
    for (slot, _), places in groups.items():
        gain = _gain_of_one(shown[places], chances, right)
        gains[slot] = gains.get(slot, 0.0) + float(told[places].mean()) * gain
    most = float(-(chances[chances > 0] * np.log2(chances[chances > 0])).sum())
    return [
        Proposal(None, min(sum(gains.get(slot, 0.0) for slot in TOPICS[topic]), most), None, topic)
        for topic in open_topics(state, chips)
    ]


@lru_cache(maxsize=4096)
def _named(chip: Chip) -> str:
    """Return what a chip of the catalogue says of its thing: of these an answer names one."""
    marks = ("colours", "pattern", "sleeve", "length", "age")
    mark = next((one for one in marks if getattr(chip, one)), "kind")
    return "there" if mark == "kind" and chip.value == GENERAL.get(chip.slot) else mark


def _gain_of_one(shown: NDArray[np.float64], chances: NDArray[np.float64], right: float) -> float:
    """Return the bits that are expected of an answer that names one of k things, or none of them.

    Args:
        shown: ``(k, n)`` how probably each candidate shows each.
        chances: ``(n,)`` of the candidates.
        right: How often the answer is right; else it is any of them.
    """
    total = shown.sum(0)
    names = np.concatenate([shown / np.maximum(total, 1), np.maximum(1 - total, 0)[None]])
    says = right * names + (1 - right) / len(names)

    def bits(share: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-(share * np.log2(np.maximum(share, 1e-12))).sum(0))

    return float(bits(says @ chances) - bits(says) @ chances)


def contested(ranking: Ranking, count: int = CANDIDATES) -> NDArray[np.intp]:
    """Return the places of the best sightings of a ranking, best first."""
    odds = ranking.odds
    if count >= len(odds):
        return np.argsort(-odds, kind="stable")
    # to sort them all would take longer than to rank them
    edge = np.partition(odds, len(odds) - count)[len(odds) - count]
    better = np.flatnonzero(odds > edge)
    equal = np.flatnonzero(odds == edge)[: count - len(better)]
    places = np.sort(np.concatenate([better, equal]))
    return np.asarray(places[np.argsort(-odds[places], kind="stable")], np.intp)


def chances_of(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of each candidate, given that one of them it is."""
    finite = np.where(np.isfinite(odds), odds, -np.inf)
    shares = np.exp(finite - finite.max())
    return np.asarray(shares / shares.sum())


def entropy(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy of a yes or no, bits.

    Example:
        >>> entropy(np.array([0.5, 1.0, 0.0])).tolist()
        [1.0, 0.0, 0.0]
    """
    safe = np.clip(chance, 1e-12, 1 - 1e-12)
    bits = -safe * np.log2(safe) - (1 - safe) * np.log2(1 - safe)
    return np.asarray(np.where((chance <= 0) | (chance >= 1), 0.0, bits))


def worded_chip(chip: Chip, description: Description) -> Chip:
    """Return a chip of the catalogue as it is asked: of the very jacket that was spoken of.

    Example:
        >>> known = Description((Chip("upper", "jacket"),))
        >>> worded_chip(Chip("upper", "top", ("red",)), known).code()
        'upper:jacket red'
    """
    if chip.value != GENERAL.get(chip.slot) or chip.slot == "who":
        return chip
    known = [one for one in description.of(chip.slot) if one.modality == "must"]
    if len(known) != 1 or entails(known[0], chip):
        return chip
    return replace(chip, value=known[0].value)


@lru_cache(maxsize=16384)
def _same_question(chip: Chip, asked: Chip) -> bool:
    general = GENERAL.get(chip.slot)
    values = {chip.value, asked.value}
    return chip.slot == asked.slot and (
        replace(chip, value=asked.value).meaning == asked.meaning
        if len(values) == 1 or general in values
        else False
    )


def _silent(chip: Chip, known: Sequence[Chip]) -> bool:
    """Whether the answer follows from what is known of another slot."""
    whole = any(one.slot == "whole" and one.modality == "must" for one in known)
    apart = any(one.slot in ("upper", "lower") and one.modality == "must" for one in known)
    return (whole and chip.slot in ("upper", "lower")) or (apart and chip.slot == "whole")
