"""The measured set of descriptions, and what is understood of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmps.evaluation.utterances import Score, chips_of, main, read_utterances, score
from cmps.understanding.chips import ChipError
from cmps.understanding.language import languages

FILE = Path(__file__).parents[1] / "data" / "utterances.jsonl"
FLOOR = 0.95
"""Just below the F1 that docs/understanding.md reports."""


@pytest.mark.parametrize("half", ["dev", "held"])
def test_descriptions_are_understood(half: str) -> None:
    chosen = [one for one in read_utterances(FILE) if one.half == half and one.language == "en"]
    assert len(chosen) >= 140
    assert score((chips_of(one), one.chips) for one in chosen).f1 >= FLOOR


@pytest.mark.parametrize("language", [one for one in languages() if one != "en"])
def test_other_languages_are_understood(language: str) -> None:
    chosen = [one for one in read_utterances(FILE) if one.language == language]
    assert len(chosen) >= 20
    assert score((chips_of(one), one.chips) for one in chosen).f1 >= FLOOR


def test_the_table_in_the_docs_is_what_comes_out() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "understanding.md").read_text().splitlines()
    names = dict(en="English", de="German", es="Spanish", fr="French", zh="Chinese")
    everything = read_utterances(FILE)
    for language, half in sorted({(one.language, one.half) for one in everything}):
        rows = [one for one in everything if (one.language, one.half) == (language, half)]
        found = score((chips_of(one), one.chips) for one in rows)
        figures = f"{found.precision:.3f} | {found.recall:.3f} | {found.f1:.3f}"
        row = f"| {names[language]}, {half} | {len(rows)} | {found.expected} | {figures} |"
        assert row in lines


def test_every_sentence_is_there_once() -> None:
    said = [(one.before, one.text, one.language) for one in read_utterances(FILE)]
    assert len(said) >= 300
    assert len(set(said)) == len(said)


def test_a_chip_counts_only_where_all_of_it_is_right() -> None:
    pairs = [(["hat:cap red", "bag:bag"], ["hat:cap blue", "bag:bag"])]
    assert score(pairs) == Score(1, 2, 2)
    assert score(pairs, "bag").f1 == 1
    assert score(pairs, "hat").f1 == 0


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"text": "a hat", "half": "dev", "chips": ["hat:crown"]}\n')
    with pytest.raises(ChipError, match="line 1"):
        read_utterances(file)


def test_it_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"text": "a hat", "half": "held", "chips": ["hat:cap"]}\n')
    assert main([str(file), "--wrong", "held"]) == 0
    printed = capsys.readouterr().out
    assert "missing ['hat:cap']" in printed
    assert "ms a sentence" in printed
