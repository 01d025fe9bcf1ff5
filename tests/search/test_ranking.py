from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from fakes import FakeImageEncoder, FakeTextEncoder, draw, drawn, fake_curves
from PIL import Image

from cmps.gallery.records import Filter, GalleryError
from cmps.ingest.index import index
from cmps.search.calibration import probability
from cmps.search.query import Query
from cmps.search.ranking import SearchEngine

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OUTFITS = [
    ("red", "blue"),
    ("red", "black"),
    ("green", "blue"),
    ("white", "black"),
    ("yellow", "purple"),
    ("black", "black"),
]


@pytest.fixture
def outfits(store, tmp_path):
    """Sighting ids by outfit; cameras alternate, one sighting an hour."""
    pictures = [
        drawn(
            tmp_path / f"{upper}-{lower}.jpg",
            upper,
            lower,
            camera=("gate", "hall")[number % 2],
            time=NOON.replace(hour=number),
        )
        for number, (upper, lower) in enumerate(OUTFITS)
    ]
    index(pictures, store, FakeImageEncoder())
    sightings = store.get(store.listing())
    return {tuple(one.source.split("/")[-1][:-4].split("-")): one.id for one in sightings}


def found(answer):
    return [candidate.sighting.id for candidate in answer.candidates]


def test_a_sentence_ranks_the_outfit_it_describes_first(engine, outfits):
    answer = engine.search(Query(texts=("a red top and blue trousers",)))
    assert found(answer)[0] == outfits["red", "blue"]
    assert answer.gallery == len(OUTFITS)
    assert [one.rank for one in answer.candidates] == list(range(1, len(OUTFITS) + 1))
    chances = [one.probability for one in answer.candidates]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.5 > chances[-1]
    assert set(answer.timings.stages) == {"encode", "retrieve", "rank"}


def test_what_else_was_heard_helps_to_find(engine, outfits):
    text = "a red top and blue hats"  # trousers were misheard
    alone = engine.search(Query(texts=(text,)))
    readings = {text: ("a red top and blue trousers",) * 3}
    heard = engine.search(Query(texts=(text,), readings=readings))
    right = outfits["red", "blue"]

    def cosine(answer):
        return next(one.similarities[0] for one in answer.candidates if one.sighting.id == right)

    assert found(heard)[0] == right
    assert cosine(heard) > cosine(alone) + 0.05


def test_a_picture_ranks_the_same_outfit_first(engine, outfits, tmp_path):
    again = np.asarray(Image.open(draw(tmp_path / "photo.png", "yellow", "purple", seed=9)))
    assert found(engine.search(Query(pictures=(again,))))[0] == outfits["yellow", "purple"]


def test_a_sighting_as_query_finds_itself_first(engine, outfits):
    id = outfits["green", "blue"]
    assert found(engine.search(Query(sightings=(id,))))[0] == id


def test_text_and_picture_together_say_more_than_each(engine, outfits, tmp_path):
    """The words fix the top, the picture fixes the trousers: only one outfit has both."""
    words = Query(texts=("a red top",), top=2)
    assert set(found(engine.search(words))) == {outfits["red", "blue"], outfits["red", "black"]}
    picture = np.asarray(Image.open(draw(tmp_path / "photo.png", "purple", "black")))
    alone = engine.search(Query(pictures=(picture,)))
    assert found(alone)[0] != outfits["red", "black"]
    both = engine.search(Query(texts=("a red top",), pictures=(picture,)))
    assert found(both)[0] == outfits["red", "black"]
    assert len(both.candidates[0].similarities) == 2


def test_fused_odds_are_the_sum_with_the_prior_counted_once(engine, outfits):
    """Two parts: log-odds add up, less one prior of 1 among N."""

    def odds(query, id):
        chance = next(
            one.probability for one in engine.search(query).candidates if one.sighting.id == id
        )
        return np.log(chance / (1 - chance))

    id = outfits["red", "blue"]
    first, second = ("a red top",), ("blue trousers",)
    prior = -np.log(len(OUTFITS) - 1)
    expected = odds(Query(texts=first), id) + odds(Query(texts=second), id) - prior
    assert odds(Query(texts=first + second), id) == pytest.approx(expected, abs=1e-4)


def test_the_order_of_the_parts_does_not_matter(engine, outfits):
    first = engine.search(Query(texts=("a red top", "black trousers")))
    second = engine.search(Query(texts=("black trousers", "a red top")))
    assert found(first) == found(second)


def test_filters_come_before_ranking(engine, outfits):
    text = ("a red top and blue trousers",)
    only_hall = engine.search(Query(texts=text, where=Filter.of(["hall"])))
    assert {one.sighting.camera for one in only_hall.candidates} == {"hall"}
    assert len(only_hall.candidates) == 3
    late = engine.search(Query(texts=text, where=Filter.of(after=NOON.replace(hour=4))))
    assert {one.sighting.time.hour for one in late.candidates} == {4, 5}


def test_nothing_passes_the_filter(engine, outfits):
    nobody = engine.search(Query(texts=("a red top",), where=Filter.of(after=NOON)))
    assert nobody.candidates == []
    assert nobody.gallery == len(OUTFITS)


def test_top_cuts_the_list_and_may_exceed_the_depth(store, outfits):
    shallow = SearchEngine(
        store, lambda variant: FakeTextEncoder(), FakeImageEncoder, fake_curves(), depth=2
    )
    assert len(shallow.search(Query(texts=("a red top",), top=1)).candidates) == 1
    assert len(shallow.search(Query(texts=("a red top",), top=5)).candidates) == 5


def test_look_alikes_lift_the_picture_that_fits_badly(store, outfits, tmp_path):
    """Two near-equal pictures score nearer to each other when they share evidence."""
    again = drawn(tmp_path / "again.jpg", "red", "blue", camera="gate", time=NOON, seed=3)
    index([again], store, FakeImageEncoder())

    def odds(part):
        curves = {kind: replace(one, part=part) for kind, one in fake_curves().items()}
        engine = SearchEngine(store, lambda variant: FakeTextEncoder(), FakeImageEncoder, curves)
        answer = engine.search(Query(texts=("a red top",)))
        return {one.sighting.id: one.probability for one in answer.candidates}

    alone, shared = odds(0.0), odds(0.8)
    assert set(alone) == set(shared)
    twins = [
        one.sighting.id
        for one in SearchEngine(
            store, lambda variant: FakeTextEncoder(), FakeImageEncoder, fake_curves()
        )
        .search(Query(sightings=(outfits["red", "blue"],), top=2))
        .candidates
    ]
    assert abs(shared[twins[0]] - shared[twins[1]]) < abs(alone[twins[0]] - alone[twins[1]])


def test_rivals_take_off_what_the_curve_says(store, outfits):
    def chance(crowd):
        curves = {kind: replace(one, crowd=crowd) for kind, one in fake_curves().items()}
        engine = SearchEngine(store, lambda variant: FakeTextEncoder(), FakeImageEncoder, curves)
        best = engine.search(Query(texts=("a red top",), top=1)).candidates[0].probability
        return np.log(best / (1 - best))

    assert chance(4.0) - chance(0.0) == pytest.approx(2 * (chance(2.0) - chance(0.0)), abs=1e-6)
    assert chance(2.0) < chance(0.0)  # the usual level of the fake curve is 0


def test_without_depth_the_global_order_stays(store, outfits):
    def fail(variant):
        raise AssertionError("no text network is needed")

    curves = {kind: replace(curve, share=1.0) for kind, curve in fake_curves().items()}
    engine = SearchEngine(store, fail, FakeImageEncoder, curves, depth=0)
    answer = engine.search(Query(sightings=(outfits["red", "blue"],)))
    cosines = [one.similarities[0] for one in answer.candidates]
    assert cosines == sorted(cosines, reverse=True)
    odds = curves["image"].log_odds(np.array(cosines), len(OUTFITS))
    chances = [one.probability for one in answer.candidates]
    assert chances == pytest.approx(probability(odds).tolist(), abs=1e-6)


def test_an_empty_gallery_names_the_way_out(engine):
    with pytest.raises(GalleryError, match="gallery is empty; fill it with: cmps index PATH"):
        engine.search(Query(texts=("a red top",)))


def test_unknown_sightings_and_cameras_are_named(engine, outfits):
    with pytest.raises(GalleryError, match="feed"):
        engine.search(Query(sightings=("feed",)))
    with pytest.raises(GalleryError, match="garage"):
        engine.search(Query(texts=("a red top",), where=Filter.of(["garage"])))


def test_a_sentence_without_a_word_is_refused(engine, outfits):
    with pytest.raises(ValueError, match="holds no word"):
        engine.search(Query(texts=("…",)))


def test_an_answer_in_json_holds_no_truth_and_no_pixels(engine, outfits):
    candidate = engine.search(Query(texts=("a red top and blue trousers",))).candidates[0]
    written = candidate.as_dict()
    assert set(written) == {
        *("rank", "sighting", "probability", "camera", "time", "picture", "box"),
        *("tracklet", "similarities"),
    }
    assert written["time"] == "2026-05-01T00:00:00Z"
    assert written["picture"].endswith("red-blue.jpg")
