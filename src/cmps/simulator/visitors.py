"""Who comes to the mall: people alone, couples, families, friends and staff, and what they wear.

Outfits repeat between people, as in life: staff of one shop wear one uniform, and a part of the
visitors wears one of a few outfits that everybody knows from the street.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .people import Garment, Person, SimulatorError, sample_person

KINDS = {"alone": 0.46, "couple": 0.20, "family": 0.22, "friends": 0.12}
"""How often each kind of group comes."""

STAFF = 0.06
"""Share of people who work in the mall."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """Clothes that several people wear alike; ``None`` leaves a part to the person."""

    id: str
    top: Garment
    bottom: Garment | None = None
    shoes: Garment | None = None
    bag: Garment | None = None
    hat: Garment | None = None


_JEANS, _BLACK = Garment("jeans", "blue"), Garment("trousers", "black")
_WHITE_SHOES, _BLACK_SHOES = Garment("sneakers", "white"), Garment("shoes", "black")

STREET = (
    Outfit("black jacket, blue jeans", Garment("jacket", "black"), _JEANS, _WHITE_SHOES),
    Outfit("grey hoodie, black trousers", Garment("hoodie", "grey"), _BLACK, _WHITE_SHOES),
    Outfit("white T-shirt, blue jeans", Garment("T-shirt", "white"), _JEANS, _WHITE_SHOES),
    Outfit("black T-shirt, black jeans", Garment("T-shirt", "black"), Garment("jeans", "black"),
           _WHITE_SHOES, Garment("backpack", "black")),
    Outfit("dark blue jacket, dark jeans", Garment("jacket", "dark blue"),
           Garment("jeans", "dark blue"), _BLACK_SHOES),
    Outfit("beige coat, black trousers", Garment("coat", "beige"), _BLACK, _BLACK_SHOES),
    Outfit("light blue shirt, black trousers", Garment("shirt", "light blue"), _BLACK,
           _BLACK_SHOES),
)  # fmt: skip
ELDERLY = (
    Outfit("beige jacket, grey trousers", Garment("jacket", "beige"), Garment("trousers", "grey")),
    Outfit("dark blue sweater, dark trousers", Garment("sweater", "dark blue"),
           Garment("trousers", "dark grey")),
)  # fmt: skip
SCHOOL = (
    Outfit("school sweater", Garment("sweater", "dark blue"), Garment("trousers", "grey"),
           _BLACK_SHOES, Garment("backpack", "dark blue")),
    Outfit("football shirt", Garment("T-shirt", "red", "stripes", "white"),
           Garment("shorts", "black"), _WHITE_SHOES),
)  # fmt: skip
UNIFORMS = (
    Outfit("uniform red", Garment("polo shirt", "red"), _BLACK, _BLACK_SHOES),
    Outfit("uniform green", Garment("polo shirt", "green"), _BLACK, _BLACK_SHOES),
    Outfit("uniform white", Garment("shirt", "white"), _BLACK, _BLACK_SHOES),
    Outfit("uniform blue", Garment("polo shirt", "blue"), Garment("trousers", "beige"),
           _WHITE_SHOES),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """People who come together.

    Attributes:
        id: Identifier within a day.
        kind: A key of :data:`KINDS`, or ``staff``.
        members: Places in the list of people.
        shop: Where staff works, else ``None``.
    """

    id: str
    kind: str
    members: tuple[int, ...]
    shop: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """Everybody of a day.

    Attributes:
        people: Each person.
        groups: Each group; everybody is in one.
        outfits: By person's id: the id of the repeated outfit that they wear.
    """

    people: list[Person]
    groups: list[Group]
    outfits: dict[str, str]


def wear(person: Person, outfit: Outfit) -> Person:
    """Return a person in an outfit; parts that it leaves open stay as they are."""
    bottom = outfit.bottom or person.bottom or Garment("jeans", "blue")
    if person.years < 13 and bottom.kind == "trousers" and outfit.bottom is None:
        bottom = Garment("jeans", "blue")
    return replace(
        person,
        top=outfit.top,
        bottom=bottom,
        shoes=outfit.shoes or person.shoes,
        bag=outfit.bag or person.bag,
        hat=outfit.hat or person.hat,
    )


def _wardrobe(person: Person) -> tuple[Outfit, ...]:
    if person.age_group == "elderly":
        return ELDERLY
    return SCHOOL if person.years < 13 else STREET


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    names, shares = list(weights), np.array([*weights.values()])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def _ages(kind: str, rng: np.random.Generator) -> list[str]:
    """Return the age groups of a group's members."""
    if kind == "alone":
        return [_pick(rng, {"adult": 62, "elderly": 26, "teenager": 12})]
    if kind == "couple":
        return [_pick(rng, {"adult": 70, "elderly": 30})] * 2
    if kind == "friends":
        young = rng.random() < 0.5
        return ["teenager" if young else "adult"] * int(rng.integers(2, 5))
    ages = ["adult"] * int(rng.integers(1, 3)) + ["child"] * int(rng.integers(1, 4))
    return [*ages, "elderly"] if rng.random() < 0.15 else ages


class _Draw:
    """A company while it is drawn."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.rng, self.count, self.digits = rng, count, max(3, len(str(count)))
        self.people: list[Person] = []
        self.groups: list[Group] = []
        self.outfits: dict[str, str] = {}

    def add(self, kind: str, ages: list[str], shop: str | None = None) -> None:
        """Draw a group."""
        first = len(self.people)
        for age in ages:
            name = f"p{len(self.people) + 1:0{self.digits}d}"
            self.people.append(sample_person(self.rng, name, age))
        members = tuple(range(first, len(self.people)))
        name = f"g{len(self.groups) + 1:0{self.digits}d}"
        self.groups.append(Group(name, kind, members, shop))

    def dress(self, number: int, outfit: Outfit) -> None:
        """Put somebody into an outfit that repeats."""
        self.people[number] = wear(self.people[number], outfit)
        self.outfits[self.people[number].id] = outfit.id

    def come(self, kind: str, alike: float) -> None:
        """Draw a group of visitors, no more than there is room for."""
        ages = _ages(kind, self.rng)[: self.count - len(self.people)]
        self.add(kind if len(ages) > 1 else "alone", ages)
        for number in self.groups[-1].members:
            if self.rng.random() < alike:
                wardrobe = _wardrobe(self.people[number])
                self.dress(number, wardrobe[int(self.rng.integers(len(wardrobe)))])


def gather(seed: int, count: int, shops: tuple[str, ...], alike: float = 0.3) -> Company:
    """Draw a day's people and their groups.

    Args:
        seed: The same seed draws the same company.
        count: How many people in all, staff included.
        shops: Names of the shops that have staff.
        alike: Share of visitors who wear an outfit that others wear too, 0-1.

    Raises:
        SimulatorError: If a number is out of range.

    Example:
        >>> company = gather(1, 50, ("bakery", "toys"))
        >>> len(company.people), sum(len(group.members) for group in company.groups)
        (50, 50)
    """
    if count < 1:
        raise SimulatorError(f"cannot draw {count} people; ask for at least 1")
    if not 0 <= alike <= 1:
        raise SimulatorError(f"alike is a share from 0 to 1, not {alike}")
    draw = _Draw(np.random.default_rng([seed, 10]), count)
    for number in range(round(STAFF * count)):
        shop = number // 2 % len(shops)
        draw.add("staff", ["adult"], shops[shop])
        draw.dress(len(draw.people) - 1, UNIFORMS[shop % len(UNIFORMS)])
    family_due = count >= 12
    while len(draw.people) < count:
        kind = "family" if family_due else _pick(draw.rng, KINDS)
        family_due = False
        draw.come(kind, alike)
    return Company(draw.people, draw.groups, draw.outfits)
