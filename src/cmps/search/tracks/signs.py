"""What there is to tell people by: looks, how tall they are, and who walks beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cmps.search.tracks.meaning import Says
from cmps.search.tracks.stature import of_height
from cmps.search.tracks.travel import Flags, Floats


@dataclass(frozen=True)
class Signs:
    """What is known of n passes.

    Attributes:
        scores: ``(n, n)`` cosines.
        says: What they mean.
        heights: ``(n,)`` metres; not a number where nobody measured. Default: nowhere.
        beside: ``(n, n)`` log ratios of company, see :mod:`cmps.search.tracks.beside`; not a number
            where nobody knows. Default: nowhere.
    """

    scores: Floats
    says: Says
    heights: Floats = field(default_factory=lambda: np.empty(0))
    beside: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def __len__(self) -> int:
        return len(self.scores)

    @cached_property
    def tall(self) -> Floats:
        """Heights ``(n,)``, filled up where there are fewer."""
        missing = len(self) - len(self.heights)
        return np.concatenate([self.heights, np.full(missing, np.nan)])

    @cached_property
    def company(self) -> Floats:
        """Log ratios of company ``(n, n)``, filled up where there are fewer."""
        missing = len(self) - len(self.beside)
        return np.pad(self.beside, (0, missing), constant_values=np.nan)

    def of(self, members: Flags) -> Floats:
        """Return the log ratio ``(n,)`` that each pass shows a group's person, itself left aside.

        Minus infinity for the only member.

        Args:
            members: ``(n,)`` who is in the group.
        """
        own = members.astype(np.intp)
        others = int(members.sum()) - own
        total = self.scores[:, members].sum(1) - np.where(members, np.diag(self.scores), 0.0)
        found = np.full(len(self), -np.inf)
        for size in np.unique(others[others > 0]):
            rows = others == size
            one = np.ones(int(rows.sum()), np.intp)
            found[rows] = self.says.ratios(total[rows] / size, int(size), one)
        return found + self._stature(members) + self._beside(members)

    def _stature(self, members: Flags) -> Floats:
        measured = members & np.isfinite(self.tall)
        known = np.where(measured, self.tall, 0.0)
        count = measured.sum() - measured.astype(float)
        apart = self.tall - (known.sum() - known) / np.where(count > 0, count, np.nan)
        return of_height(apart, 1.0, count)

    def _beside(self, members: Flags) -> Floats:
        company = self.company[:, members]
        company[members, np.arange(company.shape[1])] = np.nan
        known = np.isfinite(company)
        mean = np.where(known, company, 0.0).sum(1) / np.maximum(known.sum(1), 1)
        return np.asarray(mean)


class Merging:
    """Passes while they are joined to groups; a group is named by the row of one member.

    Args:
        signs: What is known of the passes.
    """

    def __init__(self, signs: Signs) -> None:
        count = len(signs)
        self._says = signs.says
        self.size = np.ones(count, np.intp)
        self._mean = signs.scores.astype(float)
        self._tall, measured = signs.tall.copy(), np.isfinite(signs.tall)
        self._measured = measured.astype(float)
        known = np.isfinite(signs.company)
        self._company, self._known = np.where(known, signs.company, 0.0), known.astype(float)

    def ratios(self, one: int) -> Floats:
        """Return the log ratios ``(n,)`` that a group and each other one are one person's."""
        looks = self._says.ratios(self._mean[one], int(self.size[one]), self.size)
        apart = self._tall[one] - self._tall
        tall = of_height(apart, float(self._measured[one]), self._measured)
        company = self._company[one] / np.maximum(self._known[one], 1)
        return np.asarray(looks + tall + company)

    def join(self, one: int, other: int) -> None:
        """Add a group to another, whose name stays."""
        size, mean = self.size, self._mean
        both = (size[one] * mean[one] + size[other] * mean[other]) / (size[one] + size[other])
        mean[one], mean[:, one] = both, both
        for pairs in (self._company, self._known):
            summed = pairs[one] + pairs[other]
            pairs[one], pairs[:, one] = summed, summed
        measured = self._measured[[one, other]]
        if measured[1]:
            heights = np.nan_to_num(self._tall[[one, other]])
            self._tall[one] = float(heights @ measured) / float(measured.sum())
        self._measured[one] = measured.sum()
        size[one] += size[other]
