"""Photos as strangers send them: broken, huge, of another kind, made to harm."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cmps.server.pictures import LARGEST, decode_photo, require_picture
from cmps.server.worker import Limits, RefusedError, Workers, WrongTypeError


def encoded(width: int, height: int, kind: str, **options: object) -> bytes:
    random = np.random.default_rng(1)
    small = random.integers(0, 255, (12, 12, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(small).resize((width, height)).save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png_bomb(side: int) -> bytes:
    """A PNG of side × side black pixels in a few kilobytes."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side + 1)) for _ in range(min(side, 2000)))
    data = rows + packer.flush()
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG whose comment unpacks to 200 MB."""
    picture = encoded(40, 80, "PNG")
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    return picture[:33] + comment + picture[33:]


@pytest.fixture(scope="module")
def workers():
    with Workers(1) as made:
        yield made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "AVIF"])
def test_pictures_of_every_kind_are_read(workers, kind):
    raw = encoded(60, 120, kind)
    require_picture(raw)
    assert workers.run(decode_photo, raw).shape == (120, 60, 3)


def test_a_picture_of_a_phone_is_turned_upright_and_made_smaller(workers):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = workers.run(decode_photo, encoded(3200, 1600, "JPEG", exif=exif))
    assert pixels.shape == (LARGEST, LARGEST // 2, 3)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (encoded(80, 160, "JPEG")[:900], "damaged"),
        (encoded(80, 160, "PNG")[:300], "damaged"),
        (png_bomb(100_000), "too many pixels"),
        (text_bomb(), "damaged"),
        (encoded(8, 200, "PNG"), "too few"),
        (b"\xff\xd8\xff" + bytes(5000), "no picture"),
        (b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>", "no picture|damaged"),
    ],
    ids=["cut jpeg", "cut png", "100k", "comment", "sliver", "zeros", "script"],
)
def test_what_is_broken_or_hostile_is_refused_with_a_reason(workers, raw, reason):
    require_picture(raw)
    with pytest.raises(RefusedError, match=reason):
        workers.run(decode_photo, raw, Limits(seconds=5, megabytes=700))
    assert workers.run(decode_photo, encoded(40, 80, "PNG")).shape == (80, 40, 3)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(40, 80, "GIF"),
        encoded(40, 80, "TIFF"),
        b"GIF89a/*" + encoded(40, 80, "JPEG"),
        b"PK\x03\x04" + bytes(100),
        b"%PDF-1.7",
    ],
    ids=["nothing", "svg", "gif", "tiff", "gif before jpeg", "zip", "pdf"],
)
def test_other_kinds_are_refused_by_their_first_bytes(raw):
    with pytest.raises(WrongTypeError, match="send jpeg, png"):
        require_picture(raw)
    with pytest.raises(ValueError, match=r"no picture"):
        decode_photo(raw)


def test_a_moving_picture_is_its_first_frame(workers):
    frames = [Image.new("RGB", (40, 80), (shade, 0, 0)) for shade in range(0, 250, 5)]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], loop=0, lossless=True)
    assert int(workers.run(decode_photo, stream.getvalue()).max()) == 0


def test_a_picture_may_take_only_so_much_memory(workers):
    bomb = png_bomb(7_900)  # 62 million pixels in 20 kB
    with pytest.raises(RefusedError, match=r"more than 100 MB of memory|damaged"):
        workers.run(decode_photo, bomb, Limits(megabytes=100))
    assert workers.run(decode_photo, bomb, Limits(megabytes=700)).shape == (LARGEST, LARGEST, 3)
