from __future__ import annotations

import numpy as np
import pytest
from sounds import AUDIO, noises

from cmps.speech.activity import Activity, trim
from cmps.speech.decoding import SAMPLE_RATE, decode


@pytest.mark.parametrize("sound", list(noises()))
def test_no_speech_gives_nothing(sound: str) -> None:
    speech, spans = trim(noises()[sound])
    assert speech.size == 0
    assert spans == ()


def test_an_empty_recording_gives_nothing() -> None:
    speech, spans = trim(np.empty(0, np.float32))
    assert speech.size == 0
    assert spans == ()


def test_silence_around_and_between_is_cut_out() -> None:
    sentence = decode(AUDIO / "woman-black-bag.wav")
    gap = np.zeros(3 * SAMPLE_RATE, np.float32)
    audio = np.concatenate([gap, sentence, gap, sentence, gap])
    speech, spans = trim(audio)
    length = len(sentence) / SAMPLE_RATE
    assert len(spans) == 2
    for (start, end), expected in zip(spans, (3, 6 + length), strict=True):
        assert start == pytest.approx(expected, abs=0.5)
        assert end == pytest.approx(expected + length, abs=0.5)
    assert speech.dtype == np.float32
    assert len(speech) == pytest.approx(
        sum(end - start for start, end in spans) * SAMPLE_RATE, abs=2
    )
    assert len(speech) < 0.7 * len(audio)


def test_speech_is_kept_as_it_was() -> None:
    audio = decode(AUDIO / "woman-black-bag.ogg")
    before = audio.copy()
    speech, spans = trim(audio)
    start, end = (round(SAMPLE_RATE * second) for second in spans[0])
    assert np.array_equal(speech, before[start:end])
    assert np.array_equal(audio, before)


def test_speech_in_noise_is_found() -> None:
    sentence = decode(AUDIO / "old-man-brown-coat.ogg")
    hiss = np.random.default_rng(3).normal(0, 0.01, len(sentence) + 2 * SAMPLE_RATE)
    hiss[SAMPLE_RATE:-SAMPLE_RATE] += sentence
    _, spans = trim(hiss.astype(np.float32))
    assert spans[0][0] == pytest.approx(1, abs=0.5)
    assert spans[-1][1] == pytest.approx(len(hiss) / SAMPLE_RATE - 1, abs=0.6)


@pytest.mark.parametrize("step", [1, 3, 7])
def test_sound_that_comes_in_pieces_is_judged_as_in_one(step: int) -> None:
    from faster_whisper.vad import get_vad_model

    audio = decode(AUDIO / "man-red-hoodie.ogg")
    audio = audio[: len(audio) // 512 * 512]
    frames = audio.reshape(-1, 512)
    live = Activity()
    parts = [live.chances(frames[at : at + step]) for at in range(0, len(frames), step)]
    # faster-whisper silences the end of the last frame
    whole = get_vad_model()(audio.copy()).ravel()
    assert np.allclose(np.concatenate(parts)[:-1], whole[:-1], atol=1e-5)
    assert live.chances(frames[:0]).size == 0
