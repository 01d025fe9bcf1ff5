from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from fakes import FakeImageEncoder, FakeTextEncoder, drawn, fake_curves

from cmps.encoders.weights import manifest
from cmps.ingest.index import index
from cmps.search import hubs, ranking
from cmps.search.fusion import Scored
from cmps.search.hubs import FILE, NEAREST, Hubs, hubness, shipped_bank
from cmps.search.kept import Kept
from cmps.search.query import Query
from cmps.search.ranking import SearchEngine
from cmps.settings import Variant


def units(count, seed=0, size=256):
    vectors = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_hubness_is_the_mean_of_the_nearest_sentences_in_every_block(monkeypatch):
    pictures, bank = units(11), units(30, 1)
    expected = np.sort(pictures @ bank.T, axis=1)[:, -NEAREST:].mean(1)
    np.testing.assert_allclose(hubness(pictures, bank), expected, atol=1e-6)
    monkeypatch.setattr(hubs, "BLOCK", 4)
    np.testing.assert_allclose(hubness(pictures, bank), expected, atol=1e-6)


def test_a_small_bank_counts_whole_and_an_empty_one_not_at_all():
    pictures, bank = units(4), units(2, 1)
    np.testing.assert_allclose(hubness(pictures, bank), (pictures @ bank.T).mean(1), atol=1e-6)
    assert hubness(pictures, bank[:0]).tolist() == [0, 0, 0, 0]


def test_what_is_known_of_a_picture_is_not_worked_out_again(monkeypatch):
    asked = []

    def spy(embeddings, bank):
        asked.append(len(embeddings))
        return hubness(embeddings, bank)

    monkeypatch.setattr(hubs, "hubness", spy)
    known, pictures = Hubs(), units(6)
    first = known.of(pictures[:4], "fast")
    both = known.of(pictures[::-1], "fast")
    np.testing.assert_array_equal(both[::-1][:4], first)
    np.testing.assert_allclose(both, hubness(pictures[::-1], shipped_bank("fast")), atol=1e-6)
    assert asked == [4, 2]
    known.of(pictures, "accurate")
    assert asked == [4, 2, 6]


def test_an_empty_gallery_has_no_hubs():
    assert Hubs().of(np.empty((0, 256), np.float32), "fast").shape == (0,)


def test_some_of_the_sightings_have_what_all_have():
    pictures, rows = units(8), np.array([5, 2])
    everybody = Scored(pictures, None, Kept(), Hubs()).hubness("accurate")
    some = Scored(pictures, rows, Kept(), Hubs()).hubness("accurate")
    np.testing.assert_array_equal(some, everybody[rows])
    np.testing.assert_allclose(Scored(pictures, rows).hubness("accurate"), some, atol=1e-6)


@pytest.mark.parametrize("kind", get_args(Variant))
def test_the_shipped_bank_was_made_by_the_networks_that_ship(kind):
    """Else ``python -m cmps.evaluation.fit_hubs`` was forgotten after an export."""
    bank = shipped_bank(kind)
    assert len(bank) > 100
    np.testing.assert_allclose(np.linalg.norm(bank, axis=1), 1, atol=2e-3)
    assert shipped_bank("image").shape == (0, 256)


def test_a_bank_of_another_network_is_left_alone(tmp_path, monkeypatch):
    other = {"fast": units(9), "fast_network": np.array("0" * 64)}
    np.savez(tmp_path / FILE, **other)
    monkeypatch.setattr(hubs, "files", lambda package: tmp_path)
    assert hubs.shipped_bank.__wrapped__("fast").shape == (0, 256)
    np.savez(tmp_path / FILE, **other | {"fast_network": np.array(manifest()["fast.onnx"].sha256)})
    assert hubs.shipped_bank.__wrapped__("fast").shape == (9, 256)


def test_a_picture_that_suits_everybody_loses_in_a_search(store, tmp_path, monkeypatch):
    """Both show a red top; people in general wear what the first one wears."""
    pictures = [
        drawn(tmp_path / f"{lower}.jpg", "red", lower, camera="gate") for lower in ("blue", "black")
    ]
    index(pictures, store, FakeImageEncoder())
    usual = FakeTextEncoder().encode("blue trousers").embedding
    monkeypatch.setattr(ranking, "shipped_bank", lambda kind: usual[None])

    def odds(hubs):
        curves = {kind: replace(one, hubs=hubs) for kind, one in fake_curves().items()}
        engine = SearchEngine(store, lambda variant: FakeTextEncoder(), FakeImageEncoder, curves)
        answer = engine.search(Query(texts=("a red top",)))
        found = {one.sighting.source.split("/")[-1]: one.probability for one in answer.candidates}
        chances = np.array([found["blue.jpg"], found["black.jpg"]])
        return np.log(chances / (1 - chances))

    plain, corrected = odds(0.0), odds(0.5)
    assert (corrected[0] - corrected[1]) < (plain[0] - plain[1]) - 0.1
