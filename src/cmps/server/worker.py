"""Decoding what strangers send, in processes of their own with limits.

A photo or a recording may be broken, huge or made to harm: a picture of 100,000 x 100,000 pixels
in a few kilobytes, a container whose decoder never ends. So each is decoded in a worker process
that may use only so much time and memory; if it dies, the server says why and starts another one.
What comes back is an array of numbers and never a pickle: a decoder that was taken over cannot
run code in the server.

    >>> from cmps.server.worker import Limits, Workers
    >>> from cmps.server.pictures import decode_photo
    >>> with Workers(1) as workers:                                      # doctest: +SKIP
    ...     pixels = workers.run(decode_photo, jpeg, Limits(seconds=5))
"""

from __future__ import annotations

import importlib
import io
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Decoder = Callable[..., NDArray[Any]]
"""A module's function from bytes, and options in plain values, to an array."""

MOST_JOBS = 200
"""After so many a worker gives way to a new one: what decoders leak does not add up."""


class RefusedError(ValueError):
    """A file that is not taken; the message says why and what to do."""


class WrongTypeError(RefusedError):
    """A file that is not of a kind that is taken."""


class TooBusyError(RuntimeError):
    """All workers have been at work for long; the same request may succeed later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding one file may cost.

    Attributes:
        seconds: On the clock, and of one processor.
        megabytes: Memory beyond what the worker has when it begins.
        wait: Seconds until a worker must be free.
    """

    seconds: float = 10.0
    megabytes: int = 1024
    wait: float = 30.0


class Workers:
    """A few processes that decode, each one file at a time; started when first needed.

    Args:
        count: How many at most.
    """

    def __init__(self, count: int = 2) -> None:
        # places for workers; None is one that was not started yet
        self._places: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(count):
            self._places.put(None)
        self._count = count

    def run(
        self, function: Decoder, data: bytes, limits: Limits | None = None, **options: Any
    ) -> NDArray[Any]:
        """Return what a function makes of a file's bytes.

        Args:
            function: Of a module, so that the worker can import it. What it raises as a
                ``ValueError`` or ``RuntimeError`` refuses the file, in its own words.
            data: The file.
            limits: What it may cost.
            options: Further arguments, in plain values.

        Raises:
            RefusedError: If the file is refused, or costs too much, or breaks the decoder.
            TooBusyError: If no worker was free for too long.
        """
        limits = limits or Limits()
        try:
            worker = self._places.get(timeout=limits.wait)
        except queue.Empty:
            raise TooBusyError("many files are being read; send it again in a minute") from None
        try:
            if worker is None or not worker.fresh:
                if worker is not None:
                    worker.close()
                worker = None
                worker = _Worker()
            return worker.run(function, data, limits, options)
        finally:
            self._places.put(worker)

    def close(self) -> None:
        """End the processes; those at work are waited for."""
        for _ in range(self._count):
            worker = self._places.get()
            if worker is not None:
                worker.close()
        for _ in range(self._count):
            self._places.put(None)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    """One process, from the server's side."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if _harmless(name)}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cmps.server.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            close_fds=True,
        )
        self._jobs = 0

    @property
    def fresh(self) -> bool:
        """Whether it can take another file."""
        return self._process.poll() is None and self._jobs < MOST_JOBS

    def run(
        self, function: Decoder, data: bytes, limits: Limits, options: dict[str, Any]
    ) -> NDArray[Any]:
        self._jobs += 1
        head = {
            "module": function.__module__,
            "name": function.__qualname__,
            "options": options,
            "limits": asdict(limits),
        }
        late = threading.Event()
        clock = threading.Timer(limits.seconds + 1, self._kill, [late])
        clock.daemon = True
        clock.start()
        try:
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None
            assert stdout is not None
            _send(stdin, json.dumps(head).encode())
            _send(stdin, data)
            answer = json.loads(_receive(stdout))
            body = _receive(stdout)
        except (EOFError, BrokenPipeError, ConnectionError):
            self._process.kill()
            code = self._process.wait()
            raise RefusedError(_death(code, late.is_set(), limits)) from None
        finally:
            clock.cancel()
        if "error" in answer:
            raise RefusedError(answer["error"])
        return np.asarray(np.load(io.BytesIO(body), allow_pickle=False))

    def _kill(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _harmless(name: str) -> bool:
    """Whether a worker may know a variable: those of CMPS and databases hold passwords."""
    return not name.startswith(("CMPS_", "PG", "AWS_")) and "SECRET" not in name


def _death(code: int, late: bool, limits: Limits) -> str:
    if late or code in (-signal.SIGXCPU, -signal.SIGALRM):
        return f"reading it takes more than {limits.seconds:g} seconds; send a smaller file"
    return "the file is damaged, or made to harm: reading it failed; send another one"


def _send(stream: IO[bytes], block: bytes) -> None:
    stream.write(len(block).to_bytes(8, "big"))
    stream.write(block)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError
    count = int.from_bytes(size, "big")
    block = stream.read(count)
    if len(block) < count:
        raise EOFError
    return block


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Decode files until the server goes away."""
    _forbid()
    while True:
        try:
            head = json.loads(_receive(requests))
            data = _receive(requests)
        except EOFError:
            return
        function = importlib.import_module(head["module"])
        for name in head["name"].split("."):
            function = getattr(function, name)
        limits = Limits(**head["limits"])
        answer, body = _limited(function, data, limits, head["options"])  # type: ignore[arg-type]
        _send(answers, json.dumps(answer).encode())
        _send(answers, body)


def _limited(
    function: Decoder, data: bytes, limits: Limits, options: dict[str, Any]
) -> tuple[dict[str, Any], bytes]:
    _limit(limits)
    try:
        made = function(data, **options)
        body = io.BytesIO()
        np.save(body, made, allow_pickle=False)
        return {}, body.getvalue()
    except MemoryError:
        error = f"reading it takes more than {limits.megabytes} MB of memory; send a smaller file"
    except (ValueError, RuntimeError) as refused:
        error = " ".join(str(refused).split()) or type(refused).__name__
    except Exception as broken:  # decoders raise almost anything for a broken file
        error = f"the file is damaged ({type(broken).__name__}); send another one"
    finally:
        _unlimit()
    return {"error": error[:500]}, b""


def _forbid() -> None:
    """What no decoder needs: core files, files of its own, many open ones."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 128),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _limit(limits: Limits) -> None:
    """Allow so much more than was used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + limits.seconds) + 1
    _soft(resource.RLIMIT_CPU, seconds)
    _soft(resource.RLIMIT_AS, _address_space() + limits.megabytes * 2**20)
    # where the server is gone, nobody else looks at the clock
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + 5)


def _unlimit() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
        _soft(kind, resource.getrlimit(kind)[1])


def _soft(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, hard))


def _address_space() -> int:
    """Return the bytes of addresses that this process has."""
    import psutil

    return int(psutil.Process().memory_info().vms)


if __name__ == "__main__":
    # what a library prints must not get among the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _serve(sys.stdin.buffer, answers)
