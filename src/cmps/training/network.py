"""The pseudo-siamese network of CMPS (paper §2, Figure 2), readable from top to bottom.

Pictures and sentences meet in one embedding space; beside it, image cells and words meet in a
space of local vectors in which FPR (He et al., ICCV 2019) reconstructs one set from another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from cmps.training.mobilenet import CHANNELS, MobileNetV2

CONFIGS = Path(__file__).parent / "configs"

Summary = Literal["convolution", "pooling"]
Attention = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the network; the presets ``paper`` and ``compact`` are files in ``configs/``.

    Attributes:
        height, width: Picture size in pixels.
        last_stride: Of the backbone; the final map is 1/16 (stride 1) or 1/32 of the picture.
        embedding: Numbers in the shared embedding.
        local: Numbers in a local vector.
        pyramid: Grids (rows, columns) that pool the final map into local vectors.
        hidden: LSTM units in each direction.
        token: Numbers in a token state (384 for MiniLM, 768 for BERT base).
        word: Numbers in a static word vector.
        summary: ``convolution`` in place of pooling (the paper) or ``pooling`` (for the ablation).
        attention: ``sigmoid`` (the paper) or ``softmax`` (for the ablation).
    """

    height: int = 192
    width: int = 96
    last_stride: int = 1
    embedding: int = 256
    local: int = 128
    pyramid: tuple[tuple[int, int], ...] = ((1, 1), (3, 1), (6, 1), (6, 3))
    hidden: int = 256
    token: int = 384
    word: int = 50
    summary: Summary = "convolution"
    attention: Attention = "sigmoid"

    def __post_init__(self) -> None:
        if self.summary not in get_args(Summary):
            raise ValueError(f"summary {self.summary!r} is neither convolution nor pooling")
        if self.attention not in get_args(Attention):
            raise ValueError(f"attention {self.attention!r} is neither sigmoid nor softmax")
        rows, columns = self.map_size
        for high, wide in self.pyramid:
            if rows % high or columns % wide:
                raise ValueError(
                    f"pyramid grid {high}x{wide} does not divide a {rows}x{columns} map"
                )

    @property
    def map_size(self) -> tuple[int, int]:
        """Rows and columns of the final feature map."""
        shrink = 16 * self.last_stride
        return self.height // shrink, self.width // shrink

    @classmethod
    def preset(cls, name: str | Path) -> NetworkConfig:
        """Read a preset by name or a ``.json`` file by path.

        Raises:
            FileNotFoundError: If there is none.
        """
        path = Path(name) if str(name).endswith(".json") else CONFIGS / f"{name}.json"
        values = json.loads(path.read_text())
        values["pyramid"] = tuple(tuple(grid) for grid in values["pyramid"])
        return cls(**values)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for a checkpoint."""
        return asdict(self)


class ImageOutput(NamedTuple):
    """What the image branch says of B pictures.

    ``embedding`` (B, 256) is of unit length; ``pyramid`` (B, cells, 128) has unit rows;
    ``foreground`` (B, cells) is a probability; ``foreground_logits`` (B, 2, rows, columns) feed the
    foreground loss, class 1 being the person; ``raw`` (B, 256) is the embedding before its length
    was taken away, for the identity classifier.
    """

    embedding: Tensor
    pyramid: Tensor
    foreground: Tensor
    foreground_logits: Tensor
    raw: Tensor


class TextOutput(NamedTuple):
    """What a text branch says of B sentences of at most T tokens.

    ``embedding`` (B, 256) unit length; ``words`` (B, T, 128) unit rows; ``attention`` (B, T) in
    0–1, 0 at padding; ``raw`` (B, 256) before normalisation.
    """

    embedding: Tensor
    words: Tensor
    attention: Tensor
    raw: Tensor


class ImageBranch(nn.Module):
    """MobileNetV2, a convolution instead of pooling, and the foreground-aware pyramid."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = MobileNetV2(config.last_stride)
        self.summary: nn.Module = nn.AdaptiveAvgPool2d(1)
        if config.summary == "convolution":
            self.summary = _summary_convolution(config.map_size)
        self.norm = nn.BatchNorm1d(CHANNELS)
        self.project = nn.Linear(CHANNELS, config.embedding)
        self.local = nn.Conv2d(CHANNELS, config.local, 1)
        self.probability = nn.Conv2d(CHANNELS, 2, 1)

    def forward(self, pictures: Tensor) -> ImageOutput:
        """Embed ``(B, 3, H, W)`` pictures, normalised by :func:`normalise`."""
        with quick(pictures.device):
            features = self.backbone(pictures)
        features = features.float()
        raw = self.project(self.norm(self.summary(features).flatten(1)))
        logits = self.probability(features)
        local, foreground = self.local(features), logits.softmax(1)[:, 1:]
        cells = [functional.adaptive_avg_pool2d(local, grid) for grid in self.config.pyramid]
        weights = [functional.adaptive_avg_pool2d(foreground, grid) for grid in self.config.pyramid]
        pyramid = torch.cat([cell.flatten(2) for cell in cells], 2).transpose(1, 2)
        return ImageOutput(
            functional.normalize(raw, dim=1),
            functional.normalize(pyramid, dim=2),
            torch.cat([weight.flatten(1) for weight in weights], 1),
            logits,
            raw,
        )


def _summary_convolution(size: tuple[int, int]) -> nn.Conv2d:
    """Return what replaces pooling: one filter over the whole map for each channel.

    It starts as the mean, so training starts from what pooling would have said.
    """
    summary = nn.Conv2d(CHANNELS, CHANNELS, size, groups=CHANNELS, bias=False)
    nn.init.constant_(summary.weight, 1 / (size[0] * size[1]))
    return summary


class TextBranch(nn.Module):
    """Token states → bidirectional LSTM → sigmoid attention → embedding (paper §2).

    The sigmoid judges every word on its own, so a word's weight does not sink because the sentence
    is long, as it would with a softmax.

    Args:
        config: Sizes, and which attention.
        inputs: Numbers in a token state: ``config.token`` or ``config.word``.
    """

    def __init__(self, config: NetworkConfig, inputs: int) -> None:
        super().__init__()
        self.kind = config.attention
        self.lstm = nn.LSTM(inputs, config.hidden, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.2)
        width = 2 * config.hidden
        self.judge = nn.Sequential(nn.Linear(width, 128), nn.Tanh(), nn.Linear(128, 1))
        self.project = nn.Linear(2 * width, config.embedding)
        self.local = nn.Linear(width, config.local)

    def forward(self, states: Tensor, mask: Tensor) -> TextOutput:
        """Embed ``(B, T, inputs)`` token states; ``mask`` (B, T) is True at real tokens."""
        hidden = self.drop(run_lstm(self.lstm, states, mask))
        scores = self.judge(hidden).squeeze(2)
        if self.kind == "sigmoid":
            attention = scores.sigmoid() * mask
        else:
            attention = scores.masked_fill(~mask, -1e4).softmax(1) * mask
        # divided by the summed weight: the sentence's length must not become the vector's length
        total = attention.sum(1, keepdim=True).clamp_min(1e-4)
        mean = (attention.unsqueeze(2) * hidden).sum(1) / total
        best = (hidden * attention.unsqueeze(2)).masked_fill(~mask.unsqueeze(2), -1e4).amax(1)
        raw = self.project(torch.cat([mean, best], 1))
        words = functional.normalize(self.local(hidden), dim=2)
        return TextOutput(functional.normalize(raw, dim=1), words, attention, raw)


def run_lstm(lstm: nn.LSTM, states: Tensor, mask: Tensor) -> Tensor:
    """Run a bidirectional LSTM over padded sentences; padding never reaches the backward pass."""
    if torch.onnx.is_in_onnx_export():  # one sentence at a time at run time: no padding
        exported: Tensor = lstm(states)[0]
        return exported
    lengths = mask.sum(1).cpu()
    packed = nn.utils.rnn.pack_padded_sequence(
        states, lengths, batch_first=True, enforce_sorted=False
    )
    return nn.utils.rnn.pad_packed_sequence(
        lstm(packed)[0], batch_first=True, total_length=states.shape[1]
    )[0]


class WordVectors(nn.Module):
    """A table of static word vectors, fine-tuned; row 0 is padding, row 1 an unknown word."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Embedding(table.shape[0], table.shape[1], padding_idx=0)
        self.table.weight.data.copy_(table)

    def forward(self, ids: Tensor) -> Tensor:
        """Map ``(B, T)`` word numbers to ``(B, T, word)`` vectors."""
        out: Tensor = self.table(ids)
        return out


class CrossModalNetwork(nn.Module):
    """Image branch, both text branches and the identity classifier they share.

    Args:
        config: Sizes.
        people: Identities that the classifier tells apart.
        vectors: ``(words, 50)`` static word vectors for the fast variant.
    """

    def __init__(self, config: NetworkConfig, people: int, vectors: Tensor) -> None:
        super().__init__()
        self.image = ImageBranch(config)
        self.words = WordVectors(vectors)
        self.fast = TextBranch(config, config.word)
        self.accurate = TextBranch(config, config.token)
        self.identity_norm = nn.BatchNorm1d(config.embedding)
        # One classifier for both modalities: L_ABS compares their distributions over people.
        self.identity = nn.Linear(config.embedding, people, bias=False)
        self.temperature = nn.Parameter(torch.tensor(3.0))

    def classify(self, raw: Tensor) -> Tensor:
        """Return identity logits ``(B, people)`` of raw embeddings of either modality."""
        out: Tensor = self.identity(self.identity_norm(raw))
        return out


MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def normalise(pictures: Tensor) -> Tensor:
    """Turn ``(B, 3, H, W)`` numbers in 0–1 into the backbone's input (ImageNet statistics)."""
    return (pictures - MEAN.to(pictures.device)) / DEVIATION.to(pictures.device)


def quick(device: torch.device) -> torch.autocast:
    """Return a context in which a GPU works in bfloat16; a CPU goes on in single precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def channels_last(module: nn.Module) -> None:
    """Lay convolution weights out channels last: 1.5 times as fast on a CPU (DESIGN.md's table)."""
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
