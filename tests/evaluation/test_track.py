from __future__ import annotations

import json

import numpy as np
import pytest

from cmps.datasets.drawn_day import read_truth
from cmps.datasets.picture import DatasetError
from cmps.evaluation.drawn_days import NETWORK, Recipe, draw_day
from cmps.evaluation.interfaces import EvaluationError
from cmps.evaluation.track import evaluate_track, followed
from cmps.evaluation.track_data import tracked
from cmps.evaluation.track_metrics import Judged, best_threshold, score
from cmps.search.track import Ways

OWNERS = {id: id[0] for id in ("a1", "a2", "a3", "a4", "b1", "b2", "c1")}


def judged(person, given, found, steps=(), true_steps=()):
    wanted = frozenset(id for id, owner in OWNERS.items() if owner == person)
    return Judged(
        person, frozenset(given), frozenset(found), wanted, tuple(steps), tuple(true_steps)
    )


def test_the_probes_own_pass_counts_for_nothing_but_identity():
    alone = score([judged("a", ["a1"], ["a1"])], OWNERS)
    assert (alone.precision, alone.recall, alone.f1) == (0, 0, 0)
    assert alone.idf1 == pytest.approx(100 * 2 * 1 / (1 + 4))


def test_a_perfect_track():
    found = score(
        [judged("a", ["a1"], ["a1", "a2", "a3", "a4"], ["a1", "a2"], ["a1", "a2"])], OWNERS
    )
    assert (found.precision, found.recall, found.f1, found.idf1) == (100, 100, 100, 100)
    assert found.order_errors == 0


def test_figures_are_over_all_tracks_together():
    found = score(
        [judged("a", ["a1"], ["a1", "a2", "c1"]), judged("b", ["b1"], ["b1", "b2"])], OWNERS
    )
    assert found.precision == pytest.approx(100 * 2 / 3)
    assert found.recall == pytest.approx(100 * 2 / 4)


def test_a_track_that_changed_over_to_somebody_else_counts_once():
    tracks = [
        judged("a", ["a1"], ["a1", "b1", "b2"]),
        judged("b", ["b1"], ["b1", "a1", "a2", "a3"]),
    ]
    # each belongs to the other's person: 2 of 3, and 3 of 4
    assert score(tracks, OWNERS).idf1 == pytest.approx(100 * 2 * 5 / (3 + 4 + 4 + 2))


@pytest.mark.parametrize(
    ("steps", "errors"),
    [(["x", "y", "z"], 0), (["x", "z"], 100), (["x", "y", "q"], 50), (["x"], 0)],
)
def test_wrong_and_missing_stops_make_wrong_steps(steps, errors):
    found = score([judged("a", ["a1"], ["a1"], steps, ["x", "y", "z"])], OWNERS)
    assert found.order_errors == errors


def test_nobody_to_follow_is_said():
    with pytest.raises(EvaluationError, match="nobody"):
        score([], OWNERS)


def test_the_best_threshold_takes_equal_scores_together():
    scores = [np.array([2.0, 1.0, 1.0, 1.0])]
    right = [np.array([True, True, False, False])]
    assert best_threshold(scores, right, 2) == 2.0


@pytest.fixture(scope="module")
def measured():
    day = draw_day(Recipe(people=30, outfits=8, seed=2))
    data = tracked("day", day.sightings, NETWORK, Ways(day.plan))
    return data, evaluate_track(data, day.curve, limit=10)


def test_tracks_are_better_than_thresholds_and_travel_times_help(measured):
    _, report = measured
    f1 = {name: one.f1 for name, one in report.results.items()}
    assert list(f1) == [
        "threshold", "threshold, passes", "no travel times",
        "no company", "no head", "track, alone", "track",
    ]  # fmt: skip
    assert f1["track"] > max(f1["threshold"], f1["threshold, passes"]) + 5
    assert f1["track"] >= f1["no travel times"] > f1["threshold"]
    assert report.results["track"].order_errors < report.results["threshold"].order_errors


def test_the_report_is_a_table_and_plain_values(measured):
    data, report = measured
    plain = json.loads(json.dumps(report.as_dict()))
    assert plain["tracks"] == 10
    assert plain["gallery"] == data.store.count()
    assert plain["results"]["track"].keys() == {
        "precision", "recall", "f1", "idf1", "order_errors",
    }  # fmt: skip
    assert report.table().row_count == 7


def test_people_are_chosen_evenly_and_the_same_ones_again(measured):
    data, _ = measured
    assert followed(data, 4) == followed(data, 4)
    assert len(followed(data, None)) > len(followed(data, 4)) == 4
    assert all(len(data.people[person]) >= 3 for person, _ in followed(data, None))


@pytest.mark.parametrize("line", ["{", '{"picture": "a.jpg"}', "[]"])
def test_a_broken_truth_is_named_with_its_line(tmp_path, line):
    path = tmp_path / "truth.jsonl"
    path.write_text('{"picture": "b.jpg", "person": "p1"}\n' + line + "\n")
    with pytest.raises(DatasetError, match="line 2"):
        read_truth(path)
