"""The whole way from data sets to shipped networks: which stage follows which (``cmps train all``).

Every stage goes on where it stopped, and one whose result is there is left out, so the same command
may be given again after any interruption.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from cmps.training.network import CONFIGS
from cmps.training.stage import StageConfig

Kind = Literal["reid", "crossmodal", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class RecipeError(ValueError):
    """A recipe names what there is not; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a recipe.

    Attributes:
        kind: Which stage.
        config: Preset or file of its :class:`StageConfig`.
        start: The step whose weights it starts from, by name; ``""`` for the first.
        name: Of this step's result; the config's where it is not said.
        seed: Of chance.
        chorus: Steps whose networks it learns from, by name.
    """

    kind: Kind
    config: str
    start: str = ""
    name: str = ""
    seed: int = 0
    chorus: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"no stage {self.kind!r}; there are {', '.join(KINDS)}")
        if (self.kind == "reid") == bool(self.start):
            raise RecipeError(f"{self.result}: a stage starts from another, except reid")
        if self.chorus and self.kind == "reid":
            raise RecipeError(f"{self.result}: stage reid has no sentences to ask a chorus about")

    @property
    def result(self) -> str:
        """What this step's weights are called."""
        return self.name or Path(self.config).stem


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where everything lies that stages read.

    Attributes:
        runs: Folder with ``corpus/train`` and ``language``; results go there too.
        imagenet: Weights of the backbone that stage 1 starts from.
        attributes: Market's ``market_attribute.mat``, or ``None`` for no sentences from it.
        device: Where to train, in torch's words.
        texts: Sentences without pictures to ask a chorus about, one a line, or ``None`` for none.
        teacher: The teacher's OpenVINO IR, to look at every picture as it is shown, or ``None`` for
            what it said of the pictures in the corpus.
    """

    runs: Path
    imagenet: Path | None = None
    attributes: Path | None = None
    device: str = "cpu"
    texts: Path | None = None
    teacher: Path | None = None


def read_recipe(name: str | Path = "recipe") -> list[Step]:
    """Read a preset by name or a ``.toml`` file by path.

    Raises:
        RecipeError: If a step is none, or starts from one that does not come before it.
    """
    path = Path(name) if str(name).endswith(".toml") else CONFIGS / f"{name}.toml"
    read = tomllib.loads(path.read_text())["step"]
    steps = [Step(**step | {"chorus": tuple(step.get("chorus", ()))}) for step in read]
    made: list[str] = []
    for step in steps:
        for needed in (step.start, *step.chorus):
            if needed and needed not in made:
                raise RecipeError(f"{path}: {step.result} wants {needed}, not made before it")
        made.append(step.result)
    return steps


def run_step(step: Step, inputs: Inputs) -> Path:
    """Train one stage, or go on with it, and return the file of its weights.

    Raises:
        RecipeError: If stage 1 is asked for without ImageNet weights, or what it starts from or
            learns from is not there.
    """
    from cmps.training import crossmodal, reid, text

    config = replace(StageConfig.read(step.config), name=step.result, seed=step.seed)
    runs, language = inputs.runs, inputs.runs / "language"
    parts = [runs / "corpus" / name for name in ("train", "drawn")]
    folders = [parts[0], *(part for part in parts[1:] if part.is_dir())]
    needed = [runs / f"{name}.pt" for name in (step.start, *step.chorus) if name]
    for path in needed:
        if not path.is_file():
            raise RecipeError(f"{path} is not there; train {path.stem} first")
    if step.kind == "reid":
        if inputs.imagenet is None:
            raise RecipeError("stage reid starts from ImageNet weights: give --imagenet FILE")
        return reid.train(folders, inputs.imagenet, runs, config, inputs.teacher, inputs.device)
    start, *chorus = needed
    told = folders, language, start, runs, config, inputs.attributes
    device, texts = inputs.device, inputs.texts
    if step.kind == "text":
        return text.train(*told, device=device, chorus=chorus, texts=texts)
    teacher = inputs.teacher
    return crossmodal.train(*told, teacher=teacher, device=device, chorus=chorus, texts=texts)


def run_all(steps: list[Step], inputs: Inputs) -> Iterator[tuple[Step, Path]]:
    """Yield every step with its weights as it is done; what is there already is not trained."""
    for step in steps:
        done = inputs.runs / f"{step.result}.pt"
        yield step, done if done.is_file() else run_step(step, inputs)
