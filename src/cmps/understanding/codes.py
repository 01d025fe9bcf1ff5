"""The language-free codes of descriptions: what a chip may say, and nothing else.

Every code has its words in each ``languages/*.toml``; stored descriptions hold only codes, so a
description said in German is shown in French and asked of the networks in English.
"""

from __future__ import annotations

from typing import Final, Literal

Slot = Literal[
    "who", "build", "upper", "lower", "whole", "shoes", "hair", "beard", "hat", "glasses",
    "accessory", "bag", "carried",
]  # fmt: skip
Modality = Literal["must", "maybe", "not"]

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "who": ("person", "female", "male", "woman", "man", "girl", "boy", "child"),
    "build": ("tall", "short", "slim", "heavy"),
    # outer layers first: so are they worded
    "upper": (
        "coat", "jacket", "raincoat", "vest", "hoodie", "cardigan", "sweater", "sweatshirt",
        "shirt", "blouse", "polo-shirt", "t-shirt", "tank-top", "top",
    ),
    "lower": (
        "trousers", "jeans", "sweatpants", "leggings", "capris", "shorts", "skirt",
    ),
    "whole": ("dress", "suit", "tracksuit", "jumpsuit", "uniform", "robe", "clothes"),
    "shoes": ("shoes", "sneakers", "boots", "sandals", "slippers", "heels"),
    "hair": ("hair", "ponytail", "bun", "braids", "curly", "straight", "bald"),
    "beard": ("beard", "moustache"),
    "hat": ("hat", "cap", "beanie", "sun-hat", "hood", "headscarf", "headband", "helmet"),
    "glasses": ("glasses", "sunglasses"),
    "accessory": (
        "scarf", "gloves", "mask", "tie", "belt", "socks", "headphones", "necklace", "watch",
        "earrings", "apron",
    ),
    "bag": (
        "bag", "backpack", "shoulder-bag", "handbag", "crossbody-bag", "tote-bag", "waist-bag",
        "plastic-bag", "paper-bag", "briefcase", "suitcase",
    ),
    "carried": (
        "something", "phone", "umbrella", "bottle", "cup", "book", "papers", "newspaper", "box",
        "folder", "laptop", "camera", "food", "flowers", "balloon", "toy", "ball", "cane",
        "crutches", "walking-frame", "wheelchair", "stroller", "cart", "bicycle", "motorbike",
        "scooter", "skateboard", "child", "dog", "wallet", "basket",
    ),
}  # fmt: skip
"""What each slot may hold, the kinds in the order in which they are worded."""

SLOTS: Final[tuple[str, ...]] = tuple(VALUES)

TOPICS: Final[dict[str, tuple[Slot, ...]]] = {
    "who": ("who",),
    "upper": ("upper", "whole"),
    "lower": ("lower",),
    "shoes": ("shoes",),
    "hair": ("hair", "beard"),
    "head": ("hat", "glasses"),
    "carried": ("bag", "carried"),
}
"""What an open question may be about, and the slots that its answer may fill."""

GENERAL: Final[dict[str, str]] = {
    "who": "person",
    "upper": "top",
    "lower": "trousers",
    "whole": "clothes",
    "shoes": "shoes",
    "hair": "hair",
    "hat": "hat",
    "glasses": "glasses",
    "bag": "bag",
    "carried": "something",
}
"""The kind of a slot that leaves open which: to say more of it is no contradiction."""

PLAIN_COLOURS: Final[tuple[str, ...]] = (
    "black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink",
    "brown", "beige", "khaki", "turquoise", "gold", "silver",
)  # fmt: skip
SHADED: Final[frozenset[str]] = frozenset(
    ("grey", "red", "green", "blue", "purple", "pink", "brown", "yellow", "orange")
)
COLOURS: Final[tuple[str, ...]] = (
    *PLAIN_COLOURS,
    *(f"{shade}-{colour}" for shade in ("dark", "light") for colour in PLAIN_COLOURS
      if colour in SHADED),
    "dark", "light", "colourful", "blond",
)  # fmt: skip
"""Colours; ``dark`` and ``light`` alone where no more was said, ``blond`` for hair only."""

PATTERNS: Final[tuple[str, ...]] = (
    "plain", "striped", "checked", "dotted", "floral", "printed", "camouflage", "animal",
)  # fmt: skip
SLEEVES: Final[tuple[str, ...]] = ("long", "short", "none")
LENGTHS: Final[tuple[str, ...]] = ("long", "medium", "short")
DETAILS: Final[tuple[str, ...]] = (
    "small", "large", "hooded", "padded", "leather", "denim", "fur", "knitted", "tight", "loose",
    "open", "collared", "ripped",
)  # fmt: skip
"""Further marks of a thing: size, cut and material."""

MODALITIES: Final[tuple[Modality, ...]] = ("must", "maybe", "not")

WEARABLE: Final[frozenset[str]] = frozenset(
    ("upper", "lower", "whole", "shoes", "hat", "glasses", "accessory")
)
SLEEVED: Final[frozenset[str]] = frozenset(("upper", "whole"))
LONG_OR_SHORT: Final[frozenset[str]] = frozenset(("upper", "lower", "whole", "shoes", "hair"))
OLDEST: Final = 120
"""Years; the open end of an age."""
