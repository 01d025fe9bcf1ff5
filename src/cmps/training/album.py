"""A corpus' pictures as training shows them: altered anew each time, on the device that trains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cmps.training.augment import Augmentation, augment
from cmps.training.corpus import Corpus, join
from cmps.training.network import normalise, quick
from cmps.training.sampler import person_means
from cmps.training.stage import Batch
from cmps.training.teacher import Teacher

Ints = NDArray[np.int64]


def load_masks(folder: Path, count: int, cells: tuple[int, int]) -> NDArray[np.float32]:
    """Read ``foreground.npy`` of a corpus, pooled to a map of ``cells``; -1 where unknown."""
    path = folder / "foreground.npy"
    if not path.exists():
        return np.full((count, *cells), -1, np.float32)
    stored = torch.from_numpy(np.load(path).astype(np.float32))
    # a picture's mask is known or unknown as a whole, so no mean mixes -1 with a part
    masks: NDArray[np.float32] = functional.adaptive_avg_pool2d(stored[:, None], cells)[
        :, 0
    ].numpy()
    return masks


def number_people(people: list[str]) -> Ints:
    """Number identities from 0 in sorted order."""
    numbers = {person: number for number, person in enumerate(sorted(set(people)))}
    return np.array([numbers[person] for person in people])


class Album:
    """Pictures, who they show, their masks, and what the teacher says of them.

    What a teacher says of one picture also holds camera and side, and a student learns that first;
    its mean over a person's pictures keeps who looks like whom. ``centre`` mixes the two.

    Args:
        corpus: The pictures; on a GPU all of them are copied to its memory.
        masks: ``(N, rows, columns)`` covered part of each cell, below 0 where unknown.
        device: Where batches are made, in torch's words.
        teacher: Looks at each picture as it is shown; ``None`` for its stored word on the picture
            as it is in the corpus.
        centre: Share of the teacher's mean over the person, 0–1.

    Attributes:
        people: ``(N,)`` identity number of each picture, from 0.
    """

    def __init__(
        self,
        corpus: Corpus,
        masks: NDArray[np.float32],
        device: str = "cpu",
        teacher: Teacher | None = None,
        centre: float = 0.0,
    ) -> None:
        self.corpus, self.device, self.centre = corpus, torch.device(device), centre
        self.people = number_people([row["person"] for row in corpus.rows])
        self.sources = [str(row["person"]).split(":")[0] for row in corpus.rows]
        self.masks = torch.from_numpy(masks).to(self.device)
        self.stored = torch.from_numpy(corpus.teacher.astype(np.float32)).to(self.device)
        means = person_means(corpus.teacher, self.people)[self.people]
        self.means = torch.from_numpy(means).to(self.device)
        self.teacher = teacher.to(self.device).eval() if teacher else None
        self.pictures = None
        if self.device.type != "cpu":  # a CPU reads from the file what it needs
            self.pictures = torch.from_numpy(np.asarray(corpus.pictures)).to(self.device)

    def __len__(self) -> int:
        return len(self.people)

    def raw(self, rows: Ints) -> Tensor:
        """Return the pictures ``(B, 3, H, W)`` as they are, in 0–1."""
        if self.pictures is None:
            found = torch.from_numpy(np.asarray(self.corpus.pictures[rows]))
        else:
            found = self.pictures[torch.from_numpy(rows).to(self.device)]
        return found.permute(0, 3, 1, 2).float() / 255

    def show(self, rows: Ints, flip: NDArray[np.bool_], random: np.random.Generator) -> Batch:
        """Return ``pictures``, altered and normalised, their ``masks`` and ``teacher``.

        Args:
            rows: Which pictures.
            flip: Which of them to mirror.
            random: Source of chance.
        """
        places = torch.from_numpy(rows).to(self.device)
        seen, masks = augment(self.raw(rows), self.masks[places], flip, Augmentation(), random)
        return {
            "pictures": normalise(seen).contiguous(memory_format=torch.channels_last),
            "masks": masks,
            "teacher": self._taught(places, seen),
        }

    @torch.no_grad()
    def _taught(self, places: Tensor, seen: Tensor) -> Tensor:
        view = self.stored[places]
        if self.teacher is not None:
            with quick(self.device):
                view = self.teacher(seen)
        mixed = (1 - self.centre) * view.float() + self.centre * self.means[places]
        return functional.normalize(mixed, dim=1)


def load_album(
    folders: Sequence[Path],
    cells: tuple[int, int],
    device: str = "cpu",
    teacher: Path | None = None,
    centre: float = 0.0,
) -> Album:
    """Open corpus folders as one album; ``cells`` is the size of the network's final map."""
    parts = [Corpus.load(folder) for folder in folders]
    masks = np.concatenate(
        [
            load_masks(folder, len(part.rows), cells)
            for folder, part in zip(folders, parts, strict=True)
        ]
    )
    corpus = join(parts) if len(parts) > 1 else parts[0]
    return Album(corpus, masks, device, Teacher(teacher) if teacher else None, centre)
