from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import AUDIO

from cmps.speech.vocabulary import describes_person, prompt, vocabulary


@pytest.mark.parametrize(
    "text",
    [
        "A woman with long hair in a white top carrying a black bag.",
        "Red.",
        "two SCARVES",
        "The one with braids",
        "T-shirt, long-haired",
        "somebody old, grey-haired, in glasses",
        "a guy",
        "women's dresses",
    ],
)
def test_descriptions_pass(text: str) -> None:
    assert describes_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " . . . ",
        "Thank you.",
        "Thanks for watching!",
        "you",
        "Bye.",
        "Hi guys, thank you guys.",
        "I'm sorry.",
        "Please subscribe to my channel.",
        "(upbeat music)",
        "I don't know what to do.",
    ],
)
def test_what_whisper_invents_from_noise_does_not_pass(text: str) -> None:
    assert not describes_person(text)


def test_every_shipped_sentence_passes() -> None:
    lines = (AUDIO / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(describes_person(json.loads(line)["text"]) for line in lines)


@given(st.sampled_from(sorted(vocabulary().words)), st.booleans())
def test_every_listed_word_passes_alone(word: str, upper: bool) -> None:
    assert describes_person(f"um, {word.upper() if upper else word}.")


def test_the_prompt_describes_a_person_on_one_line() -> None:
    assert describes_person(prompt())
    assert "\n" not in prompt()


@pytest.mark.slow
def test_real_captions_pass(data_pack) -> None:
    file = data_pack / "captions_text_only.txt"
    if not file.is_file():
        pytest.skip(f"no {file}; gunzip the data pack's captions_text_only.txt.gz there")
    captions = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(captions) > 5000
    assert all(map(describes_person, captions))
