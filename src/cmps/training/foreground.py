"""Person masks for the foreground head, from mediapipe's pose network.

mediapipe 0.10.21 is the last wheel that ships the network and it wants numpy 1, so this file runs
in a virtual environment of its own and imports nothing of CMPS::

    python3 -m venv masks && masks/bin/pip install mediapipe==0.10.21
    masks/bin/python src/cmps/training/foreground.py --corpus DIR/train --count 6000

It writes ``foreground.npy`` (N×12×6 float16): the part of each cell that the person covers, -1
throughout where nobody was found or the picture was not drawn.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

CELLS = (12, 6)
PADDING = 24  # a crop that touches the border is found less often than one with a margin


def mask_cells(pose: Any, picture: np.ndarray) -> np.ndarray | None:
    """Return the covered part of each cell, or ``None`` where nobody is found."""
    padded = np.pad(picture, ((PADDING,) * 2, (PADDING * 3,) * 2, (0, 0)), mode="edge")
    padded = np.repeat(np.repeat(padded, 2, 0), 2, 1)
    result = pose.process(np.ascontiguousarray(padded))
    if result.segmentation_mask is None:
        return None
    mask = result.segmentation_mask[2 * PADDING : -2 * PADDING, 6 * PADDING : -6 * PADDING]
    rows, columns = CELLS
    height, width = mask.shape
    cells = mask.reshape(rows, height // rows, columns, width // columns).mean((1, 3))
    # a mask that covers nearly nothing is a miss, not a person
    return cells if 0.15 < cells.mean() < 0.95 else None


def main() -> None:
    """Draw ``--count`` pictures by seed and write their masks."""
    import mediapipe

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--count", type=int, default=6000)
    options = parser.parse_args()
    pictures = np.load(options.corpus / "pictures.npy", mmap_mode="r")
    masks = np.full((len(pictures), *CELLS), -1, np.float16)
    drawn = np.random.default_rng(0).permutation(len(pictures))[: options.count]
    found = 0
    with mediapipe.solutions.pose.Pose(
        static_image_mode=True, model_complexity=1, enable_segmentation=True
    ) as pose:
        for done, index in enumerate(drawn, 1):
            cells = mask_cells(pose, pictures[index])
            if cells is not None:
                masks[index] = cells
                found += 1
            if done % 100 == 0:
                print(f"\r{done} pictures, {found} masks", end="", flush=True)
    np.save(options.corpus / "foreground.npy", masks)
    print()


if __name__ == "__main__":
    main()
