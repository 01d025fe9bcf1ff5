"""Armed sessions look at what comes into the gallery, while the server runs."""

from __future__ import annotations

import logging
import threading

from cmps.gallery.audit import recording
from cmps.gallery.audit_events import WatchRun
from cmps.gallery.cases import Event
from cmps.program import Program
from cmps.search.watch import poll
from cmps.server.hub import Hub
from cmps.server.views.cases import WatchEvent

log = logging.getLogger("cmps.server")

EVERY = 2.0
"""Seconds between two looks at whether anything was written."""
SERVER = "cmps serve"
"""Who looks, for the audit."""


class Watching:
    """A thread that polls armed sessions when the gallery has news, and tells who has them open.

    Args:
        program: Whose gallery.
        hub: Whom to tell.
        every: Seconds between two looks.
    """

    def __init__(self, program: Program, hub: Hub, every: float = EVERY) -> None:
        self._program = program
        self._hub = hub
        self._every = every
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="watches", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; the look that is under way comes to its end."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def look(self) -> list[Event]:
        """Look once, if a session is armed and the gallery has news; tell of what was seen."""
        desk, store = self._program.desk, self._program.store
        watches = store.cases.watches()
        if not watches:
            return []
        version, _ = store.news(max(watch.seen for watch in watches))
        if all(watch.seen >= version for watch in watches):
            return []
        with recording(store.audit, WatchRun(SERVER)):
            events = poll(desk, self._program.settings.variant)
        for event in events:
            self._tell(event)
        return events

    def _tell(self, event: Event) -> None:
        store = self._program.store
        case = store.cases.session(event.session).case
        known = store.known([event.sighting])
        camera = store.get([event.sighting])[0].camera if known else None
        said = WatchEvent.of(event, case).model_dump(mode="json")
        self._hub.tell(case, {"type": "watch", "event": said}, camera)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self.look()
            except Exception as error:  # a gallery that is away now may be back later
                log.warning("watches could not look: %s", error)
