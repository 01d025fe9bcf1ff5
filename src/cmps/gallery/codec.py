"""Numbers to the bytes that the database keeps, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cmps.gallery.records import EMBEDDING_SIZE, Encoding, Sighting

# pgvector sends a halfvec as two 16-bit numbers (size, zero) and its halves, all big-endian.
_HEADER = np.array([EMBEDDING_SIZE, 0], ">u2").tobytes()
_WIRE_SIZE = len(_HEADER) + 2 * EMBEDDING_SIZE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pack_vector(embedding: NDArray[np.float32]) -> bytes:
    """Return a ``(256,)`` embedding in the binary form of pgvector's ``halfvec``."""
    return _HEADER + embedding.astype(">f2").tobytes()


def unpack_vectors(sent: Sequence[bytes]) -> NDArray[np.float32]:
    """Return ``(n, 256)`` float32 from what ``halfvec_send`` gave.

    Example:
        >>> vector = np.linspace(-1, 1, 256, dtype=np.float32)
        >>> unpacked = unpack_vectors([pack_vector(vector)])
        >>> unpacked.shape, float(abs(unpacked - vector).max()) < 3e-4
        ((1, 256), True)
    """
    raw = np.frombuffer(b"".join(sent), np.uint8).reshape(-1, _WIRE_SIZE)
    halves = np.ascontiguousarray(raw[:, len(_HEADER) :]).view(">f2")
    return halves.astype(np.float32)


def as_stored(sighting: Sighting) -> Sighting:
    """Return a sighting as every gallery gives it back.

    Numbers have half precision; a file name that is no text has its odd bytes written out.
    """
    return replace(sighting, source=printable(sighting.source), encoding=halved(sighting.encoding))


def halved(encoding: Encoding) -> Encoding:
    """Return an encoding with numbers of half precision, as they are kept."""
    return Encoding(
        encoding.embedding.astype(np.float16).astype(np.float32),
        encoding.pyramid.astype(np.float16),
        encoding.foreground.astype(np.float16).astype(np.float32),
    )


def printable(path: str) -> str:
    r"""Return a path that can be stored as text.

    Example:
        >>> print(printable("caf\udce9.jpg"))
        caf\udce9.jpg
    """
    return path.encode("utf-8", "backslashreplace").decode()


def pack_halves(numbers: NDArray[np.floating]) -> bytes:
    """Return numbers as little-endian half precision."""
    return numbers.astype("<f2").tobytes()


def unpack_encoding(
    embedding: NDArray[np.float32], pyramid: bytes, width: int, foreground: bytes
) -> Encoding:
    """Return an encoding from a decoded embedding and two packed arrays.

    Args:
        embedding: ``(256,)``.
        pyramid: Packed ``(cells, width)``.
        width: Length of one local vector.
        foreground: Packed ``(cells,)``.
    """
    cells = len(foreground) // 2
    return Encoding(
        embedding,
        np.frombuffer(pyramid, "<f2").astype(np.float16, copy=False).reshape(cells, width),
        np.frombuffer(foreground, "<f2").astype(np.float32),
    )


def microseconds(time: datetime) -> int:
    """Return the microseconds from 1970 to a time, exactly.

    Example:
        >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
        1000005
    """
    return (time - _EPOCH) // timedelta(microseconds=1)
