"""Each language file: it parses, its codes are chips, and its words mean one thing."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import cmps.understanding
from cmps.understanding.chips import Chip
from cmps.understanding.codes import TOPICS, VALUES

FILES = sorted((Path(cmps.understanding.__file__).parent / "languages").glob("*.toml"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def words(request: pytest.FixtureRequest) -> dict[str, Any]:
    return tomllib.loads(request.param.read_text(encoding="utf-8"))


def test_english_is_there() -> None:
    assert "en" in [file.stem for file in FILES]


def test_every_thing_is_a_chip(words: dict[str, Any]) -> None:
    for code in words["things"]:
        assert Chip.read(code).code() == code


def test_every_kind_has_words_and_a_name(words: dict[str, Any]) -> None:
    kinds = {f"{slot}:{value}" for slot, values in VALUES.items() for value in values}
    assert kinds <= {code.split()[0] for code in words["things"]}
    assert kinds == set(words["names"])


def test_no_words_mean_two_things(words: dict[str, Any]) -> None:
    owners = Counter(
        phrase
        for listed in words["things"].values()
        for phrase in {" ".join(one.split()) for one in listed.split(",")}
    )
    assert [phrase for phrase, count in owners.items() if count > 1] == []


def test_every_kind_can_be_asked_for(words: dict[str, Any]) -> None:
    assert set(VALUES) <= set(words["questions"])
    assert set(words["questions"]["open"]) == set(TOPICS)


def test_every_name_has_articles_and_every_form_a_class(words: dict[str, Any]) -> None:
    kinds = {noun.rpartition(" ")[2] for noun in words["names"].values()}
    assert kinds <= set(words["articles"])
    forms = {shown.count("|") + 1 for shown in words["shown"].values() if "|" in shown}
    if forms:
        assert kinds <= set(words["agreement"])
        assert forms == {max(words["agreement"].values()) + 1}


def test_no_slip_corrects_a_word_of_the_list(words: dict[str, Any]) -> None:
    ending = words["endings"]["s"]
    known = {
        " ".join(phrase.replace("{s}", end).split())
        for listed in words["things"].values()
        for phrase in listed.split(",")
        for end in ending
    }
    heard = [one.partition("=")[0].strip() for one in words["slips"]["words"].split(",")]
    assert [word for word in heard if word in known] == []
