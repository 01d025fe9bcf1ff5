"""Colours by the words people use for them, as linear reflectance (red, green, blue) in 0–1.

Cloth is duller than paint: the brightest yellow T-shirt in the street reflects about half of
what a screen's yellow shows, so no colour here is fully saturated.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Colour = tuple[float, float, float]

CLOTH: Mapping[str, Colour] = MappingProxyType(
    {
        "black": (0.018, 0.018, 0.021),
        "dark grey": (0.070, 0.071, 0.075),
        "grey": (0.21, 0.21, 0.215),
        "light grey": (0.42, 0.42, 0.42),
        "white": (0.64, 0.64, 0.625),
        "beige": (0.46, 0.37, 0.26),
        "khaki": (0.29, 0.23, 0.14),
        "brown": (0.115, 0.062, 0.036),
        "dark blue": (0.020, 0.028, 0.078),
        "blue": (0.045, 0.105, 0.33),
        "light blue": (0.29, 0.43, 0.58),
        "dark red": (0.16, 0.020, 0.028),
        "red": (0.46, 0.038, 0.042),
        "dark green": (0.026, 0.066, 0.040),
        "green": (0.055, 0.25, 0.095),
        "olive": (0.105, 0.100, 0.052),
        "pink": (0.60, 0.27, 0.34),
        "purple": (0.20, 0.070, 0.28),
        "yellow": (0.62, 0.45, 0.060),
        "orange": (0.58, 0.20, 0.035),
    }
)
DENIM: Mapping[str, Colour] = MappingProxyType(
    {
        "black": (0.022, 0.023, 0.027),
        "grey": (0.15, 0.155, 0.165),
        "dark blue": (0.026, 0.040, 0.085),
        "blue": (0.075, 0.125, 0.225),
        "light blue": (0.24, 0.33, 0.44),
    }
)
SKIN: Mapping[str, Colour] = MappingProxyType(
    {
        "pale": (0.56, 0.37, 0.29),
        "light": (0.47, 0.29, 0.20),
        "olive": (0.36, 0.215, 0.135),
        "brown": (0.19, 0.100, 0.060),
        "dark": (0.085, 0.046, 0.030),
    }
)
HAIR: Mapping[str, Colour] = MappingProxyType(
    {
        "black": (0.014, 0.012, 0.012),
        "dark brown": (0.034, 0.020, 0.013),
        "brown": (0.085, 0.046, 0.025),
        "blond": (0.36, 0.25, 0.12),
        "red": (0.19, 0.060, 0.024),
        "grey": (0.27, 0.27, 0.27),
        "white": (0.56, 0.56, 0.54),
    }
)
BRIGHT = frozenset({"red", "blue", "green", "pink", "purple", "yellow", "orange"})
"""Colours that stand out in a crowd."""
