"""Trains the earlier methods of Table 1 and writes what ``cmps evaluate table1`` runs.

``python -m cmps.training.baselines --corpus RUNS/corpus/train --language RUNS/language``. Run again
after an interruption, it goes on with the stage that was not finished; what is trained depends on
the seed alone. ``--only NAME`` trains one and leaves the others' files.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from cmps.evaluation.baselines.files import FOLDER, METHODS
from cmps.training.baselines.train import Plan, train_baselines


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="cmps.training.baselines", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the train corpus")
    parser.add_argument("--language", type=Path, help="default: language beside the corpus")
    parser.add_argument("--out", type=Path, default=FOLDER, help="default: %(default)s")
    parser.add_argument("--cache", type=Path, help="of features; default: baselines beside corpus")
    parser.add_argument("--only", choices=list(METHODS), help="train this one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2, help="cores; default: %(default)s")
    options = parser.parse_args(arguments)
    runs = options.corpus.resolve().parent.parent
    plan = Plan(
        options.corpus,
        options.language or runs / "language",
        options.cache or runs / "baselines",
        options.out,
        options.seed,
        options.threads,
    )
    started = time.monotonic()
    size = train_baselines(plan, [options.only] if options.only else [])
    print(f"{size / 1e6:.1f} MB in {options.out} after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
