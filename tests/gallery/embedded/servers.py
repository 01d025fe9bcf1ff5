"""What tests of the private server look at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil


def running(data: Path) -> bool:
    pid_file = data / "postgres" / "postmaster.pid"
    return pid_file.exists() and lives(int(pid_file.read_text().split()[0]))


def lives(pid: int) -> bool:
    """A dead process that nobody has buried yet does not live."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def say(process: subprocess.Popen, word: str = "go") -> None:
    process.stdin.write(word + "\n")
    process.stdin.flush()
