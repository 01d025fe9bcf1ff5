"""What the text branches start from: two tokenisers, BERT with a trimmed vocabulary, word vectors.

``cmps train language`` writes ``accurate.json``, ``fast.json`` (tokenisers), ``bert.pt`` and
``vectors.npy``.
"""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmps.training.bert import Bert, load_pretrained
from cmps.training.captions import (
    COMMON_WORDS,
    pad,
    read_vectors,
    trimmed_wordpieces,
    word_table,
    word_tokeniser,
)
from cmps.training.corpus import Corpus


def build(corpus: Path, bert: Path, glove: Path, out: Path, more: Path | None = None) -> None:
    """Write both tokenisers, the trimmed BERT and the word vectors.

    Args:
        corpus: Folder of the train corpus; its captions' words stay in both vocabularies.
        bert: Hugging Face folder of a BERT.
        glove: Word vectors, see :func:`cmps.training.captions.read_vectors`.
        out: Folder to write.
        more: File of more sentences, one a line.
    """
    out.mkdir(parents=True, exist_ok=True)
    texts = [caption for row in Corpus.load(corpus).rows for caption in row["captions"]]
    if more:
        texts += more.read_text(encoding="utf-8").splitlines()
    words, vectors = read_vectors(glove)
    pieces, kept = trimmed_wordpieces(bert / "tokenizer.json", texts, words[:COMMON_WORDS])
    pieces.save(str(out / "accurate.json"))
    chosen, table = word_table((words, vectors), texts)
    word_tokeniser(chosen).save(str(out / "fast.json"))
    np.save(out / "vectors.npy", table)
    network = load_pretrained(bert, kept)
    torch.save({"config": asdict(network.config), "state": network.state_dict()}, out / "bert.pt")
    print(f"{len(kept)} word pieces, {len(chosen)} words")


def token_states(
    bert: Bert, tokeniser: Tokenizer, texts: list[str], batch: int = 64
) -> list[NDArray[np.float16]]:
    """Return the frozen token states ``(T, size)`` of every text, half precision."""
    bert.eval()
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    states: list[NDArray[np.float16]] = [np.zeros((0, 0), np.float16)] * len(texts)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        encodings = tokeniser.encode_batch([texts[row] for row in rows])
        ids, mask = pad([encoding.ids for encoding in encodings])
        with torch.inference_mode():
            found = bert(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        for row, state, real in zip(rows, found, mask, strict=True):
            states[row] = state[real].astype(np.float16)
    return states


def cached_token_states(
    cache: Path, bert: Bert, tokeniser: Tokenizer, texts: list[str]
) -> list[NDArray[np.float16]]:
    """Return :func:`token_states`, computed once for the same BERT and texts, kept in ``cache``."""
    key = sha256("\n".join(texts).encode())
    for weights in bert.state_dict().values():
        key.update(weights.numpy().tobytes())
    path = cache / f"states-{key.hexdigest()[:16]}.npz"
    if not path.exists():
        states = token_states(bert, tokeniser, texts)
        lengths = np.array([len(state) for state in states])
        np.savez(path, states=np.concatenate(states), lengths=lengths)
        return states
    with np.load(path) as stored:
        return np.split(stored["states"], np.cumsum(stored["lengths"])[:-1])
