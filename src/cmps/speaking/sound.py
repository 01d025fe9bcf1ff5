"""Sound files of a data set: 16 kHz mono, FLAC or Opus, the same bytes for the same samples."""

from __future__ import annotations

import os
from fractions import Fraction
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

SAMPLE_RATE = 16_000

Format = Literal["flac", "opus"]

# container and codec by ending; 32 kbit/s of Opus is transparent for speech
_FORMATS = {".flac": ("flac", "flac", None), ".opus": ("ogg", "libopus", 32_000)}


def write_audio(path: Path, samples: NDArray[np.float32], rate: int) -> float:
    """Write mono samples as 16 kHz FLAC or Opus, by the path's ending, whole or not at all.

    Args:
        path: The file to make, ``.flac`` or ``.opus``.
        samples: ``(n,)`` in -1 to 1; what is louder is clipped.
        rate: Samples a second.

    Returns:
        The length in seconds.

    Raises:
        ValueError: If the ending is none of the two or the samples are not one channel.
    """
    import av

    if path.suffix not in _FORMATS:
        raise ValueError(f"{path}: the ending must be one of {', '.join(_FORMATS)}")
    if samples.ndim != 1:
        raise ValueError(f"{path}: samples of shape {samples.shape} are not one channel")
    container_name, codec, bits = _FORMATS[path.suffix]
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None, :]
    # two processes may be at the same sentence
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        # bitexact: no version of FFmpeg and no random serial number in the file
        options = {"fflags": "+bitexact"}
        with av.open(str(partial), "w", format=container_name, options=options) as container:
            added = container.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
            # its type follows from the codec, which a checker cannot know
            stream = cast("AudioStream", added)
            stream.codec_context.flags |= av.codec.context.Flags.bitexact
            if bits:
                stream.bit_rate = bits
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
            for part in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(stream.encode(part))
            container.mux(stream.encode(None))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return len(samples) / rate


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()
