"""Turn a shipped ``image.onnx`` back into weights that training can go on from.

Checkpoints are large and are not kept; the exported network holds everything that it needs to
learn further, to 16 bits::

    python -m cmps.training.restore --onnx src/cmps/encoders/files/image.onnx --out RUNS/image.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from cmps.training.network import ImageBranch, NetworkConfig


class RestoreError(ValueError):
    """The file is not an image network of this design; the message says what differs."""


def restore_image(path: Path, config: NetworkConfig) -> ImageBranch:
    """Return the image branch that an exported file holds, in evaluation mode.

    Export folds each norm into its convolution. Each filter gets unit length back, its length
    becomes the norm's gain and its bias the norm's: the same function, in numbers that an
    optimiser treats alike.

    Raises:
        RestoreError: If the file's layers are not those of ``config``.
    """
    branch = ImageBranch(config).eval()
    weights, convolutions, rest = _parameters(onnx.load(str(path)))
    targets = [layer for layer in branch.backbone.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in branch.backbone.modules() if isinstance(layer, nn.BatchNorm2d)]
    heads = (branch.summary, branch.probability, branch.local)
    if len(convolutions) != len(targets) + len(heads):
        raise RestoreError(f"{path} has {len(convolutions)} convolutions; this design has others")
    for layer, norm, names in zip(targets, norms, convolutions, strict=False):
        folded = weights[names[0]]
        length = np.sqrt(np.square(folded).sum((1, 2, 3))) + 1e-8
        _fill(layer.weight, folded / length[:, None, None, None], path)
        _fill(norm.weight, length * np.sqrt(1 + norm.eps), path)
        _fill(norm.bias, weights[names[1]], path)
    by_shape = {weights[names[0]].shape: names for names in convolutions[len(targets) :]}
    for head in heads:
        found = by_shape.get(tuple(head.weight.shape))
        if found is None:
            raise RestoreError(f"{path} has no layer of shape {tuple(head.weight.shape)}")
        _fill(head.weight, weights[found[0]], path)
        if head.bias is not None:
            _fill(head.bias, weights[found[1]], path)
    gain, shift, mean, variance = (weights[name] for name in rest["BatchNormalization"])
    for target, values in (
        (branch.norm.weight, gain),
        (branch.norm.bias, shift),
        (branch.norm.running_mean, mean),
        (branch.norm.running_var, variance),
        (branch.project.weight, weights[rest["Gemm"][0]]),
        (branch.project.bias, weights[rest["Gemm"][1]]),
    ):
        _fill(target, values, path)
    return branch


def _parameters(
    model: onnx.ModelProto,
) -> tuple[dict[str, NDArray[np.float32]], list[list[str]], dict[str, list[str]]]:
    """Return weights by name, the convolutions' weight names in order, and other layers' names."""
    weights = {
        item.name: numpy_helper.to_array(item).astype(np.float32)
        for item in model.graph.initializer
    }
    convolutions: list[list[str]] = []
    rest: dict[str, list[str]] = {}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in weights:  # 16-bit storage
            weights[node.output[0]] = weights[node.input[0]]
        elif node.op_type == "Conv":
            convolutions.append(list(node.input[1:]))
        elif node.op_type in ("BatchNormalization", "Gemm"):
            rest[node.op_type] = list(node.input[1:])
    return weights, convolutions, rest


def _fill(target: Tensor | None, values: NDArray[np.float32], path: Path) -> None:
    if target is None or tuple(target.shape) != values.shape:
        raise RestoreError(f"{path}: a layer has shape {values.shape}, which this design has not")
    target.data.copy_(torch.from_numpy(values.copy()))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--network", default="compact")
    options = parser.parse_args()
    branch = restore_image(options.onnx, NetworkConfig.preset(options.network))
    torch.save(branch.state_dict(), options.out)


if __name__ == "__main__":
    main()
