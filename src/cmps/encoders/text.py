"""Sentences to embeddings, and to word vectors that image cells can reconstruct."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmps.encoders.runtime import open_session
from cmps.encoders.weights import weight_file
from cmps.settings import Variant

MAX_TOKENS = 72
SECOND_SHARE = 0.35
"""Of the fast network in what the accurate variant says: their errors differ."""


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """What a text network makes of one sentence.

    Attributes:
        embedding: ``(256,)`` float32, unit length; the space shared with pictures.
        words: ``(T, d)`` float32, unit rows, in the space of the pyramid's local vectors.
        attention: ``(T,)`` float32 in 0–1; how much each word says about the person.
    """

    embedding: NDArray[np.float32]
    words: NDArray[np.float32]
    attention: NDArray[np.float32]


class TextEncoder(Protocol):
    """Turns a sentence into an encoding."""

    def encode(self, sentence: str) -> TextEncoding:
        """Encode one sentence.

        Raises:
            ValueError: If it holds no word.
        """
        ...


def encode_readings(
    encode: Callable[[str], TextEncoding], text: str, readings: Iterable[str] = ()
) -> TextEncoding:
    """Encode what was heard together with what else may have been said.

    The embedding is the mean of all of them: where they agree it is theirs, and a word that only
    one of them holds counts less. Words and attention are the likeliest text's.

    Args:
        encode: Encodes one sentence.
        text: The likeliest reading.
        readings: Others; those without a word are passed over.

    Raises:
        ValueError: If the text holds no word.
    """
    likeliest = encode(text)
    others = [encode(one).embedding for one in readings if has_word(one)]
    if not others:
        return likeliest
    mean = np.stack([likeliest.embedding, *others]).mean(0)
    return TextEncoding(mean / np.linalg.norm(mean), likeliest.words, likeliest.attention)


def has_word(sentence: str) -> bool:
    """Tell whether there is anything to encode."""
    return any(character.isalnum() for character in sentence)


class OnnxTextEncoder:
    """One shipped text network: static word vectors (``fast``) or BERT states (``accurate``).

    Args:
        session: ONNX Runtime session with input ``ids`` (1, T) and outputs ``embedding``,
            ``words``, ``attention``.
        tokeniser: Turns a sentence into token numbers.
    """

    def __init__(self, session: Any, tokeniser: Tokenizer) -> None:
        self._session = session
        self._tokeniser = tokeniser
        self._tokeniser.enable_truncation(MAX_TOKENS)

    @classmethod
    def open(cls, variant: Variant, threads: int = 2) -> OnnxTextEncoder:
        """Load the shipped weights of a network.

        Raises:
            WeightsError: If a file is missing or changed.
        """
        tokeniser = Tokenizer.from_file(str(weight_file(f"{variant}.json")))
        return cls(open_session(weight_file(f"{variant}.onnx"), threads), tokeniser)

    def encode(self, sentence: str) -> TextEncoding:
        """Encode one sentence; anything past 72 tokens is not read.

        Raises:
            ValueError: If it holds no word.
        """
        if not has_word(sentence):
            raise ValueError(f"the description {sentence!r} holds no word; say what they wear")
        ids = np.array([self._tokeniser.encode(sentence).ids], np.int64)
        outputs = self._session.run(["embedding", "words", "attention"], {"ids": ids})
        return TextEncoding(*(output[0] for output in outputs))


class PairedTextEncoder:
    """Two text networks that read a sentence together; words and attention are the first one's.

    Args:
        first: The one that weighs most.
        second: The other.
        share: Of the second in the embedding, in 0–1.
    """

    def __init__(
        self, first: TextEncoder, second: TextEncoder, share: float = SECOND_SHARE
    ) -> None:
        self.first, self.second, self.share = first, second, share

    def encode(self, sentence: str) -> TextEncoding:
        """Encode one sentence.

        Raises:
            ValueError: If it holds no word.
        """
        read = self.first.encode(sentence)
        other = self.second.encode(sentence).embedding
        mean = (1 - self.share) * read.embedding + self.share * other
        return replace(read, embedding=mean / np.linalg.norm(mean))


def open_text_encoder(variant: Variant, threads: int = 2) -> TextEncoder:
    """Open a shipped variant; ``accurate`` asks the fast network too, which costs it little.

    Raises:
        WeightsError: If a file is missing or changed.
    """
    fast = OnnxTextEncoder.open("fast", threads)
    if variant == "fast":
        return fast
    return PairedTextEncoder(OnnxTextEncoder.open("accurate", threads), fast)
