"""Augmentation of whole batches: picture by picture in Python would cost more than the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How strongly pictures are changed.

    Attributes:
        shift, zoom, turn: Largest translation (part of the size), zoom (part), rotation (radians).
        light: Largest relative change of brightness and contrast. Hue is left alone: a colour is
            what people say first.
        tint: Largest relative change per channel, as a camera's white balance would have it.
        erase: Chance that a rectangle is covered by noise, as an occlusion.
    """

    shift: float = 0.06
    zoom: float = 0.10
    turn: float = 0.05
    light: float = 0.20
    tint: float = 0.04
    erase: float = 0.4


def augment(
    pictures: Tensor,
    masks: Tensor,
    flip: NDArray[np.bool_],
    strength: Augmentation,
    random: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """Change a batch of pictures and move their masks along.

    Args:
        pictures: ``(B, 3, H, W)`` float in 0–1.
        masks: ``(B, rows, columns)`` covered part, below 0 where unknown.
        flip: ``(B,)`` which pictures to mirror (the caption's left and right change with them).
        strength: How strongly.
        random: Source of chance.

    Returns:
        Pictures and masks of the same shapes; covered cells count as background.
    """
    count = len(pictures)
    grid_matrix = _affine(count, flip, strength, random)
    grid = functional.affine_grid(grid_matrix, list(pictures.shape), align_corners=False)
    pictures = functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    grid = functional.affine_grid(grid_matrix, [count, 1, *masks.shape[1:]], align_corners=False)
    masks = functional.grid_sample(
        masks[:, None], grid, mode="nearest", padding_mode="border", align_corners=False
    )[:, 0]
    pictures = _relight(pictures, strength, random)
    _erase(pictures, masks, strength.erase, random)
    return pictures, masks


def _affine(
    count: int, flip: NDArray[np.bool_], strength: Augmentation, random: np.random.Generator
) -> Tensor:
    angle = random.uniform(-strength.turn, strength.turn, count)
    scale = 1 + random.uniform(-strength.zoom, strength.zoom, (2, count))
    matrix = np.zeros((count, 2, 3), np.float32)
    matrix[:, 0, 0] = np.cos(angle) * scale[0] * np.where(flip, -1, 1)
    matrix[:, 0, 1] = -np.sin(angle)
    matrix[:, 1, 0] = np.sin(angle)
    matrix[:, 1, 1] = np.cos(angle) * scale[1]
    matrix[:, :, 2] = random.uniform(-2 * strength.shift, 2 * strength.shift, (count, 2))
    return torch.from_numpy(matrix)


def _relight(pictures: Tensor, strength: Augmentation, random: np.random.Generator) -> Tensor:
    shape = (len(pictures), 1, 1, 1)
    contrast = 1 + random.uniform(-strength.light, strength.light, shape)
    brightness = 1 + random.uniform(-strength.light, strength.light, shape)
    tint = 1 + random.uniform(-strength.tint, strength.tint, (len(pictures), 3, 1, 1))
    mean = pictures.mean((1, 2, 3), keepdim=True)
    gain = torch.from_numpy((brightness * tint).astype(np.float32))
    spread = torch.from_numpy(contrast.astype(np.float32))
    return (((pictures - mean) * spread + mean) * gain).clamp(0, 1)


def _erase(pictures: Tensor, masks: Tensor, chance: float, random: np.random.Generator) -> None:
    """Cover rectangles with one noisy colour, in place; covered mask cells become background."""
    height, width = pictures.shape[2:]
    rows, columns = masks.shape[1:]
    for index in np.flatnonzero(random.random(len(pictures)) < chance):
        high = int(height * random.uniform(0.1, 0.4))
        wide = int(width * random.uniform(0.2, 0.7))
        top, left = int(random.integers(0, height - high)), int(random.integers(0, width - wide))
        colour = torch.from_numpy(random.random((3, 1, 1)).astype(np.float32))
        noise = torch.from_numpy(random.normal(0, 0.1, (3, high, wide)).astype(np.float32))
        pictures[index, :, top : top + high, left : left + wide] = (colour + noise).clamp(0, 1)
        cells = masks[
            index,
            round(top * rows / height) : round((top + high) * rows / height),
            round(left * columns / width) : round((left + wide) * columns / width),
        ]
        cells[cells > 0] = 0
