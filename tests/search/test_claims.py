from __future__ import annotations

import pytest

from cmps.search.claims import allows, entails, verdict
from cmps.understanding.chips import Chip


@pytest.mark.parametrize(
    ("known", "asked", "expected"),
    [
        ("who:woman", "who:female", True),
        ("who:female", "who:woman", False),
        ("who:girl", "who:child", True),
        ("who:girl", "who:male", False),
        ("who:woman age=70-79", "who:person age=65-100", True),
        ("who:woman", "who:person age=65-100", False),
        ("upper:jacket black", "upper:top black", True),
        ("upper:jacket dark-blue", "upper:top blue", True),
        ("upper:jacket dark-blue", "upper:top dark", True),
        ("upper:jacket blue", "upper:top dark-blue", False),
        ("upper:shirt white sleeve=short", "upper:top sleeve=short", True),
        ("upper:shirt white +red pattern=striped", "upper:shirt +red", True),
        ("bag:backpack", "bag:bag", True),
        ("bag:backpack", "bag:handbag", False),
        ("hair:bald", "hair:hair", False),
        ("hat:cap", "bag:bag", False),
    ],
)
def test_what_a_chip_implies(known, asked, expected):
    assert entails(Chip.read(known), Chip.read(asked)) is expected
    if expected:
        assert allows(Chip.read(known), Chip.read(asked))


@pytest.mark.parametrize(
    ("known", "asked", "expected"),
    [
        (["upper:jacket", "upper:shirt white"], "upper:top red", "unknown"),
        (["upper:jacket black", "upper:shirt white"], "upper:top red", "no"),
        (["upper:jacket black", "upper:shirt white"], "upper:top white", "yes"),
        (["lower:jeans blue"], "lower:shorts", "no"),
        (["lower:trousers"], "lower:jeans", "unknown"),
        (["hair:hair length=long"], "hair:hair length=short", "no"),
        (["hair:hair length=long"], "hair:hair black", "unknown"),
        (["not bag:bag"], "bag:backpack", "no"),
        (["not bag:backpack"], "bag:bag", "unknown"),
        (["who:man"], "who:female", "no"),
        (["who:man"], "who:child", "no"),
        (["who:female"], "who:child", "unknown"),
        (["who:girl"], "who:person age=65-100", "no"),
        ([], "hat:cap", "unknown"),
    ],
)
def test_what_is_known_answers(known, asked, expected):
    assert verdict([Chip.read(one) for one in known], Chip.read(asked)) == expected
