"""Every failure as one line that names the thing and the way out."""

from __future__ import annotations

import errno
import sys
from typing import Any

from cmps.cli.terminal import shown

FAILED = 2
INTERRUPTED = 130
PIPE_CLOSED = 141


def warn(message: str) -> None:
    """Print one line on standard error."""
    # a message may quote a file name or another program's output of several lines
    print(f"cmps: {shown(' '.join(message.split()))}", file=sys.stderr)


def describe(error: BaseException) -> str:
    """Return what went wrong in words for the user.

    Example:
        >>> describe(FileNotFoundError(2, "No such file or directory", "a.wav"))
        'a.wav: No such file or directory'
    """
    from typer.exceptions import TyperException

    if isinstance(error, TyperException):
        return f"{_sentence(error.format_message())} (see cmps --help)"
    if isinstance(error, OSError) and error.strerror:
        return _system(error)
    if isinstance(error, MemoryError):
        return "out of memory; close other programs or work on fewer pictures at a time"
    fields = getattr(error, "errors", None)
    if type(error).__name__ == "ValidationError" and callable(fields):
        return "; ".join(_setting(one) for one in fields())
    # rooms raise their own subclasses of these, with a message for the user
    if isinstance(error, ValueError | RuntimeError) and str(error):
        return str(error)
    return (
        f"unexpected {type(error).__name__}: {error}; "
        "run it again with CMPS_DEBUG=1 and report what it prints"
    )


def _sentence(message: str) -> str:
    return message.rstrip(". ").replace("'", "")


def _system(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    ways_out = {
        errno.ENOSPC: "; free some space and run it again",
        errno.EACCES: "; check who may read and write it",
        errno.EROFS: "; choose another folder with --data DIR",
    }
    return f"{name}{error.strerror}{ways_out.get(error.errno or 0, '')}"


def _setting(one: dict[str, Any]) -> str:
    """Name the environment variable of a setting that does not fit."""
    name = "_".join(str(part) for part in one["loc"]).upper()
    return f"CMPS_{name}={one.get('input')}: {one['msg'][:1].lower()}{one['msg'][1:]}"
