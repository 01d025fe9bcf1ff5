"""Photos that operators send: what is taken, and how it is decoded (in a worker process)."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from cmps.datasets.decoding import open_image
from cmps.server.worker import WrongTypeError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "AVIF")
"""As Pillow calls them."""
TAKEN = "jpeg, png, webp, avif or bmp"
MOST_BYTES = 20_000_000
SMALLEST = 16
"""Pixels of the shorter side."""
LARGEST = 1600
"""Pixels of the longer side that are kept; the network looks at far fewer."""


def require_picture(raw: bytes) -> None:
    """Look at the first bytes, as cheaply as a server can.

    Raises:
        WrongTypeError: If they begin no picture of a kind that is taken.
    """
    heads = (
        raw.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM")),
        raw[:4] == b"RIFF" and raw[8:12] == b"WEBP",
        raw[4:8] == b"ftyp" and raw[8:12] in (b"avif", b"avis", b"mif1"),
    )
    if not any(heads):
        raise WrongTypeError(f"this is no picture that can be read; send {TAKEN}")


def decode_photo(raw: bytes) -> NDArray[np.uint8]:
    """Return the pixels of a photo, upright, RGB, at most :data:`LARGEST` on the longer side.

    Runs in a worker. Of a moving picture the first frame is taken.

    Raises:
        ValueError: If it cannot be read, or is too small or too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as seen:
            size = seen.size
    except UnidentifiedImageError:
        raise ValueError(f"this is no picture that can be read; send {TAKEN}") from None
    except Image.DecompressionBombError:
        raise ValueError("the picture holds too many pixels; crop the person") from None
    except Exception as error:  # broken files make Pillow raise almost anything
        raise ValueError(f"the picture is damaged ({error})") from None
    if min(size) < SMALLEST:
        raise ValueError(f"{size[0]}x{size[1]} pixels are too few to see a person")
    image = open_image(raw, "the picture")
    image.thumbnail((LARGEST, LARGEST), reducing_gap=3.0)
    return np.asarray(image, np.uint8)
