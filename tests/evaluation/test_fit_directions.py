from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cmps.datasets.picture import Picture
from cmps.evaluation.fit_directions import area, areas, fit, fit_direction, labelled
from cmps.understanding.chips import Chip, Description

HAT, BAG = Chip("hat", "hat"), Chip("bag", "bag")


def understand(text, language, now, focus):
    chips = tuple(one for word, one in (("hat", HAT), ("bag", BAG)) if word in text)
    return SimpleNamespace(description=Description(chips))


def test_pictures_are_labelled_by_what_all_captions_of_their_person_tell():
    pictures = [
        Picture(Path(f"{n}.jpg"), person=person, captions=captions)
        for n, (person, captions) in enumerate(
            [("a", ("hat", "walks")), ("a", ("walks", "walks")), ("b", ("bag", "bag"))]
        )
    ]
    found = labelled(pictures, understand, [HAT, BAG])
    assert found.tolist() == [[1, -1], [1, -1], [-1, 1]]


def test_the_line_between_two_kinds_is_found():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(2000, 8)).astype(np.float32)
    has = vectors[:, 2] + 0.3 * random.normal(size=2000) > 1
    line = fit_direction(vectors, has)
    assert int(np.abs(line).argmax()) == 2
    assert line[2] > 0
    assert float((vectors @ line).std()) == pytest.approx(1, abs=0.02)
    labels = np.stack([has, np.full(2000, -1), np.arange(2000) < 5], 1).astype(np.int8)
    rare = Chip("beard", "beard")
    directions = fit(vectors, labels, [HAT, BAG, rare])
    assert list(directions) == ["hat:hat"]
    found = areas(directions, vectors, labels, [HAT, BAG, rare])
    assert found["hat:hat"] > 0.95


def test_the_area_is_a_half_where_nothing_is_told_apart():
    assert area(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, False, True])) == 0.5
    assert area(np.array([4.0, 1.0]), np.array([False, True])) == 0.0
