from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from cmps.datasets.picture import Picture
from cmps.evaluation.fit_calibration import ask
from cmps.evaluation.pictures import EncodedGallery
from cmps.evaluation.reliability import Honesty, judge_kind, reliability_plot
from cmps.search.calibration import Curve


@pytest.fixture
def gallery(tmp_path):
    """Forty people, three pictures each, whose vectors lie close together."""
    random = np.random.default_rng(0)
    people = np.repeat(np.arange(40), 3)
    vectors = random.normal(size=(40, 256))[people] + 0.5 * random.normal(size=(120, 256))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    pictures = [Picture(tmp_path / f"{n}.jpg", person=f"p{who}") for n, who in enumerate(people)]
    cells = vectors[:, None, :8] / np.linalg.norm(vectors[:, None, :8], axis=2, keepdims=True)
    weights = np.ones((120, 1), np.float32)
    return EncodedGallery(pictures, vectors, cells.astype(np.float16), weights, 0.0)


def test_every_size_below_the_whole_is_measured(gallery):
    asked = ask("image", gallery, None)
    curve = Curve(share=0.0, slope=40.0, intercept=-18.0, gallery=120)
    small, whole = judge_kind("image", asked, gallery, curve, (30, 500, None))
    assert (small.gallery, whole.gallery) == (30, 120)
    assert small.queries == whole.queries == 120
    assert whole.first < 0.02  # far apart: what is surely said is found


def test_a_curve_that_lies_is_told(gallery):
    asked = ask("image", gallery, None)
    sure = Curve(share=0.0, slope=1.0, intercept=8.0, gallery=120)
    (found,) = judge_kind("image", asked, gallery, sure, (None,))
    assert found.first < 0.02
    assert found.best_20 == pytest.approx(1 - 2 / 20, abs=0.01)  # two right ones among twenty


def test_the_plot_shows_the_largest_gallery_of_each_kind():
    points = ((0.1, 0.2, 50), (0.9, 0.8, 5))
    found = [Honesty("fast", size, 10, 0.1, 0.1, points) for size in (100, 1030)]
    found.append(Honesty("image", 1030, 10, 0.1, 0.1, points))
    drawing = reliability_plot(found)
    marks = ET.fromstring(drawing).findall("{http://www.w3.org/2000/svg}circle")
    assert len(marks) == 4
    assert "fast, 1,030 pictures" in drawing
    assert "fast, 100 pictures" not in drawing
    radii = [float(mark.get("r")) for mark in marks]
    assert radii[0] > radii[1]
