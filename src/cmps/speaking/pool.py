"""Work in several processes that end with the one that started them, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing.connection import wait as wait_for
from typing import TypeVar

Item = TypeVar("Item")
Shared = TypeVar("Shared")
Result = TypeVar("Result")


def in_processes(
    work: Callable[[Item, Shared], Result], items: Sequence[Item], shared: Shared, workers: int
) -> Iterator[Result]:
    """Yield ``work(item, shared)`` for every item, in the order in which they are done.

    What work raises ends the iteration; items that nobody has begun are then left.

    Args:
        work: A function of a module, so that other processes find it.
        items: What to work on.
        shared: The second argument of every call.
        workers: How many processes.
    """
    waiting = iter(items)
    # forking a process that runs threads may hang; spawned ones start clean
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(items)), context, initializer=_begin) as pool:
        running: set[Future[Result]] = set()
        try:
            while True:
                # few ahead, so that an error or Ctrl-C does not wait for many
                while len(running) < 2 * workers and (item := next(waiting, None)) is not None:
                    running.add(pool.submit(work, item, shared))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone: a killed one cannot say goodbye."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
