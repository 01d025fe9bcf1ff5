"""Picture files to pixels: one way for indexing, searching and measuring."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from cmps.datasets.picture import DatasetError, Picture

LARGEST_PIXELS = 64_000_000


class PictureError(DatasetError):
    """A picture cannot be read; the message names the file and the reason."""


def read_picture(picture: Picture) -> tuple[bytes, Image.Image]:
    """Return a picture file's bytes and what its box shows, upright, as RGB.

    A box that reaches over an edge is cut at the edge.

    Raises:
        PictureError: If it is missing, not a picture, truncated, too large, or the box misses it.
    """
    try:
        raw = picture.path.read_bytes()
    except OSError as error:
        raise PictureError(f"{picture.path}: cannot be read ({error.strerror})") from error
    image = open_image(raw, str(picture.path))
    if picture.box is None:
        return raw, image
    x, y, width, height = picture.box
    edges = (max(x, 0), max(y, 0), min(x + width, image.width), min(y + height, image.height))
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        raise PictureError(f"{picture.path}: the box {picture.box} lies outside the picture")
    return raw, image.crop(edges)


def open_image(raw: bytes, name: str) -> Image.Image:
    """Decode picture bytes to RGB, upright where the camera noted how it was held.

    Args:
        raw: The bytes of a file.
        name: What messages call it.

    Raises:
        PictureError: If they are no picture, are cut off, or hold too many pixels.
    """
    try:
        with Image.open(io.BytesIO(raw)) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise PictureError(
                    f"{name}: {image.width}x{image.height} pixels are too many; crop the person"
                )
            return ImageOps.exif_transpose(image).convert("RGB")
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"{name}: not a picture (jpeg, png, bmp, webp)") from error
    except Exception as error:  # broken files make Pillow raise almost anything
        raise PictureError(f"{name}: the picture is damaged ({error})") from error
