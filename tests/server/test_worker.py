"""Decoding in processes with limits: whatever a file does, the server gets an answer."""

from __future__ import annotations

import os
import time
from pathlib import Path

import decoders
import pytest

from cmps.server.worker import Limits, RefusedError, TooBusyError, Workers

QUICK = Limits(seconds=1, megabytes=300)


@pytest.fixture(scope="module")
def workers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        patch.setenv("CMPS_DATABASE_URL", "postgresql://user:secret@host/cmps")
        with Workers(1) as made:
            made.run(decoders.length, b"")
            yield made


def test_an_array_comes_back_and_the_process_is_another_one(workers):
    assert workers.run(decoders.length, b"abc", times=2).tolist() == [6]
    (first,) = workers.run(decoders.process, b"")
    assert first != os.getpid()
    assert workers.run(decoders.process, b"").tolist() == [first]


@pytest.mark.parametrize(
    ("decoder", "reason"),
    [
        (decoders.refusing, "no picture of anybody"),
        (decoders.broken, "damaged"),
        (decoders.greedy, "more than 300 MB of memory"),
        (decoders.dying, "damaged, or made to harm"),
        (decoders.busy, "more than 1 seconds"),
        (decoders.sleeping, "more than 1 seconds"),
        (decoders.writing, "damaged"),
        (decoders.objects, "pickle"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_file_is_refused_with_a_reason_and_the_next_one_is_read(workers, decoder, reason):
    began = time.monotonic()
    with pytest.raises(RefusedError, match=reason):
        workers.run(decoder, b"x" * 100, QUICK)
    assert time.monotonic() - began < 40  # of the sixty that one of them sleeps
    assert workers.run(decoders.length, b"abc").tolist() == [3]


def test_what_a_library_prints_disturbs_nobody(workers):
    assert workers.run(decoders.printing, b"").tolist() == [1]


def test_a_worker_knows_no_password(workers):
    assert workers.run(decoders.secrets, b"").tolist() == [0]


def test_the_time_of_earlier_files_does_not_count(workers):
    """Each takes less of a processor than it may, all together more, in one process."""
    (first,) = workers.run(decoders.process, b"")
    for _ in range(12):
        (used,) = workers.run(decoders.working, b"", Limits(seconds=1), seconds=0.2)
    assert used > 2.1
    assert workers.run(decoders.process, b"").tolist() == [first]


def test_who_would_wait_for_long_is_told_so(workers):
    # the only place is taken for as long as it takes to be told, however busy the machine is
    worker = workers._places.get()
    try:
        with pytest.raises(TooBusyError, match="again in a minute"):
            workers.run(decoders.length, b"", Limits(wait=0.1))
    finally:
        workers._places.put(worker)
    assert workers.run(decoders.length, b"abc").tolist() == [3]


def test_closing_ends_the_processes():
    made = Workers(2)
    (pid,) = made.run(decoders.process, b"")
    made.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
