"""``cmps evaluate``: the protocols of the literature on data sets in their official layouts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from cmps.cli.options import DataOption, JsonOption, VariantOption, choices
from cmps.settings import Variant

if TYPE_CHECKING:
    from cmps.evaluation.interfaces import Progress
    from cmps.evaluation.report import Report
    from cmps.evaluation.reranking import Reranking
    from cmps.evaluation.table1 import Table1
    from cmps.evaluation.track import TrackReport
    from cmps.program import Program

Split = Literal["train", "val", "test"]
Probe = Literal["all", "text", "speech", "image"]

evaluate = typer.Typer(help="Measure the search by the protocols of the literature.")

RootOption = Annotated[
    Path, typer.Option("--root", metavar="DIR", help="The data set in its official layout.")
]
AudiosOption = Annotated[
    Path | None,
    typer.Option(
        "--audios", metavar="DIR", help="Recordings and their manifest.jsonl, in place of captions."
    ),
]
SplitOption = Annotated[Split, typer.Option("--split", metavar=choices(Split), help="Which part.")]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", help="At most N queries, evenly spread over all."),
]

OccludeOption = Annotated[
    float,
    typer.Option(
        "--occlude", metavar="SHARE", help="Cover this share of each probe picture, such as 0.3."
    ),
]


@evaluate.command()
def pedes(
    root: RootOption,
    split: SplitOption = "test",
    variant: Annotated[
        Variant | None,
        typer.Option(
            "--variant",
            metavar=choices(Variant),
            help="Only this text network.",
            show_default="both",
        ),
    ] = None,
    probe: Annotated[
        Probe,
        typer.Option(
            metavar=choices(Probe),
            help="Search with captions, recordings of them, or pictures; all is both of the two.",
        ),
    ] = "all",
    gallery_extra: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Pictures of other people, added to the gallery."),
    ] = None,
    audios: AudiosOption = None,
    noise: Annotated[
        str | None,
        typer.Option(
            metavar="KIND:DB",
            help="Noise behind the recordings, babble or hall, e.g. babble:10 for 10 dB.",
        ),
    ] = None,
    limit: LimitOption = None,
    occlude: OccludeOption = 0.0,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure text-to-person search (Table 1 of the paper).

    On CUHK-PEDES, ICFG-PEDES or RSTPReid: rank-1, 5, 10, mAP and mINP in percent, averaged over a
    picture's sentences, and the time of a query. What is heard in recordings is kept beside them
    in heard.jsonl, so that a second measurement takes seconds.
    """
    from cmps.cli.errors import warn
    from cmps.cli.running import opened
    from cmps.evaluation.interfaces import Encoders
    from cmps.evaluation.noise import parse_noise
    from cmps.evaluation.protocols import evaluate_pedes

    variants: tuple[Variant, ...] = (variant,) if variant else ("fast", "accurate")
    behind = parse_noise(noise) if noise else None
    with opened(data) as program, _progress() as progress:
        texts = {} if probe == "image" else {one: program.text(one) for one in variants}
        report = evaluate_pedes(
            root,
            split,
            Encoders(program.image, texts),
            probe=probe,
            variants=variants,
            gallery_extra=gallery_extra,
            audios=audios,
            recogniser=program.recogniser if audios and probe in ("all", "speech") else None,
            noise=behind,
            reranking=_reranking(program),
            progress=progress,
            limit=limit,
            on_error=lambda error: warn(str(error)),
            occlude=occlude,
        )
    _print(report, as_json)


@evaluate.command()
def table1(
    root: RootOption,
    split: SplitOption = "test",
    audios: AudiosOption = None,
    limit: LimitOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure all of Table 1: this search and the four earlier methods.

    The earlier methods were trained on the same data and read the same image features. Every row
    searches the same gallery with the same sentences; what the paper prints stands beside it.
    """
    from cmps.cli.errors import warn
    from cmps.cli.running import opened
    from cmps.evaluation.baselines.networks import open_baselines
    from cmps.evaluation.interfaces import Encoders
    from cmps.evaluation.table1 import evaluate_table1

    with opened(data) as program, _progress() as progress:
        baselines = {one.name: one for one in open_baselines(program.settings.threads)}
        found = evaluate_table1(
            root,
            split,
            Encoders(program.image, {one: program.text(one) for one in get_args(Variant)}),
            baselines,
            audios=audios,
            recogniser=program.recogniser if audios else None,
            reranking=_reranking(program),
            progress=progress,
            limit=limit,
            on_error=lambda error: warn(str(error)),
        )
    _print(found, as_json)


@evaluate.command()
def market1501(
    root: RootOption,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON list of identities; only these are searched."),
    ] = None,
    limit: LimitOption = None,
    occlude: OccludeOption = 0.0,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure re-identification on Market-1501.

    By the standard protocol, with and without FPR.
    """
    from cmps.cli.running import opened
    from cmps.evaluation.interfaces import Encoders
    from cmps.evaluation.protocols import evaluate_market1501

    with opened(data) as program, _progress() as progress:
        report = evaluate_market1501(
            root,
            Encoders(program.image),
            queries,
            reranking=_reranking(program),
            progress=progress,
            limit=limit,
            occlude=occlude,
        )
    _print(report, as_json)


@evaluate.command()
def progressive(
    root: RootOption,
    split: Annotated[Split, typer.Option(metavar=choices(Split), help="Which part.")] = "val",
    gallery_size: Annotated[
        int,
        typer.Option(
            metavar="N", help="Fill the gallery up to N pictures, with other people's below DIR."
        ),
    ] = 20_000,
    variant: VariantOption = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of all that is left to chance.")] = 0,
    rejections: Annotated[
        bool,
        typer.Option("--rejections", help="Also measure an operator who rejects wrong people."),
    ] = False,
    limit: LimitOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure progressive search with a simulated witness.

    Rank-1, 5, 10 in percent and the best log rank integral after 1, 2, 3 and 5 turns, beside the
    same witness without questions, with random questions, and without feedback. What is encoded
    is kept in the cache folder.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results
    from cmps.encoders.weights import image_network
    from cmps.evaluation.progressive import SETTINGS, Setting, evaluate_progressive
    from cmps.evaluation.report import progressive_table
    from cmps.gallery.memory import MemoryGallery
    from cmps.search.refining import Refiner
    from cmps.speech.packaged import cache_folder

    settings: tuple[Setting, ...] = (*SETTINGS, *(("rejections",) if rejections else ()))
    with opened(data, variant=variant) as program, _progress() as progress:
        found = evaluate_progressive(
            root,
            split,
            program.image,
            image_network(),
            Refiner(MemoryGallery(), program.text, program.curves, program.settings.rerank),
            variant=program.settings.variant,
            gallery_size=gallery_size,
            cache=cache_folder(),
            seed=seed,
            limit=limit,
            settings=settings,
            progress=progress,
        )
    if as_json:
        print_json(found)
    else:
        results().print(progressive_table(found))


@evaluate.command()
def calibration(
    root: RootOption,
    split: Annotated[Split, typer.Option(metavar=choices(Split), help="Which part.")] = "val",
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a reliability plot there, as SVG."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how honest the probabilities are.

    Expected calibration error of sentences and pictures as probes, over the first candidate and
    the first 20, in galleries of 100, 300 and all pictures. On val only people are asked for whom
    the curves were not fitted on.
    """
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results
    from cmps.evaluation.interfaces import Encoders
    from cmps.evaluation.reliability import evaluate_calibration, reliability_plot, table

    with opened(data) as program, _progress() as progress:
        texts = {one: program.text(one) for one in get_args(Variant)}
        encoders = Encoders(program.image, texts)
        found = evaluate_calibration(root, split, encoders, program.curves, progress)
    if plot is not None:
        plot.write_text(reliability_plot(found), encoding="utf-8")
    if as_json:
        print_json({"split": split, "results": [one.as_dict() for one in found]})
    else:
        results().print(table(found))


@evaluate.command()
def track(
    root: Annotated[
        Path | None, typer.Option("--root", metavar="DIR", help="Market-1501's official folders.")
    ] = None,
    day: Annotated[
        Path | None, typer.Option("--day", metavar="DIR", help="A day from cmps simulate day.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="Follow at most N people.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure tracks, with and without travel times, beside thresholds on looks.

    Precision, recall and F1 of sightings, IDF1 and wrong steps, in percent. What is encoded is
    kept in the cache folder.
    """
    from cmps.cli.running import opened
    from cmps.encoders.weights import image_network
    from cmps.evaluation.interfaces import EvaluationError
    from cmps.evaluation.track import evaluate_track
    from cmps.evaluation.track_data import day as read_day
    from cmps.evaluation.track_data import market
    from cmps.search.calibration import COSINE
    from cmps.speech.packaged import cache_folder

    if (root is None) == (day is None):
        raise EvaluationError("tracks are measured on one thing: give --root DIR or --day DIR")
    with opened(data) as program, _progress() as progress:
        read = market if day is None else read_day
        folder = root if day is None else day
        assert folder is not None
        found = read(folder, program.image, image_network(), cache_folder(), progress)
        share = program.curves["image"].share if program.settings.rerank else 0.0
        curve = program.curves[COSINE]
        report = evaluate_track(found, curve, limit=limit, share=share, progress=progress)
    _print(report, as_json)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show a bar per stage on standard error where that is a terminal."""
    from cmps.cli.terminal import notes
    from cmps.evaluation.interfaces import silent
    from cmps.evaluation.report import progress_bar

    console = notes()
    if not console.is_terminal:
        yield silent
        return
    with progress_bar(console) as progress:
        yield progress


def _print(report: Report | Table1 | TrackReport, as_json: bool) -> None:
    from cmps.cli.terminal import print_json, results

    if as_json:
        print_json(report.as_dict())
    else:
        results().print(report.table())


def _reranking(program: Program) -> Reranking:
    from cmps.evaluation.reranking import Reranking

    return Reranking.of(program.curves, program.settings.rerank)
