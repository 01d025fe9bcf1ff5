"""A plain BERT encoder (Devlin et al., 2019): small enough to read, fine-tune and export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from cmps.training.network import quick


@dataclass(frozen=True, slots=True)
class BertConfig:
    """Sizes as a Hugging Face ``config.json`` names them."""

    vocab_size: int
    hidden_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    max_position_embeddings: int = 512

    @classmethod
    def read(cls, path: Path) -> BertConfig:
        """Read the fields that matter from ``config.json``."""
        values = json.loads(path.read_text())
        return cls(**{name: values[name] for name in cls.__dataclass_fields__})


class Layer(nn.Module):
    """Self-attention and a feed-forward part, each added to its input and normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))
        self.output = nn.Linear(size, size)
        self.attention_norm = nn.LayerNorm(size, eps=1e-12)
        self.up = nn.Linear(size, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, size)
        self.norm = nn.LayerNorm(size, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, T, size)`` states; ``mask`` (B, 1, 1, T) is True at real tokens."""
        batch, length, size = x.shape

        def split(linear: nn.Linear) -> Tensor:
            heads: Tensor = linear(x).view(batch, length, self.heads, size // self.heads)
            return heads.transpose(1, 2)

        query, key, value = split(self.query), split(self.key), split(self.value)
        scores = query @ key.transpose(2, 3) / (size // self.heads) ** 0.5
        mixed = scores.masked_fill(~mask, -1e4).softmax(3) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, length, size)
        x = self.attention_norm(x + self.output(mixed))
        out: Tensor = self.norm(x + self.down(functional.gelu(self.up(x))))
        return out


class Bert(nn.Module):
    """Embeddings and layers; gives the last token states."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)
        self.positions = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.segment = nn.Parameter(torch.zeros(config.hidden_size))
        self.norm = nn.LayerNorm(config.hidden_size, eps=1e-12)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, T)`` token numbers to ``(B, T, size)`` states; ``mask`` True at real tokens."""
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.words(ids) + self.positions(positions) + self.segment)
        with quick(ids.device):
            for layer in self.layers:
                x = layer(x, mask[:, None, None, :])
        out: Tensor = x.float()
        return out


def load_pretrained(folder: Path, keep: list[int] | None = None) -> Bert:
    """Load a BERT from a Hugging Face folder (``config.json``, ``model.safetensors``).

    Args:
        folder: The model's folder.
        keep: Rows of the vocabulary to keep, in their new order; ``None`` for all.

    Raises:
        KeyError: If the file is not a BERT.
    """
    from safetensors.torch import load_file

    stored = {
        name.removeprefix("bert."): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    config = BertConfig.read(folder / "config.json")
    words = stored["embeddings.word_embeddings.weight"]
    if keep is not None:
        words = words[keep]
        config = BertConfig(
            **{
                **{name: getattr(config, name) for name in config.__dataclass_fields__},
                "vocab_size": len(keep),
            }
        )
    state = {
        "words.weight": words,
        "positions.weight": stored["embeddings.position_embeddings.weight"],
        "segment": stored["embeddings.token_type_embeddings.weight"][0],
    }
    places = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "output": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm": "output.LayerNorm",
    }
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = stored[f"embeddings.LayerNorm.{kind}"]
        for number in range(config.num_hidden_layers):
            for ours, theirs in places.items():
                source = f"encoder.layer.{number}.{theirs}.{kind}"
                state[f"layers.{number}.{ours}.{kind}"] = stored[source]
    bert = Bert(config)
    bert.load_state_dict(state)
    return bert
