"""Directions of chips in the space of the image network, learned from pictures.

The text network reads whole captions; the sentence of a single chip is foreign to it, and of what
captions seldom stress, such as a pattern or shoes, it says next to nothing. So for the chips of
:func:`cmps.search.questions.catalogue` a line was fitted between pictures of people who have the
thing and of those who have not (``cmps.evaluation.fit_directions``). It belongs to one image
network: with another one the text network's directions are used until it is fitted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from cmps.understanding.chips import Chip
from cmps.understanding.codes import GENERAL

FILE = "directions.npz"

CHILD, OLD = 12, (65, 100)
"""Years: up to which somebody is a child, and from which they are old."""
_KINDS = {
    "person": (),
    "woman": ("female",),
    "man": ("male",),
    "girl": ("female", "child"),
    "boy": ("male", "child"),
}

Directions = Mapping[str, NDArray[np.float32]]
"""Chip code to a vector, scaled so that pictures of people differ by 1 along it."""


@cache
def shipped_directions() -> Directions:
    """Return the fitted ones; none where they were fitted for another image network."""
    from cmps.encoders.weights import image_network

    path = files("cmps.search").joinpath(FILE)
    if not path.is_file():
        return {}
    with as_file(path) as file, np.load(file) as kept:
        if str(kept["network"]) != image_network().sha256:
            return {}
        vectors = kept["vectors"].astype(np.float32)
        return dict(zip((str(code) for code in kept["codes"]), vectors, strict=True))


def direction_of(chip: Chip, known: Directions) -> NDArray[np.float32] | None:
    """Return the direction of a chip, put together of what it says; ``None`` where a part lacks.

    Args:
        chip: Of any modality.
        known: By chip code.

    Example:
        >>> known = {"upper:jacket": np.ones(2), "upper:top red": np.zeros(2)}
        >>> direction_of(Chip("upper", "jacket", ("dark-red",)), known).tolist()
        [1.0, 1.0]
        >>> direction_of(Chip("upper", "coat", ("red",)), known) is None
        True
    """
    whole = known.get(replace(chip, modality="must").code())
    if whole is not None:
        return whole
    found = [known.get(one.code()) for one in atoms(chip)]
    vectors = [one for one in found if one is not None]
    if not vectors or len(vectors) < len(found):
        return None
    return np.asarray(np.sum(vectors, axis=0), np.float32)


def atoms(chip: Chip) -> list[Chip]:
    """Return the chips of one mark each that a chip is made of; further details are left aside.

    Example:
        >>> [one.code() for one in atoms(Chip.read("upper:jacket light-grey sleeve=long"))]
        ['upper:jacket', 'upper:top grey', 'upper:top sleeve=long']
        >>> [one.code() for one in atoms(Chip.read("who:girl age=5-7"))]
        ['who:female', 'who:child']
    """
    if chip.slot == "who":
        return _person(chip)
    general = Chip(chip.slot, GENERAL.get(chip.slot, chip.value))
    found = [] if chip.value == general.value else [Chip(chip.slot, chip.value)]
    found += [replace(general, colours=(one.rpartition("-")[2],)) for one in chip.colours]
    for field in ("pattern", "sleeve", "length"):
        if value := getattr(chip, field):
            found.append(Chip.read(f"{general.code()} {field}={value}"))
    return found or [general]


def _person(chip: Chip) -> list[Chip]:
    found = [Chip("who", value) for value in _KINDS.get(chip.value, (chip.value,)) if value]
    if chip.age is not None:
        if chip.age[1] <= CHILD:
            found += [Chip("who", "child")] if Chip("who", "child") not in found else []
        elif chip.age[0] >= OLD[0]:
            found.append(Chip("who", "person", age=OLD))
        else:
            found.append(chip)  # of an age between nothing was learned
    return found
