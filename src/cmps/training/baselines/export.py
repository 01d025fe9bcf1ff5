"""Export of the baselines: two or three ONNX graphs each, weights in half precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cmps.training.baselines.latent_coattention import SecondLook, StageOne, StageTwo
from cmps.training.baselines.reading import BaselineNetwork
from cmps.training.export import OPSET
from cmps.training.precision import shrink


class PictureGraph(nn.Module):
    """What a baseline keeps of each picture."""

    def __init__(self, network: BaselineNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, embeddings: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        """Map ``(N, 256)`` and ``(N, 18, 128)`` to what is kept."""
        return self.network.picture(embeddings, cells)


class QueryGraph(nn.Module):
    """The scores of one sentence against all pictures."""

    def __init__(self, network: BaselineNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, *kept: Tensor) -> Tensor:
        """Map ``(1, T)`` words and what is kept of N pictures to ``(N,)``."""
        logits: Tensor = self.network(ids, *kept)
        return logits[0]


def export_baseline(name: str, network: BaselineNetwork, out: Path) -> None:
    """Write ``NAME.picture.onnx`` and ``NAME.query.onnx``."""
    embeddings, cells = torch.randn(3, 256), torch.randn(3, 18, 128)
    network.eval()
    with torch.no_grad():
        kept = network.picture(embeddings, cells)
    pictures = {"embeddings": embeddings, "cells": cells}
    _write(PictureGraph(network), pictures, list(network.kept), out / f"{name}.picture.onnx")
    query = {"ids": _example_words()} | dict(zip(network.kept, kept, strict=True))
    _write(QueryGraph(network), query, ["scores"], out / f"{name}.query.onnx")


def export_second(name: str, first: StageOne, second: StageTwo, out: Path) -> None:
    """Write ``NAME.again.onnx``, which scores the best candidates again."""
    with torch.no_grad():
        kept = first.picture(torch.randn(3, 256), torch.randn(3, 18, 128))
    given = {"ids": _example_words()} | dict(zip(first.kept, kept, strict=True))
    _write(SecondLook(first, second), given, ["scores"], out / f"{name}.again.onnx")


def _example_words() -> Tensor:
    return torch.ones(1, 9, dtype=torch.long)


def _write(graph: nn.Module, given: dict[str, Any], outputs: list[str], path: Path) -> None:
    free = {name: {1: "words"} if name == "ids" else {0: "pictures"} for name in given}
    torch.onnx.export(
        graph.eval(),
        tuple(given.values()),
        str(path),
        input_names=list(given),
        output_names=outputs,
        dynamic_axes=free | {name: {0: "pictures"} for name in outputs},
        opset_version=OPSET,
        dynamo=False,
    )
    shrink(path, "half")
