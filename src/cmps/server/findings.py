"""What sessions find, kept for whoever asks for the same again.

Two operators in one session ask for the same ranking, undoing comes back to an earlier one, and
more people of the same ranking are asked for as somebody scrolls. So a ranking is kept by what it
depends on: the session's state, the gallery's version, the text network, and the cameras that the
caller may see. Only as many rankings are worked out at once as there are processors: more would
wait for each other.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import replace

import numpy as np

from cmps.program import Program
from cmps.search.desk import Asking
from cmps.search.people import Ranking
from cmps.search.session import SearchSession
from cmps.settings import Variant

MOST = 256
"""Rankings that are kept: of the people, not of every sighting."""
LEAST_TOP = 40
"""A first page holds so many people."""

Finding = tuple[Ranking, list[Asking]]


class Findings:
    """Ranks for a server; safe to use from many threads.

    Args:
        program: With the desk whose sessions they are of.
        at_once: How many rankings are worked out at a time; default one a processor.
    """

    def __init__(self, program: Program, at_once: int | None = None) -> None:
        self._program = program
        self._turn = threading.BoundedSemaphore(at_once or os.cpu_count() or 1)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Finding] = OrderedDict()
        self._coming: dict[Hashable, Future[Finding]] = {}

    def of(
        self,
        session: SearchSession,
        variant: Variant,
        top: int,
        cameras: frozenset[str] | None = None,
    ) -> Finding:
        """Return the ranking of a session, and the question to ask next.

        Args:
            session: As it stands.
            variant: Which text network.
            top: How many people.
            cameras: Only what these saw; ``None`` for all.

        Raises:
            GalleryError: If the gallery is empty, or a camera is unknown.
            QueryError: If no camera stands at a site that is asked for.
        """
        # pages of 40, 80, 160 people: whoever scrolls does not rank anew for each
        page = LEAST_TOP
        while page < top:
            page *= 2
        version = self._program.store.snapshot().version
        key = (session.case, session.state(), variant, cameras, version, page)
        ranking, asked = self._found(key, session, variant, page, cameras)
        return replace(ranking, people=ranking.people[:top]), asked

    def _found(
        self,
        key: Hashable,
        session: SearchSession,
        variant: Variant,
        top: int,
        cameras: frozenset[str] | None,
    ) -> Finding:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            coming = self._coming.get(key)
            if coming is None:
                mine: Future[Finding] = Future()
                self._coming[key] = mine
        if coming is not None:
            return coming.result()
        try:
            found = self._work_out(session, variant, top, cameras)
        except BaseException as error:
            with self._lock:
                del self._coming[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
            del self._coming[key]
        mine.set_result(found)
        return found

    def _work_out(
        self,
        session: SearchSession,
        variant: Variant,
        top: int,
        cameras: frozenset[str] | None,
    ) -> Finding:
        with self._turn:
            desk = self._program.desk
            ranking = desk.results(session, variant, top, cameras)
            asked = desk.ask(session, variant, 1, ranking)
        # what is kept is read by threads that ask for people; the odds of all are large
        nothing = np.empty(0, object), np.empty(0)
        return replace(ranking, ids=nothing[0], odds=nothing[1]), asked
