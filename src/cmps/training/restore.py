"""Turn the shipped networks back into weights that training can go on from.

Checkpoints are large and are not kept; the exported networks hold everything that they need to
learn further, to 16 bits, BERT's matrices to 8 (``cmps train restore``).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from cmps.training.bert import Bert, BertConfig
from cmps.training.network import CrossModalNetwork, ImageBranch, NetworkConfig, TextBranch
from cmps.training.weights import TextNetwork


class RestoreError(ValueError):
    """The file is not a network of this design; the message says what differs."""


def restore_all(folder: Path, config: NetworkConfig, people: int = 1) -> TextNetwork:
    """Return every network that a folder of exported files holds, in evaluation mode.

    Args:
        folder: With ``image.onnx``, ``fast.onnx`` and ``accurate.onnx``.
        config: Sizes of the networks.
        people: Identities of the new, untrained classifier: a shipped network needs none.

    Raises:
        RestoreError: If a file's layers are not those of ``config``.
    """
    table, fast = restore_text(folder / "fast.onnx", config, config.word)
    bert, accurate = restore_text(folder / "accurate.onnx", config, config.token)
    if not isinstance(bert, Bert) or isinstance(table, Bert):
        raise RestoreError(f"{folder}: fast.onnx and accurate.onnx hold the same kind of network")
    network = CrossModalNetwork(config, people, table)
    network.image = restore_image(folder / "image.onnx", config)
    network.fast, network.accurate = fast, accurate
    return TextNetwork(bert, network).eval()


def restore_text(
    path: Path, config: NetworkConfig, inputs: int
) -> tuple[Bert | Tensor, TextBranch]:
    """Return the token states (a BERT, or a table of word vectors) and branch of a text network.

    Raises:
        RestoreError: If the file's layers are not those of ``config``.
    """
    model = onnx.load(str(path))
    weights = _dequantised(model)
    weights |= _matrices(model, weights)
    branch = TextBranch(config, inputs).eval()
    _fill_lstm(branch.lstm, model, weights, path)
    _fill_all(branch, "branch", weights, path)
    if "states.table.weight" in weights:
        return torch.from_numpy(weights["states.table.weight"].copy()), branch
    bert = Bert(_bert_sizes(weights)).eval()
    _fill_all(bert, "states", weights, path)
    return bert, branch


def _bert_sizes(weights: dict[str, NDArray[np.float32]]) -> BertConfig:
    vocabulary, size = weights["states.words.weight"].shape
    layers = sum(name.endswith(".query.bias") for name in weights)
    # heads of 32 numbers, as MiniLM and every small BERT of its family has: the file does not say
    heads = max(1, size // 32)
    wide = len(weights["states.layers.0.up.bias"])
    return BertConfig(
        vocabulary, size, layers, heads, wide, len(weights["states.positions.weight"])
    )


def _fill_all(
    module: nn.Module, prefix: str, weights: dict[str, NDArray[np.float32]], path: Path
) -> None:
    for name, target in module.state_dict().items():
        if name.startswith("lstm."):
            continue
        values = weights.get(f"{prefix}.{name}")
        if values is None:
            raise RestoreError(f"{path} has no {prefix}.{name}; it is a network of another design")
        _fill(target, values, path)


def _fill_lstm(
    lstm: nn.LSTM, model: onnx.ModelProto, weights: dict[str, NDArray[np.float32]], path: Path
) -> None:
    """ONNX orders the gates input, output, forget, cell; torch input, forget, cell, output."""
    node = next((node for node in model.graph.node if node.op_type == "LSTM"), None)
    if node is None:
        raise RestoreError(f"{path} has no LSTM")

    def ordered(values: NDArray[np.float32]) -> NDArray[np.float32]:
        gates = np.split(values, 4)
        return np.concatenate([gates[0], gates[2], gates[3], gates[1]])

    wide, recurrent, bias = (weights[name] for name in node.input[1:4])
    for side, suffix in enumerate(("", "_reverse")):
        inner, outer = np.split(bias[side], 2)
        for name, values in (
            ("weight_ih", wide[side]),
            ("weight_hh", recurrent[side]),
            ("bias_ih", inner),
            ("bias_hh", outer),
        ):
            _fill(getattr(lstm, f"{name}_l0{suffix}"), ordered(values), path)


def _dequantised(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Return every stored tensor as 32-bit numbers under its name before export shrank it.

    See :mod:`cmps.training.precision`: ``.half`` are 16 bits, ``.eighth`` blocks of 8 with a scale
    each, ``_quantized`` those of ONNX Runtime's dynamic quantisation.
    """
    stored = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    weights = {
        name.removesuffix(".half"): values.astype(np.float32) for name, values in stored.items()
    }
    for name, values in stored.items():
        if name.endswith(".eighth"):
            base = name.removesuffix(".eighth")
            wide = values.astype(np.float32) * weights[f"{base}.scale"]
            weights[base] = wide.reshape(stored[f"{base}.shape"])
        elif name.endswith("_quantized"):
            base = name.removesuffix("_quantized")
            zero = stored[f"{base}_zero_point"].astype(np.float32)
            weights[base] = (values.astype(np.float32) - zero) * weights[f"{base}_scale"]
    return weights


def _matrices(
    model: onnx.ModelProto, weights: dict[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """Return the ``(outputs, inputs)`` weights of all linear layers under their modules' names.

    Export renames matrices, but a node keeps the way to its module:
    ``/branch/judge/judge.0/MatMul`` is ``branch.judge.0``.
    """
    found = {}
    for node in model.graph.node:
        if node.op_type not in ("MatMul", "MatMulInteger", "Gemm"):
            continue
        name = node.input[1].removesuffix("_quantized")
        if name not in weights:
            continue
        way = node.name.split("/")[1:-1]
        kept = [
            part
            for part, after in zip(way, [*way[1:], ""], strict=True)
            if not after.startswith(f"{part}.")
        ]
        upright = node.op_type == "Gemm"  # exported with transB
        found[f"{'.'.join(kept)}.weight"] = weights[name] if upright else weights[name].T
    return found


def restore_image(path: Path, config: NetworkConfig) -> ImageBranch:
    """Return the image branch that an exported file holds, in evaluation mode.

    Export folds each norm into its convolution. Each filter gets unit length back, its length
    becomes the norm's gain and its bias the norm's: the same function, in numbers that an
    optimiser treats alike.

    Raises:
        RestoreError: If the file's layers are not those of ``config``, or pooling replaces the
            convolution in it.
    """
    branch = ImageBranch(config).eval()
    weights, convolutions, rest = _parameters(onnx.load(str(path)))
    targets = [layer for layer in branch.backbone.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in branch.backbone.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not isinstance(branch.summary, nn.Conv2d):
        raise RestoreError(f"{path} can only be restored into a design with summary=convolution")
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
    weights = _dequantised(model)
    convolutions: list[list[str]] = []
    rest: dict[str, list[str]] = {}
    for node in model.graph.node:
        if node.op_type == "Conv":
            convolutions.append(list(node.input[1:]))
        elif node.op_type in ("BatchNormalization", "Gemm"):
            rest[node.op_type] = list(node.input[1:])
    return weights, convolutions, rest


def _fill(target: Tensor | None, values: NDArray[np.float32], path: Path) -> None:
    if target is None or tuple(target.shape) != values.shape:
        raise RestoreError(f"{path}: a layer has shape {values.shape}, which this design has not")
    target.data.copy_(torch.from_numpy(values.copy()))
