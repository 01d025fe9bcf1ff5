"""Probe pictures with a part covered, as by a counter, a car or somebody in front.

The same picture is always covered in the same way: side and cover follow from its pixels. The
cover is a plain grey block or the same part of the picture encoded before it, in equal numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmps.encoders.image import ImageEncoder
from cmps.gallery.records import Encoding

SIDES = ("top", "bottom", "left", "right")
GREY = 124


def covered(
    picture: NDArray[np.uint8], share: float, cover: NDArray[np.uint8] | None, side: str
) -> NDArray[np.uint8]:
    """Return a copy with a share of its area covered from one side.

    Args:
        picture: ``(H, W, 3)``.
        share: Of the area, 0–1.
        cover: Another picture, whose same part covers this one; ``None`` for plain grey.
        side: Where the cover lies.

    Example:
        >>> covered(np.zeros((4, 2, 3), np.uint8), 0.5, None, "top")[:, 0, 0].tolist()
        [124, 124, 0, 0]
    """
    height, width = picture.shape[:2]
    rows, columns = round(share * height), round(share * width)
    parts: dict[str, tuple[slice, ...]] = {
        "top": (slice(rows),),
        "bottom": (slice(height - rows, None),),
        "left": (slice(None), slice(columns)),
        "right": (slice(None), slice(width - columns, None)),
    }
    part = parts[side]
    result = picture.copy()
    if cover is None:
        result[part] = GREY
    else:
        result[part] = np.asarray(Image.fromarray(cover).resize((width, height)))[part]
    return result


@dataclass(slots=True)
class Occluding:
    """An image encoder that sees every picture covered.

    Attributes:
        encoder: What encodes.
        share: How much of each picture is covered, 0–1.
    """

    encoder: ImageEncoder
    share: float
    _before: NDArray[np.uint8] | None = field(default=None, init=False)

    def encode(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Encoding]:
        """Cover and encode."""
        seen = []
        for picture in pictures:
            code = crc32(picture.tobytes())
            cover = self._before if code // 4 % 2 else None
            seen.append(covered(picture, self.share, cover, SIDES[code % 4]))
            self._before = picture
        return self.encoder.encode(seen)
