"""The contact sheet: the query above its candidates, as one picture to print or pass on."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from cmps.gallery.store import GalleryStore
from cmps.search.query import Query
from cmps.search.ranking import Answer, Candidate
from cmps.search.wording import HUMAN_DECIDES, moment, percent
from cmps.settings import Variant

COLUMNS = 5
CARD = (216, 400)  # pixels of a candidate's picture
GAP = 28
MARGIN = 32
CAPTION = 96
THUMBNAIL = 220
WIDTH = 2 * MARGIN + COLUMNS * CARD[0] + (COLUMNS - 1) * GAP

PAPER = "#f6f7f9"
FRAME = "#ffffff"
LINE = "#d5d9e0"
INK = "#1b2430"
GREY = "#5d6878"
ACCENT = "#1f5fbf"
RIGHT = "#1a8f4c"


class SheetError(ValueError):
    """A contact sheet cannot be written; the message names the file and the way out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a contact sheet shows of the query.

    Attributes:
        sentences: Said or typed.
        pictures: RGB pictures ``(H, W, 3)``.
        note: One line about filter, network and gallery.
    """

    sentences: Sequence[str] = ()
    pictures: Sequence[NDArray[np.uint8]] = ()
    note: str = ""


def check_sheet(path: Path) -> Path:
    """Return the path if a picture can be written there.

    Raises:
        SheetError: If the suffix names no picture format, or the folder is missing.
    """
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise SheetError(f"{path}: a contact sheet is a picture; name it .png, .jpg or .webp")
    if not path.parent.is_dir():
        raise SheetError(f"{path}: the folder {path.parent} does not exist")
    return path


def draw_sheet(
    asked: Asked,
    candidates: Sequence[Candidate],
    crops: Mapping[str, bytes],
    right: Collection[str] = (),
) -> Image.Image:
    """Draw the query above a grid of candidates.

    Args:
        asked: The query.
        candidates: Best first.
        crops: JPEG bytes by sighting id; one that is missing leaves its frame empty.
        right: Ids of sightings that are known to show the person (simulated galleries only);
            they get a green frame.

    Returns:
        An RGB picture, 1256 pixels wide.
    """
    header = _header(asked)
    rows = -(-len(candidates) // COLUMNS)
    row_height = CARD[1] + CAPTION + GAP
    footer = 36
    sheet = Image.new("RGB", (WIDTH, header.height + rows * row_height + footer), PAPER)
    sheet.paste(header)
    for number, candidate in enumerate(candidates):
        left = MARGIN + (number % COLUMNS) * (CARD[0] + GAP)
        top = header.height + (number // COLUMNS) * row_height
        crop = crops.get(candidate.sighting.id, b"")
        _card(sheet, (left, top), candidate, crop, candidate.sighting.id in right)
    ImageDraw.Draw(sheet).text(
        (MARGIN, sheet.height - footer), HUMAN_DECIDES, GREY, _font(17), anchor="la"
    )
    return sheet


def query_sheet(
    query: Query,
    answer: Answer,
    store: GalleryStore,
    variant: Variant,
    right: Collection[str] = (),
) -> Image.Image:
    """Draw the contact sheet of an answer; crops come from the gallery.

    Args:
        query: What was asked.
        answer: What was found.
        store: The gallery.
        variant: The text network that ranked.
        right: Ids of sightings that are known to show the person; see :func:`draw_sheet`.

    Raises:
        GalleryError: If a sighting is gone.
    """
    found = [candidate.sighting.id for candidate in answer.candidates]
    clicked = store.get(list(query.sightings), pictures=True)
    pictures = [*query.pictures, *(_pixels(one.picture) for one in clicked)]
    asked = Asked(
        query.texts, [one for one in pictures if one is not None], _note(query, answer, variant)
    )
    crops = {one.id: one.picture for one in store.get(found, pictures=True)}
    return draw_sheet(asked, answer.candidates, crops, right)


def _pixels(crop: bytes) -> NDArray[np.uint8] | None:
    picture = _decoded(crop)
    return None if picture is None else np.asarray(picture)


def _note(query: Query, answer: Answer, variant: Variant) -> str:
    where = query.where
    parts = [f"{answer.gallery:,} sightings searched"]
    if query.texts:
        parts.append(f"{variant} text network")
    if where.cameras is not None:
        parts.append("cameras " + ", ".join(sorted(where.cameras)))
    if where.after is not None:
        parts.append(f"after {moment(where.after)}")
    if where.before is not None:
        parts.append(f"before {moment(where.before)}")
    return " · ".join(parts)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _header(asked: Asked) -> Image.Image:
    """Draw sentences at the left and pictures at the right of a white band."""
    thumbnails = [_fit(Image.fromarray(one), (THUMBNAIL, THUMBNAIL)) for one in asked.pictures[:4]]
    taken = sum(one.width + GAP for one in thumbnails)
    lines = [
        line
        for sentence in asked.sentences
        for line in _wrap(f"“{sentence}”", 26, WIDTH - 2 * MARGIN - taken)
    ]
    if not lines:
        lines = ["Who looks like this?" if thumbnails else "Candidates"]
    text_height = 34 + 36 * len(lines) + (30 if asked.note else 0)
    height = 2 * 24 + max([text_height, *(one.height for one in thumbnails)])
    band = Image.new("RGB", (WIDTH, height + GAP), PAPER)
    draw = ImageDraw.Draw(band)
    draw.rectangle((0, 0, WIDTH, height), FRAME)
    draw.line((0, height, WIDTH, height), LINE, 1)
    draw.text((MARGIN, 24), "SOUGHT", ACCENT, _font(16), stroke_width=0.3)
    for number, line in enumerate(lines):
        draw.text((MARGIN, 54 + 36 * number), line, INK, _font(26))
    if asked.note:
        draw.text((MARGIN, 58 + 36 * len(lines)), asked.note, GREY, _font(17))
    left = WIDTH - MARGIN
    for one in reversed(thumbnails):
        left -= one.width
        band.paste(one, (left, 24))
        left -= GAP
    return band


def _card(
    sheet: Image.Image, place: tuple[int, int], candidate: Candidate, crop: bytes, right: bool
) -> None:
    left, top = place
    width, height = CARD
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle(
        (left - 8, top - 8, left + width + 8, top + height + CAPTION - 12),
        8,
        FRAME,
        RIGHT if right else LINE,
        4 if right else 1,
    )
    picture = _decoded(crop)
    if picture is None:
        draw.text((left + width // 2, top + height // 2), "no picture", GREY, _font(17), "mm")
    else:
        fitted = _fit(picture, CARD)
        sheet.paste(fitted, (left + (width - fitted.width) // 2, top + height - fitted.height))
    sighting = candidate.sighting
    below = top + height + 8
    draw.text((left, below), f"{candidate.rank}", INK, _font(22), stroke_width=0.5)
    draw.text(
        (left + width, below),
        percent(candidate.probability),
        RIGHT if right else ACCENT,
        _font(22),
        "ra",
        stroke_width=0.4,
    )
    camera = _wrap(sighting.camera, 15, width, one_line=True)[0]
    draw.text((left, below + 31), camera, GREY, _font(15))
    if sighting.time is not None:
        draw.text((left, below + 52), moment(sighting.time), GREY, _font(15))


def _decoded(crop: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(crop)) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    # a crop that a gallery lost or another program damaged must not cost the whole sheet
    except Exception:
        return None


def _fit(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Scale a picture to fill as much of a box as it can."""
    scale = min(box[0] / picture.width, box[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC)


def _wrap(text: str, size: int, width: int, one_line: bool = False) -> list[str]:
    """Break text into lines no wider than ``width`` pixels, within words where one is longer."""
    font = _font(size)
    lines = [""]
    for word in text.split():
        line = f"{lines[-1]} {word}".strip()
        if font.getlength(line) <= width:
            lines[-1] = line
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and font.getlength(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    if one_line and len(lines) > 1:
        return [lines[0][:-1] + "…"]
    return lines
