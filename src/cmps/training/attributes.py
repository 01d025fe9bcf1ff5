"""Market-1501's attributes as sentences (Lin et al., Pattern Recognition 2019).

Half of Market's training people have no caption. Their 27 public attributes make plain sentences
that bring the text branches more people, not more ways to say things: the wording is drawn from
small lists.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cmps.training.corpus import Corpus

AGES = {1: "child", 2: "teenager", 3: "adult", 4: "elderly"}
UPPER = ("black", "white", "red", "purple", "yellow", "gray", "blue", "green")
LOWER = ("black", "white", "pink", "purple", "yellow", "gray", "blue", "green", "brown")
YES = 2  # the file says 1 for no and 2 for yes

Pick = Callable[..., str]


def read_attributes(path: Path, split: str = "train") -> dict[str, dict[str, int]]:
    """Read ``market_attribute.mat``.

    Args:
        path: The file.
        split: ``train`` or ``test``.

    Returns:
        By person (``market:0002``) every attribute's number as the file has it.
    """
    from scipy.io import loadmat

    table = loadmat(path)["market_attribute"][split][0, 0]
    names = [name for name in table.dtype.names if name != "image_index"]
    people = [str(entry[0]) for entry in table["image_index"][0, 0][0]]
    columns = {name: table[name][0, 0][0] for name in names}
    return {
        f"market:{person}": {name: int(columns[name][row]) for name in names}
        for row, person in enumerate(people)
    }


def captions_by_row(
    corpus: Corpus, attributes: Path | None = None, per_person: int = 0
) -> dict[int, list[str]]:
    """Return the captions of every row that has some, human ones first.

    Args:
        corpus: Pictures with captions.
        attributes: Market's ``market_attribute.mat``; the corpus' Market people whom no caption
            describes get two sentences a picture.
        per_person: How many pictures of each such person.
    """
    captions = {
        row: [str(caption) for caption in entry["captions"]]
        for row, entry in enumerate(corpus.rows)
        if entry["captions"]
    }
    if attributes is None or not per_person:
        return captions
    table = read_attributes(attributes)
    described = {corpus.rows[row]["person"] for row in captions}
    rows: dict[str, list[int]] = {}
    for row, entry in enumerate(corpus.rows):
        if entry["person"] in table and entry["person"] not in described:
            rows.setdefault(entry["person"], []).append(row)
    random = np.random.default_rng(2)
    for person, members in rows.items():
        for row in random.permutation(members)[:per_person]:
            captions[int(row)] = [describe_attributes(table[person], random) for _ in range(2)]
    return captions


def describe_attributes(attributes: dict[str, int], random: np.random.Generator) -> str:
    """Say what the attributes say, in random order and wording.

    Example:
        >>> worn = dict.fromkeys(("up", "down", "clothes", "gender", "age", "upred"), 2)
        >>> describe_attributes(worn, np.random.default_rng(1))
        'The young female is dressed in a red short sleeve top and short pants. She has short hair.'
    """

    def pick(*words: str) -> str:
        return words[int(random.integers(len(words)))]

    def has(name: str) -> bool:
        return attributes.get(name, 1) == YES

    female = has("gender")
    worn = [_upper(attributes, pick), _lower(attributes, female, pick)]
    if has("hat"):
        worn.append(pick("a hat", "a cap"))
    if has("backpack"):
        worn.append(pick("a backpack", "a back pack", "a rucksack"))
    carried = [
        noun
        for name, noun in (("handbag", "a handbag"), ("bag", pick("a shoulder bag", "a bag")))
        if has(name)
    ]
    who = _who(attributes.get("age", 3), female, pick)
    hair = (
        pick("long hair", "long dark hair")
        if has("hair")
        else pick("short hair", "short dark hair")
    )
    clothes = f"{', '.join(worn[:-1])} and {worn[-1]}"
    bags = f" {pick('carrying', 'with', 'and carries')} {' and '.join(carried)}" if carried else ""
    form = int(random.integers(3))
    if form == 0:
        return f"This {who} has {hair} and is wearing {clothes}{bags}."
    if form == 1:
        return f"A {who} with {hair} wears {clothes}{bags}."
    pronoun = "She" if female else "He"
    return f"The {who} is dressed in {clothes}{bags}. {pronoun} has {hair}."


def _who(age: int, female: bool, pick: Pick) -> str:
    if age == 1:
        return (
            pick("girl", "little girl", "child") if female else pick("boy", "little boy", "child")
        )
    noun = pick("woman", "lady", "female") if female else pick("man", "male", "guy")
    if age == 2:
        return pick(f"young {noun}", "girl" if female else "young man")
    return f"{pick('old', 'elderly')} {noun}" if age == 4 else noun


def _upper(attributes: dict[str, int], pick: Pick) -> str:
    colours = [colour for colour in UPPER if attributes.get(f"up{colour}", 1) == YES]
    long = attributes.get("up", YES) == 1
    noun = pick("shirt", "top", "jacket") if long else pick("t-shirt", "short sleeve top", "shirt")
    sleeve = pick("long sleeve ", "") if long else ""
    return f"a {' and '.join(colours)} {sleeve}{noun}" if colours else f"a {sleeve}{noun}"


def _lower(attributes: dict[str, int], female: bool, pick: Pick) -> str:
    colours = [colour for colour in LOWER if attributes.get(f"down{colour}", 1) == YES]
    short = attributes.get("down", 1) == YES
    if female and attributes.get("clothes", YES) == 1:
        noun = pick("skirt", "dress")
        return f"a {' and '.join(colours)} {noun}" if colours else f"a {noun}"
    noun = pick("shorts", "short pants") if short else pick("pants", "trousers")
    return f"{' and '.join(colours)} {noun}" if colours else noun
