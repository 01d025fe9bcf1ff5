from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cmps.datasets.picture import DatasetError, Picture
from cmps.evaluation.pictures import BATCH, decode, encode_pictures, read_distractors


def test_pictures_are_decoded_as_for_indexing(tmp_path):
    Image.new("CMYK", (30, 20)).save(tmp_path / "frame.tif")
    cut = decode(Picture(tmp_path / "frame.tif", box=(-5, 15, 10, 10)))
    assert cut.shape == (5, 5, 3)
    assert cut.dtype == np.uint8


def test_order_survives_batches_and_threads(tmp_path, painter, image_encoder):
    pictures = []
    for number in range(BATCH + 7):
        path = tmp_path / f"{number}.png"
        painter(path, (number * 3, 255 - number * 3, 0))
        pictures.append(Picture(path))
    gallery = encode_pictures(pictures, image_encoder)
    assert image_encoder.batches == [BATCH, 7]
    assert gallery.pictures == pictures
    ratio = gallery.embeddings[:, 0] / gallery.embeddings[:, 1]
    assert (np.diff(ratio) > 0).all()
    assert gallery.pyramids.shape == (BATCH + 7, 2, 4)
    assert gallery.foregrounds.shape == (BATCH + 7, 2)


def test_unreadable_pictures_are_left_out_where_allowed(tmp_path, painter, image_encoder):
    painter(tmp_path / "good.png", (1, 2, 3))
    pictures = [Picture(tmp_path / name) for name in ("gone.png", "good.png")]
    errors = []
    gallery = encode_pictures(pictures, image_encoder, on_error=errors.append)
    assert [picture.path.name for picture in gallery.pictures] == ["good.png"]
    assert len(gallery.embeddings) == 1
    assert "gone.png: cannot be read" in str(errors[0])
    empty = encode_pictures(pictures[:1], image_encoder, on_error=errors.append)
    assert empty.embeddings.shape == (0, 256)
    assert (gallery + empty).pictures == gallery.pictures


def test_distractors_never_show_people_sought(tmp_path, painter):
    names = ["0002_c1s1_000451_03.jpg", "0003_c1s1_000451_03.jpg", "other.png"]
    for name in names:
        painter(tmp_path / name, (0, 0, 0))
    kept, left_out = read_distractors(tmp_path, frozenset({"market:0002"}))
    assert [picture.path.name for picture in kept] == names[1:]
    assert all(picture.person is None for picture in kept)
    assert left_out == 1


def test_distractors_need_a_folder_of_pictures(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_distractors(Path("/nowhere"), frozenset())
    with pytest.raises(DatasetError, match="no pictures"):
        read_distractors(tmp_path, frozenset())
