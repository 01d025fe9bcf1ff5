from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sounds import AUDIO, SENTENCE, noises

from cmps.evaluation.metrics import word_error_rate, words_of
from cmps.speech.activity import trim
from cmps.speech.decoding import SAMPLE_RATE, decode
from cmps.speech.errors import SpeechError
from cmps.speech.packaged import BASE_PARTS, tiny_en_folder
from cmps.speech.recogniser import Recogniser, open_recogniser
from cmps.speech.vocabulary import describes_person, prompt
from cmps.speech.whisper import READINGS, Whisper

# more than a window, so that the model's own loop over windows hears it
LONG = np.ones(31 * SAMPLE_RATE, np.float32)


class Scripted:
    """A model that hears one thing with a prompt and another without."""

    supported_languages: tuple[str, ...] = ("en",)

    def __init__(self, prompted: str, plain: str, probability: float, silence: float) -> None:
        self.texts = {prompt(): prompted, None: plain}
        self.asked: list[str | None] = []
        self.probability, self.silence = probability, silence

    def transcribe(self, audio: np.ndarray, initial_prompt: str | None, **options: object):
        self.asked.append(initial_prompt)
        text = self.texts[initial_prompt]
        part = SimpleNamespace(
            text=f" {text}",
            avg_logprob=self.probability,
            no_speech_prob=self.silence,
            compression_ratio=len(text) / len(zlib.compress(text.encode())),
        )
        return iter([part] if text else []), None


def hear(model: Scripted) -> str:
    return Whisper("scripted", model).transcribe(LONG).text


def test_a_clear_sentence_is_heard_once() -> None:
    model = Scripted(SENTENCE, "never asked", probability=-0.1, silence=0.0)
    assert hear(model) == SENTENCE
    assert model.asked == [prompt()]


@pytest.mark.parametrize(("probability", "silence"), [(-0.6, 0.0), (-0.1, 0.5)])
def test_the_prompt_repeated_from_noise_is_dropped(probability: float, silence: float) -> None:
    model = Scripted("A man with short hair, khaki shorts.", "you", probability, silence)
    assert hear(model) == "you"
    assert hear(Scripted(prompt(), "", probability, silence)) == ""


def test_a_decoder_that_goes_round_in_circles_is_asked_again_without_the_prompt() -> None:
    circles = "A man is wearing dark shorts" + ", a black shirt" * 30
    model = Scripted(circles, "A man is wearing dark shorts, is walking.", -0.1, 0.0)
    assert hear(model) == "A man is wearing dark shorts, is walking."


def test_a_doubtful_sentence_that_comes_back_keeps_its_spelling() -> None:
    model = Scripted("a man with a red handbag", "a man with a red hand bag", -0.7, 0.1)
    assert hear(model) == "a man with a red handbag"


def test_the_packaged_model_hears_the_sentence(tiny_en: Recogniser) -> None:
    audio = decode(AUDIO / "woman-black-bag.wav")
    heard = tiny_en.transcribe(audio)
    assert words_of(heard.text) == words_of(SENTENCE)
    assert heard.recogniser == tiny_en.name == "tiny.en"
    assert heard.language == "en"
    assert heard.audio_seconds == pytest.approx(3.64, abs=0.1)
    assert heard.spans == ((0.0, heard.audio_seconds),)
    assert heard.seconds > 0
    assert tiny_en.transcribe(audio).words == heard.words


def test_what_else_may_have_been_said(tiny_en: Recogniser) -> None:
    heard = tiny_en.transcribe(decode(AUDIO / "man-red-hoodie.ogg"))
    assert "red hoodie" in heard.text
    assert 1 <= len(heard.readings) <= READINGS - 1
    assert len({heard.text, *heard.readings}) == 1 + len(heard.readings)
    # all of them are about the same words
    assert all("jeans" in one for one in heard.readings)


def test_no_audio_is_no_text(tiny_en: Recogniser) -> None:
    heard = tiny_en.transcribe(np.empty(0, np.float32))
    assert (heard.text, heard.spans, heard.audio_seconds) == ("", (), 0.0)


def test_speech_longer_than_a_window_keeps_its_words(tiny_en: Recogniser) -> None:
    names = ["old-man-brown-coat", "girl-yellow-backpack", "child-checked-skirt"]
    parts = [decode(AUDIO / f"{name}.ogg") for name in names]
    heard = tiny_en.transcribe(np.concatenate(parts * 3))
    assert heard.audio_seconds > 45
    assert heard.text.lower().count("yellow backpack") == 3


def test_the_shipped_sentences_are_heard(
    tiny_en: Recogniser, manifest: list[dict[str, str]]
) -> None:
    lines = [line for line in manifest if line["audio"].endswith(".ogg")][::2]
    pairs = [
        (line["text"], tiny_en.transcribe(trim(decode(AUDIO / line["audio"]))[0]).text)
        for line in lines
    ]
    assert word_error_rate(pairs) < 8


@pytest.mark.parametrize("sound", ["silence", "hiss", "beating", "whistle"])
def test_noise_that_passes_for_speech_describes_nobody(tiny_en: Recogniser, sound: str) -> None:
    assert not describes_person(tiny_en.transcribe(noises()[sound]).text)


def test_a_local_folder_loads(tmp_path: Path) -> None:
    folder = tmp_path / "my model"
    folder.mkdir()
    for file in tiny_en_folder().iterdir():
        (folder / file.name).symlink_to(file)
    recogniser = open_recogniser(str(folder), threads=1)
    assert recogniser.name == str(folder)
    audio = decode(AUDIO / "woman-black-bag.ogg")
    assert words_of(recogniser.transcribe(audio).text) == words_of(SENTENCE)


@pytest.mark.parametrize("missing", ["config.json", "model.bin", "tokenizer.json"])
def test_an_incomplete_folder_is_named(tmp_path: Path, missing: str) -> None:
    for file in tiny_en_folder().iterdir():
        if file.name != missing:
            (tmp_path / file.name).symlink_to(file)
    with pytest.raises(SpeechError, match=rf"has no {missing}; it must hold"):
        open_recogniser(str(tmp_path), threads=1)


@pytest.mark.parametrize("damaged", ["model.bin", "tokenizer.json", "config.json"])
def test_a_damaged_folder_is_named(tmp_path: Path, damaged: str) -> None:
    for file in tiny_en_folder().iterdir():
        if file.name == damaged:
            (tmp_path / damaged).write_bytes(b"not this")
        else:
            (tmp_path / file.name).symlink_to(file)
    with pytest.raises(SpeechError, match="does not load") as caught:
        open_recogniser(str(tmp_path), threads=1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["tinny.en", "/no/such/folder", "./models", "~/a", ""])
def test_an_unknown_name_says_what_there_is(name: str) -> None:
    with pytest.raises(SpeechError, match=r"no such folder and no known name; choose base, tiny"):
        open_recogniser(name, threads=1)


@pytest.mark.parametrize("name", ["nobody/no-such-whisper", "small.en"])
def test_a_hub_model_that_is_not_here_is_named(tmp_path: Path, name: str) -> None:
    # another process: the hub client reads its settings when it is imported
    code = (
        "from cmps.speech.recogniser import open_recogniser\n"
        "from cmps.speech.errors import SpeechError\n"
        f"try: open_recogniser({name!r}, 1)\n"
        "except SpeechError as error: print(error)\n"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith(f"recogniser {name}: cannot be fetched from the hub")
    assert said.stdout.count("\n") == 1


def test_a_hub_model_that_was_fetched_before_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetched(name: str, local_files_only: bool) -> str:
        asked.append((name, local_files_only))
        return str(tiny_en_folder())

    monkeypatch.setattr("faster_whisper.download_model", fetched)
    assert open_recogniser("somebody/whisper", threads=1).name == "somebody/whisper"
    assert asked == [("somebody/whisper", True)]


@pytest.mark.slow
@pytest.mark.skipif(find_spec(BASE_PARTS[0]) is None, reason="the extra whisper-base is missing")
def test_the_base_model_loads_from_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMPS_CACHE", str(tmp_path))
    recogniser = open_recogniser("base", threads=2)
    audio = decode(AUDIO / "woman-black-dress.ogg")
    assert "red handbag on her left shoulder" in recogniser.transcribe(audio).text
    backwards = decode(AUDIO / "child-checked-skirt.ogg")[::-1].copy()
    assert "khaki shorts" not in recogniser.transcribe(backwards).text
    shutil.rmtree(tmp_path / "whisper-base")


def test_a_quick_recognition_hears_nearly_the_same(
    tiny_en: Recogniser, manifest: list[dict[str, str]]
) -> None:
    lines = [line for line in manifest if line["audio"].endswith(".ogg")][::3]
    pairs = [
        (line["text"], tiny_en.transcribe(trim(decode(AUDIO / line["audio"]))[0], quick=True).text)
        for line in lines
    ]
    assert word_error_rate(pairs) < 12


def test_what_is_too_long_for_a_quick_recognition_is_heard_whole(
    tiny_en: Recogniser, manifest: list[dict[str, str]]
) -> None:
    lines = [line for line in manifest if line["audio"].endswith(".ogg")]
    sounds: list[np.ndarray] = []
    while sum(map(len, sounds)) < 23 * SAMPLE_RATE:
        sounds.append(trim(decode(AUDIO / lines[len(sounds)]["audio"]))[0])
    heard = tiny_en.transcribe(np.concatenate(sounds), quick=True)
    said = " ".join(line["text"] for line in lines[: len(sounds)])
    assert word_error_rate([(said, heard.text)]) < 12


@pytest.mark.parametrize("sound", ["silence", "hiss"])
def test_a_quick_recognition_of_noise_describes_nobody(tiny_en: Recogniser, sound: str) -> None:
    assert not describes_person(tiny_en.transcribe(noises()[sound], quick=True).text)


def test_an_english_model_says_so_to_others(tiny_en: Recogniser) -> None:
    assert tiny_en.languages == {"en"}
    with pytest.raises(SpeechError, match=r"^recogniser tiny\.en hears English only, not 'fr'; "):
        tiny_en.transcribe(np.zeros(16000, np.float32), language="fr")


def test_other_languages_are_heard_without_the_english_prompt() -> None:
    model = Scripted("never asked", "une dame en manteau rouge", -0.7, 0.1)
    model.supported_languages = ("en", "fr")
    heard = Whisper("scripted", model).transcribe(LONG, language="fr")
    assert (heard.text, heard.language) == ("une dame en manteau rouge", "fr")
    assert model.asked == [None]
