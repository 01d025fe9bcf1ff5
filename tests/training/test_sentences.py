"""Sentences in several forms, and those that describe no picture."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from tiny import make_tiny  # noqa: E402

from cmps.training.sentences import CaptionBank, recombine, without_pictures  # noqa: E402

CAPTIONS = {
    3: ["A person, in a red coat, with a bag on the left.", "Somebody wearing blue."],
    8: ["A person with a green bag."],
}
OTHERS = ["A woman wearing white.", "A person in black."]


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("sentences") / "made").language


def test_two_captions_make_a_third():
    random = np.random.default_rng(1)
    first, second = "A man in a red coat, with a bag.", "She runs, wearing black shoes."
    made = {recombine(first, second, random) for _ in range(50)}
    assert len(made) > 3
    assert all(one.startswith("A man in a red coat") for one in made)
    assert all(one.endswith("black shoes.") for one in made)


def test_sentences_without_pictures_come_as_they_are_varied_and_put_together():
    known = CAPTIONS[3]
    made = without_pictures(known, OTHERS, 5, np.random.default_rng(0))
    assert made[:2] == OTHERS
    assert len(made) == 2 + 2 + 5
    assert made == without_pictures(known, OTHERS, 5, np.random.default_rng(0))


def test_every_form_knows_its_picture(language):
    bank = CaptionBank(CAPTIONS, language, forms=2, others=OTHERS)
    assert bank.rows == [3, 8]
    assert bank.texts[-2:] == OTHERS
    assert bank.described[-2:].tolist() == [-1, -1]
    assert set(bank.described[:-2].tolist()) == {3, 8}
    assert len(bank.words) == len(bank.pieces) == len(bank.texts) == len(bank.described)


def test_a_mirrored_picture_gets_left_and_right_exchanged(language):
    bank = CaptionBank({3: CAPTIONS[3][:1]}, language, forms=0)
    random = np.random.default_rng(0)
    assert "left" in bank.texts[bank.draw(3, False, 0.0, random)]
    assert "right" in bank.texts[bank.draw(3, True, 0.0, random)]


def test_altered_forms_are_drawn_by_their_chance(language):
    bank = CaptionBank({3: CAPTIONS[3][:1]}, language, forms=3)
    random = np.random.default_rng(0)
    plain = {bank.texts[bank.draw(3, False, 0.0, random)] for _ in range(20)}
    varied = {bank.texts[bank.draw(3, False, 1.0, random)] for _ in range(20)}
    assert plain == {CAPTIONS[3][0]}
    assert not varied & plain


def test_others_are_drawn_from_those_without_a_picture(language):
    bank = CaptionBank(CAPTIONS, language, others=OTHERS)
    drawn = bank.draw_others(20, np.random.default_rng(0))
    assert {bank.texts[place] for place in drawn} == set(OTHERS)
    alone = CaptionBank(CAPTIONS, language)
    assert len(alone.draw_others(5, np.random.default_rng(0))) == 5


def test_words_are_hidden_by_their_chance(language):
    bank = CaptionBank(CAPTIONS, language)
    random = np.random.default_rng(0)
    whole = bank.spell([0, 1], 0.0, random)
    assert whole["ids"].shape == whole["ids_mask"].shape
    assert not (whole["ids"][~whole["ids_mask"]]).any()
    hidden = bank.spell([0, 1], 1.0, random)
    assert (hidden["pieces"][hidden["pieces_mask"]] == 1).all()
