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
    count, device = len(pictures), pictures.device
    grid_matrix = _affine(count, flip, strength, random).to(device)
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
    gain = torch.from_numpy((brightness * tint).astype(np.float32)).to(pictures.device)
    spread = torch.from_numpy(contrast.astype(np.float32)).to(pictures.device)
    return (((pictures - mean) * spread + mean) * gain).clamp(0, 1)


def _erase(pictures: Tensor, masks: Tensor, chance: float, random: np.random.Generator) -> None:
    """Cover rectangles with one noisy colour, in place; covered mask cells become background."""
    chosen = np.flatnonzero(random.random(len(pictures)) < chance)
    count, device = len(chosen), pictures.device
    high, wide = random.uniform(0.1, 0.4, count), random.uniform(0.2, 0.7, count)
    top, left = random.random(count) * (1 - high), random.random(count) * (1 - wide)
    frame = torch.from_numpy(np.stack([top, top + high, left, left + wide])).to(device)
    colour = torch.from_numpy(random.random((count, 3, 1, 1)).astype(np.float32)).to(device)
    generator = torch.Generator(device).manual_seed(int(random.integers(2**62)))
    places = torch.from_numpy(chosen).to(device)
    noise = torch.randn((count, *pictures.shape[1:]), generator=generator, device=device) * 0.1
    covered = _inside(frame, *pictures.shape[2:])[:, None]
    pictures[places] = torch.where(covered, (colour + noise).clamp(0, 1), pictures[places])
    cells = masks[places]
    hidden = _inside(frame, *masks.shape[1:]) & (cells > 0)
    masks[places] = cells.masked_fill(hidden, 0)


def _inside(frame: Tensor, rows: int, columns: int) -> Tensor:
    """Return ``(N, rows, columns)``: whose middle lies in ``frame`` (4, N, parts of the size)."""
    top, bottom, left, right = frame[:, :, None]
    down = (torch.arange(rows, device=frame.device) + 0.5) / rows
    along = (torch.arange(columns, device=frame.device) + 0.5) / columns
    within = ((down >= top) & (down < bottom))[:, :, None]
    found: Tensor = within & ((along >= left) & (along < right))[:, None, :]
    return found
