"""A head that tells people in one outfit apart, on top of a finished image network.

The image network is done; all that changes is one linear layer over what it says of a picture
(:mod:`cmps.search.tracks.head`). It sees drawn people of whom several wear the same, in batches
that put these side by side, and real people of Market-1501, CUHK01 and CUHK03, for whom it must
stay near the embedding: the network learned them long ago, so they have little left to teach
(``cmps train head``).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cmps.datasets.csv_list import read_csv
from cmps.datasets.cuhk_reid import read_cuhk01, read_cuhk03
from cmps.datasets.drawn_day import read_truth
from cmps.datasets.market1501 import read_market1501
from cmps.datasets.picture import Picture
from cmps.encoders.image import ImageEncoder
from cmps.evaluation.interfaces import Progress, silent
from cmps.evaluation.large_gallery import encode_once
from cmps.gallery.records import EMBEDDING_SIZE, Network
from cmps.search.tracks.head import inputs
from cmps.training.corpus import MARKET, held_out_people

STEPS, RATE, WARMUP, DECAY = 4000, 1e-3, 100, 0.05
TEMPERATURE, DROPPED, STAY = 0.1, 0.2, 3.0
OUTFITS, ALIKE, OTHERS, PICTURES = 10, 4, 16, 4

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures to learn from, row by row.

    Attributes:
        inputs: ``(n, d)`` what the layer sees.
        people: ``(n,)`` who is in each.
        passes: ``(n,)`` which pass of them; pictures of one pass are no proof of anything.
        outfits: ``(n,)`` what they wear; real people wear what nobody else does.
        sources: ``(n,)`` 0 for drawn people, then the real sets.
    """

    inputs: NDArray[np.float16]
    people: Ints
    passes: Ints
    outfits: Ints
    sources: Ints


def gather(
    days: Sequence[Path],
    data: Path,
    encoder: ImageEncoder,
    network: Network,
    cache: Path,
    progress: Progress = silent,
) -> Examples:
    """Encode simulated days and the real sets; nobody of the val split is among them.

    Args:
        days: What ``cmps simulate day`` wrote.
        data: Folder of Market-1501, CUHK01, CUHK03 and CUHK-PEDES.
        encoder: The image network.
        network: Its name and checksum.
        cache: Where encodings are kept.
        progress: Called along the way.
    """
    rows: list[tuple[str, str, str, str]] = []
    found = []
    for day in days:
        pictures = list(read_csv(day / "index.csv"))
        rows += _of_day(day, pictures)
        found.append(_encoded(pictures, encoder, network, cache, progress))
    held_out = held_out_people(data)
    real = {
        "market": read_market1501(data / MARKET, "train"),
        "cuhk01": read_cuhk01(data),
        "cuhk03": read_cuhk03(data),
    }
    for name, listed in real.items():
        pictures = [one for one in listed if one.person and one.person not in held_out]
        rows += [(str(one.person), str(one.path), str(one.person), name) for one in pictures]
        found.append(_encoded(pictures, encoder, network, cache, progress))
    people, passes, outfits = (
        np.unique([row[column] for row in rows], return_inverse=True)[1] for column in range(3)
    )
    sources = np.array([["drawn", *real].index(row[3]) for row in rows])
    return Examples(np.concatenate(found), people, passes, outfits, sources)


def _of_day(day: Path, pictures: Sequence[Picture]) -> list[tuple[str, str, str, str]]:
    """Return person, pass, outfit and source of a day's pictures."""
    who = read_truth(day / "truth.jsonl")
    lines = (day / "people.jsonl").read_text(encoding="utf-8").splitlines()
    wears = {one["id"]: one["outfit"] for one in map(json.loads, lines)}
    rows = []
    for one in pictures:
        person = who[str(one.path.relative_to(day))]
        worn = wears[person] or person
        rows.append((f"{day} {person}", f"{day} {one.tracklet}", f"{day} {worn}", "drawn"))
    return rows


def _encoded(
    pictures: Sequence[Picture],
    encoder: ImageEncoder,
    network: Network,
    cache: Path,
    progress: Progress,
) -> NDArray[np.float16]:
    made = encode_once(pictures, encoder, network, cache, progress)
    return inputs(made.embeddings, made.pyramids).astype(np.float16)


class Batches:
    """Draws batches: people who wear the same, and others of every source.

    Args:
        examples: The pictures.
        random: Source of chance.
    """

    def __init__(self, examples: Examples, random: np.random.Generator) -> None:
        self.random = random
        self._rows: dict[int, Ints] = {}
        for person in np.unique(examples.people):
            rows = np.flatnonzero(examples.people == person)
            if len(np.unique(examples.passes[rows])) > 1:
                self._rows[int(person)] = rows
        people = np.array(list(self._rows))
        firsts = np.array([rows[0] for rows in self._rows.values()])
        self._sources = [
            people[examples.sources[firsts] == one] for one in np.unique(examples.sources)
        ]
        worn = examples.outfits[firsts]
        kinds, counts = np.unique(worn, return_counts=True)
        self._shared = [people[worn == kind] for kind in kinds[counts > 1]]

    def draw(self) -> Ints:
        """Return the rows of a batch."""
        chosen: list[int] = []
        for kind in self.random.integers(len(self._shared), size=OUTFITS):
            chosen += self.random.permutation(self._shared[kind])[:ALIKE].tolist()
        for people in self._sources:
            chosen += self.random.choice(people, OTHERS).tolist()
        return np.concatenate(
            [
                self.random.choice(rows, PICTURES, replace=len(rows) < PICTURES)
                for rows in (self._rows[one] for one in dict.fromkeys(chosen))
            ]
        )


class HeadNetwork(nn.Module):
    """The layer; it starts as the embedding, and cells join it.

    Args:
        width: Numbers in an input.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, EMBEDDING_SIZE, bias=False)
        nn.init.zeros_(self.layer.weight)
        nn.init.eye_(self.layer.weight[:, :EMBEDDING_SIZE])
        self.drop = nn.Dropout(DROPPED)

    def forward(self, seen: Tensor) -> Tensor:
        """Map ``(B, d)`` inputs to ``(B, 256)`` unit vectors."""
        cells = self.drop(seen[:, EMBEDDING_SIZE:])
        out = self.layer(torch.cat([seen[:, :EMBEDDING_SIZE], cells], 1))
        return functional.normalize(out, dim=1)


def head_loss(
    vectors: Tensor, seen: Tensor, people: Tensor, passes: Tensor, sources: Tensor
) -> Tensor:
    """Return the loss of a batch.

    Each pair of passes of one person is held against all other people of its source (the softmax of
    Sohn, NeurIPS 2016, a pair at a time); of real people the vectors stay near the embeddings.

    Args:
        vectors: ``(B, 256)`` what the layer says.
        seen: ``(B, d)`` its inputs, which begin with the embedding.
        people: ``(B,)``.
        passes: ``(B,)``.
        sources: ``(B,)``.
    """
    scores = vectors @ vectors.T / TEMPERATURE
    same = people[:, None] == people
    together = same & (passes[:, None] != passes)
    against = (sources[:, None] == sources) & ~same
    others = torch.logsumexp(scores.masked_fill(~against, -1e4), 1)
    pairs = functional.softplus(others[:, None] - scores)
    embeddings = functional.normalize(seen[:, :EMBEDDING_SIZE], dim=1)
    strayed = (1 - (vectors * embeddings).sum(1)) * (sources > 0)
    return (pairs * together).sum() / together.sum() + STAY * strayed.mean()


def train(examples: Examples, out: Path, network: Network, steps: int = STEPS) -> Path:
    """Train the layer and write it, in half precision.

    Args:
        examples: What to learn from.
        out: The file to write.
        network: The image network that it belongs to.
        steps: Of the optimiser.
    """
    torch.manual_seed(0)
    batches = Batches(examples, np.random.default_rng(0))
    head = HeadNetwork(examples.inputs.shape[1])
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    columns = (examples.people, examples.passes, examples.sources)
    since, total = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        cosine = (1 + math.cos(math.pi * step / steps)) / 2
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / WARMUP) * (0.02 + 0.98 * cosine)
        rows = batches.draw()
        seen = torch.from_numpy(examples.inputs[rows].astype(np.float32))
        told = [torch.from_numpy(column[rows]) for column in columns]
        loss = head_loss(head(seen), seen, *told)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        total += loss.item()
        if step % 250 == 0:
            print(f"step {step}/{steps} loss {total / 250:.4f}, {time.monotonic() - since:.0f} s")
            total = 0.0
    weights = head.layer.weight.detach().numpy().astype(np.float16)
    with out.open("wb") as file:
        np.savez_compressed(file, weights=weights, network=np.array(network.sha256))
    return out
