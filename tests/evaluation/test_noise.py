from __future__ import annotations

import numpy as np
import pytest

from cmps.evaluation.interfaces import EvaluationError
from cmps.evaluation.noise import RATE, Noise, babble, hall, mix, noisy, parse_noise


def tone(hertz, seconds=1.0, loudness=0.2):
    return (loudness * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def decibels_between(speech, noise):
    return 10 * np.log10(np.mean(speech**2.0) / np.mean(noise**2.0))


def test_a_spec_is_read_and_written():
    assert parse_noise("hall:5") == Noise("hall", 5.0)
    assert str(parse_noise("babble:-2.5")) == "babble:-2.5"


@pytest.mark.parametrize("spec", ["", "babble", "babble:", "rain:10", "hall:loud", "hall:99"])
def test_what_is_no_noise_is_refused(spec):
    with pytest.raises(EvaluationError, match="such as babble:10"):
        parse_noise(spec)


@pytest.mark.parametrize("level", [20, 10, 0, -5])
def test_noise_has_the_level_asked_for(level):
    speech, noise = tone(300), tone(1000, loudness=0.01)
    mixed = mix(speech, noise, level)
    # the tones are orthogonal: each one's share is found by projection
    of_speech = speech * (mixed @ speech) / (speech @ speech)
    of_noise = noise * (mixed @ noise) / (noise @ noise)
    assert decibels_between(of_speech, of_noise) == pytest.approx(level, abs=0.1)
    assert np.abs(mixed).max() <= 1


def test_silence_behind_or_in_front_changes_nothing():
    assert np.array_equal(mix(tone(300), np.zeros(RATE, np.float32), 10), tone(300))
    assert not mix(np.zeros(RATE, np.float32), tone(300), 10).any()
    assert mix(np.zeros(0, np.float32), np.zeros(0, np.float32), 10).size == 0


def test_babble_is_all_voices_equally_loud():
    voices = [tone(200, 0.5, 0.5), tone(900, 0.3, 0.01)]
    mixed = babble(voices, 2 * RATE, np.random.default_rng(0))
    assert mixed.shape == (2 * RATE,)
    spectrum = np.abs(np.fft.rfft(mixed))
    low, high = spectrum[2 * 180 : 2 * 220].max(), spectrum[2 * 880 : 2 * 920].max()
    assert low / high == pytest.approx(1, abs=0.2)


def test_a_hall_rumbles_and_echoes():
    noise = hall(4 * RATE, np.random.default_rng(1))
    power = np.abs(np.fft.rfft(noise)) ** 2
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)

    def octave(start):
        return power[(hertz >= start) & (hertz < 2 * start)].mean()

    # 5 dB less each octave, over four octaves
    assert 10 * np.log10(octave(250) / octave(4000)) == pytest.approx(20, abs=4)
    assert power[hertz < 50].sum() < 0.01 * power.sum()
    # the echo keeps it from sudden silence
    parts = noise[: len(noise) // 800 * 800].reshape(-1, 800)
    assert np.std(parts, axis=1).min() > 0.05 * noise.std()


def test_the_same_seed_gives_the_same_noise_at_every_level(tmp_path):
    # soft enough that nothing overflows
    tones = {"a": 300, "b": 500, "c": 700}
    sounds = {tmp_path / name: tone(hertz, loudness=0.01) for name, hertz in tones.items()}
    for kind in ("babble", "hall"):
        made = [
            noisy(tmp_path / "a", Noise(kind, level), list(sounds), sounds.__getitem__, seed)
            for level, seed in ((10, "x"), (10, "x"), (5, "x"), (10, "y"))
        ]
        assert np.array_equal(made[0], made[1])
        assert not np.array_equal(made[0], made[3])
        added = [one - sounds[tmp_path / "a"] for one in made]
        assert added[0] @ added[2] == pytest.approx(
            np.linalg.norm(added[0]) * np.linalg.norm(added[2]), rel=1e-3
        )


def test_babble_is_made_of_others(tmp_path):
    sounds = {tmp_path / "a": tone(300), tmp_path / "b": tone(700)}
    mixed = noisy(tmp_path / "a", Noise("babble", 10), list(sounds), sounds.__getitem__, "x")
    power = np.abs(np.fft.rfft(mixed)) ** 2
    assert power[700] > 1000 * np.median(power)
    with pytest.raises(EvaluationError, match="needs other recordings"):
        noisy(tmp_path / "a", Noise("babble", 10), [tmp_path / "a"], sounds.__getitem__, "x")
