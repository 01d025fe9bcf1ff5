"""The options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from cmps.settings import Variant


def choices(kind: Any) -> str:
    """Show what may be chosen, for a ``Literal`` type.

    Example:
        >>> choices(Variant)
        'fast|accurate'
    """
    return "|".join(get_args(kind))


def data_option(default: str) -> Any:
    """Return the option ``--data`` for a command whose default reads like this."""
    return typer.Option(
        "--data",
        metavar="DIR",
        envvar="CMPS_DATA",
        help="Folder where the gallery lives.",
        show_default=default,
    )


DataOption = Annotated[Path | None, data_option("cmps-data")]

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output.")
]

VariantOption = Annotated[
    Variant | None,
    typer.Option(
        "--variant",
        metavar=choices(Variant),
        envvar="CMPS_VARIANT",
        help="Text network: fast or accurate.",
        show_default="accurate",
    ),
]

CaseOption = Annotated[
    str | None,
    typer.Option(
        "--case",
        metavar="CASE",
        help="The open case that this is for; needed where the gallery has accounts.",
    ),
]

ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it, for the record.")]
