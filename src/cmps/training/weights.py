"""Files of trained networks: one holds BERT, both text branches and the image branch."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cmps.training.bert import Bert, BertConfig
from cmps.training.network import CrossModalNetwork, NetworkConfig, channels_last


class TextNetwork(nn.Module):
    """BERT and the cross-modal network in one module, so that one optimiser sees both."""

    def __init__(self, bert: Bert, network: CrossModalNetwork) -> None:
        super().__init__()
        self.bert = bert
        self.network = network


def save_model(model: TextNetwork, path: Path) -> Path:
    """Write everything in one file."""
    bert = {"config": asdict(model.bert.config), "state": model.bert.state_dict()}
    torch.save({"network": model.network.state_dict(), "bert": bert}, path)
    return path


def load_model(path: Path, network: str | Path = "compact") -> TextNetwork:
    """Load what :func:`save_model` wrote.

    Args:
        path: The file.
        network: Preset or file of the network's sizes.

    Raises:
        RuntimeError: If the file holds networks of other sizes.
    """
    stored = torch.load(path, map_location="cpu", weights_only=True)
    state = stored["network"]
    people = state["identity.weight"].shape[0]
    loaded = CrossModalNetwork(NetworkConfig.preset(network), people, state["words.table.weight"])
    loaded.load_state_dict(state)
    channels_last(loaded.image)
    return TextNetwork(load_bert(stored["bert"]), loaded)


def load_bert(stored: Path | dict[str, Any]) -> Bert:
    """Load a BERT from a file of its own (the language folder's ``bert.pt``) or a part of one."""
    parts: dict[str, Any] = (
        torch.load(stored, map_location="cpu", weights_only=True)
        if isinstance(stored, Path)
        else stored
    )
    network = Bert(BertConfig(**parts["config"]))
    network.load_state_dict(parts["state"])
    return network
