from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import numpy as np
import pytest

from cmps.speech import recogniser as room
from cmps.speech.errors import SpeechError
from cmps.speech.recogniser import GROUP, Transcript, open_recogniser, recognisers


class Parrot:
    """A recogniser that says how many threads and samples it was given."""

    languages = frozenset({"en"})

    def __init__(self, threads: int) -> None:
        self.name = "parrot"
        self.threads = threads

    def transcribe(
        self,
        audio: np.ndarray,
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        text = f"a man, {len(audio)} samples, {self.threads} threads"
        return Transcript(text, "en", len(audio) / 16000, 0.0, (), self.name)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("parrot_plugin")
    module.open = Parrot
    monkeypatch.setitem(sys.modules, "parrot_plugin", module)
    points = [
        EntryPoint("parrot", "parrot_plugin:open", GROUP),
        EntryPoint("tiny.en", "parrot_plugin:open", GROUP),
        EntryPoint("mute", "parrot_plugin:missing", GROUP),
        EntryPoint("lost", "no_such_package:open", GROUP),
    ]
    monkeypatch.setattr(room, "entry_points", lambda group: points if group == GROUP else [])


@pytest.mark.usefixtures("plugins")
def test_a_plugin_is_one_function() -> None:
    heard = open_recogniser("parrot", threads=3).transcribe(np.zeros(5, np.float32))
    assert heard.text == "a man, 5 samples, 3 threads"


@pytest.mark.usefixtures("plugins")
def test_a_plugin_cannot_replace_a_built_in_one() -> None:
    assert recognisers()["tiny.en"].value == "cmps.speech.whisper:open_tiny_en"


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["mute", "lost"])
def test_a_broken_plugin_is_named(name: str) -> None:
    with pytest.raises(SpeechError, match=rf"^recogniser {name}: .* cannot be loaded"):
        open_recogniser(name, threads=1)


def test_built_in_ones_load() -> None:
    for point in room.BUILT_IN:
        assert callable(point.load())


def test_a_transcript_does_not_change() -> None:
    heard = Transcript("a man", "en", 1.0, 0.1, ((0.0, 1.0),), "parrot")
    with pytest.raises(AttributeError):
        heard.text = "a woman"
