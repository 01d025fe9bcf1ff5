from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from speaking_fakes import FESTIVAL, TEXT2WAVE, install

from cmps.speaking import voices
from cmps.speaking.installed import default_voices, installed_voices
from cmps.speaking.voices import SpeakingError, label, open_voice


@pytest.mark.parametrize("spec", ["flite", "flite:", "parrot:polly", ""])
def test_a_spec_must_name_engine_and_voice(spec):
    with pytest.raises(SpeakingError, match="name a voice as engine:voice, of flite, festival"):
        open_voice(spec)


def test_an_engine_that_is_not_installed_is_named(monkeypatch, tmp_path):
    (tmp_path / "a.onnx.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SpeakingError, match=r"a\.onnx: the engine is not installed"):
        open_voice(f"piper:{tmp_path / 'a.onnx'}")
    monkeypatch.setenv("PATH", "")
    for spec, message in (
        ("flite:slt", "flite is not installed; apt install flite"),
        ("festival:kal_diphone", "text2wave is not installed; apt install festival"),
        ("espeak:en-us", "espeak-ng is not installed; apt install espeak-ng"),
    ):
        with pytest.raises(SpeakingError, match=message):
            open_voice(spec)


def test_flite_speaks_through_its_program(flite):
    voice = open_voice("flite:slt")
    samples, rate = voice.say("hello")
    assert (rate, samples.shape, samples.dtype) == (8000, (200,), np.float32)
    assert np.array_equal(samples, voice.say("hello")[0])
    with pytest.raises(SpeakingError, match="flite:slt did not speak: no breath"):
        voice.say("fail")
    with pytest.raises(SpeakingError, match=r"^flite has no voice slt2; it has kal kal16 rms slt"):
        open_voice("flite:slt2")


def test_festival_speaks_what_it_can_read(flite, tmp_path):
    install(flite, "festival", FESTIVAL)
    install(flite, "text2wave", TEXT2WAVE)
    samples, rate = open_voice("festival:kal_diphone").say("A girl’s “café”")
    assert rate == 16000
    # the program writes the codes of the letters that it was given
    assert "".join(chr(round(value * 32768)) for value in samples) == 'A girl\'s "cafe"'
    with pytest.raises(SpeakingError, match="festival has no voice slt; it has kal_diphone"):
        open_voice("festival:slt")


def test_a_program_that_writes_no_sound_is_named(flite):
    install(flite, "espeak-ng", f"#!{sys.executable}\nimport sys; open(sys.argv[4], 'w').close()\n")
    with pytest.raises(SpeakingError, match="espeak:en-us did not speak"):
        open_voice("espeak:en-us").say("hello")


def test_piper_joins_sentences_without_chance(monkeypatch, tmp_path):
    asked = []

    class Engine:
        def __init__(self, session, config):
            asked.append((session, config))

        def synthesize(self, text, manner):
            asked.append(manner)
            for part in filter(None, text.split(".")):
                yield SimpleNamespace(
                    audio_float_array=np.full(len(part), 0.5, np.float32), sample_rate=22050
                )

    config = SimpleNamespace(PiperConfig=SimpleNamespace(from_dict=lambda given: given))
    piper = SimpleNamespace(PiperVoice=Engine, SynthesisConfig=dict)
    monkeypatch.setitem(sys.modules, "piper", piper)
    monkeypatch.setitem(sys.modules, "piper.config", config)
    monkeypatch.setattr(voices, "_session", lambda path: path.name)
    path = tmp_path / "joe.onnx"
    path.with_name("joe.onnx.json").write_text(json.dumps({"rate": 1}))
    voice = open_voice(f"piper:{path}")
    samples, rate = voice.say("ab.cd")
    assert (voice.name, len(samples), rate) == ("joe", 4, 22050)
    assert asked == [("joe.onnx", {"rate": 1}), {"noise_scale": 0.0, "noise_w_scale": 0.0}]
    with pytest.raises(SpeakingError, match="piper:joe did not speak"):
        voice.say("")
    with pytest.raises(SpeakingError, match="the voice cannot be read"):
        open_voice(f"piper:{tmp_path / 'gone.onnx'}")


def test_the_name_of_a_voice_does_not_depend_on_where_its_file_lies():
    assert label("piper:/a/joe.onnx") == label("piper:b/joe.onnx") == "piper:joe"
    assert label("espeak:en-us+f3") == "espeak:en-us+f3"


def test_too_few_voices_are_refused_with_the_way_out(flite):
    found = installed_voices()
    assert [spec for spec in found if spec.startswith("flite:")] == [
        "flite:kal16",
        "flite:rms",
        "flite:slt",
    ]
    with pytest.raises(SpeakingError, match=r"found \d voices of .* apt install flite festival"):
        default_voices()


def test_eight_voices_of_two_engines_are_enough(flite, monkeypatch):
    from cmps.speaking import installed

    names = ["cmu_us_slt", "kal_diphone", "ked_diphone", "rab_diphone", "us1_mbrola", "ita_lp"]
    monkeypatch.setattr(installed, "festival_voices", lambda: names)
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    monkeypatch.setenv("CMPS_CACHE", str(Path("nowhere")))
    assert default_voices() == [
        "flite:kal16",
        "flite:rms",
        "flite:slt",
        *(f"festival:{name}" for name in names[:-1]),
    ]
    monkeypatch.setattr(installed, "FLITE", ())
    with pytest.raises(SpeakingError, match="found 5 voices of 1 engines"):
        default_voices()
