"""One way from a picture file to pixels; cutting, turning and refusing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from fakes import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cmps.datasets import decoding as room
from cmps.datasets.decoding import PictureError, open_image, read_picture
from cmps.datasets.picture import DatasetError, Picture


def jpeg(size=(20, 50), colour=(200, 30, 30), **options):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("box", [(30, 0, 5, 5), (0, 60, 5, 5), (-9, 0, 5, 5)])
def test_a_box_outside_the_picture_is_refused(tmp_path, box):
    with pytest.raises(PictureError, match="lies outside the picture"):
        read_picture(drawn(tmp_path / "a.png", "red", "blue", box=box))


def test_a_box_over_the_edge_is_cut(tmp_path):
    picture = drawn(tmp_path / "a.png", "red", "blue", box=(-4, 50, 10, 100))
    raw, image = read_picture(picture)
    assert image.size == (6, 10)
    assert raw == picture.path.read_bytes()


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1", "LA"])
def test_every_colour_mode_is_read_as_rgb(mode):
    buffer = io.BytesIO()
    image = Image.new(mode, (6, 12))
    image.save(buffer, "TIFF" if mode == "CMYK" else "PNG")
    opened = open_image(buffer.getvalue(), "a picture")
    assert opened.mode == "RGB"
    assert np.asarray(opened).shape == (12, 6, 3)


def test_a_phones_picture_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # held so that the picture must be turned by a quarter
    assert open_image(jpeg((50, 20), exif=exif), "a picture").size == (20, 50)


def test_a_picture_of_too_many_pixels_is_refused(monkeypatch):
    monkeypatch.setattr(room, "LARGEST_PIXELS", 900)
    with pytest.raises(PictureError, match="20x50 pixels are too many; crop the person"):
        open_image(jpeg(), "huge.jpg")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_open_or_are_refused_in_one_line(data):
    raw = bytearray(jpeg())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    try:
        opened = open_image(bytes(raw[:cut]), "a picture")
    except PictureError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert opened.mode == "RGB"
    assert refusal == "" or refusal.startswith("a picture: ")


def test_a_box_is_cut_out(tmp_path):
    frame = np.zeros((20, 30, 3), np.uint8)
    frame[5:15, 10:14] = (9, 8, 7)
    Image.fromarray(frame).save(tmp_path / "frame.png")
    cut = np.asarray(read_picture(Picture(tmp_path / "frame.png", box=(10, 5, 4, 10)))[1])
    assert cut.shape == (10, 4, 3)
    assert (cut == (9, 8, 7)).all()


def test_a_missing_file_is_an_error_of_the_data_set(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.png: cannot be read \(No such file"):
        read_picture(Picture(tmp_path / "gone.png"))
