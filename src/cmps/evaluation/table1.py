"""Table 1 of the CMPS paper: our search and the earlier methods, on the data at hand.

Every method here searches the same gallery with the same sentences. The figures that the paper
prints stand beside them as a record: they are those of the full CUHK-PEDES-AUDIOS, gallery 3,074,
and compare with measured ones only on that gallery (:attr:`Table1.comparable`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmps.evaluation.baselines.files import METHODS
from cmps.evaluation.interfaces import Encoders, Progress, silent
from cmps.evaluation.protocols import OnError, evaluate_pedes
from cmps.evaluation.report import Report
from cmps.evaluation.reranking import Reranking
from cmps.evaluation.runs import Ranker

if TYPE_CHECKING:
    from rich.table import Table

    from cmps.speech.recogniser import Recogniser

FIGURES = ("rank1", "rank10", "mAP")

Figures = tuple[float, float, float | None]
"""rank-1, rank-10 and mAP in percent; the paper gives no mAP for the earlier methods."""

OURS = {
    "fast": "CMPS-Audio-Fast",
    "accurate": "CMPS-Audio",
    "image": "CMPS-Audio-Image",
}

PUBLISHED: dict[str, Figures] = {
    "deeper-lstm": (17.19, 57.82, None),
    "gna-rnn": (19.05, 53.64, None),
    "latent-coattention": (25.94, 60.48, None),
    "pwm-ath": (27.14, 61.02, None),
    "fast": (35.03, 70.14, 34.61),
    "accurate": (40.00, 73.91, 38.11),
    "image": (82.46, 95.93, 76.12),
}
"""Table 1 as the paper prints it, in its order."""

PUBLISHED_ON = "CUHK-PEDES-AUDIOS test, gallery 3,074"

FULL = {
    ("cuhk-pedes", "train"): 34_054,
    ("cuhk-pedes", "val"): 3_078,
    ("cuhk-pedes", "test"): 3_074,
    ("icfg-pedes", "train"): 34_674,
    ("icfg-pedes", "test"): 19_848,
    ("rstpreid", "train"): 18_505,
    ("rstpreid", "val"): 1_000,
    ("rstpreid", "test"): 1_000,
}
"""Pictures of each full split, by their papers: fewer are a part, and called that."""

TITLES = {"cuhk-pedes": "CUHK-PEDES", "icfg-pedes": "ICFG-PEDES", "rstpreid": "RSTPReid"}


@dataclass(frozen=True, slots=True)
class Row:
    """One method.

    Attributes:
        name: ``fast``, ``pwm-ath``, …
        method: Its name in the paper.
        measured: Here.
        published: In the paper.
        milliseconds: Median time of a query, here.
    """

    name: str
    method: str
    measured: Figures
    published: Figures
    milliseconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.name,
            "method": self.method,
            "measured": dict(zip(FIGURES, self.measured, strict=True)),
            "published": dict(zip(FIGURES, self.published, strict=True)),
            "milliseconds_per_query": round(self.milliseconds, 2),
        }


@dataclass(frozen=True, slots=True)
class Table1:
    """The whole table.

    Attributes:
        report: What was measured, and on what.
        spoken: The sentences came from recordings.
        limit: How many queries of each kind were asked for; ``None`` for all.
    """

    report: Report
    spoken: bool
    limit: int | None = None

    @property
    def label(self) -> str:
        """What was searched, in words: a part of a data set never bears the whole one's name.

        For example ``not the full CUHK-PEDES val: 1,030 pictures, the full one has 3,078
        pictures; typed sentences``.
        """
        name, split = self.report.dataset, self.report.split
        full = FULL.get((name, split))
        title = f"{TITLES.get(name, name)} {split}"
        if self.report.gallery != full:
            of = f"{full:,} pictures" if full else "an unknown number of pictures"
            title = f"not the full {title}: {self.report.gallery:,} pictures, the full one has {of}"
        else:
            title = f"the full {title}, {full:,} pictures"
        kind = "recordings" if self.spoken else "typed sentences"
        few = "" if self.limit is None else f", at most {self.limit:,} queries"
        return f"{title}; {kind}{few}"

    @property
    def comparable(self) -> bool:
        """Whether the measured figures may be compared with the published ones."""
        key = (self.report.dataset, self.report.split)
        whole = self.report.gallery == FULL[("cuhk-pedes", "test")] and self.limit is None
        return key == ("cuhk-pedes", "test") and whole and self.spoken

    @property
    def rows(self) -> list[Row]:
        """Every method in the paper's order."""
        found = []
        for name, published in PUBLISHED.items():
            metrics = self.report.results[name].as_dict()
            measured = (metrics["rank1"], metrics["rank10"], metrics["mAP"])
            time = self.report.milliseconds_per_query[name]
            method = (OURS | METHODS)[name]
            found.append(Row(name, method, measured, published, time))
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints; figures in percent."""
        facts = self.report.as_dict()
        for key in ("results", "milliseconds_per_query"):
            facts.pop(key)
        return {
            "label": self.label,
            "comparable_with_published": self.comparable,
            "published_on": PUBLISHED_ON,
            "rows": [row.as_dict() for row in self.rows],
            **facts,
        }

    def table(self) -> Table:
        """Return a Rich table, measured figures first."""
        from rich.table import Table

        warning = "" if self.comparable else " They were measured on other data: do not compare."
        table = Table(
            title=f"Table 1 on {self.label} ({self.report.queries:,} sentences)",
            caption=f"In brackets what the paper prints for {PUBLISHED_ON}.{warning}",
        )
        table.add_column("method")
        for name in FIGURES:
            table.add_column(name, justify="right")
        table.add_column("ms per query", justify="right")
        for row in self.rows:
            cells = [
                f"{here:.2f} ({'-' if there is None else f'{there:.2f}'})"
                for here, there in zip(row.measured, row.published, strict=True)
            ]
            table.add_row(row.method, *cells, f"{row.milliseconds:.1f}")
        return table


def evaluate_table1(
    root: Path,
    split: str,
    encoders: Encoders,
    baselines: Mapping[str, Ranker],
    *,
    audios: Path | None = None,
    recogniser: Recogniser | None = None,
    reranking: Reranking | None = None,
    progress: Progress = silent,
    limit: int | None = None,
    on_error: OnError | None = None,
) -> Table1:
    """Measure every row of Table 1 on any CUHK-PEDES layout.

    Args:
        root: The data set.
        split: ``train``, ``val`` or ``test``.
        encoders: Our networks, both variants.
        baselines: The earlier methods by the keys of ``METHODS``; see
            :func:`cmps.evaluation.baselines.networks.open_baselines`.
        audios: Recordings of the captions; every method then searches with what was heard.
        recogniser: What hears them.
        reranking: How our search ranks the best again; default as it ships.
        progress: Called along the way.
        limit: At most this many sentences, and pictures as probes, spread evenly.
        on_error: See :func:`cmps.evaluation.protocols.evaluate_pedes`.

    Raises:
        DatasetError: If the data set, the recordings or a picture of the split cannot be read.
        EvaluationError: If the options ask for nothing that can be measured.
    """
    report = evaluate_pedes(
        root,
        split,
        encoders,
        probe="all",
        others=baselines,
        audios=audios,
        recogniser=recogniser,
        reranking=reranking,
        progress=progress,
        limit=limit,
        on_error=on_error,
    )
    return Table1(report, audios is not None, limit)
