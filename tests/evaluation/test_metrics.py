"""Metrics against hand-worked rankings, slow formulas written independently, and properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cmps.evaluation.metrics import (
    MISS,
    Score,
    judge,
    judge_all,
    market_ignored,
    summarise,
    word_error_rate,
    word_errors,
    words_of,
)

# a few values, so that ties are common
SIMILARITIES = st.sampled_from([-1.0, -0.25, 0.0, 0.125, 0.5, 1.0])


@st.composite
def rankings(draw):
    size = draw(st.integers(1, 30))
    scores = draw(arrays.arrays(np.float64, size, elements=SIMILARITIES))
    right = draw(arrays.arrays(bool, size))
    ignored = draw(arrays.arrays(bool, size))
    return scores, right, ignored


def slow_score(scores, right, ignored):
    """Count places pair by pair: wrong pictures of equal score stand before right ones."""
    kept = [i for i in range(len(scores)) if not ignored[i]]
    hits = [i for i in kept if right[i]]
    if not hits:
        return None
    ahead_wrong = {i: sum(1 for j in kept if not right[j] and scores[j] >= scores[i]) for i in hits}
    ordered = sorted(hits, key=lambda i: -scores[i])
    places = [ahead_wrong[i] + number for number, i in enumerate(ordered, 1)]
    # AP as the area under precision over recall: at every hit recall grows by 1/R
    area = 0.0
    for place in places:
        area += (sum(1 for other in places if other <= place) / place) * (1 / len(places))
    return places[0], area, len(places) / max(places)


def test_judge_by_hand():
    # order: wrong, right, wrong, right -> right places 2 and 4
    score = judge([0.2, 0.9, 0.5, 0.7], [True, False, False, True])
    assert score == Score(2.0, (1 / 2 + 2 / 4) / 2, 2 / 4)


def test_judge_leaves_out_what_the_protocol_ignores():
    score = judge([0.9, 0.8, 0.7], [True, False, True], [True, True, False])
    assert score == Score(1.0, 1.0, 1.0)


def test_judge_without_a_right_picture_is_none():
    assert judge([0.9, 0.8], [False, False]) is None
    assert judge([0.9, 0.8], [True, False], [True, False]) is None


def test_equal_scores_count_against_the_search():
    score = judge(np.zeros(10), np.arange(10) == 0)
    assert score == Score(10.0, 0.1, 0.1)


def test_distances_are_judged_with_their_sign_turned():
    distances = np.array([0.1, 0.2, 0.3])
    assert judge(-distances, [False, True, False]).first == 2


@pytest.mark.parametrize(
    ("scores", "right", "ignored", "message"),
    [
        ([1.0, math.nan], [True, False], None, "NaN"),
        ([1.0], [True, False], None, "disagree"),
        ([[1.0]], [[True]], None, "disagree"),
        ([1.0, 0.0], [True, False], [True], "disagree"),
    ],
)
def test_judge_refuses_unusable_input(scores, right, ignored, message):
    with pytest.raises(ValueError, match=message):
        judge(scores, right, ignored)


@given(rankings())
def test_judge_agrees_with_a_slow_formula(ranking):
    scores, right, ignored = ranking
    fast, slow = judge(scores, right, ignored), slow_score(scores, right, ignored)
    if slow is None:
        assert fast is None
    else:
        assert (fast.first, fast.precision, fast.penalty) == pytest.approx(slow)


@given(rankings(), st.randoms(use_true_random=False))
def test_the_order_of_the_gallery_never_matters(ranking, random):
    scores, right, ignored = ranking
    order = list(range(len(scores)))
    random.shuffle(order)
    assert judge(scores[order], right[order], ignored[order]) == judge(scores, right, ignored)


@given(rankings())
def test_scores_lie_within_their_bounds(ranking):
    scores, right, _ = ranking
    score = judge(scores, right)
    if score is not None:
        wrong = int((~right).sum())
        assert 1 <= score.first <= wrong + 1
        assert 0 < score.precision <= 1 + 1e-12
        assert right.sum() / len(right) <= score.penalty <= 1


@given(st.lists(st.booleans(), min_size=1, max_size=40).filter(any), st.floats(0.1, 5))
def test_a_perfect_ranking_is_one_hundred(right, scale):
    hits = np.array(right)
    metrics = summarise([judge(hits * scale, hits)])
    assert set(metrics.as_dict().values()) == {100.0}


@given(rankings(), st.integers(0, 29))
def test_raising_a_right_picture_never_hurts(ranking, place):
    scores, right, _ = ranking
    place %= len(scores)
    if right[place]:
        before = judge(scores, right)
        scores[place] += 0.3
        after = judge(scores, right)
        assert after.first <= before.first
        assert after.precision >= before.precision - 1e-12
        assert after.penalty >= before.penalty


def test_market_rule_ignores_the_same_camera_and_junk():
    people = np.array(["a", "a", "b", None], object)
    cameras = np.array(["c1", "c2", "c1", "c1"], object)
    junk = np.array([False, False, False, True])
    assert market_ignored("a", "c1", people, cameras, junk).tolist() == [True, False, False, True]


def test_judge_all_with_markets_rule_by_hand():
    # the best picture of "a" is by the query's own camera; junk comes next, then "b", then "a"
    scores = judge_all(
        [[0.9, 0.8, 0.7, 0.6]],
        ["a"],
        ["a", None, "b", "a"],
        cameras=["c1"],
        gallery_cameras=["c1", "c3", "c2", "c2"],
        junk=[False, True, False, False],
    )
    assert scores == [Score(2.0, 0.5, 0.5)]


def test_judge_all_refuses_shapes_that_disagree():
    with pytest.raises(ValueError, match="queries × gallery"):
        judge_all([[1.0]], ["a", "b"], ["a"])
    with pytest.raises(ValueError, match="cameras"):
        judge_all([[1.0]], ["a"], ["a"], cameras=["c1"])


def test_averages_over_sentences_then_pictures():
    hit, late = Score(1, 1.0, 1.0), Score(7, 1 / 7, 1 / 7)
    metrics = summarise([hit, late, late, hit], ["p", "p", "p", "q"])
    assert metrics.ranks[1] == pytest.approx(100 * (1 / 3 + 1) / 2)
    assert metrics.ranks[10] == pytest.approx(100)
    assert metrics.mean_precision == pytest.approx(100 * ((1 + 2 / 7) / 3 + 1) / 2)
    assert (metrics.queries, metrics.left_out) == (4, 0)


def test_what_cannot_be_judged_is_left_out_and_counted():
    metrics = summarise([Score(1, 1.0, 1.0), None, MISS], ["p", "p", "p"])
    assert (metrics.queries, metrics.left_out) == (2, 1)
    assert metrics.as_dict() == {
        "rank1": 50.0,
        "rank5": 50.0,
        "rank10": 50.0,
        "mAP": 50.0,
        "mINP": 50.0,
    }


def test_nothing_to_judge_is_an_error():
    with pytest.raises(ValueError, match="no query could be judged"):
        summarise([None, None])
    with pytest.raises(ValueError, match="disagree"):
        summarise([MISS], ["p", "q"])


SCORES = st.lists(
    st.tuples(
        st.builds(Score, st.integers(1, 20).map(float), st.floats(0, 1), st.floats(0, 1)),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=25,
)


@given(SCORES)
def test_summary_agrees_with_a_mean_of_means(pairs):
    scores = [score for score, _ in pairs]
    groups = [group for _, group in pairs]
    metrics = summarise(scores, groups, ranks=(1, 3, 20))
    for k in (1, 3, 20):
        means = []
        for group in set(groups):
            mine = [float(score.first <= k) for score, own in pairs if own == group]
            means.append(sum(mine) / len(mine))
        assert metrics.ranks[k] == pytest.approx(100 * sum(means) / len(means))
    assert metrics.ranks[1] <= metrics.ranks[3] <= metrics.ranks[20] == pytest.approx(100)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_queries_never_matters(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    one = summarise([score for score, _ in pairs], [group for _, group in pairs])
    two = summarise([score for score, _ in shuffled], [group for _, group in shuffled])
    assert one == two


def test_words_are_compared_without_case_and_punctuation():
    assert words_of("Short-sleeved T-shirt; man’s!") == ["short", "sleeved", "t", "shirt", "man's"]


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("a red hat", "a red hat", 0),
        ("a red hat", "A red, hat.", 0),
        ("a red hat", "", 3),
        ("a red hat", "a big red hat", 1),
        ("white shoes", "why issues", 2),
        ("one two three four", "two three four five", 2),
    ],
)
def test_word_errors_by_hand(said, heard, errors):
    assert word_errors(said, heard)[0] == errors


WORDS = st.lists(st.sampled_from("abc"), max_size=7).map(" ".join)


@given(WORDS, WORDS)
def test_word_errors_agree_with_the_recursive_definition(said, heard):
    def distance(a, b):
        if not a or not b:
            return len(a) + len(b)
        if a[0] == b[0]:
            return distance(a[1:], b[1:])
        return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))

    assert word_errors(said, heard) == (distance(said.split(), heard.split()), len(said.split()))


def test_word_error_rate_weighs_by_words():
    assert word_error_rate([("a b c", "a b c"), ("d", "x")]) == 25.0
    with pytest.raises(ValueError, match="at least one word"):
        word_error_rate([("", "noise")])
