"""Pictures of people to encodings: embedding, pyramid of local vectors, foreground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmps.encoders.runtime import open_session
from cmps.encoders.weights import weight_file
from cmps.gallery.records import Encoding

MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32) * 255
BATCH = 16


class ImageEncoder(Protocol):
    """Turns pictures of people into encodings."""

    def encode(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Encoding]:
        """Encode RGB pictures ``(H, W, 3)`` of any size, in order."""
        ...


class OnnxImageEncoder:
    """The shipped image network.

    Args:
        session: An ONNX Runtime session with input ``pictures`` (B, 3, H, W) and outputs
            ``embedding``, ``pyramid``, ``foreground``.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        shape = session.get_inputs()[0].shape
        self.size: tuple[int, int] = (int(shape[2]), int(shape[3]))

    @classmethod
    def open(cls, threads: int = 2) -> OnnxImageEncoder:
        """Load the shipped weights.

        Raises:
            WeightsError: If the file is missing or changed.
        """
        return cls(open_session(weight_file("image.onnx"), threads))

    def encode(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Encoding]:
        """Encode RGB pictures ``(H, W, 3)`` of any size, in order."""
        encodings: list[Encoding] = []
        for start in range(0, len(pictures), BATCH):
            batch = np.stack([self._prepare(one) for one in pictures[start : start + BATCH]])
            outputs = self._session.run(["embedding", "pyramid", "foreground"], {"pictures": batch})
            for embedding, pyramid, foreground in zip(*outputs, strict=True):
                encodings.append(Encoding(embedding, pyramid.astype(np.float16), foreground))
        return encodings

    def _prepare(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Resize and normalise one picture to ``(3, H, W)``."""
        height, width = self.size
        image = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
        scaled = (np.asarray(image, np.float32) - MEAN) / DEVIATION
        return scaled.transpose(2, 0, 1)
