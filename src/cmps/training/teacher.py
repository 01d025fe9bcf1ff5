"""The teacher as a torch function, so that it can look at the same altered pictures as its student.

What a teacher says of a stored picture can be stored too. But a student learns more from a teacher
that sees each picture as the student sees it, cropped, covered and mirrored anew every time (Beyer
et al., "A good teacher is patient and consistent", CVPR 2022), and then it must run where the
student runs. This reads the OpenVINO IR of ``person-reidentification-retail-0277``: layers in the
order of their work, each a line in :data:`LAYERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE = (256, 128)
"""Rows and columns of the picture that the teacher wants."""

TYPES = {"f16": np.float16, "f32": np.float32, "i32": np.int32, "i64": np.int64}

Said = dict[str, str]


def _numbers(said: Said, name: str) -> list[int]:
    return [int(part) for part in said[name].split(",")]


def _convolution(said: Said, x: Tensor, weight: Tensor) -> Tensor:
    groups = 1
    if weight.dim() == 5:  # groups, outputs of one, inputs of one, rows, columns
        groups, weight = len(weight), weight.flatten(0, 1)
    strides, pads = _numbers(said, "strides"), _numbers(said, "pads_begin")
    return functional.conv2d(x, weight, None, strides, pads, groups=groups)


def _pooled(said: Said, x: Tensor) -> Tensor:
    kernel, strides, pads = (_numbers(said, name) for name in ("kernel", "strides", "pads_begin"))
    if "exclude-pad" in said:
        return functional.avg_pool2d(x, kernel, strides, pads, count_include_pad=False)
    return functional.max_pool2d(x, kernel, strides, pads)


def _normalised(said: Said, x: Tensor, axes: Tensor) -> Tensor:
    over = axes.tolist()
    centred = x - x.mean(over, keepdim=True)
    spread = (centred.square().mean(over, keepdim=True) + float(said["eps"])).sqrt()
    return centred / spread


def _reshaped(_: Said, x: Tensor, shape: Tensor) -> Tensor:
    wanted = [x.shape[place] if size == 0 else size for place, size in enumerate(shape.tolist())]
    return x.reshape(wanted)


def _gathered(_: Said, x: Tensor, indices: Tensor, axis: Tensor) -> Tensor:
    found = x.index_select(int(axis), indices.reshape(-1).to(x.device))
    return found if indices.dim() else found.squeeze(int(axis))


LAYERS: dict[str, Callable[..., Tensor]] = {
    "Add": lambda _, a, b: a + b,
    "AvgPool": _pooled,
    "Concat": lambda said, *parts: torch.cat(parts, int(said["axis"])),
    "Convert": lambda _, x: x,
    "Convolution": _convolution,
    "Gather": _gathered,
    "GroupConvolution": _convolution,
    "MVN": _normalised,
    "MatMul": lambda _, a, b: a @ b.T,
    "MaxPool": _pooled,
    "Multiply": lambda _, a, b: a * b,
    "PReLU": lambda _, x, slope: functional.prelu(x, slope.reshape(-1)),
    "ReLU": lambda _, x: x.relu(),
    "ReduceMean": lambda _, x, axes: x.mean(axes.tolist(), keepdim=True),
    "Reshape": _reshaped,
    "ShapeOf": lambda _, x: torch.tensor(x.shape),
    "Sigmoid": lambda _, x: x.sigmoid(),
    "Subtract": lambda _, a, b: a - b,
}


class Teacher(nn.Module):
    """An Open Model Zoo re-identification network.

    Args:
        model: The ``.xml`` file; its ``.bin`` lies beside it.

    Raises:
        FileNotFoundError: If one of the two is not there.
        ValueError: If it has a layer that :data:`LAYERS` does not know.
    """

    def __init__(self, model: Path) -> None:
        super().__init__()
        root = ElementTree.parse(model).getroot()
        stored = model.with_suffix(".bin").read_bytes()
        self.wires: dict[tuple[str, str], str] = {}
        for edge in root.iter("edge"):
            self.wires[edge.attrib["to-layer"], edge.attrib["to-port"]] = edge.attrib["from-layer"]
        self.work: list[tuple[str, str, Said, list[str]]] = []
        self.fixed: dict[str, Tensor] = {}
        for layer in root.iter("layer"):
            self._add(layer, stored)

    def _add(self, layer: Any, stored: bytes) -> None:
        number, kind = layer.attrib["id"], layer.attrib["type"]
        data = layer.find("data")
        said = {} if data is None else dict(data.attrib)
        if kind == "Const":
            values = _constant(said, stored)
            if values.is_floating_point() and values.dim():
                self.register_buffer(f"weights_{number}", values.float())
            else:  # shapes and axes are read by Python, wherever the network lies
                self.fixed[number] = values
            return
        if kind not in LAYERS and kind not in ("Parameter", "Result"):
            known = ", ".join(LAYERS)
            raise ValueError(f"layer {number} is a {kind}; the teacher may be made of {known}")
        ports = [] if layer.find("input") is None else layer.find("input")
        sources = [self.wires[number, port.attrib["id"]] for port in ports]
        self.work.append((number, kind, said, sources))

    def forward(self, pictures: Tensor) -> Tensor:
        """Embed ``(B, 3, H, W)`` RGB pictures in 0–1; returns ``(B, 256)`` of unit length."""
        if pictures.shape[2:] != SIZE:
            pictures = functional.interpolate(pictures, SIZE, mode="bilinear", align_corners=False)
        said = dict(self.fixed)
        said |= {name.removeprefix("weights_"): part for name, part in self.named_buffers()}
        found = pictures
        for number, kind, data, sources in self.work:
            if kind == "Result":
                break
            if kind == "Parameter":
                found = pictures.flip(1) * 255  # BGR
            else:
                found = LAYERS[kind](data, *(said[source] for source in sources))
            said[number] = found
        return functional.normalize(found.flatten(1).float(), dim=1)


def _constant(said: Said, stored: bytes) -> Tensor:
    kind, start = TYPES[said["element_type"]], int(said["offset"])
    raw = np.frombuffer(stored, kind, int(said["size"]) // np.dtype(kind).itemsize, start)
    shape = [int(size) for size in said["shape"].split(",") if size]
    return torch.from_numpy(raw.copy()).reshape(shape)
