"""The truth of a simulated day (``cmps simulate day``): who is in each picture."""

from __future__ import annotations

import json
from pathlib import Path

from cmps.datasets.picture import DatasetError


def read_truth(path: Path) -> dict[str, str]:
    """Read who each picture of a simulated day shows.

    Raises:
        DatasetError: If it cannot be read; the message names file and line.
    """
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            plain = json.loads(line)
            found[str(plain["picture"])] = str(plain["person"])
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{path} line {number}: no picture and person in it") from error
    return found
