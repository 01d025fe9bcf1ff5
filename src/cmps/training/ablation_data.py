"""What all runs of the ablation share, made once: stored features, sentences, the val gallery.

The first stages of the backbone stand still, so their output for each picture, plain and mirrored,
is stored; every run then trains only the rest.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from cmps.training.album import load_masks, number_people
from cmps.training.attributes import captions_by_row
from cmps.training.bert import Bert
from cmps.training.captions import pad
from cmps.training.corpus import Corpus
from cmps.training.crossmodal import begin, neighbours
from cmps.training.language import cached_token_states
from cmps.training.network import CrossModalNetwork, NetworkConfig, channels_last, normalise
from cmps.training.sentences import UNKNOWN, CaptionBank
from cmps.training.stage import Batch, StageConfig

BLOCK = 64


@dataclass(frozen=True, slots=True)
class Sentences:
    """Encoded sentences: BERT stands still here, so its token states are made once.

    Attributes:
        words: Token numbers of each for the fast branch.
        states: ``(T, size)`` half precision of each for the accurate branch.
    """

    words: Sequence[list[int]]
    states: Sequence[NDArray[np.float16]]

    def __len__(self) -> int:
        return len(self.words)

    def spell(self, places: Sequence[int], dropout: float, random: np.random.Generator) -> Batch:
        """Return numbers and states of some; by the chance ``dropout`` a word is hidden."""
        ids, mask = pad([self.words[place] for place in places])
        chosen = [self.states[place] for place in places]
        length = max(len(state) for state in chosen)
        states = np.zeros((len(chosen), length, chosen[0].shape[1]), np.float32)
        state_mask = np.zeros((len(chosen), length), bool)
        for row, state in enumerate(chosen):
            states[row, : len(state)] = state
            state_mask[row, : len(state)] = True
        ids[(random.random(ids.shape) < dropout) & mask] = UNKNOWN
        states[random.random(state_mask.shape) < dropout] = 0
        return {
            "ids": torch.from_numpy(ids),
            "ids_mask": torch.from_numpy(mask),
            "states": torch.from_numpy(states),
            "pieces_mask": torch.from_numpy(state_mask),
        }


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything that the runs read and none of them changes.

    Attributes:
        sizes: Of the networks.
        start: Weights that the networks start from, its heads and text branches aside.
        people: ``(N,)`` identity numbers of the chosen training pictures.
        features: ``(2, N, C, H, W)`` half precision, plain and mirrored: the frozen stages' output.
        masks: ``(N, rows, columns)`` of the foreground.
        teacher: ``(N, 256)`` unit length.
        bank: Their sentences, those from attributes among them.
        sentences: The bank's, encoded.
        captioned: Rows with human captions.
        near: For each row with sentences, rows that may stand for its picture.
        val_features: ``(M, C, H, W)`` of the val pictures.
        val_people: ``(M,)`` who they show.
        val_sentences: The val sentences, encoded.
        val_rows: Row of the picture that each of them describes.
    """

    sizes: NetworkConfig
    start: CrossModalNetwork
    people: NDArray[np.int64]
    features: NDArray[np.float16]
    masks: NDArray[np.float32]
    teacher: NDArray[np.float16]
    bank: CaptionBank
    sentences: Sentences
    captioned: list[int]
    near: dict[int, NDArray[np.int64]]
    val_features: NDArray[np.float16]
    val_people: NDArray[np.object_]
    val_sentences: Sentences
    val_rows: list[int]

    def human(self) -> CaptionBank:
        """Return the sentences without those from attributes."""
        bank = copy.copy(self.bank)
        bank.rows = self.captioned
        return bank

    def show(self, rows: NDArray[np.int64], flip: NDArray[np.bool_], _: object) -> Batch:
        """Return a batch's stored features, masks and teacher; see ``PairBatches``."""
        masks = torch.from_numpy(self.masks[rows])
        sides = torch.from_numpy(flip)[:, None, None]
        teacher = torch.from_numpy(self.teacher[rows]).float()
        return {
            "pictures": torch.from_numpy(self.features[flip.astype(int), rows]).float(),
            "masks": torch.where(sides, masks.flip(2), masks),
            "teacher": functional.normalize(teacher, dim=1),
        }


def prepare_shared(
    corpus: Path,
    val: Path,
    language: Path,
    start: Path,
    cache: Path,
    config: StageConfig,
    attributes: Path | None = None,
    most: int | None = None,
) -> Shared:
    """Choose the training pictures, and encode pictures and sentences.

    Args:
        corpus: Folder of the train corpus.
        val: Folder of the val corpus.
        language: Folder that :mod:`cmps.training.language` wrote.
        start: An image branch, or all networks; see :func:`cmps.training.crossmodal.begin`.
        cache: Keeps the features.
        config: ``frozen`` says how many stages stand still, ``attributes`` how many pictures of
            each Market person without captions join.
        attributes: Market's ``market_attribute.mat``.
        most: At most this many captioned pictures, evenly spread.
    """
    whole, shown = Corpus.load(corpus), Corpus.load(val)
    sizes = NetworkConfig.preset(config.network)
    human = _spread(list(captions_by_row(whole)), most)
    added = [
        row
        for row in captions_by_row(whole, attributes, config.attributes)
        if not whole.rows[row]["captions"]
    ]
    rows = sorted([*human, *added])
    chosen = Corpus(whole.pictures[rows], whole.teacher[rows], [whole.rows[row] for row in rows])
    people = number_people([row["person"] for row in chosen.rows])
    network, bert = begin(start, language, sizes, int(people.max()) + 1)
    network.eval()
    channels_last(network.image)
    stages = network.image.backbone.features[: config.frozen]
    captions = captions_by_row(chosen, attributes, config.attributes)
    bank = CaptionBank(captions, language, config.forms)
    pieces = Tokenizer.from_file(str(language / "accurate.json"))
    texts = [(row, text) for row, entry in enumerate(shown.rows) for text in entry["captions"]]
    return Shared(
        sizes,
        network,
        people,
        _stored(cache, stages, chosen.pictures, (False, True)),
        load_masks(corpus, len(whole.rows), sizes.map_size)[rows],
        chosen.teacher,
        bank,
        Sentences(bank.words, cached_token_states(language, bert, pieces, bank.texts)),
        [place for place, row in enumerate(rows) if whole.rows[row]["captions"]],
        neighbours(chosen, bank.rows),
        _stored(cache, stages, shown.pictures, (False,))[0],
        np.array([row["person"] for row in shown.rows], object),
        _val_sentences(language, bert, [text for _, text in texts]),
        [row for row, _ in texts],
    )


def _spread(rows: list[int], most: int | None) -> list[int]:
    if most is None or most >= len(rows):
        return rows
    return [rows[place] for place in np.linspace(0, len(rows) - 1, most).round().astype(int)]


def _stored(
    cache: Path, stages: nn.Module, pictures: NDArray[np.uint8], sides: tuple[bool, ...]
) -> NDArray[np.float16]:
    """Return ``(sides, N, C, H, W)``, computed once for the same stages and pictures."""
    key = sha256(np.ascontiguousarray(pictures).data)
    for weights in stages.state_dict().values():
        key.update(np.ascontiguousarray(weights.numpy()).data)
    path = cache / f"stages-{key.hexdigest()[:16]}-{len(sides)}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, np.stack([_passed(stages, pictures, side) for side in sides]))
        os.replace(part, path)
    stored: NDArray[np.float16] = np.load(path)
    return stored


@torch.inference_mode()
def _passed(stages: nn.Module, pictures: NDArray[np.uint8], mirrored: bool) -> NDArray[np.float16]:
    parts = []
    for start in range(0, len(pictures), BLOCK):
        block = np.array(pictures[start : start + BLOCK], np.float32)
        raw = torch.from_numpy(block).permute(0, 3, 1, 2) / 255
        shown: Tensor = normalise(raw.flip(3) if mirrored else raw)
        found: Tensor = stages(shown.contiguous(memory_format=torch.channels_last))
        parts.append(found.half().contiguous().numpy())
        print(f"\rstoring features {start + len(raw)} of {len(pictures)}", end="", flush=True)
    print()
    return np.concatenate(parts)


def _val_sentences(language: Path, bert: Bert, texts: list[str]) -> Sentences:
    words = Tokenizer.from_file(str(language / "fast.json")).encode_batch(texts)
    pieces = Tokenizer.from_file(str(language / "accurate.json"))
    states = cached_token_states(language, bert, pieces, texts)
    return Sentences([one.ids for one in words], states)
