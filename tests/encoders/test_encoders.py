"""The shipped networks themselves: shapes, determinism, and that they see and read colours."""

import numpy as np
import pytest

from cmps.encoders.image import OnnxImageEncoder
from cmps.encoders.text import (
    OnnxTextEncoder,
    PairedTextEncoder,
    encode_readings,
    open_text_encoder,
)


@pytest.fixture(scope="module")
def image():
    return OnnxImageEncoder.open()


@pytest.fixture(scope="module", params=["fast", "accurate"])
def text(request):
    return open_text_encoder(request.param)


def test_any_picture_size_gives_one_encoding_each(image):
    random = np.random.default_rng(0)
    shapes = [(192, 96), (33, 20), (600, 250)] * 7  # more than one batch
    pictures = [random.integers(0, 255, (*shape, 3), np.uint8) for shape in shapes]
    encodings = image.encode(pictures)
    assert len(encodings) == 21
    for encoding in encodings:
        assert encoding.pyramid.shape == (28, 128)
        np.testing.assert_allclose(np.linalg.norm(encoding.embedding), 1, atol=1e-4)
        assert ((encoding.foreground >= 0) & (encoding.foreground <= 1)).all()


def test_a_picture_says_the_same_alone_and_in_a_batch(image):
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 255, (192, 96, 3), np.uint8) for _ in range(5)]
    batch = image.encode(pictures)
    alone = image.encode(pictures[3:4])[0]
    np.testing.assert_allclose(batch[3].embedding, alone.embedding, atol=1e-4)


def test_no_picture_no_encoding(image):
    assert image.encode([]) == []


def test_sentences_give_unit_vectors_and_weighted_words(text):
    encoding = text.encode("A woman with long hair in a white top carrying a black bag.")
    np.testing.assert_allclose(np.linalg.norm(encoding.embedding), 1, atol=1e-4)
    assert len(encoding.words) == len(encoding.attention) >= 13
    assert ((encoding.attention >= 0) & (encoding.attention <= 1)).all()


def test_rewording_is_nearer_than_other_clothes(text):
    said, again, other = (
        text.encode(sentence).embedding
        for sentence in (
            "A man wearing a red jacket and black trousers.",
            "He has a red coat on, and dark pants.",
            "A woman in a white dress with a blue handbag.",
        )
    )
    assert said @ again > said @ other + 0.1


def test_a_sentence_may_be_long_but_not_empty(text):
    long = text.encode("a red coat and " * 200)
    assert len(long.words) <= 72
    with pytest.raises(ValueError, match="holds no word"):
        text.encode(" … !")


def test_several_readings_are_encoded_to_their_mean(text):
    heard = encode_readings(text.encode, "a read coat", ("a red coat", "…"))
    read, red = text.encode("a read coat"), text.encode("a red coat")
    mean = read.embedding + red.embedding
    np.testing.assert_allclose(heard.embedding, mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_array_equal(heard.words, read.words)
    np.testing.assert_array_equal(
        encode_readings(text.encode, "a read coat").embedding, read.embedding
    )


def test_a_pair_lies_between_its_networks():
    fast, accurate = OnnxTextEncoder.open("fast"), OnnxTextEncoder.open("accurate")
    sentence = "A man in a red coat."
    one, other = accurate.encode(sentence).embedding, fast.encode(sentence).embedding
    both = PairedTextEncoder(accurate, fast).encode(sentence)
    np.testing.assert_allclose(np.linalg.norm(both.embedding), 1, atol=1e-5)
    assert both.embedding @ one > both.embedding @ other > one @ other
    np.testing.assert_array_equal(both.words, accurate.encode(sentence).words)
