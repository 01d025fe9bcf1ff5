"""The command line: one thin Typer command per verb, one file per verb, no logic.

Results go to standard output, progress and warnings to standard error. Every failure is one line
``cmps: …`` and exit code 2; ``CMPS_DEBUG=1`` shows its traceback.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from cmps import __version__
from cmps.cli.audit import audit
from cmps.cli.case import case
from cmps.cli.data import data
from cmps.cli.delete import delete
from cmps.cli.demo import demo
from cmps.cli.doctor import doctor
from cmps.cli.erase import erase
from cmps.cli.errors import FAILED, INTERRUPTED, PIPE_CLOSED, describe, warn
from cmps.cli.evaluate import evaluate
from cmps.cli.index import index
from cmps.cli.models import models
from cmps.cli.reindex import reindex
from cmps.cli.retain import retain
from cmps.cli.search import search
from cmps.cli.serve import serve
from cmps.cli.session import session
from cmps.cli.simulate import simulate
from cmps.cli.track import track
from cmps.cli.train import train
from cmps.cli.transcribe import transcribe
from cmps.cli.understand import understand
from cmps.cli.user import user
from cmps.cli.watch import watch

app = typer.Typer(
    name="cmps",
    help="Find a missing person in camera footage from a spoken description.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (
    index, reindex, search, track, serve, delete, transcribe, models, doctor, simulate, demo,
):  # fmt: skip
    app.command()(verb)
app.command()(understand)
app.add_typer(case, name="case")
app.add_typer(session, name="session")
app.add_typer(watch, name="watch")
app.add_typer(user, name="user")
app.add_typer(audit, name="audit")
app.add_typer(retain, name="retain")
app.add_typer(erase, name="erase")
app.add_typer(evaluate, name="evaluate")
app.add_typer(data, name="data")
app.add_typer(train, name="train")


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Find a missing person in camera footage from a spoken description."""
    if version:
        print(f"cmps {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: Without the program's name; default: the process's own.

    Returns:
        The exit code: 0, 2 after an error, 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        # a terminal of an old encoding shows a mark in place of what it cannot write
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    debug = os.environ.get("CMPS_DEBUG") == "1"
    try:
        with warnings.catch_warnings():
            if not debug:
                # libraries' hints to programmers mean nothing to an operator
                warnings.simplefilter("ignore")
            code = app(arguments, prog_name="cmps", standalone_mode=False)
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read the output has seen enough; Python must not try to write the rest at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        if debug:
            traceback.print_exc()
        warn(describe(error))
        return FAILED
