from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cmps.datasets.picture import Picture
from cmps.encoders.image import ImageEncoder
from cmps.evaluation import fit_fusion
from cmps.evaluation.fit_fusion import (
    SLOPES,
    Shown,
    fit_slopes,
    fit_trust,
    fit_weights,
    scored,
    sent,
    taken,
)
from cmps.evaluation.pictures import encode_pictures
from cmps.evaluation.progressive import searched_gallery
from cmps.evaluation.witness import witnesses
from cmps.gallery.memory import MemoryGallery
from cmps.search.calibration import Curve, probability
from cmps.search.evidence import Habits
from cmps.search.questions import catalogue
from cmps.search.refining import Refiner
from cmps.search.weights import LARGE, Trust, Weights
from cmps.search.witness import shipped_reader
from cmps.understanding.chips import Chip
from cmps.understanding.edits import Add, apply_all
from cmps.understanding.result import Understanding

HABITS = Habits({"": 1.2}, {"": 0.3}, {"": 0.8}, 0.9)


def understand(text, language, now, focus):
    words = [one for one in text.lower().split() if one in ("red", "green", "blue", "white")]
    edits = tuple(Add(new=Chip("upper", "shirt", (word,))) for word in words)
    return Understanding(apply_all(edits, now), edits)


@pytest.mark.parametrize("slope", [0.6, 1.8])
def test_the_slope_that_made_the_labels_is_found_again(slope):
    random = np.random.default_rng(0)
    scores = random.normal(size=6000)
    offset = np.log(0.3 / 0.7)
    labels = (random.random(6000) < probability(slope * scores + offset)).astype(np.int8)
    habits = replace(HABITS, shares={"": float(labels.mean())})
    labels[::3] = -1  # of a third nobody knows
    found = fit_slopes(
        {"hat:hat": scores, "hat:cap": scores}, {"hat:hat": labels, "hat:cap": labels}, habits
    )
    assert found["hat"] == pytest.approx(slope, abs=0.25)
    assert set(found) == {"", "hat"}
    rare = np.where(np.arange(6000) < 50, labels, -1)
    assert set(fit_slopes({"hat:hat": scores}, {"hat:hat": rare}, habits)) == {""}
    assert found[""] in SLOPES


def test_the_line_of_trust_makes_what_is_shown_honest():
    random = np.random.default_rng(1)
    shown = Shown()
    odds = random.normal(0, 3, 20_000)
    sentences, chips = random.integers(0, 2, 20_000), random.integers(0, 5, 20_000)
    sizes = np.log(random.choice([300, 1000, LARGE], 20_000) / LARGE)
    true = (0.5 - 0.1 * sizes) * odds - 1 - 0.7 * sentences - 0.2 * chips - 0.4 * sizes
    shown.rows = list(zip(odds, sentences, chips, sizes, sizes * odds, strict=True))
    shown.right = list(random.random(20_000) < probability(true))
    shown.weights = [1.0] * 20_000
    trust = shown.trust()
    assert trust.slope == pytest.approx(0.5, abs=0.03)
    assert trust.sentence == pytest.approx(-0.7, abs=0.1)
    assert trust.constant(2, 3) == pytest.approx(-1 - 0.7 - 0.6, abs=0.15)
    small = trust.constant(2, 3, 300) - trust.constant(2, 3)
    assert small == pytest.approx(-0.4 * np.log(300 / LARGE), abs=0.2)
    steep = trust.steepness(300) - trust.steepness(LARGE)
    assert steep == pytest.approx(-0.1 * np.log(300 / LARGE), abs=0.08)
    assert trust.steepness(10 * LARGE) == trust.steepness(LARGE)
    assert Trust(slope=0.2, bend=0.3).steepness(300) > 0


@pytest.fixture
def crowd(pedes, image_encoder: ImageEncoder, encoders):
    pictures = [
        Picture(path, person=f"p{number}", captions=(f"{colour} shirt", f"a {colour} one"))
        for number, (path, colour) in enumerate(
            zip(
                sorted((pedes / "imgs").rglob("*.jpg")),
                ("blue", "green", "red", "white"),
                strict=False,
            )
        )
    ]
    gallery = encode_pictures(pictures, image_encoder)
    curves = {kind: Curve(0.0, 14.0, -9.0, 20) for kind in ("fast", "accurate", "image")}
    refiner = Refiner(
        MemoryGallery(),
        lambda variant: encoders.text["fast"],
        curves,
        weights=Weights(),
        habits=HABITS,
    )
    searched = searched_gallery(
        gallery, refiner, "fast", replace(shipped_reader(), understand=understand)
    )
    return searched, witnesses(pictures, understand, 0)


def test_weights_are_chosen_by_what_witnesses_find(crowd):
    searched, asked = crowd
    said: list[str] = []
    best = fit_weights(searched, asked, said.append)
    assert len(said) >= 6
    score, outcome = sent(searched, asked)
    assert score >= 0
    assert len(outcome.ranks) == len(asked)
    assert isinstance(best, Weights)


def test_trust_is_fitted_in_the_large_gallery_and_in_small_ones(crowd, pedes, image_encoder):
    searched, asked = crowd
    pictures = [
        Picture(path, person=f"p{number}")
        for number, path in enumerate(sorted((pedes / "imgs").rglob("*.jpg"))[:4])
    ]
    own = taken(encode_pictures(pictures, image_encoder), np.array([2, 0]))
    assert own.people.tolist() == ["p2", "p0"]
    seen = []

    def spy(there, within, shown):
        seen.append((len(there.people), len(within), there.refiner.weights.trust))
        shown.rows += [(-1.0, 0, 1, 0.1 * len(seen), 0.0), (1.0, 0, 2, 0.0, 0.0)]
        shown.rows += [(2.0, 1, 1, 0.3, 0.2)]
        shown.right += [False, True, True]
        shown.weights += [1.0] * 3
        return 0.0, None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_fusion, "sent", spy)
        assert isinstance(fit_trust(searched, own, Weights(), HABITS, asked), Trust)
    # the split's two pictures: once whole, once as the one part of 300 that they make
    assert [people for people, _, _ in seen] == [len(searched.people), 2, 2]
    assert all(trust == Trust() for _, _, trust in seen)


def test_pictures_are_scored_for_all_chips_with_what_their_witness_knows(crowd):
    searched, asked = crowd
    evidence = searched.refiner.evidence("fast")
    scores, labels = scored(evidence, evidence.vectors[: len(asked)], asked)
    assert set(scores) == {chip.code() for chip in catalogue()}
    assert all(len(row) == len(asked) for row in scores.values())
    assert {int(one) for row in labels.values() for one in row} <= {-1, 0, 1}


def test_what_was_shown_is_collected(crowd):
    searched, asked = crowd
    shown = Shown()
    sent(searched, asked, shown)
    assert len(shown.rows) == len(shown.right) == len(shown.weights)
    assert any(shown.right)
