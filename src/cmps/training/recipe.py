"""The whole way from data sets to shipped networks: which stage follows which (``cmps train all``).

Every stage goes on where it stopped, and one whose result is there is left out, so the same command
may be given again after any interruption.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from cmps.training.network import CONFIGS
from cmps.training.stage import StageConfig

Kind = Literal["reid", "crossmodal", "text", "image", "distil"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class RecipeError(ValueError):
    """A recipe names what there is not; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a recipe.

    Attributes:
        kind: Which stage.
        config: Preset or file of its :class:`StageConfig`.
        start: The step whose weights it starts from, by the name of that step's config; ``""`` for
            the first.
    """

    kind: Kind
    config: str
    start: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"no stage {self.kind!r}; there are {', '.join(KINDS)}")
        if (self.kind == "reid") == bool(self.start):
            raise RecipeError(f"{self.config}: a stage starts from another, except reid")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where everything lies that stages read.

    Attributes:
        runs: Folder with ``corpus/train`` and ``language``; results go there too.
        imagenet: Weights of the backbone that stage 1 starts from.
        attributes: Market's ``market_attribute.mat``, or ``None`` for no sentences from it.
        device: Where to train, in torch's words.
        texts: Sentences without pictures for stage 5, one a line, or ``None`` for none.
    """

    runs: Path
    imagenet: Path | None = None
    attributes: Path | None = None
    device: str = "cpu"
    texts: Path | None = None


def read_recipe(name: str | Path = "recipe") -> list[Step]:
    """Read a preset by name or a ``.toml`` file by path.

    Raises:
        RecipeError: If a step is none, or starts from one that does not come before it.
    """
    path = Path(name) if str(name).endswith(".toml") else CONFIGS / f"{name}.toml"
    steps = [Step(**step) for step in tomllib.loads(path.read_text())["step"]]
    made: list[str] = []
    for step in steps:
        if step.start and step.start not in made:
            raise RecipeError(f"{path}: {step.config} starts from {step.start}, not made before it")
        made.append(Path(step.config).stem)
    return steps


def run_step(step: Step, inputs: Inputs) -> Path:
    """Train one stage, or go on with it, and return the file of its weights.

    Raises:
        RecipeError: If stage 1 is asked for without ImageNet weights, or the start is not there.
    """
    from cmps.training import crossmodal, distil, image, reid, text

    config = StageConfig.read(step.config)
    corpus, language = inputs.runs / "corpus" / "train", inputs.runs / "language"
    start = inputs.runs / f"{step.start}.pt"
    if step.start and not start.is_file():
        raise RecipeError(f"{start} is not there; train {step.start} first")
    if step.kind == "reid":
        if inputs.imagenet is None:
            raise RecipeError("stage reid starts from ImageNet weights: give --imagenet FILE")
        return reid.train(corpus, inputs.imagenet, inputs.runs, config, inputs.device)
    if step.kind == "image":
        drawn = inputs.runs / "corpus" / "drawn"
        folders = [corpus, *([drawn] if drawn.is_dir() else [])]
        return image.train(
            folders, language, start, inputs.runs, config, inputs.attributes, inputs.device
        )
    if step.kind == "distil":
        where = corpus, language, start, inputs.runs
        return distil.train(*where, config, inputs.attributes, inputs.device, inputs.texts)
    stage = crossmodal.train if step.kind == "crossmodal" else text.train
    return stage(
        corpus, language, start, inputs.runs, config, inputs.attributes, device=inputs.device
    )


def run_all(steps: list[Step], inputs: Inputs) -> Iterator[tuple[Step, Path]]:
    """Yield every step with its weights as it is done; what is there already is not trained."""
    for step in steps:
        done = inputs.runs / f"{StageConfig.read(step.config).name}.pt"
        yield step, done if done.is_file() else run_step(step, inputs)
