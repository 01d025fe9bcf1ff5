"""What tests of the command line look at."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def id_of(world, name: str) -> str:
    """The sighting made of a picture."""
    sightings = world.store.get(world.store.listing())
    return next(one.id for one in sightings if one.source.endswith(f"/{name}"))


def normalised(text: str, folder: Path) -> str:
    """Take out of an output what differs between runs and machines.

    Folders and times go; of scores the last digits go, which depend on the order of summing.
    """
    text = text.replace(str(folder), "DIR")
    stages = "crops_per_second|decode|encode|store|open|listen|retrieve|rank|track|gather"
    text = re.sub(r"\d[\d,.]* (ms|s|crops/s)\b", r"# \1", text)
    text = re.sub(rf"\b({stages}) \d[\d.]*(?=[,;\n])", r"\1 #", text)
    text = re.sub(rf'("(?:{stages})": )\d+\.\d+', r"\1#", text)
    text = re.sub(r"\d\.\d{4,}", lambda number: f"{float(number[0]):.3f}", text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
