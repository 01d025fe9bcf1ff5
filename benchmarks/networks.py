"""What do the networks cost, and what would they cost in other precisions?

``python benchmarks/networks.py`` prints size and time of each shipped network: milliseconds for a
sentence (tokenising included) and for a crop (the network alone), on one thread and on two.
Wall clock, which other programs lengthen, and CPU time over all threads, which they hardly do.
With ``--weights FILE --language DIR --corpus DIR`` (32-bit weights of training, its tokenisers, a
val corpus) every precision of export follows, with what it changes: cosine to the 32-bit output,
rank-1 and mAP of the global embedding, without FPR, against the 32-bit picture embeddings. With
``--every N`` only every Nth picture and its sentences count: fewer minutes, and easier figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer

from cmps.encoders.image import OnnxImageEncoder
from cmps.encoders.runtime import open_session
from cmps.encoders.text import OnnxTextEncoder
from cmps.encoders.weights import manifest, weight_file
from cmps.evaluation.report import hardware
from cmps.settings import Variant

SENTENCE = (
    "A young woman with long dark hair wears a pink jacket, blue jeans and white shoes, and "
    "carries a yellow backpack over her left shoulder."
)
BATCHES = (1, 16, 64)
THREADS = (1, 2)

Embeddings = NDArray[np.float32]


def milliseconds(work: Callable[[], object], repeats: int, each: int = 1) -> str:
    """Return the median wall clock and, behind it, the median CPU time."""
    work()
    wall, cpu = [], []
    for _ in range(repeats):
        started = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - started[0]) / each)
        cpu.append(1000 * (time.process_time() - started[1]) / each)
    return f"{statistics.median(wall):.1f} ({statistics.median(cpu):.1f})"


def crop_time(path: Path, threads: int, batch: int, repeats: int) -> str:
    """Measure the image network on noise: its time does not depend on what is shown."""
    session = open_session(path, threads)
    shape = (batch, *session.get_inputs()[0].shape[1:])
    pictures = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    names = ["embedding", "pyramid", "foreground"]
    # half a second is enough for a large batch
    count = max(5, repeats // batch)
    return milliseconds(lambda: session.run(names, {"pictures": pictures}), count, batch)


def sentence_time(path: Path, tokens: Path, threads: int, repeats: int) -> str:
    """Measure a text network and its tokeniser."""
    encoder = OnnxTextEncoder(open_session(path, threads), Tokenizer.from_file(str(tokens)))
    return milliseconds(lambda: encoder.encode(SENTENCE), repeats)


def megabytes(path: Path) -> str:
    """Return a file's size in millions of bytes."""
    return f"{path.stat().st_size / 1e6:.1f}"


def shipped(repeats: int) -> Table:
    """Measure the networks of the package."""
    total = sum(one.bytes for one in manifest().values()) / 1e6
    table = Table(title=f"shipped networks, {total:.1f} MB with word lists; ms: wall clock (CPU)")
    for column in ("network", "MB", "for", *(f"{count} thread(s)" for count in THREADS)):
        table.add_column(column, justify="left" if column in ("network", "for") else "right")
    image = weight_file("image.onnx")
    for batch in BATCHES:
        times = [crop_time(image, threads, batch, repeats) for threads in THREADS]
        table.add_row("image", megabytes(image), f"a crop, batch {batch}", *times)
    for variant in get_args(Variant):
        path, tokens = weight_file(f"{variant}.onnx"), weight_file(f"{variant}.json")
        times = [sentence_time(path, tokens, threads, repeats) for threads in THREADS]
        table.add_row(variant, megabytes(path), "a sentence", *times)
    return table


def export_full(weights: Path, folder: Path) -> None:
    """Write the three networks in 32 bits."""
    from cmps.training.export import ExportedText, export_image, export_text
    from cmps.training.weights import load_model

    model = load_model(weights).eval()
    network = model.network
    export_image(network.image, folder / "image.onnx")
    export_text(ExportedText(network.words, network.fast, False), folder / "fast.onnx")
    export_text(ExportedText(model.bert, network.accurate, True), folder / "accurate.onnx")


def embed_pictures(path: Path, pictures: NDArray[np.uint8]) -> Embeddings:
    """Return the global embeddings of ``(N, H, W, 3)`` pictures."""
    encoder = OnnxImageEncoder(open_session(path, 1))
    return np.stack([one.embedding for one in encoder.encode(list(pictures))])


def embed_texts(path: Path, tokens: Path, texts: Sequence[str]) -> Embeddings:
    """Return the global embeddings of sentences."""
    encoder = OnnxTextEncoder(open_session(path, 1), Tokenizer.from_file(str(tokens)))
    return np.stack([encoder.encode(text).embedding for text in texts])


def precisions(weights: Path, language: Path, corpus: Path, repeats: int, every: int) -> Table:
    """Measure every precision of every network on a val corpus."""
    from cmps.training.precision import Precision, shrink

    rows: list[dict[str, Any]] = json.loads((corpus / "corpus.json").read_text(encoding="utf-8"))
    rows = rows[::every]
    pictures = np.load(corpus / "pictures.npy", mmap_mode="r")[::every]
    captions = [(place, text) for place, row in enumerate(rows) for text in row["captions"]]
    people = np.array([row["person"] for row in rows])
    asked = people[[place for place, _ in captions]]
    table = Table(
        title=f"precisions; {len(captions):,} sentences, gallery of {len(rows):,} pictures"
    )
    for column in (
        "network",
        "precision",
        "MB",
        "cosine mean",
        "least",
        "rank-1",
        "mAP",
        "ms (CPU)",
    ):
        table.add_column(column, justify="left" if column in ("network", "precision") else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_full(weights, folder)
        gallery = embed_pictures(folder / "image.onnx", pictures)
        for network in ("image", *get_args(Variant)):
            right = (people if network == "image" else asked)[:, None] == people[None]
            full: Embeddings | None = None
            for precision in get_args(Precision):
                small = folder / f"{network}.{precision}.onnx"
                shutil.copy(folder / f"{network}.onnx", small)
                shrink(small, precision)
                if network == "image":
                    found = embed_pictures(small, pictures)
                    took = crop_time(small, 1, 1, repeats)
                else:
                    tokens = language / f"{network}.json"
                    found = embed_texts(small, tokens, [text for _, text in captions])
                    took = sentence_time(small, tokens, 1, repeats)
                full = found if full is None else full
                judged = judge(found, found if network == "image" else gallery, right)
                cosines = (found * full).sum(1)
                cells = [network, precision, megabytes(small)]
                cells += [f"{cosines.mean():.5f}", f"{cosines.min():.5f}", *judged, took]
                Console(stderr=True).print(" ".join(cells), highlight=False)
                table.add_row(*cells, end_section=precision == get_args(Precision)[-1])
    return table


def judge(probes: Embeddings, gallery: Embeddings, right: NDArray[np.bool_]) -> Iterator[str]:
    """Yield rank-1 and mAP; pictures that search among themselves leave themselves out."""
    from cmps.training.validate import scores

    similar = probes @ gallery.T
    if probes is gallery:
        itself = np.eye(len(probes), dtype=bool)
        similar, right = np.where(itself, -9, similar), right & ~itself
    if not right.any():
        # of a part of the corpus nobody may have two pictures
        yield from "––"
        return
    first, _, precision = scores(similar, right)
    yield f"{first:.2f}"
    yield f"{precision:.2f}"


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="32-bit weights that training wrote")
    parser.add_argument("--language", type=Path, help="folder of the tokenisers")
    parser.add_argument("--corpus", type=Path, help="a val corpus")
    parser.add_argument("--every", type=int, default=1, help="take every Nth picture of it")
    parser.add_argument("--repeats", type=int, default=100)
    options = parser.parse_args()
    console = Console(width=110)
    console.print(shipped(options.repeats))
    if options.weights and options.language and options.corpus:
        folders = (options.weights, options.language, options.corpus)
        console.print(precisions(*folders, options.repeats, options.every))
    machine = hardware()
    console.print(
        f"{machine['processor']}, {machine['cores']} cores; "
        f"load average at the end {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
