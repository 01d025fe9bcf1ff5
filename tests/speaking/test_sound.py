from __future__ import annotations

import numpy as np
import pytest

from cmps.speaking.sound import checksum, write_audio
from cmps.speech.decoding import decode

TONE = (0.3 * np.sin(np.arange(22050) / 20)).astype(np.float32)


@pytest.mark.parametrize("ending", ["flac", "opus"])
def test_the_same_sound_gives_the_same_bytes(tmp_path, ending):
    import av

    one, two = tmp_path / f"1.{ending}", tmp_path / f"2.{ending}"
    assert write_audio(one, TONE, 22050) == write_audio(two, TONE, 22050) == 1.0
    assert checksum(one) == checksum(two)
    with av.open(str(one)) as file:
        stream = file.streams.audio[0]
        assert stream.channels == 1
        assert stream.codec_context.name.removeprefix("lib") == ending
    samples = decode(one)
    assert len(samples) == pytest.approx(16000, abs=400)
    assert abs(samples).max() == pytest.approx(0.3, abs=0.05)
    assert sorted(path.name for path in tmp_path.iterdir()) == [one.name, two.name]


def test_loud_samples_are_clipped(tmp_path):
    write_audio(tmp_path / "a.flac", np.full(16000, 3, np.float32), 16000)
    assert decode(tmp_path / "a.flac").min() > 0.9


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    with pytest.raises(ValueError, match="not one channel"):
        write_audio(tmp_path / "a.flac", np.zeros((3, 3), np.float32), 16000)
    with pytest.raises(ValueError, match=r"must be one of \.flac, \.opus"):
        write_audio(tmp_path / "a.mp3", TONE, 16000)
    (tmp_path / "b.flac").mkdir()
    with pytest.raises(OSError, match=r"b\.flac"):
        write_audio(tmp_path / "b.flac", TONE, 22050)
    assert [path.name for path in tmp_path.iterdir()] == ["b.flac"]
