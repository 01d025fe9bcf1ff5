from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sounds import AUDIO, SENTENCE, Encode, noises

from cmps.evaluation.metrics import words_of
from cmps.speech.errors import SpeechError
from cmps.speech.listening import listen
from cmps.speech.recogniser import Recogniser, Transcript


class Says:
    """A recogniser that always says the same."""

    name = "says"
    languages = frozenset({"en"})

    def __init__(self, text: str) -> None:
        self.text = text

    def transcribe(
        self,
        audio: np.ndarray,
        language: str = "en",
        quick: bool = False,
        readings: bool = True,
    ) -> Transcript:
        seconds = len(audio) / 16000
        return Transcript(self.text, "en", seconds, 0.0, ((0.0, seconds),), self.name)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "webm", "mp3", "m4a"])
def test_the_sentence_is_heard_in_every_format(tiny_en: Recogniser, ending: str) -> None:
    heard = listen(AUDIO / f"woman-black-bag.{ending}", tiny_en)
    assert words_of(heard.text) == words_of(SENTENCE)


def test_a_webm_that_was_cut_off_is_heard_as_far_as_it_goes(tiny_en: Recogniser) -> None:
    content = (AUDIO / "woman-black-bag.webm").read_bytes()
    heard = listen(content[: 7 * len(content) // 10], tiny_en)
    assert heard.text.startswith("A woman with long hair")
    assert "black bag" not in heard.text


def test_times_are_those_of_the_recording(encode: Encode) -> None:
    from cmps.speech.decoding import decode

    gap = np.zeros(2 * 16000)
    content = encode(np.concatenate([gap, decode(AUDIO / "woman-black-bag.wav"), gap]))
    heard = listen(content, Says("a man"))
    assert heard.audio_seconds == pytest.approx(7.64, abs=0.1)
    assert heard.spans[0][0] == pytest.approx(2, abs=0.4)
    assert heard.seconds > 0


@pytest.mark.parametrize("sound", list(noises()))
def test_noise_is_not_searched_with(tmp_path: Path, encode: Encode, sound: str) -> None:
    path = tmp_path / f"{sound}.wav"
    path.write_bytes(encode(noises()[sound]))
    with pytest.raises(SpeechError, match=rf"^{sound}\.wav: no speech was heard; check the mic"):
        listen(path, Says("a man"))


@pytest.mark.parametrize("text", ["Thank you.", "you", "Thanks for watching! " * 9])
def test_words_that_describe_nobody_are_not_searched_with(text: str) -> None:
    path = AUDIO / "woman-black-bag.ogg"
    with pytest.raises(
        SpeechError, match=r"^woman-black-bag\.ogg: no speech was heard that describes"
    ) as caught:
        listen(path, Says(text))
    assert len(str(caught.value)) < 220
    assert listen(path, Says(text), guard=False).text == text


def test_silence_of_the_recogniser_is_no_speech() -> None:
    with pytest.raises(SpeechError, match=r"^phone: no speech was heard; check"):
        listen((AUDIO / "woman-black-bag.ogg").read_bytes(), Says(""), name="phone", guard=False)


def test_the_limit_is_passed_on() -> None:
    with pytest.raises(SpeechError, match=r"at most 0\.02 are taken"):
        listen(AUDIO / "woman-black-bag.ogg", Says("a man"), minutes=0.02)


def test_the_manifest_lists_every_recording(manifest: list[dict[str, str]]) -> None:
    files = {path.name for path in AUDIO.iterdir()} - {"manifest.jsonl"}
    assert {line["audio"] for line in manifest} == files
    assert sum((AUDIO / name).stat().st_size for name in files) < 600_000
    for line in manifest:
        assert {"text", "voice", "engine", "licence", "duration"} <= line.keys()
