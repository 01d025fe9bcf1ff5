"""What the text branches make of many sentences at once, when none of them is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmps.training.captions import pad
from cmps.training.network import TextOutput
from cmps.training.weights import TextNetwork

BLOCK = 256


@torch.no_grad()
def read(
    model: TextNetwork, language: Path, texts: Sequence[str], variant: str, longest: int
) -> Iterator[tuple[NDArray[np.intp], TextOutput]]:
    """Yield blocks of sentences: their places among ``texts``, and what the branch says of them.

    Sentences of like length stand side by side: padding costs as much as words.

    Args:
        model: Both text branches, in evaluation mode.
        language: Folder of the tokenisers.
        texts: The sentences.
        variant: ``fast`` or ``accurate``.
        longest: Tokens of a sentence that are read; the rest is left out.
    """
    tokeniser = Tokenizer.from_file(str(language / f"{variant}.json"))
    branch = model.network.fast if variant == "fast" else model.network.accurate
    ids = [encoding.ids[:longest] for encoding in tokeniser.encode_batch(list(texts))]
    order = np.argsort([len(one) for one in ids], kind="stable")
    device = next(model.parameters()).device
    for start in range(0, len(order), BLOCK):
        places = order[start : start + BLOCK]
        numbers, mask = (
            torch.from_numpy(part).to(device) for part in pad([ids[place] for place in places])
        )
        states = model.network.words(numbers) if variant == "fast" else model.bert(numbers, mask)
        yield places, branch(states, mask)
