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
