"""Everything frozen that training reads, decoded once and cached as plain arrays.

A corpus folder holds ``pictures.npy`` (N×H×W×3 uint8, RGB), ``teacher.npy`` (N×256 float16,
unit length; the teacher's embeddings) and ``corpus.json`` (per picture: person, camera, source,
captions, split). Held-out people never enter the train rows: :func:`training_pictures` drops
them by identity, whatever picture or source they come from.

``cmps train corpus`` makes one for ``train`` and one for ``val``, ``cmps train drawn`` one for a
simulated day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmps.datasets.csv_list import read_csv
from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.datasets.cuhk_reid import read_cuhk01, read_cuhk03
from cmps.datasets.drawn_day import read_truth
from cmps.datasets.market1501 import parse_name, read_market1501
from cmps.datasets.picture import Picture

MARKET = "Market-1501-v15.09.15"


def held_out_people(data: Path) -> frozenset[str]:
    """Return every identity of the val split, plus Market's ``val_ids.json``."""
    people = {str(picture.person) for picture in read_cuhk_pedes(data, "val")}
    ids = json.loads((data / MARKET / "val_ids.json").read_text())
    return frozenset(people | {f"market:{number}" for number in ids})


def training_pictures(data: Path) -> Iterator[Picture]:
    """Yield every picture that training may see; none shows a held-out person."""
    held_out = held_out_people(data)
    for picture in _all_train_sources(data):
        if picture.person is not None and picture.person not in held_out:
            yield picture


def _all_train_sources(data: Path) -> Iterator[Picture]:
    yield from read_market1501(data / MARKET, "train")
    yield from read_cuhk01(data)
    yield from read_cuhk03(data)
    yield from read_cuhk_pedes(data, "train")
    yield from read_prw(data)


def read_prw(data: Path) -> Iterator[Picture]:
    """Yield the PRW captions, each with a Market picture of that person.

    The same frame's crop where there is one, else a picture of the same person by the same
    camera, else by any camera: clothes do not change within Market.
    """
    root = data / MARKET
    by_person: dict[str, list[Picture]] = {}
    for split in ("train", "query", "gallery"):
        for picture in read_market1501(root, split):
            if picture.person is not None:
                by_person.setdefault(picture.person, []).append(picture)
    for record in json.loads((root / "prw_captions.json").read_text()):
        crops = [root / name for name in record["same_frame_crops"] if (root / name).is_file()]
        if crops:
            picture = parse_name(crops[0], "train")
        else:
            candidates = by_person.get(f"market:{record['market_id']}", [])
            if not candidates:
                continue
            camera = record["frame"][:2]
            picture = min(candidates, key=lambda candidate: candidate.camera != camera)
        yield replace(picture, captions=tuple(record["captions"]), split="train")


def drawn_pictures(day: Path) -> Iterator[Picture]:
    """Yield the pictures of a simulated day (``cmps simulate day``); ``drawn:`` leads each person.

    Raises:
        DatasetError: If the day cannot be read.
    """
    truth = read_truth(day / "truth.jsonl")
    for picture in read_csv(day / "index.csv"):
        person = truth[str(picture.path.relative_to(day))]
        yield replace(picture, person=f"drawn:{day.name}-{person}", split="train")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Decoded pictures with identities, captions and the teacher's embeddings.

    Attributes:
        pictures: N×H×W×3 uint8, RGB.
        teacher: N×256 float16, unit length.
        rows: Per picture a dict with ``person``, ``camera``, ``path``, ``captions``, ``split``.
    """

    pictures: NDArray[np.uint8]
    teacher: NDArray[np.float16]
    rows: list[dict[str, Any]]

    def __post_init__(self) -> None:
        if not len(self.pictures) == len(self.teacher) == len(self.rows):
            raise ValueError("corpus arrays disagree in length; build the corpus folder again")

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """Open a corpus folder; pictures are memory-mapped.

        Raises:
            FileNotFoundError: If the folder was not built.
        """
        rows = json.loads((folder / "corpus.json").read_text())
        pictures = np.load(folder / "pictures.npy", mmap_mode="r")
        return cls(pictures, np.load(folder / "teacher.npy"), rows)


def join(parts: Sequence[Corpus]) -> Corpus:
    """Put corpora one after another; their pictures are read into memory."""
    return Corpus(
        np.concatenate([part.pictures for part in parts]),
        np.concatenate([part.teacher for part in parts]),
        [row for part in parts for row in part.rows],
    )


def build(pictures: Sequence[Picture], out: Path, teacher: Path, size: tuple[int, int]) -> None:
    """Decode pictures, compute the teacher's embeddings, write the corpus folder."""
    out.mkdir(parents=True, exist_ok=True)
    array = np.lib.format.open_memmap(
        out / "pictures.npy", "w+", np.uint8, (len(pictures), *size, 3)
    )
    embeddings = np.zeros((len(pictures), 256), np.float16)
    embed = load_teacher(teacher)
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(pictures), 64):
            part = pictures[start : start + 64]
            opened = list(pool.map(lambda picture: Image.open(picture.path).convert("RGB"), part))
            for offset, image in enumerate(opened):
                resized = image.resize(size[::-1], Image.Resampling.BICUBIC)
                array[start + offset] = np.asarray(resized)
            embeddings[start : start + len(part)] = embed(opened)
            print(f"\r{start + len(part)} of {len(pictures)} pictures", end="", flush=True)
    print()
    np.save(out / "teacher.npy", embeddings)
    (out / "corpus.json").write_text(json.dumps([_row(picture) for picture in pictures]))


def _row(picture: Picture) -> dict[str, Any]:
    return {
        "person": picture.person,
        "camera": picture.camera,
        "path": str(picture.path),
        "captions": list(picture.captions),
        "split": picture.split,
    }


def load_teacher(model: Path) -> Any:
    """Return a function from PIL pictures to unit embeddings of an Open Model Zoo network.

    ``person-reidentification-retail-0277`` takes 256×128 BGR, NCHW, 0–255 and gives 256 numbers.
    """
    import openvino

    network = openvino.Core().compile_model(str(model), "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
    queue = openvino.AsyncInferQueue(network)

    def embed(images: Sequence[Image.Image]) -> NDArray[np.float32]:
        results: dict[int, NDArray[np.float32]] = {}

        def keep(request: Any, index: int) -> None:
            results[index] = request.get_output_tensor(0).data[0].copy()

        queue.set_callback(keep)
        for index, image in enumerate(images):
            rgb = np.asarray(image.resize((128, 256), Image.Resampling.BICUBIC))
            queue.start_async(rgb[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32), index)
        queue.wait_all()
        stacked = np.stack([results[index] for index in range(len(images))])
        unit: NDArray[np.float32] = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
        return unit

    return embed


def build_all(data: Path, out: Path, teacher: Path, size: tuple[int, int]) -> None:
    """Write the ``val`` and the ``train`` corpus of the data sets below ``data``."""
    build(list(read_cuhk_pedes(data, "val")), out / "val", teacher, size)
    build(list(training_pictures(data)), out / "train", teacher, size)
