"""Export: a checkpoint becomes the ONNX files that the package ships.

The image network's and the fast variant's weights are stored in 16 bits, the accurate variant's in
8, and turned back when they are loaded (:mod:`cmps.training.precision`; ``cmps train export``).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from cmps.encoders.weights import write_manifest
from cmps.training.network import ImageBranch, TextBranch
from cmps.training.precision import Precision, shrink
from cmps.training.weights import TextNetwork

OPSET = 17


class ExportedImage(nn.Module):
    """The image branch with the outputs that the run time reads.

    Each picture is seen twice, as it is and mirrored, and the two are averaged: a person who walks
    the other way is the same person. Indexing has time for it.
    """

    def __init__(self, branch: ImageBranch) -> None:
        super().__init__()
        self.branch = branch
        self.register_buffer("mirrored", mirrored_cells(branch.config.pyramid))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map ``(B, 3, H, W)`` to embedding, pyramid, foreground."""
        output = self.branch(torch.cat([pictures, pictures.flip(3)]))
        embedding, other = output.embedding.chunk(2)
        pyramid, turned = output.pyramid.chunk(2)
        foreground, shade = output.foreground.chunk(2)
        return (
            functional.normalize(embedding + other, dim=1),
            functional.normalize(pyramid + turned[:, self.mirrored], dim=2),
            (foreground + shade[:, self.mirrored]) / 2,
        )


def mirrored_cells(pyramid: Sequence[tuple[int, int]]) -> Tensor:
    """Return, for each cell of a pyramid, the cell that shows the same place in a mirrored picture.

    Example:
        >>> mirrored_cells([(1, 1), (2, 3)]).tolist()
        [0, 3, 2, 1, 6, 5, 4]
    """
    parts, start = [], 0
    for rows, columns in pyramid:
        cells = torch.arange(start, start + rows * columns).view(rows, columns)
        parts.append(cells.flip(1).flatten())
        start += rows * columns
    return torch.cat(parts)


class ExportedText(nn.Module):
    """Token states and a text branch for one sentence without padding."""

    def __init__(self, states: nn.Module, branch: TextBranch, masked: bool) -> None:
        super().__init__()
        self.states = states
        self.branch = branch
        self.masked = masked

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map ``(1, T)`` token numbers to embedding, words, attention."""
        mask = torch.ones_like(ids, dtype=torch.bool)
        states = self.states(ids, mask) if self.masked else self.states(ids)
        output = self.branch(states, mask)
        return output.embedding, output.words, output.attention


def export_image(branch: ImageBranch, path: Path) -> None:
    """Write the image network with a free batch size."""
    example = torch.zeros(2, 3, branch.config.height, branch.config.width)
    torch.onnx.export(
        ExportedImage(branch).eval(),
        (example,),
        str(path),
        input_names=["pictures"],
        output_names=["embedding", "pyramid", "foreground"],
        dynamic_axes={name: {0: "batch"} for name in ("pictures", "embedding", "pyramid")}
        | {"foreground": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def export_text(network: ExportedText, path: Path) -> None:
    """Write a text network with a free sentence length."""
    torch.onnx.export(
        network.eval(),
        (torch.ones(1, 9, dtype=torch.long),),
        str(path),
        input_names=["ids"],
        output_names=["embedding", "words", "attention"],
        dynamic_axes={"ids": {1: "tokens"}, "words": {1: "tokens"}, "attention": {1: "tokens"}},
        opset_version=OPSET,
        dynamo=False,
    )


def export_all(
    model: TextNetwork, language: Path, out: Path, accurate: Precision = "weights"
) -> None:
    """Write every network, tokeniser and the manifest.

    Args:
        model: The trained networks.
        language: Folder of the tokenisers.
        out: The package's ``encoders/files``.
        accurate: Precision of the accurate text network; the small ones are kept in 16 bits.
    """
    out.mkdir(parents=True, exist_ok=True)
    network = model.network
    export_image(network.image, out / "image.onnx")
    export_text(ExportedText(network.words, network.fast, False), out / "fast.onnx")
    export_text(ExportedText(model.bert, network.accurate, True), out / "accurate.onnx")
    shrink(out / "image.onnx", "half")
    shrink(out / "fast.onnx", "half")
    shrink(out / "accurate.onnx", accurate)
    for variant in ("fast", "accurate"):
        shutil.copy(language / f"{variant}.json", out)
    write_manifest(out)
