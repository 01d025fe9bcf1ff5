"""Table 1: every method on the same gallery, and no part of a set under the whole one's name."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from cmps.evaluation.baselines.files import METHODS
from cmps.evaluation.metrics import Metrics
from cmps.evaluation.report import Report
from cmps.evaluation.table1 import PUBLISHED, Table1, evaluate_table1


def by_place(gallery):
    """A method that always finds the gallery's last pictures first."""
    return lambda sentence: np.arange(len(gallery.pictures), dtype=float)


@pytest.fixture
def found(pedes, encoders, reranking):
    baselines = dict.fromkeys(METHODS, by_place)
    return evaluate_table1(pedes, "val", encoders, baselines, reranking=reranking)


def test_every_row_of_the_paper_is_there_with_its_figures(found):
    answer = found.as_dict()
    assert [row["name"] for row in answer["rows"]] == list(PUBLISHED)
    assert [row["method"] for row in answer["rows"]][-2:] == ["CMPS-Audio", "CMPS-Audio-Image"]
    assert answer["rows"][0]["published"] == {"rank1": 17.19, "rank10": 57.82, "mAP": None}
    assert answer["gallery"] == 4
    # blue.jpg is the last picture of val: only its one sentence of four pictures finds it first
    assert answer["rows"][0]["measured"]["rank1"] == 25.0
    # worked out in test_protocols
    fast = next(row for row in answer["rows"] if row["name"] == "fast")
    assert fast["measured"]["rank1"] == pytest.approx(62.5)


def test_a_part_never_bears_the_whole_ones_name(found):
    assert found.label.startswith("not the full CUHK-PEDES val: 4 pictures")
    assert not found.comparable
    assert found.as_dict()["comparable_with_published"] is False
    output = io.StringIO()
    Console(file=output, width=160).print(found.table())
    shown = output.getvalue()
    assert "not the full" in shown
    assert "do not compare" in shown
    assert "25.00 (17.19)" in shown


METRICS = Metrics({1: 1.0, 5: 2.0, 10: 3.0}, 4.0, 5.0, 6156, 0)


def table(**changes):
    names = list(PUBLISHED)
    report = Report(
        "cuhk-pedes",
        "test",
        "all",
        3074,
        dict.fromkeys(names, METRICS),
        dict.fromkeys(names, 1.0),
        {},
    )
    fields = {name: changes.pop(name) for name in ("spoken", "limit") if name in changes}
    return Table1(replace(report, **changes), **({"spoken": True} | fields))


def test_only_the_papers_own_gallery_compares():
    assert table().comparable
    assert table().label == "the full CUHK-PEDES test, 3,074 pictures; recordings"
    for changes in (
        {"spoken": False},
        {"limit": 10},
        {"gallery": 3073},
        {"split": "val", "gallery": 3078},
        {"dataset": "rstpreid", "gallery": 1000},
    ):
        assert not table(**changes).comparable
    assert "at most 10 queries" in table(limit=10).label
    assert "unknown number" in table(dataset="icfg-pedes", split="val").label
