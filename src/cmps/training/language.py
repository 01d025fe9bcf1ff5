"""What the text branches start from: two tokenisers, BERT with a trimmed vocabulary, word vectors.

``python -m cmps.training.language --corpus DIR --bert DIR --glove DIR --texts FILE --out DIR``
writes ``accurate.json``, ``fast.json`` (tokenisers), ``bert.pt`` and ``vectors.npy``.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmps.training.bert import Bert, BertConfig, load_pretrained
from cmps.training.captions import (
    COMMON_WORDS,
    pad,
    read_glove,
    trimmed_wordpieces,
    word_table,
    word_tokeniser,
)
from cmps.training.corpus import Corpus


def build(texts: list[str], bert: Path, glove: Path, out: Path) -> None:
    """Write both tokenisers, the trimmed BERT and the word vectors."""
    out.mkdir(parents=True, exist_ok=True)
    words, vectors = read_glove(glove)
    pieces, kept = trimmed_wordpieces(bert / "tokenizer.json", texts, words[:COMMON_WORDS])
    pieces.save(str(out / "accurate.json"))
    chosen, table = word_table((words, vectors), texts)
    word_tokeniser(chosen).save(str(out / "fast.json"))
    np.save(out / "vectors.npy", table)
    network = load_pretrained(bert, kept)
    torch.save({"config": asdict(network.config), "state": network.state_dict()}, out / "bert.pt")
    print(f"{len(kept)} word pieces, {len(chosen)} words")


def load_bert(path: Path) -> Bert:
    """Load a BERT that :func:`build` or the text stage wrote."""
    stored = torch.load(path, map_location="cpu", weights_only=True)
    network = Bert(BertConfig(**stored["config"]))
    network.load_state_dict(stored["state"])
    return network


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
    cache: Path, bert: Path, tokeniser: Tokenizer, texts: list[str]
) -> list[NDArray[np.float16]]:
    """Return :func:`token_states`, computed once for the same texts and kept in ``cache``."""
    key = sha256("\n".join([str(bert.stat().st_size), *texts]).encode()).hexdigest()[:16]
    path = cache / f"states-{key}.npz"
    if not path.exists():
        states = token_states(load_bert(bert), tokeniser, texts)
        lengths = np.array([len(state) for state in states])
        np.savez(path, states=np.concatenate(states), lengths=lengths)
        return states
    with np.load(path) as stored:
        return np.split(stored["states"], np.cumsum(stored["lengths"])[:-1])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the train corpus")
    parser.add_argument("--bert", type=Path, required=True)
    parser.add_argument("--glove", type=Path, required=True)
    parser.add_argument("--texts", type=Path, help="more sentences, one a line")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    texts = [caption for row in Corpus.load(options.corpus).rows for caption in row["captions"]]
    if options.texts:
        texts += options.texts.read_text(encoding="utf-8").splitlines()
    build(texts, options.bert, options.glove, options.out)


if __name__ == "__main__":
    main()
