"""People who look alike, told apart by explaining all of their passes together.

A look-alike looks like the person every time. Taken one by one, their passes would join the track.
So all candidates are put into groups, each of which is somebody: the two groups that most surely
are one person are joined again and again. Each pass then belongs to the person only as far as no
other group explains it better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmps.search.tracks.signs import Merging, Signs
from cmps.search.tracks.travel import Flags, Floats, Places


def grouped(signs: Signs, apart: Flags, price: Floats, own: Sequence[int]) -> Places:
    """Return the group of every pass, ``(n,)``, named by one of its members.

    Args:
        signs: What there is to tell n passes by.
        apart: ``(n, n)`` which passes nobody can have made both.
        price: ``(n, n)`` log odds that two passes were made by one person, before anybody looks.
        own: Passes that are known to be one person's; their group is named by the first.

    Example:
        >>> from cmps.search.calibration import Curve
        >>> from cmps.search.tracks.meaning import Shipped
        >>> alike = np.array([[1, 0.9, 0.2], [0.9, 1, 0.2], [0.2, 0.2, 1]])
        >>> signs = Signs(alike, Shipped(Curve(0.0, 20.0, -10.0, 2)))
        >>> grouped(signs, np.zeros((3, 3), bool), np.full((3, 3), -3.0), [0]).tolist()
        [0, 0, 2]
    """
    count = len(signs)
    merging, odds, barred = Merging(signs), price.copy(), apart.copy()
    name, alive = np.arange(count), np.ones(count, bool)
    worth = np.stack([merging.ratios(row) for row in range(count)]) + odds
    worth[barred] = -np.inf
    np.fill_diagonal(worth, -np.inf)
    waiting = [(own[0], other) for other in own[1:]]
    while True:
        if waiting:
            one, other = waiting.pop()
            if name[other] == name[one]:
                continue
        else:
            one, other = (int(place) for place in divmod(int(worth.argmax()), count))
            if not worth[one, other] >= 0:
                return name
            if name[other] in own:
                one, other = other, one
        merging.join(one, other)
        for rows, joined in (
            (odds, np.maximum(odds[one], odds[other])),
            (barred, barred[one] | barred[other]),
        ):
            rows[one], rows[:, one] = joined, joined
        alive[other] = False
        name[name == name[other]] = name[one]
        row = np.where(alive & ~barred[one], merging.ratios(one) + odds[one], -np.inf)
        row[one] = -np.inf
        worth[other], worth[:, other] = -np.inf, -np.inf
        worth[one], worth[:, one] = row, row


def claimed(
    signs: Signs, apart: Flags, price: Floats, groups: Places, own: int, lone: Flags
) -> Floats:
    """Return what other groups take from each pass's log ratio, ``(n,)`` from 0 on.

    Args:
        signs: What there is to tell n passes by.
        apart: ``(n, n)`` which passes nobody can have made both.
        price: ``(n, n)`` log odds that two passes were made by one person.
        groups: The result of :func:`grouped`.
        own: The person's group.
        lone: ``(n,)`` passes that are somebody else's for sure, even if they are a group alone.
    """
    rivals = np.zeros(len(signs))
    for group in np.unique(groups):
        members = groups == group
        if group == own or (members.sum() < 2 and not lone[members].any()):
            continue
        claim = signs.of(members) + price[:, members].max(1)
        claim[apart[:, members].any(1) & ~members] = -np.inf
        rivals = np.logaddexp(rivals, claim)
    return rivals
