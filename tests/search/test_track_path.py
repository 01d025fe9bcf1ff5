from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from cmps.search.tracks.path import LEAP, Graph, solve


def random_graph(seed, count=7):
    rng = np.random.default_rng(seed)
    step = rng.normal(-1, 2, (count, count))
    step[rng.random((count, count)) < 0.3] = -np.inf
    step[np.tril_indices(count)] = -np.inf
    return Graph(rng.normal(0, 2, count), step, rng.normal(-2, 1, count), rng.normal(-2, 1, count))


def value(graph, nodes, price=0.0):
    if not nodes:
        return 0.0
    total = graph.begin[nodes[0]] + graph.end[nodes[-1]] + sum(graph.gain[list(nodes)])
    total -= price * len(nodes)
    return total + sum(graph.step[j, k] for j, k in pairwise(nodes))


def every_path(graph, must=(), never=()):
    count = len(graph.gain)
    for length in range(count + 1):
        for nodes in combinations(range(count), length):
            if set(must) <= set(nodes) and not set(never) & set(nodes):
                yield nodes


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("price", [0.0, 1.5])
def test_the_best_path_is_the_best_of_all(seed, price):
    graph = random_graph(seed)
    best = max(every_path(graph), key=lambda nodes: value(graph, nodes, price))
    assert solve(graph, price=price).nodes == best


@pytest.mark.parametrize("seed", range(12))
def test_probabilities_are_those_of_all_paths(seed):
    graph = random_graph(seed)
    paths = list(every_path(graph))
    weights = np.exp([value(graph, nodes) for nodes in paths])
    weights /= weights.sum()
    expected = np.zeros(len(graph.gain))
    for weight, nodes in zip(weights, paths, strict=True):
        expected[list(nodes)] += weight
    assert solve(graph).probability == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_confirmed_and_rejected_nodes_are_kept_to(seed):
    graph = random_graph(seed)
    graph.gain[:] = np.maximum(graph.gain, 0)
    solution = solve(graph, must=[3], never=[1, 4])
    assert solution.probability[[1, 3, 4]].tolist() == [0, 1, 0]
    best = max(every_path(graph, [3], [1, 4]), key=lambda nodes: value(graph, nodes))
    assert solution.nodes == best


def test_what_a_human_confirmed_stays_even_where_nobody_can_walk():
    nowhere = np.full((3, 3), -np.inf)
    graph = Graph(np.array([5.0, -30.0, 5.0]), nowhere, np.zeros(3), np.zeros(3))
    assert solve(graph, must=[0, 1]).nodes == (0, 1)
    assert LEAP < -20


def test_nothing_is_better_than_a_bad_path():
    graph = Graph(np.array([-5.0]), np.full((1, 1), -np.inf), np.zeros(1), np.zeros(1))
    solution = solve(graph)
    assert solution.nodes == ()
    assert 0 < solution.probability[0] < 0.01


def test_without_nodes_there_is_no_path():
    graph = Graph(np.empty(0), np.empty((0, 0)), np.empty(0), np.empty(0))
    assert solve(graph).nodes == ()
