"""Give the norms of a restored image branch the statistics of real pictures.

An exported network has its norms folded away. :mod:`cmps.training.restore` writes them back as
plain gains, which is the same function but learns badly: without real statistics nothing holds a
layer's output in its range while its weights move.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cmps.training.corpus import Corpus
from cmps.training.network import ImageBranch, normalise

BLOCK = 64


def some_pictures(corpus: Corpus, count: int = 1024, seed: int = 0) -> NDArray[np.uint8]:
    """Draw pictures of a corpus, enough to measure what layers say."""
    count = min(count, len(corpus.rows))
    rows = np.random.default_rng(seed).choice(len(corpus.rows), count, replace=False)
    return np.asarray(corpus.pictures[np.sort(rows)])


@torch.inference_mode()
def renormalise(branch: ImageBranch, pictures: NDArray[np.uint8]) -> None:
    """Measure what reaches each norm, store it there, and change gain and bias accordingly.

    In evaluation mode the branch says the same as before; in training mode nearly so.

    Args:
        branch: Changed in place, and left in evaluation mode.
        pictures: ``(N, H, W, 3)`` some hundred training pictures.
    """
    norms = [part for part in branch.backbone.modules() if isinstance(part, nn.BatchNorm2d)]
    sums = {norm: torch.zeros(2, norm.num_features, dtype=torch.float64) for norm in norms}
    counts = dict.fromkeys(norms, 0)

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        seen = inputs[0].double()
        sums[norm] += torch.stack([seen.sum((0, 2, 3)), seen.square().sum((0, 2, 3))])
        counts[norm] += seen.numel() // seen.shape[1]

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    branch.eval()
    for start in range(0, len(pictures), BLOCK):
        raw = torch.from_numpy(pictures[start : start + BLOCK]).permute(0, 3, 1, 2)
        branch(normalise(raw.float() / 255))
    for hook in hooks:
        hook.remove()
    for norm in norms:
        total, square = sums[norm] / counts[norm]
        _restate(norm, total, (square - total.square()).clamp_min(0))


def _restate(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Change a norm's statistics and, with them, gain and bias, so that it says the same."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gain = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    bias = norm.bias.double() - norm.running_mean.double() * gain
    norm.weight.copy_(gain * (variance + norm.eps).sqrt())
    norm.bias.copy_(bias + mean * gain)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
