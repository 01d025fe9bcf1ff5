"""From a sound file in any common format to the samples that a recogniser wants."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cmps.speech.errors import SpeechError

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import InputContainer

SAMPLE_RATE = 16_000
MINUTES = 10.0

# FFmpeg also reads play lists, which name other files and addresses; a recording must not
FORMATS = "wav,w64,flac,ogg,matroska,webm,mp3,aac,mov,mp4,m4a,3gp,3g2,mj2,aiff,caf,amr"
CONTENT = "wav, flac, ogg, webm, mp3 and m4a"


def decode(
    source: Path | bytes | BinaryIO, name: str = "", minutes: float = MINUTES
) -> NDArray[np.float32]:
    """Decode the first sound track of a file: wav, flac, ogg, webm, mp3, m4a, mp4.

    A file that was cut off gives what it still holds. A recording that is too long is refused
    once ``minutes`` of it are decoded: the length in a file's header may be wrong.

    Args:
        source: A file, the bytes of one, or an open binary file.
        name: What to call it in messages; the file's own name by default.
        minutes: The longest recording that is taken.

    Returns:
        ``(n,)`` samples, mono, 16,000 a second, in -1 to 1.

    Raises:
        SpeechError: If the file is missing, empty, no sound file, without a sound track, or too
            long; the message names it.

    Example:
        >>> from io import BytesIO
        >>> import wave
        >>> file = BytesIO()
        >>> with wave.open(file, "wb") as sound:
        ...     sound.setparams((1, 2, 8000, 0, "NONE", ""))
        ...     sound.writeframes(bytes(2 * 8000))
        >>> decode(file.getvalue()).shape
        (16000,)
    """
    name = name or recording_name(source)
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                return _decode(file, name, minutes)
        except OSError as error:
            raise SpeechError(f"{name}: cannot be read ({error.strerror or error})") from error
    return _decode(io.BytesIO(source) if isinstance(source, bytes) else source, name, minutes)


def recording_name(source: Path | bytes | BinaryIO) -> str:
    """Return what to call a recording in messages.

    Example:
        >>> recording_name(Path("calls/walk.mp3")), recording_name(b"")
        ('walk.mp3', 'recording')
    """
    if isinstance(source, Path):
        return source.name
    given = getattr(source, "name", None)
    return Path(given).name if isinstance(given, str) and given else "recording"


def _decode(file: BinaryIO, name: str, minutes: float) -> NDArray[np.float32]:
    import av

    if not file.read(1):
        raise SpeechError(f"{name}: the file is empty; record again")
    file.seek(0)
    try:
        container = av.open(
            file, "r", metadata_errors="ignore", options={"format_whitelist": FORMATS}
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise SpeechError(f"{name}: not a sound file; {CONTENT} are read") from error
    with container:
        if not container.streams.audio:
            raise SpeechError(f"{name}: has no sound track; record again with the microphone on")
        parts = list(_resampled(container, container.streams.audio[0], name, minutes))
    samples = np.concatenate(parts) if parts else np.empty(0, np.int16)
    if not samples.size:
        raise SpeechError(f"{name}: no sound could be decoded; the file is damaged, record again")
    return samples.astype(np.float32) / np.float32(32768)


def _resampled(
    container: InputContainer, stream: AudioStream, name: str, minutes: float
) -> Iterator[NDArray[np.int16]]:
    """Yield mono samples at 16 kHz, and stop with an error where the limit is passed."""
    import av

    resampler: av.AudioResampler | None = None
    form: tuple[str, str, int] | None = None
    seconds = 0.0
    for frame in _frames(container, stream):
        # before resampling: a header that claims one sample a second would fill the memory
        seconds += frame.samples / frame.sample_rate
        if seconds > 60 * minutes:
            raise SpeechError(_too_long(container, name, minutes))
        found = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or form != found:
            # joined recordings may change their rate or channels on the way
            if resampler is not None:
                yield from _samples(resampler, None)
            resampler, form = av.AudioResampler("s16", "mono", SAMPLE_RATE), found
        frame.pts = None
        yield from _samples(resampler, frame)
    if resampler is not None:
        yield from _samples(resampler, None)


def _samples(
    resampler: av.AudioResampler, frame: av.AudioFrame | None
) -> Iterator[NDArray[np.int16]]:
    for resampled in resampler.resample(frame):
        yield resampled.to_ndarray()[0]


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]:
    """Yield decoded frames; damaged ones are left out, and a file that was cut off just ends."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        except av.error.FFmpegError:
            return
        yield from (frame for frame in frames if frame.sample_rate and frame.samples)


def _too_long(container: InputContainer, name: str, minutes: float) -> str:
    import av

    length = (container.duration or 0) / av.time_base / 60
    # live recordings carry no length
    said = f"{length:.0f} minutes" if length > minutes else f"more than {minutes:g} minutes"
    return (
        f"{name}: {said} long, at most {minutes:g} are taken; "
        "cut out the description or set CMPS_RECORDING_MINUTES"
    )
