from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import AUDIO, Encode

from cmps.speech.decoding import SAMPLE_RATE, decode, recording_name
from cmps.speech.errors import SpeechError

FORMATS = ("wav", "flac", "ogg", "webm", "mp3", "m4a")


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_sound(ending: str) -> None:
    reference = decode(AUDIO / "woman-black-bag.wav")
    samples = decode(AUDIO / f"woman-black-bag.{ending}")
    assert samples.dtype == np.float32
    assert abs(len(samples) - len(reference)) < 0.1 * SAMPLE_RATE
    # codecs shift by some samples: compare loudness in steps of 50 ms
    loudness = [
        np.sqrt(np.mean(part[: len(part) // 800 * 800].reshape(-1, 800) ** 2, axis=1))
        for part in (reference, samples)
    ]
    steps = min(map(len, loudness))
    assert np.corrcoef(loudness[0][:steps], loudness[1][:steps])[0, 1] > 0.95


def test_path_bytes_and_open_file_agree() -> None:
    path = AUDIO / "woman-black-bag.ogg"
    samples = decode(path)
    assert np.array_equal(decode(path.read_bytes()), samples)
    with path.open("rb") as file:
        assert np.array_equal(decode(file), samples)


def test_a_tone_keeps_pitch_and_loudness(encode: Encode) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)
    samples = decode(encode(tone, rate=44100))
    assert len(samples) == pytest.approx(16000, abs=20)
    spectrum = np.abs(np.fft.rfft(samples[:16000]))
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.02)


def test_stereo_is_mixed() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((2, 2, 16000, 0, "NONE", ""))
        both = np.zeros((16000, 2), "<i2")
        both[:, 0] = 8000
        sound.writeframes(both.tobytes())
    assert np.median(decode(file.getvalue())) == pytest.approx(4000 / 32768, rel=0.02)


@pytest.mark.parametrize("ending", ["webm", "ogg", "mp3", "wav", "flac"])
def test_a_cut_off_file_gives_what_it_holds(ending: str) -> None:
    content = (AUDIO / f"woman-black-bag.{ending}").read_bytes()
    whole = decode(content)
    half = decode(content[: len(content) // 2])
    assert 0.2 * len(whole) < len(half) < 0.7 * len(whole)


def test_damage_in_the_middle_is_left_out() -> None:
    content = bytearray((AUDIO / "woman-black-bag.mp3").read_bytes())
    content[6000:6800] = bytes(800)
    whole = decode(AUDIO / "woman-black-bag.mp3")
    assert 0.7 * len(whole) < len(decode(bytes(content))) <= 1.05 * len(whole)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x00", "not a sound file"),
        (bytes(range(256)) * 40, "not a sound file"),
        (b"Dear mother, we are well.\n" * 200, "not a sound file"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1/a.ts\n", "not a sound"),
        (b"ffconcat version 1.0\nfile 'woman-black-bag.wav'\n", "not a sound file"),
    ],
    ids=["empty", "one byte", "bytes", "text", "play list", "concat list"],
)
def test_bad_content_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "call.ogg"
    path.write_bytes(content)
    with pytest.raises(SpeechError, match=rf"^call\.ogg: {reason}") as caught:
        decode(path)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=r"^gone\.wav: cannot be read \(No such file"):
        decode(tmp_path / "gone.wav")
    with pytest.raises(SpeechError, match="cannot be read"):
        decode(tmp_path)


def test_a_video_without_sound_is_named() -> None:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SpeechError, match=r"^walk\.mkv: has no sound track"):
        decode(file.getvalue(), name="walk.mkv")


def test_a_header_alone_holds_no_sound() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
    with pytest.raises(SpeechError, match=r"^recording: no sound could be decoded"):
        decode(file.getvalue())


def test_three_hours_are_refused_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "night.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        for _ in range(180):
            sound.writeframes(bytes([128]) * 60 * 8000)
    read = []
    monkeypatch.setattr("cmps.speech.decoding.Path.open", lambda self, mode: Counted(path, read))
    with pytest.raises(
        SpeechError, match=r"^night\.wav: 180 minutes long, at most 2 are taken; .*CMPS_RECORDING"
    ):
        decode(path, minutes=2)
    assert sum(read) < path.stat().st_size / 20


class Counted(io.FileIO):
    """A file that notes how much is read from it."""

    def __init__(self, path: Path, sizes: list[int]) -> None:
        super().__init__(path, "rb")
        self._sizes = sizes

    def read(self, size: int = -1) -> bytes:
        content = super().read(size) or b""
        self._sizes.append(len(content))
        return content


def test_the_limit_holds_without_a_length_in_the_header(encode: Encode) -> None:
    # a live webm recording: the length stays unknown until the end
    content = encode(np.zeros(16000 * 20), rate=16000, form="flac", codec="flac")
    broken = bytearray(content)
    broken[21] &= 0xF0
    broken[22:26] = bytes(4)
    with pytest.raises(SpeechError, match=r"^live: more than 0\.1 minutes long"):
        decode(bytes(broken), name="live", minutes=0.1)


def test_one_sample_a_second_does_not_fill_the_memory() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 1, 0, "NONE", ""))
        sound.writeframes(bytes(2_000_000))
    with pytest.raises(SpeechError, match=r"^bomb: .* minutes long"):
        decode(file.getvalue(), name="bomb")


def test_names() -> None:
    assert recording_name(Path("a/b.mp3")) == "b.mp3"
    assert recording_name(io.BytesIO()) == "recording"
    with (AUDIO / "woman-black-bag.ogg").open("rb") as file:
        assert recording_name(file) == "woman-black-bag.ogg"


@settings(max_examples=40, deadline=None)
@given(
    ending=st.sampled_from(FORMATS),
    at=st.floats(0, 1),
    patch=st.binary(min_size=1, max_size=64),
    keep=st.floats(0.05, 1),
)
def test_damage_anywhere_gives_sound_or_a_speech_error(
    ending: str, at: float, patch: bytes, keep: float
) -> None:
    content = bytearray((AUDIO / f"woman-black-bag.{ending}").read_bytes())
    content = content[: int(keep * len(content)) + 1]
    start = int(at * (len(content) - 1))
    content[start : start + len(patch)] = patch
    try:
        samples = decode(bytes(content), minutes=1)
    except SpeechError:
        return
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1
