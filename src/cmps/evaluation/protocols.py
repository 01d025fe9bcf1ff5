"""The protocols of the literature, run with any encoders.

Table 1 of the CMPS paper (:func:`evaluate_pedes`): every sentence of the split is a query against
all its pictures, and a hit is any picture of the same identity. Figures average over a picture's
sentences, then over pictures ("we take the average value of this sentences", §3). With pictures as
probes (row CMPS-Audio-Image) every picture of the split is a query against all others.

Re-identification on Market-1501 (:func:`evaluate_market1501`; Zheng et al., ICCV 2015): every
picture of ``query`` against ``bounding_box_test``; pictures of the same person by the same camera
and junk pictures (identity ``-1``) are ignored, distractors (``0000``) count as wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from cmps.datasets.cuhk_pedes import find_annotations, read_records
from cmps.datasets.market1501 import is_junk, read_market1501
from cmps.datasets.picture import DatasetError, Picture
from cmps.evaluation.hearing import Listener
from cmps.evaluation.interfaces import (
    Encoders,
    EvaluationError,
    Hear,
    Probe,
    Progress,
    silent,
)
from cmps.evaluation.metrics import summarise
from cmps.evaluation.noise import Noise
from cmps.evaluation.occlusion import Occluding
from cmps.evaluation.pictures import encode_pictures, read_distractors
from cmps.evaluation.recordings import Manifest, hear_all, read_manifest
from cmps.evaluation.report import Report, hardware
from cmps.evaluation.reranking import Reranking
from cmps.evaluation.runs import (
    Ranker,
    Run,
    Sentence,
    search_market,
    search_pictures_within,
    search_sentences,
    two_stage,
)
from cmps.settings import Variant

if TYPE_CHECKING:
    from cmps.speech.recogniser import Recogniser

OnError = Callable[[DatasetError], None]
Item = TypeVar("Item")

_SET_NAMES = {"ICFG-PEDES.json": "icfg-pedes", "data_captions.json": "rstpreid"}


def evaluate_pedes(
    root: Path,
    split: str,
    encoders: Encoders,
    *,
    probe: Probe = "text",
    variants: Sequence[Variant] = ("fast", "accurate"),
    others: Mapping[str, Ranker] | None = None,
    gallery_extra: Path | None = None,
    audios: Path | None = None,
    recogniser: Recogniser | None = None,
    hear: Hear | None = None,
    noise: Noise | None = None,
    reranking: Reranking | None = None,
    progress: Progress = silent,
    limit: int | None = None,
    on_error: OnError | None = None,
    occlude: float = 0.0,
) -> Report:
    """Measure a search on any CUHK-PEDES layout (Table 1 of the paper).

    Args:
        root: The data set.
        split: ``train``, ``val`` or ``test``.
        encoders: The networks.
        probe: ``text``: the captions; ``speech``: what a recogniser hears in recordings of them,
            where a recording without words counts as a miss, and beside it the same sentences
            typed (``fast typed``, ``accurate typed``) and by the likeliest text alone, where the
            recogniser says what else it may have heard (``fast likeliest``); ``image``: the
            pictures; ``all``: both, the sentences as heard where ``audios`` is given.
        variants: Which text networks; results carry their names. With pictures as probes the
            results are ``global``, ``fpr`` and ``image``, the same as ``fpr``; with ``all`` only
            ``image`` joins the variants.
        others: Further methods by name, which search with the same sentences.
        gallery_extra: A folder of pictures that show nobody sought, added to the gallery.
        audios: Folder of ``manifest.jsonl`` and recordings, for ``speech`` and ``all``.
        recogniser: What hears the recordings; needed for those unless ``hear`` is given.
        hear: Returns what was said in a file, in place of ``cmps.speech``.
        noise: Put behind every recording before it is recognised; what was heard is kept beside
            the recordings (see ``cmps.evaluation.hearing``).
        reranking: How the best are ranked again; default as search ships it.
        progress: Called along the way.
        limit: At most this many queries, spread evenly; the gallery stays whole.
        on_error: Called for each broken line of the manifest and each picture of
            ``gallery_extra`` that does not decode, which are then left out and counted; without
            it a broken line raises, and such pictures are left out silently.
        occlude: How much of each probe picture is covered, from 0 to below 1; the gallery's
            pictures stay whole.

    Raises:
        DatasetError: If the data set, the recordings or a picture of the split cannot be read.
        EvaluationError: If the options ask for nothing that can be measured.
    """
    _check_options(probe, variants, encoders, audios, noise, limit)
    _check_occlusion(occlude)
    annotations = find_annotations(root)
    records = list(read_records(root))
    pictures = [record.picture for record in records if record.picture.split == split]
    if not pictures:
        splits = ", ".join(sorted({record.picture.split or "(none)" for record in records}))
        raise DatasetError(f"{annotations} has no pictures in split {split!r}; it has {splits}")
    reranking = reranking or Reranking.shipped()
    distractors, sought = _distractors(gallery_extra, pictures)
    details: dict[str, Any] = {}
    sentences: list[Sentence] = []
    typed: list[Sentence] = []
    if probe == "text" or (probe == "all" and audios is None):
        sentences = _captions(pictures, limit)
    elif audios is not None and probe != "image":
        recordings = read_manifest(audios, records, split, on_error)
        listener = hear or _listener(recogniser, audios, noise, recordings)
        sentences, typed, details["recordings"] = _spoken(recordings, limit, listener, progress)
    gallery = encode_pictures(pictures, encoders.image, "encoding the gallery", progress)
    details["milliseconds_per_picture"] = round(1000 * gallery.seconds / len(pictures), 2)
    if gallery_extra is not None:
        skip = on_error or _leave_out
        extra = encode_pictures(
            distractors, encoders.image, "encoding more pictures", progress, skip
        )
        details["gallery_extra"] = {
            "pictures": len(extra.pictures),
            "left_out_people_sought": sought,
            "left_out_unreadable": len(distractors) - len(extra.pictures),
        }
        gallery += extra
    runs: dict[str, Run] = {}
    groups: dict[str, Sequence[Hashable]] = {}
    ours: dict[str, Ranker] = {}
    if probe != "image":
        ours = {one: two_stage(one, encoders.text[one], reranking) for one in variants}
    rankers = {**ours, **(others or {})}
    likeliest = [replace(one, readings=()) for one in sentences]
    alone = likeliest if likeliest != sentences else []
    searches = (("", sentences, rankers), (" likeliest", alone, ours), (" typed", typed, rankers))
    for suffix, asked, methods in searches:
        for method, ranker in methods.items() if asked else ():
            runs[method + suffix] = search_sentences(asked, gallery, method, ranker, progress)
            groups[method + suffix] = [sentence.group for sentence in asked]
    if probe in ("all", "image"):
        places = _spread(range(len(pictures)), limit)
        probes = None
        if occlude:
            shown = [pictures[place] for place in places]
            hidden = Occluding(encoders.image, occlude)
            probes = encode_pictures(shown, hidden, "encoding covered probes", progress)
            details["occluded"] = occlude
        seen = search_pictures_within(gallery, places, reranking, progress, probes)
        runs |= seen if probe == "image" else {"image": seen["image"]}
    name = _SET_NAMES.get(annotations.name, "cuhk-pedes")
    return _report(name, split, probe, len(gallery.pictures), runs, groups, details)


def evaluate_market1501(
    root: Path,
    encoders: Encoders,
    queries: Path | None = None,
    *,
    reranking: Reranking | None = None,
    progress: Progress = silent,
    limit: int | None = None,
    occlude: float = 0.0,
) -> Report:
    """Measure re-identification by the standard protocol, with and without FPR.

    Junk pictures are never encoded, as no query may find them; ``gallery`` counts the others.

    Args:
        root: Market-1501 in its official layout.
        encoders: The image network.
        queries: A JSON list of identities (``"0001"``); only their queries are asked.
        reranking: How the best are ranked again; default as search ships it.
        progress: Called along the way.
        limit: At most this many queries, spread evenly; the gallery stays whole.
        occlude: How much of each query picture is covered, from 0 to below 1.

    Returns:
        Results ``global``, ``fpr``, and ``image``, the same as ``fpr``.

    Raises:
        DatasetError: If the data set or the list of identities cannot be read.
        EvaluationError: If no query can be judged.
    """
    _check_limit(limit)
    _check_occlusion(occlude)
    reranking = reranking or Reranking.shipped()
    asked = [picture for picture in read_market1501(root, "query") if picture.person is not None]
    if queries is not None:
        asked = _chosen(asked, queries)
    asked = _spread(asked, limit)
    pictures = [picture for picture in read_market1501(root, "gallery") if not is_junk(picture)]
    if not pictures:
        raise DatasetError(f"{root}: the gallery holds nothing but junk pictures")
    eyes = Occluding(encoders.image, occlude) if occlude else encoders.image
    probes = encode_pictures(asked, eyes, "encoding the queries", progress)
    gallery = encode_pictures(pictures, encoders.image, "encoding the gallery", progress)
    runs = search_market(probes, gallery, reranking, progress)
    details: dict[str, Any] = {
        "milliseconds_per_picture": round(1000 * gallery.seconds / len(pictures), 2)
    }
    if occlude:
        details["occluded"] = occlude
    return _report("market1501", "test", "image", len(pictures), runs, {}, details)


def _check_options(
    probe: str,
    variants: Sequence[Variant],
    encoders: Encoders,
    audios: Path | None,
    noise: Noise | None,
    limit: int | None,
) -> None:
    _check_limit(limit)
    if probe not in ("all", "text", "speech", "image"):
        raise EvaluationError(f"probe {probe!r} is unknown; choose all, text, speech or image")
    if probe == "speech" and audios is None:
        raise EvaluationError("the speech probe needs recordings; pass --audios DIR")
    if noise is not None and (audios is None or probe in ("text", "image")):
        raise EvaluationError("noise lies behind recordings; pass --audios DIR, --probe speech")
    if probe != "image":
        missing = [variant for variant in variants if variant not in encoders.text]
        if missing or not variants:
            named = ", ".join(missing) or "any variant"
            raise EvaluationError(f"no text network for {named}; choose one of --variant")


def _check_limit(limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise EvaluationError(f"a limit of {limit} leaves no query; pass at least 1")


def _check_occlusion(share: float) -> None:
    if not 0 <= share < 1:
        raise EvaluationError(f"occlusion of {share} is no share; pass 0.3 or 0.5")


def _spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """Return at most ``limit`` items, evenly spread, in order."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, limit).round().astype(int)]


def _captions(pictures: Sequence[Picture], limit: int | None) -> list[Sentence]:
    sentences = [
        Sentence(caption, str(picture.person), number)
        for number, picture in enumerate(pictures)
        for caption in picture.captions
    ]
    if not sentences:
        raise DatasetError("no picture of the split has a caption; use --probe image")
    return _spread(sentences, limit)


def _spoken(
    manifest: Manifest, limit: int | None, hear: Hear, progress: Progress
) -> tuple[list[Sentence], list[Sentence], dict[str, Any]]:
    """Recognise the recordings; return what was heard, what was said, and facts for the report."""
    recordings = _spread(manifest.recordings, limit)
    heard = hear_all(recordings, hear, progress)
    seconds, facts = heard.seconds, {}
    if isinstance(hear, Listener):
        seconds, facts = hear.seconds / len(recordings), hear.facts()
    sentences = [
        Sentence(words.text, recording.person, recording.group, words.readings)
        for recording, words in zip(recordings, heard.words, strict=True)
    ]
    said = [Sentence(one.text, one.person, one.group) for one in recordings]
    return (
        sentences,
        said,
        {
            "count": len(recordings),
            "empty": heard.empty,
            "other_splits": manifest.other_splits,
            "broken_lines": manifest.broken_lines,
            "word_error_rate": round(heard.word_error_rate, 2),
            "seconds_per_recording": round(seconds, 3),
            **facts,
        },
    )


def _distractors(folder: Path | None, pictures: Sequence[Picture]) -> tuple[list[Picture], int]:
    if folder is None:
        return [], 0
    return read_distractors(folder, frozenset(str(picture.person) for picture in pictures))


def _listener(
    recogniser: Recogniser | None, audios: Path, noise: Noise | None, manifest: Manifest
) -> Hear:
    if recogniser is None:
        raise EvaluationError("the speech probe needs a recogniser; CMPS_RECOGNISER names one")
    others = [recording.audio for recording in manifest.recordings]
    return Listener(recogniser, audios, noise, others)


def _leave_out(error: DatasetError) -> None:
    """Let an unreadable picture go; the report counts it."""


def _chosen(asked: Sequence[Picture], queries: Path) -> list[Picture]:
    """Return the query pictures of the listed identities."""
    try:
        listed = json.loads(queries.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{queries} is not readable as JSON: {error}") from error
    if not isinstance(listed, list) or not all(isinstance(item, str | int) for item in listed):
        raise DatasetError(f'{queries} must hold a list of identities, such as ["0001", "0003"]')
    wanted = {f"market:{str(item).removeprefix('market:').zfill(4)}" for item in listed}
    chosen = [picture for picture in asked if picture.person in wanted]
    absent = sorted(wanted - {str(picture.person) for picture in chosen})
    if absent or not chosen:
        named = ", ".join(name.removeprefix("market:") for name in absent[:5]) or "any identity"
        raise DatasetError(f"{queries}: no query picture of {named}")
    return chosen


def _report(
    dataset: str,
    split: str,
    probe: str,
    gallery: int,
    runs: dict[str, Run],
    groups: Mapping[str, Sequence[Hashable]],
    details: dict[str, Any],
) -> Report:
    try:
        results = {name: summarise(run.scores, groups.get(name)) for name, run in runs.items()}
    except ValueError as error:
        raise EvaluationError(f"{dataset} {split}: {error}") from error
    times = {name: run.milliseconds for name, run in runs.items()}
    return Report(dataset, split, probe, gallery, results, times, hardware(), details)
