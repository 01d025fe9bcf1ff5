"""Export: a checkpoint becomes the ONNX files that the package ships.

The image network's and the fast variant's weights are stored in half precision and cast when they
are loaded; BERT's matrices are 8-bit (dynamic quantisation), which makes the file four times
smaller and the sentence faster (``cmps train export``).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from cmps.encoders.weights import write_manifest
from cmps.training.network import ImageBranch, TextBranch
from cmps.training.weights import TextNetwork

OPSET = 17


class ExportedImage(nn.Module):
    """The image branch with the outputs that the run time reads."""

    def __init__(self, branch: ImageBranch) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map ``(B, 3, H, W)`` to embedding, pyramid, foreground."""
        output = self.branch(pictures)
        return output.embedding, output.pyramid, output.foreground


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


def store_half(path: Path) -> None:
    """Keep large weights in half precision behind a Cast, which loading folds away."""
    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < 1024:
            continue
        name = weight.name
        half = numpy_helper.from_array(
            numpy_helper.to_array(weight).astype(np.float16), f"{name}.half"
        )
        graph.initializer.remove(weight)
        graph.initializer.append(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)
    onnx.save(model, str(path))


def quantise(path: Path) -> None:
    """Turn matrices, recurrent weights and the word table into 8-bit numbers."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.onnx"
        quantize_dynamic(
            str(path),
            str(small),
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )
        shutil.copy(small, path)


def export_all(model: TextNetwork, language: Path, out: Path, eight_bit: bool = True) -> None:
    """Write every network, tokeniser and the manifest.

    Args:
        model: The trained networks.
        language: Folder of the tokenisers.
        out: The package's ``encoders/files``.
        eight_bit: Quantise the accurate text network.
    """
    out.mkdir(parents=True, exist_ok=True)
    network = model.network
    export_image(network.image, out / "image.onnx")
    export_text(ExportedText(network.words, network.fast, False), out / "fast.onnx")
    export_text(ExportedText(model.bert, network.accurate, True), out / "accurate.onnx")
    store_half(out / "image.onnx")
    store_half(out / "fast.onnx")
    if eight_bit:
        quantise(out / "accurate.onnx")
    store_half(out / "accurate.onnx")
    for variant in ("fast", "accurate"):
        shutil.copy(language / f"{variant}.json", out)
    write_manifest(out)
