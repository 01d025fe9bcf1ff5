"""The most probable way through sightings in order of time, and how sure each of its stops is.

Nodes are passages of somebody through a view, ordered by their beginning. A path earns each node's
log ratio and each step's; the best one is found by dynamic programming (Viterbi, 1967), and the
probability that a node lies on the true path by the forward-backward sums over all paths (Baum et
al., 1970). What a human confirmed must be on every path.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAP = -40.0
"""Log ratio of a step that nobody can make but that a human's confirmations ask for."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What there is to choose from.

    Attributes:
        gain: ``(n,)`` log ratio of each node: that it shows the person, against anybody.
        step: ``(n, n)`` log ratio of going from j to a later k; minus infinity where nobody can.
        begin: ``(n,)`` log ratio of being seen there first.
        end: ``(n,)`` log probability of being seen there last.
    """

    gain: Floats
    step: Floats
    begin: Floats
    end: Floats


@dataclass(frozen=True, slots=True)
class Solution:
    """The best path.

    Attributes:
        nodes: Its nodes in order.
        probability: ``(n,)`` of each node, that it is on the true path.
    """

    nodes: tuple[int, ...]
    probability: Floats


def solve(
    graph: Graph,
    must: Collection[int] = (),
    never: Collection[int] = (),
    price: float = 0.0,
) -> Solution:
    """Return the best path and every node's probability.

    Args:
        graph: Nodes and steps.
        must: Nodes that a human confirmed; they have probability 1.
        never: Nodes that a human rejected, with probability 0; ``must`` comes first.
        price: What a node must earn beyond its log ratio to be on the best path; probabilities
            leave it aside.

    Example:
        >>> step = np.array([[-np.inf, 0, -np.inf], [-np.inf, -np.inf, 0], [-np.inf] * 3])
        >>> graph = Graph(np.array([3.0, -9.0, 2.0]), step, np.zeros(3), np.zeros(3))
        >>> solve(graph).nodes, solve(graph, must=[2]).nodes, solve(graph, must=[1]).nodes
        ((0,), (2,), (0, 1, 2))
    """
    count = len(graph.gain)
    if not count:
        return Solution((), np.empty(0))
    held = np.zeros(count, bool)
    held[list(must)] = True
    gain = graph.gain.astype(float).copy()
    gain[list(never)] = -np.inf
    gain[held] = np.maximum(graph.gain[held], 0.0)
    cost = np.where(held, 0.0, price)
    low = _last_before(held)
    begin = np.where(low < 0, graph.begin, -np.inf)
    last = int(np.flatnonzero(held)[-1]) if held.any() else -1
    end = np.where(np.arange(count) >= last, graph.end, -np.inf)
    step = _with_leaps(graph.step, np.flatnonzero(held))
    begin = _can_begin(begin, held, low)
    best, back, forward = np.empty(count), np.full(count, -1), np.empty(count)
    for k in range(count):
        first = max(int(low[k]), 0)
        into = step[first:k, k]
        so_far = best[first:k] + into
        best[k], forward[k] = begin[k], begin[k]
        if len(so_far):
            j = int(so_far.argmax())
            if so_far[j] > best[k]:
                best[k], back[k] = so_far[j], first + j
            forward[k] = _log_sum(forward[first:k] + into, begin[k])
        best[k] += gain[k] - cost[k]
        forward[k] += gain[k]
    backward = np.empty(count)
    above = _first_after(held)
    for j in range(count - 1, -1, -1):
        stop = min(int(above[j]) + 1, count)
        out = step[j, j + 1 : stop] + gain[j + 1 : stop] + backward[j + 1 : stop]
        backward[j] = _log_sum(out, end[j])
    nothing = -np.inf if held.any() else 0.0
    total = _log_sum(forward + end, nothing)
    chance = np.exp(np.minimum(forward + backward - total, 0.0))
    chance[held] = 1.0
    finals = best + end
    k = int(finals.argmax())
    if finals[k] < nothing:
        return Solution((), np.nan_to_num(chance))
    nodes = [k]
    while back[nodes[-1]] >= 0:
        nodes.append(int(back[nodes[-1]]))
    return Solution(tuple(reversed(nodes)), np.nan_to_num(chance))


def _log_sum(values: Floats, extra: float) -> float:
    return float(np.logaddexp.reduce(values, initial=extra))


def _last_before(held: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each node the last confirmed one before it, -1 without."""
    marks = np.where(held, np.arange(len(held)), -1)
    return np.asarray(np.concatenate([[-1], np.maximum.accumulate(marks)[:-1]]))


def _first_after(held: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each node the first confirmed one after it, n without."""
    count = len(held)
    marks = np.where(held, np.arange(count), count)
    return np.asarray(np.concatenate([np.minimum.accumulate(marks[::-1])[::-1][1:], [count]]))


def _with_leaps(step: Floats, held: NDArray[np.intp]) -> Floats:
    """Let every confirmed node be reached from the one before."""
    if len(held) < 2:
        return step
    step = step.copy()
    one, other = held[:-1], held[1:]
    step[one, other] = np.maximum(step[one, other], LEAP)
    return step


def _can_begin(begin: Floats, held: NDArray[np.bool_], low: NDArray[np.intp]) -> Floats:
    """Let a path begin at the first confirmed node."""
    first = held & (low < 0)
    return np.where(first, np.maximum(begin, LEAP), begin)
