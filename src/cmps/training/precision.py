"""Smaller files: a network's weights in 16 or 8 bits.

Of the 8-bit forms, ``dynamic`` also rounds what flows through the network, anew for each sentence
(Jacob et al., CVPR 2018, with scales measured at run time): fast where the processor multiplies
8-bit numbers, and coarse. ``weights`` rounds the weights alone; loading turns them back into 32
bits, so the file is as small, nothing that flows is rounded, and the speed is that of 32 bits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Precision = Literal["full", "half", "dynamic", "weights"]

# smaller ones, such as biases, save nothing worth an error
LEAST_NUMBERS = 1024
# numbers that share a scale: 16 bits of scale for 64 numbers make the file 3 % larger
BLOCK = 64

Array = NDArray[np.float32]
_Store = Callable[[onnx.GraphProto, str, Array], list[onnx.NodeProto]]


def shrink(path: Path, precision: Precision) -> Path:
    """Rewrite an ONNX file of 32-bit weights in another precision.

    Args:
        path: The file; it is replaced.
        precision: ``full`` leaves it, ``half`` stores 16 bits, ``dynamic`` computes matrices
            and word tables in 8 bits and stores the rest in 16, ``weights`` stores 8 bits.

    Returns:
        The path.

    Raises:
        ValueError: If the precision is none of these.
    """
    if precision not in get_args(Precision):
        raise ValueError(f"{precision!r}: choose a precision of {', '.join(get_args(Precision))}")
    if precision == "dynamic":
        _quantise(path)
    if precision in ("half", "dynamic"):
        _rewrite(path, _halved)
    elif precision == "weights":
        _rewrite(path, _eighth)
    return path


def _quantise(path: Path) -> None:
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
        path.write_bytes(small.read_bytes())


def _rewrite(path: Path, store: _Store) -> None:
    """Put every large 32-bit weight behind nodes that make it anew, which loading folds away."""
    model = onnx.load(str(path))
    graph = model.graph
    before: list[onnx.NodeProto] = []
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < LEAST_NUMBERS:
            continue
        graph.initializer.remove(weight)
        before.extend(store(graph, weight.name, numpy_helper.to_array(weight)))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*before, *nodes])
    onnx.save(model, str(path))


def _halved(graph: onnx.GraphProto, name: str, values: Array) -> list[onnx.NodeProto]:
    half = _stored(graph, f"{name}.half", values.astype(np.float16))
    return [helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT)]


def _eighth(graph: onnx.GraphProto, name: str, values: Array) -> list[onnx.NodeProto]:
    """Round to 8 bits, blocks of numbers that lie side by side with a scale of their own.

    Cast and Mul are folded into the weight when ONNX Runtime loads them. DequantizeLinear, which
    says the same in one node, is not: before a MatMul it becomes MatMulNBits, whose product is
    another one (seen with 1.32).
    """
    block = int(np.gcd(values.size, BLOCK))
    if block < BLOCK // 4:
        return _halved(graph, name, values)
    blocks = values.reshape(-1, block)
    scales = (np.abs(blocks).max(1, keepdims=True) / 127).astype(np.float16)
    # a scale that 16 bits hold no longer is that of a block of zeros
    widths = np.where(scales > 0, scales, 1).astype(np.float32)
    rounded = np.clip(np.rint(blocks / widths), -127, 127).astype(np.int8)
    numbers = _stored(graph, f"{name}.eighth", rounded)
    scale = _stored(graph, f"{name}.scale", scales)
    shape = _stored(graph, f"{name}.shape", np.array(values.shape, np.int64))
    wide, factor, product = (f"{name}.{part}" for part in ("wide", "factor", "product"))
    return [
        helper.make_node("Cast", [numbers], [wide], to=TensorProto.FLOAT),
        helper.make_node("Cast", [scale], [factor], to=TensorProto.FLOAT),
        helper.make_node("Mul", [wide, factor], [product]),
        helper.make_node("Reshape", [product, shape], [name]),
    ]


def _stored(graph: onnx.GraphProto, name: str, values: NDArray[np.generic]) -> str:
    graph.initializer.append(numpy_helper.from_array(values, name))
    return name
