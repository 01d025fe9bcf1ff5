from __future__ import annotations

from types import SimpleNamespace

import pytest

from cmps.evaluation.fit_evidence import counted
from cmps.understanding.chips import Chip, Description

TOLD = {
    "red": "upper:shirt red",
    "white": "upper:shirt white",
    "cap": "hat:cap",
    "walks": "",
}


def understand(text, language, now, focus):
    chips = tuple(Chip.read(TOLD[word]) for word in text.split() if TOLD[word])
    return SimpleNamespace(description=Description(chips))


@pytest.fixture
def found():
    people = [[("red", "red cap"), ("white", "walks")], [("walks", "walks")], [("red", "cap")]]
    chips = [Chip("upper", "top", ("red",)), Chip("hat", "hat"), Chip("bag", "bag")]
    return counted(people * 100, understand, chips)


def test_a_colour_is_a_share_of_those_whose_colour_is_told_and_a_hat_of_all(found):
    assert found["shares"]["upper:top red"] == pytest.approx(2 / 3, abs=0.03)
    assert found["shares"]["hat:hat"] == pytest.approx(1 / 2, abs=0.02)
    assert found["shares"]["bag:bag"] < 0.01


def test_what_other_captions_add_is_what_a_witness_still_knows_and_does_not_forget(found):
    """Of eight captions four leave the shirt open; other ones tell two witnesses of it."""
    assert found["told"]["upper"] == pytest.approx(0.8 * 2 / 4)
    assert found["told"]["upper:top red"] == pytest.approx(0.8 * 2 / 4, abs=0.01)
    assert found["told"]["hat"] == pytest.approx(0.8 * 4 / 6, abs=0.01)
    assert found["told"]["bag"] == 0
