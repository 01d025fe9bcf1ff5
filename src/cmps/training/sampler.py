"""Batches of several people with several pictures each, so that every loss finds its pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def identity_batches(
    people: Sequence[int], identities: int, pictures: int, random: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield batches of ``identities`` people with ``pictures`` rows each, for one epoch.

    Every row appears about once: a person's rows are shuffled and cut into groups of ``pictures``
    (the last one filled up by repeating), and the groups are dealt so that no person comes twice in
    a batch.

    Args:
        people: Identity of each row.
        identities: People in a batch.
        pictures: Rows of each.
        random: Source of chance.

    Raises:
        ValueError: If there are fewer people than a batch needs.
    """
    rows: dict[int, list[int]] = {}
    for row, person in enumerate(people):
        rows.setdefault(person, []).append(row)
    if len(rows) < identities:
        raise ValueError(f"{len(rows)} people do not fill a batch of {identities}")
    groups: dict[int, list[NDArray[np.int64]]] = {}
    for person, members in rows.items():
        shuffled = random.permutation(members)
        short = -len(shuffled) % pictures
        shuffled = np.concatenate([shuffled, random.choice(members, short)])
        groups[person] = list(shuffled.reshape(-1, pictures).astype(np.int64))
    while len(groups) >= identities:
        # people with many groups left are drawn more often, so that the epoch ends evenly
        left = np.array([len(group) for group in groups.values()], float)
        chosen = random.choice(list(groups), identities, replace=False, p=left / left.sum())
        yield np.concatenate([groups[int(person)].pop() for person in chosen])
        groups = {person: group for person, group in groups.items() if group}
