"""What a server does by itself: erasing what was kept long enough, and sealing the audit."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from cmps.gallery.audit_check import Seals
from cmps.gallery.retention import limits_of, retain
from cmps.program import Program

log = logging.getLogger("cmps.server")

SEAL_EVERY = 60.0
RETAIN_EVERY = 3600.0
SERVER = "cmps serve"
"""Who does it, for the audit."""


class Keeping:
    """A thread that retains and seals until it is stopped; it seals once more then.

    Args:
        program: What is served.
        seal_every: Seconds between two seals.
        retain_every: Seconds between two looks for what was kept long enough.
    """

    def __init__(
        self, program: Program, seal_every: float = SEAL_EVERY, retain_every: float = RETAIN_EVERY
    ) -> None:
        self._program = program
        self._seals = Seals(program.settings.data)
        self._seal_every = seal_every
        self._retain_every = retain_every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is under way; what was done last is sealed."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def retain(self) -> None:
        """Erase what was kept long enough."""
        for one in retain(self._program.store, SERVER, limits_of(self._program.settings)):
            log.warning("kept long enough: %s %s: %s", one.what, one.id, one.done)

    def seal(self) -> None:
        """Seal the end of the audit."""
        self._seals.seal(self._program.store.audit)

    def _run(self) -> None:
        retained = time.monotonic() - self._retain_every
        while not self._ended.is_set():
            if time.monotonic() - retained >= self._retain_every:
                self._try(self.retain)
                retained = time.monotonic()
            self._try(self.seal)
            self._ended.wait(min(self._seal_every, self._retain_every))
        self._try(self.seal)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # a gallery that is away now may be back later
            log.warning("%s: %s", work.__name__, error)
