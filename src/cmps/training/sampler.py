"""Batches of several people with several pictures each, so that every loss finds its pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

LIKE = 10

Ints = NDArray[np.int64]


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


def look_alikes(teacher: NDArray[np.float16], people: Ints, groups: Ints) -> Ints:
    """Return for each person the ``LIKE`` most alike people of the same group, nearest first.

    Args:
        teacher: ``(N, 256)`` unit embeddings of pictures.
        people: ``(N,)`` identity numbers from 0.
        groups: ``(people,)`` number of each person's group.

    Returns:
        ``(people, LIKE)`` identity numbers; a group of fewer repeats itself.
    """
    means = person_means(teacher, people)
    found = np.zeros((len(means), LIKE), np.int64)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        alike = means[members] @ means[members].T
        np.fill_diagonal(alike, -2)
        nearest = np.argsort(-alike, axis=1)[:, : max(1, len(members) - 1)]
        found[members] = members[nearest[:, np.arange(LIKE) % nearest.shape[1]]]
    return found


def person_means(teacher: NDArray[np.float16], people: Ints) -> NDArray[np.float32]:
    """Return the unit mean of each person's embeddings, ``(people, 256)``."""
    means = np.zeros((people.max() + 1, teacher.shape[1]), np.float32)
    np.add.at(means, people, teacher.astype(np.float32))
    unit: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return unit


class EvenBatches:
    """Draws batches with as many people of every source, in pairs of look-alikes.

    Args:
        sources: Source of each row, e.g. ``market``.
        people: Identity number of each row, from 0.
        teacher: ``(N, 256)`` unit embeddings that say who looks like whom.
        identities: People in a batch; a multiple of twice the sources.
        pictures: Rows of each; somebody with fewer is seen more than once.

    Raises:
        ValueError: If the people cannot be shared evenly.
    """

    def __init__(
        self,
        sources: Sequence[str],
        people: Ints,
        teacher: NDArray[np.float16],
        identities: int,
        pictures: int,
    ) -> None:
        names = sorted(set(sources))
        if identities % (2 * len(names)):
            raise ValueError(
                f"{identities} people a batch cannot be shared evenly in pairs by "
                f"{len(names)} sources ({', '.join(names)}); take a multiple of {2 * len(names)}"
            )
        self.pictures = pictures
        self.pairs = identities // (2 * len(names))
        order = np.argsort(people, kind="stable")
        self.rows = np.split(order, np.flatnonzero(np.diff(people[order])) + 1)
        group = np.array([names.index(sources[int(rows[0])]) for rows in self.rows])
        self.groups = [np.flatnonzero(group == number) for number in range(len(names))]
        self.alike = look_alikes(teacher, people, group)

    def draw(self, random: np.random.Generator) -> Ints:
        """Return the rows of one batch."""
        chosen: list[int] = []
        for group in self.groups:
            for person in random.choice(group, self.pairs, replace=False):
                chosen += [int(person), int(random.choice(self.alike[person]))]
        return np.concatenate(
            [
                random.choice(self.rows[one], self.pictures, len(self.rows[one]) < self.pictures)
                for one in chosen
            ]
        )
