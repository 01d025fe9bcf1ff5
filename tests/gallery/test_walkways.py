"""Ways around what stands in the way."""

from __future__ import annotations

import pytest

from cmps.gallery.walkways import Walkways

ROOM = [(0, 0), (10, 0), (10, 10), (0, 10)]
SQUARE = [(4, 4), (6, 4), (6, 6), (4, 6)]


def test_nobody_walks_through_a_square_from_corner_to_corner():
    ways = Walkways(ROOM, [SQUARE])
    corners = 4 - 0.35, 6 + 0.35
    path = ways.path((corners[0], corners[0]), (corners[1], corners[1]))
    assert {(3.65, 6.35), (6.35, 3.65)} & {(round(x, 2), round(y, 2)) for x, y in path}
    assert ways.metres((2, 2), (8, 8)) > 8.6  # straight through it would be 8.49


def test_a_way_asked_for_again_is_the_same():
    ways = Walkways(ROOM, [SQUARE])
    assert ways.path((1, 5), (9, 5)) == ways.path((1, 5), (9, 5))
    assert ways.metres((1, 5), (9, 5)) == pytest.approx(ways.metres((9, 5), (1, 5)))


def test_all_ways_by_corners_are_as_long_as_each_alone():
    ways = Walkways(ROOM, [SQUARE])
    places = [(1, 5), (9, 5), (5, 1)]
    found = ways.around(places)
    assert found[0, 1] == pytest.approx(ways.metres(*places[:2]))
    # nothing stands between these: the straight way is shorter
    assert found[0, 2] > ways.metres(places[0], places[2])
    assert found == pytest.approx(found.T)
