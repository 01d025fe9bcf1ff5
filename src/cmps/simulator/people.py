"""Who walks through the mall: the specification of a person, and a sampler of believable crowds.

Real crowds repeat themselves: black, grey, dark blue, denim, beige and white make most of what
adults wear, and bright colours sit mostly on children. The weights below follow that, so several
people of one draw wear nearly the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

AGE_GROUPS = ("child", "teenager", "adult", "elderly")
GENDERS = ("female", "male")
FACES = ("african", "asian", "caucasian")
AGE_RANGES: Mapping[str, tuple[int, int]] = {
    "child": (4, 12),
    "teenager": (13, 17),
    "adult": (18, 62),
    "elderly": (66, 89),
}
"""Years of each age group, both ends included."""


class SimulatorError(ValueError):
    """The simulator was asked for something that it cannot draw; the message says what."""


@dataclass(frozen=True, slots=True)
class Garment:
    """One thing that is worn or carried.

    Attributes:
        kind: What it is, e.g. ``jacket``, ``jeans``, ``backpack``.
        colour: A name of :data:`cmps.simulator.palette.CLOTH`.
        pattern: ``plain``, ``stripes``, ``checks`` or ``print``.
        second: The pattern's colour; for an open jacket, that of the shirt underneath.
    """

    kind: str
    colour: str
    pattern: str = "plain"
    second: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that decides how somebody looks.

    Attributes:
        id: Identifier within a draw, e.g. ``p07``.
        age_group: One of :data:`AGE_GROUPS`.
        years: Age.
        gender: ``female`` or ``male``.
        face: Which of the body model's face shapes is used.
        skin: A name of :data:`cmps.simulator.palette.SKIN`. Never put in words.
        height: Metres.
        weight: 0 slim, 0.5 average, 1 heavy.
        smile: 0 neutral to 1 smiling.
        hair: ``short``, ``bald``, ``shoulder-length``, ``long``, ``ponytail`` or ``bun``.
        hair_colour: A name of :data:`cmps.simulator.palette.HAIR`.
        top: Worn above the waist; a dress is both top and bottom.
        bottom: Worn below the waist, ``None`` with a dress.
        shoes: On the feet.
        hat: On the head, or ``None``.
        bag: Carried, or ``None``.
        glasses: Whether glasses are worn.
        variation: Seed of creases, jitter of dyes and gait.
    """

    id: str
    age_group: str
    years: int
    gender: str
    face: str
    skin: str
    height: float
    weight: float
    smile: float
    hair: str
    hair_colour: str
    top: Garment
    bottom: Garment | None
    shoes: Garment
    hat: Garment | None = None
    bag: Garment | None = None
    glasses: bool = False
    variation: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the specification as plain data, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Person:
        """Rebuild a person from :meth:`as_dict`."""
        worn = {
            part: None if plain[part] is None else Garment(**plain[part])
            for part in ("top", "bottom", "shoes", "hat", "bag")
        }
        return cls(**{**plain, **worn})


Weights = Mapping[str, float]

_ADULT_TOPS: Weights = {
    "black": 22, "white": 14, "dark blue": 13, "grey": 11, "dark grey": 10, "beige": 6,
    "light blue": 5, "light grey": 4, "brown": 3, "olive": 3, "dark red": 3, "dark green": 2,
    "blue": 3, "pink": 1.5, "red": 1.5, "green": 0.8, "purple": 0.8, "yellow": 0.8, "orange": 0.4,
}  # fmt: skip
_CHILD_TOPS: Weights = {
    "white": 10, "dark blue": 9, "grey": 8, "black": 6, "red": 9, "blue": 10, "pink": 9,
    "yellow": 7, "green": 7, "light blue": 6, "orange": 4, "purple": 5, "light grey": 4,
    "dark red": 2, "beige": 2,
}  # fmt: skip
_ELDERLY_TOPS: Weights = {
    "beige": 14, "grey": 14, "dark blue": 12, "brown": 9, "white": 9, "light blue": 8,
    "dark grey": 8, "black": 7, "dark red": 5, "olive": 4, "dark green": 4, "light grey": 4,
    "purple": 2, "pink": 1.5, "khaki": 3,
}  # fmt: skip
_TROUSERS: Weights = {
    "black": 34, "dark grey": 15, "dark blue": 14, "grey": 10, "beige": 10, "khaki": 7,
    "brown": 5, "olive": 3, "white": 2,
}  # fmt: skip
_JEANS: Weights = {"blue": 45, "dark blue": 30, "black": 15, "light blue": 8, "grey": 4}
_SKIRTS: Weights = {
    "black": 36, "dark blue": 16, "grey": 14, "dark grey": 10, "beige": 10, "brown": 5,
    "dark red": 4, "white": 3, "pink": 2,
}  # fmt: skip
_DRESSES: Weights = {
    "black": 26, "dark blue": 18, "white": 10, "grey": 10, "light blue": 8, "beige": 8,
    "dark red": 6, "pink": 5, "red": 4, "dark green": 4, "yellow": 2,
}  # fmt: skip
_SHOES: Weights = {"black": 46, "white": 28, "brown": 10, "grey": 9, "dark blue": 4, "red": 3}
_BAGS: Weights = {
    "black": 46, "dark blue": 12, "brown": 12, "grey": 10, "beige": 8, "dark red": 3, "red": 3,
    "olive": 3, "white": 3,
}  # fmt: skip
_CHILD_BAGS: Weights = {"blue": 4, "red": 4, "pink": 4, "yellow": 3, "black": 3, "purple": 2}
_HATS: Weights = {
    "black": 36, "dark blue": 16, "grey": 12, "beige": 12, "white": 10, "red": 6, "dark red": 4,
    "brown": 4,
}  # fmt: skip
_CHILD_HATS: Weights = {"red": 4, "blue": 4, "yellow": 3, "pink": 3, "white": 3, "dark blue": 3}

_TOP_KINDS: Mapping[tuple[str, str], Weights] = {
    ("young", "female"): {"T-shirt": 26, "blouse": 14, "sweater": 14, "hoodie": 8, "jacket": 20,
                          "coat": 10, "shirt": 8},
    ("young", "male"): {"T-shirt": 30, "shirt": 18, "polo shirt": 8, "sweater": 10, "hoodie": 11,
                        "jacket": 19, "coat": 4},
    ("elderly", "female"): {"blouse": 26, "sweater": 24, "jacket": 20, "coat": 18, "T-shirt": 8},
    ("elderly", "male"): {"shirt": 30, "jacket": 26, "sweater": 16, "polo shirt": 16, "coat": 8},
    ("child", "female"): {"T-shirt": 40, "sweater": 22, "jacket": 22, "hoodie": 14},
    ("child", "male"): {"T-shirt": 44, "hoodie": 18, "jacket": 22, "sweater": 16},
}  # fmt: skip
_BOTTOM_KINDS: Mapping[tuple[str, str], Weights] = {
    ("young", "female"): {"jeans": 34, "trousers": 26, "skirt": 12, "shorts": 9, "dress": 14},
    ("young", "male"): {"jeans": 44, "trousers": 40, "shorts": 14},
    ("elderly", "female"): {"trousers": 60, "skirt": 22, "dress": 10, "jeans": 4},
    ("elderly", "male"): {"trousers": 80, "jeans": 12, "shorts": 4},
    ("child", "female"): {"trousers": 26, "jeans": 28, "skirt": 16, "shorts": 14, "dress": 14},
    ("child", "male"): {"jeans": 36, "trousers": 30, "shorts": 34},
}  # fmt: skip
_HAIR_STYLES: Mapping[tuple[str, str], Weights] = {
    ("young", "female"): {"long": 34, "shoulder-length": 26, "ponytail": 22, "bun": 9, "short": 8},
    ("young", "male"): {"short": 90, "bald": 7, "ponytail": 2},
    ("elderly", "female"): {"short": 46, "shoulder-length": 30, "bun": 18},
    ("elderly", "male"): {"short": 62, "bald": 36},
    ("child", "female"): {"long": 34, "ponytail": 34, "shoulder-length": 26, "short": 6},
    ("child", "male"): {"short": 100},
}  # fmt: skip
_WARM_TOPS = frozenset({"jacket", "coat", "hoodie"})
_PATTERNS: Mapping[str, Weights] = {
    "T-shirt": {"plain": 52, "print": 28, "stripes": 20},
    "shirt": {"plain": 62, "checks": 28, "stripes": 10},
    "polo shirt": {"plain": 76, "stripes": 24},
    "blouse": {"plain": 80, "stripes": 14, "checks": 6},
    "sweater": {"plain": 78, "stripes": 22},
    "hoodie": {"plain": 70, "print": 30},
    "dress": {"plain": 78, "stripes": 14, "checks": 8},
}


def _pick(rng: np.random.Generator, weights: Weights, without: Sequence[str | None] = ()) -> str:
    names = [name for name in weights if name not in without]
    shares = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def _height(rng: np.random.Generator, group: str, gender: str, years: int) -> float:
    if group == "child":
        mean = 0.80 + 0.058 * years
    elif group == "teenager":
        mean = float(np.interp(years, [13, 17], [1.56, 1.63 if gender == "female" else 1.74]))
    else:
        mean = (1.64 if gender == "female" else 1.77) - (0.06 if group == "elderly" else 0.0)
    return float(np.round(np.clip(rng.normal(mean, 0.045), 0.92, 2.02), 3))


def _hair_colour(rng: np.random.Generator, years: int, face: str) -> str:
    greyness = float(np.interp(years, [40, 55, 66, 75], [0, 0.25, 0.85, 1.0]))
    if rng.random() < greyness:
        return _pick(rng, {"grey": 6, "white": float(np.interp(years, [60, 80], [1, 8]))})
    if face != "caucasian":
        return _pick(rng, {"black": 8, "dark brown": 2})
    return _pick(rng, {"dark brown": 34, "brown": 30, "black": 16, "blond": 18, "red": 3})


def _contrast(rng: np.random.Generator, colour: str) -> str:
    """Pick a pattern's second colour, one that is told apart from the first."""
    pale = {"white": 6.0, "light grey": 2, "light blue": 2, "beige": 1}
    deep = {"black": 5.0, "dark blue": 4, "dark red": 1.5, "red": 1.5, "grey": 1}
    light = {"white", "light grey", "light blue", "beige", "pink", "yellow"}
    return _pick(rng, deep if colour in light else pale, without=[colour])


def _top(rng: np.random.Generator, group: str, gender: str, palette: Weights) -> Garment:
    kind = _pick(rng, _TOP_KINDS[group, gender])
    colours = dict(palette)
    if gender == "male":
        colours["pink"] = colours.get("pink", 0) * 0.08
    if kind in _WARM_TOPS and group != "child":
        for pale in ("white", "light blue", "yellow", "pink"):
            colours[pale] = colours.get(pale, 0) * 0.3
    colour = _pick(rng, {k: v for k, v in colours.items() if v > 0})
    if kind == "jacket" and rng.random() < 0.5:
        inner = _pick(
            rng,
            {"white": 5, "light grey": 2, "light blue": 1, "black": 3, "grey": 2},
            without=[colour],
        )
        return Garment(kind, colour, "open", inner)
    pattern = _pick(rng, _PATTERNS.get(kind, {"plain": 1.0}))
    return Garment(kind, colour, pattern, None if pattern == "plain" else _contrast(rng, colour))


def _bottom(rng: np.random.Generator, kind: str, top: Garment, group: str) -> Garment:
    colours = {"jeans": _JEANS, "skirt": _SKIRTS}.get(kind, _TROUSERS)
    if group == "child" and kind in ("trousers", "skirt"):
        colours = {**colours, "pink": 6 if kind == "skirt" else 3, "purple": 3, "red": 2}
    # All in black is common, all in beige or all in red is not.
    without = [] if top.colour in ("black", "dark grey", "dark blue") else [top.colour]
    return Garment(kind, _pick(rng, colours, without=without))


def _bag(rng: np.random.Generator, group: str, gender: str) -> Garment | None:
    kinds: dict[str, float] = {"": 52, "backpack": 22, "shoulder bag": 14, "handbag": 4}
    if group == "child":
        kinds = {"": 50, "backpack": 48}
    elif gender == "female":
        kinds.update({"handbag": 20, "shoulder bag": 20, "backpack": 15})
    if group == "elderly":
        kinds["backpack"] = 6
    kind = _pick(rng, kinds)
    if not kind:
        return None
    return Garment(kind, _pick(rng, _CHILD_BAGS if group == "child" else _BAGS))


def _hat(rng: np.random.Generator, group: str, gender: str, hair: str) -> Garment | None:
    kinds: dict[str, float] = {"": 82, "cap": 9, "beanie": 5, "sun hat": 2}
    if group == "elderly":
        kinds = {"": 74, "cap": 10 if gender == "male" else 2, "sun hat": 10, "beanie": 4}
    elif group == "child":
        kinds = {"": 74, "cap": 13, "beanie": 7, "sun hat": 5}
    if hair == "bun":
        kinds = {"": 1}
    kind = _pick(rng, kinds)
    if not kind:
        return None
    return Garment(kind, _pick(rng, _CHILD_HATS if group == "child" else _HATS))


def sample_person(
    rng: np.random.Generator, identifier: str, age_group: str | None = None
) -> Person:
    """Draw one person.

    Args:
        rng: Source of chance.
        identifier: The person's ``id``.
        age_group: One of :data:`AGE_GROUPS`, or ``None`` for a crowd's mix.

    Raises:
        SimulatorError: If the age group is unknown.

    Example:
        >>> import numpy as np
        >>> sample_person(np.random.default_rng(3), "p01", "elderly").years > 65
        True
    """
    group = age_group or _pick(rng, {"child": 20, "teenager": 8, "adult": 50, "elderly": 22})
    if group not in AGE_RANGES:
        raise SimulatorError(f"unknown age group {group!r}; choose one of {', '.join(AGE_GROUPS)}")
    low, high = AGE_RANGES[group]
    years = int(rng.integers(low, high + 1))
    gender = _pick(rng, {"female": 1, "male": 1})
    wardrobe = group if group in ("child", "elderly") else "young"
    face = _pick(rng, {"caucasian": 45, "asian": 35, "african": 20})
    skins = {
        "caucasian": {"pale": 3.0, "light": 5, "olive": 2},
        "asian": {"light": 5.0, "olive": 5},
        "african": {"brown": 5.0, "dark": 5},
    }
    hair = _pick(rng, _HAIR_STYLES[wardrobe, gender])
    if hair == "bald" and years < 35:
        hair = "short"
    kind = _pick(rng, _BOTTOM_KINDS[wardrobe, gender])
    if kind == "dress":
        colours = _CHILD_TOPS if group == "child" else _DRESSES
        colour = _pick(rng, colours)
        pattern = _pick(rng, _PATTERNS["dress"])
        second = None if pattern == "plain" else _contrast(rng, colour)
        top, bottom = Garment("dress", colour, pattern, second), None
    else:
        tops = {"child": _CHILD_TOPS, "elderly": _ELDERLY_TOPS}.get(group, _ADULT_TOPS)
        top = _top(rng, wardrobe, gender, tops)
        if top.kind == "coat" and kind == "shorts":
            kind = "trousers"
        bottom = _bottom(rng, kind, top, group)
    shoe_kind = "sneakers" if group in ("child", "teenager") or rng.random() < 0.5 else "shoes"
    shoe_colours = dict(_SHOES, **({"white": 4.0, "red": 0.5} if shoe_kind == "shoes" else {}))
    return Person(
        id=identifier,
        age_group=group,
        years=years,
        gender=gender,
        face=face,
        skin=_pick(rng, skins[face]),
        height=_height(rng, group, gender, years),
        weight=float(np.round(np.clip(rng.normal(0.5, 0.17), 0.12, 0.95), 3)),
        smile=float(np.round(rng.uniform(0.4, 1.0), 3)),
        hair=hair,
        hair_colour=_hair_colour(rng, years, face),
        top=top,
        bottom=bottom,
        shoes=Garment(shoe_kind, _pick(rng, shoe_colours)),
        hat=_hat(rng, group, gender, hair),
        bag=_bag(rng, group, gender),
        glasses=bool(rng.random() < {"elderly": 0.4, "child": 0.06}.get(group, 0.16)),
        variation=int(rng.integers(1 << 31)),
    )


def sample_crowd(seed: int, count: int) -> list[Person]:
    """Draw ``count`` different people; the same seed draws the same crowd.

    Every age group is present from 8 people on: the shares of a mall in the afternoon (one fifth
    children, one fifth elderly) are kept exactly and only the order is left to chance.

    Raises:
        SimulatorError: If ``count`` is not positive.
    """
    if count < 1:
        raise SimulatorError(f"cannot draw {count} people; ask for at least 1")
    rng = np.random.default_rng([seed, 0])
    cycle = ("adult", "child", "elderly", "adult", "teenager", "adult", "adult", "elderly",
             "child", "adult")  # fmt: skip
    groups = [cycle[i % len(cycle)] for i in range(count)]
    rng.shuffle(groups)
    digits = max(2, len(str(count)))
    return [sample_person(rng, f"p{i + 1:0{digits}d}", g) for i, g in enumerate(groups)]
