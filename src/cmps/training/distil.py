"""Stage 5: the fast text network learns what both text networks together say of any sentence.

Captions with a picture are few, and all of them were learned from. But networks that have learned
can be asked about sentences without one: reworded captions, captions put together of two, captions
of other data sets. What both branches say together is better than what either does, and a branch
without BERT can come near to it (Hinton et al., 2015). Pictures and the accurate branch stand
still; word vectors for FPR and their attention stay what they were (``cmps train distil``).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from cmps.encoders.text import SECOND_SHARE
from cmps.training.attributes import captions_by_row
from cmps.training.captions import MAX_TOKENS, mirror, pad, reword, shorten
from cmps.training.corpus import Corpus
from cmps.training.network import TextBranch, TextOutput, WordVectors
from cmps.training.reading import read
from cmps.training.stage import Batch, StageConfig, Trainer
from cmps.training.text import build_image_bank
from cmps.training.weights import TextNetwork, load_model, save_model

RECOMBINED = 25_000
DROPOUT = 0.1  # less than where the branch learned from captions: there is no end of sentences
SCALE = 20.0
LIKE_LONG = 8  # batches whose sentences are drawn together and shared out by length

CLAUSES = re.compile(r"(?<=[.,;])\s+|\s+(?=(?:and|with|wearing|carrying)\s)")


def recombine(first: str, second: str, random: np.random.Generator) -> str:
    """Return the beginning of one caption and the end of another, cut between clauses.

    Example:
        >>> recombine("A man in a red coat.", "She has a bag, and black shoes.",
        ...           np.random.default_rng(0))
        'A man in a red coat. and black shoes.'
    """
    begin, end = (CLAUSES.split(one.strip()) for one in (first, second))
    kept, left = int(random.integers(1, len(begin) + 1)), int(random.integers(len(end)))
    return " ".join(begin[:kept] + end[left:])


def vary(caption: str, random: np.random.Generator, chance: float) -> str:
    """Shorten, reword and mirror a caption, each by this chance."""
    if random.random() < chance:
        caption = shorten(caption, random)
    if random.random() < chance:
        caption = reword(caption, random)
    return mirror(caption) if random.random() < chance else caption


def pool_of(
    captions: Sequence[str],
    others: Sequence[str],
    random: np.random.Generator,
    recombined: int,
) -> list[str]:
    """Return sentences to ask about: all there are, all varied, and some put together of two.

    Args:
        captions: Of pictures.
        others: Sentences without a picture; may be none.
        random: Source of chance.
        recombined: How many are put together.
    """
    known = [*captions, *others]
    pairs = random.integers(len(known), size=(recombined, 2))
    mixed = [recombine(known[first], known[second], random) for first, second in pairs]
    return [*known, *(vary(one, random, 0.4) for one in [*known, *mixed])]


def said_by_both(model: TextNetwork, language: Path, texts: Sequence[str]) -> Tensor:
    """Return the embeddings ``(S, 256)`` that the variant *accurate* gives at run time."""
    said = torch.zeros(len(texts), model.network.image.config.embedding)
    for variant, share in (("accurate", 1 - SECOND_SHARE), ("fast", SECOND_SHARE)):
        for places, output in read(model, language, texts, variant, MAX_TOKENS):
            said[places] += share * output.embedding
    return functional.normalize(said, dim=1)


class Student(nn.Module):
    """The fast branch with its word vectors.

    Args:
        words: Word vectors.
        branch: The branch over them.
    """

    def __init__(self, words: WordVectors, branch: TextBranch) -> None:
        super().__init__()
        self.words = words
        self.branch = branch

    def forward(self, ids: Tensor, mask: Tensor) -> TextOutput:
        """Embed ``(B, T)`` word numbers."""
        output: TextOutput = self.branch(self.words(ids), mask)
        return output


class DistilStage:
    """Draws sentences with what both networks say of them.

    Args:
        ids: Word numbers of each sentence.
        said: ``(S, 256)`` from :func:`said_by_both`.
        pictures: ``(N, 256)`` of captioned pictures.
        student: As it begins; a copy keeps telling what word vectors were.
        config: ``identities`` is sentences a batch, ``pictures`` how many pictures they are
            compared with.
    """

    def __init__(
        self,
        ids: Sequence[list[int]],
        said: Tensor,
        pictures: Tensor,
        student: Student,
        config: StageConfig,
    ) -> None:
        self.ids, self.said, self.pictures, self.config = ids, said, pictures, config
        self.before = copy.deepcopy(student).eval().requires_grad_(False)
        self.lengths = np.array([len(one) for one in ids])
        self.steps = len(ids) // config.identities

    def __call__(self, random: np.random.Generator) -> Iterator[Batch]:
        """Yield as many batches as there are sentences for."""
        size = self.config.identities
        for _ in range(self.steps):
            # sentences of like length side by side: padding costs as much as words
            drawn = random.choice(len(self.ids), min(size * LIKE_LONG, len(self.ids)), False)
            drawn = drawn[np.argsort(self.lengths[drawn], kind="stable")]
            start = int(random.integers(len(drawn) - size + 1))
            chosen = drawn[start : start + size]
            whole, mask = pad([self.ids[place] for place in chosen])
            hidden = (random.random(whole.shape) < self.config.word_dropout) & mask
            count = min(self.config.pictures, len(self.pictures))
            shown = random.choice(len(self.pictures), count, replace=False)
            yield {
                "whole": torch.from_numpy(whole),
                "ids": torch.from_numpy(np.where(hidden, 1, whole)),
                "mask": torch.from_numpy(mask),
                "said": self.said[chosen],
                "pictures": self.pictures[shown],
            }

    def terms(self, student: Student, batch: Batch) -> dict[str, Tensor]:
        """Return every loss term of one batch."""
        mask, pictures = batch["mask"], batch["pictures"].T * SCALE
        output = student(batch["ids"], mask)
        with torch.no_grad():
            before = self.before.to(mask.device)(batch["whole"], mask)
        apart = 1 - (output.words * before.words).sum(2)
        apart = apart + (output.attention - before.attention).abs()
        return {
            "cosine": 1 - (output.embedding * batch["said"]).sum(1).mean(),
            "pictures": functional.kl_div(
                (output.embedding @ pictures).log_softmax(1),
                (batch["said"] @ pictures).softmax(1),
                reduction="batchmean",
            ),
            "words": (apart * mask).sum() / mask.sum(),
        }


def train(
    corpus_folder: Path,
    language: Path,
    weights: Path,
    out: Path,
    config: StageConfig,
    attributes: Path | None = None,
    device: str = "cpu",
    texts: Path | None = None,
) -> Path:
    """Train stage 5 and return the file with everything that :mod:`export` needs.

    Args:
        corpus_folder: The train corpus.
        language: Folder of the tokenisers.
        weights: All networks, as the last stage left them.
        out: Folder of the result.
        config: The stage's settings.
        attributes: Market's ``market_attribute.mat`` for sentences made of it.
        device: Where to train.
        texts: Sentences without pictures, one a line; ``None`` for captions alone.
    """
    corpus = Corpus.load(corpus_folder)
    captions = captions_by_row(corpus, attributes, config.attributes)
    known = [text for of_picture in captions.values() for text in of_picture]
    lines = [] if texts is None else texts.read_text(encoding="utf-8").splitlines()
    others = [one for one in lines if one.strip()]
    pool = pool_of(known, others, np.random.default_rng(0), RECOMBINED)
    model = load_model(weights, config.network).eval()
    said = said_by_both(model, language, pool)
    bank = build_image_bank(model.network, corpus, list(captions), device)
    pictures = functional.normalize(bank.embeddings.mean(0), dim=1)
    tokeniser = Tokenizer.from_file(str(language / "fast.json"))
    ids = [encoding.ids for encoding in tokeniser.encode_batch(pool)]
    student = Student(model.network.words, model.network.fast)
    stage = DistilStage(ids, said, pictures, student, config)
    trainer = Trainer(
        student,
        [(student.parameters(), config.text_rate)],
        stage.steps * config.epochs,
        config,
        out / f"{config.name}.checkpoint.pt",
        device,
    )
    student.train()
    student.branch.drop.p = DROPOUT
    trainer.run(stage, lambda batch: stage.terms(student, batch))
    averaged = trainer.averaged.module.cpu()
    assert isinstance(averaged, Student)
    model.network.words, model.network.fast = averaged.words, averaged.branch
    return save_model(model, out / f"{config.name}.pt")
