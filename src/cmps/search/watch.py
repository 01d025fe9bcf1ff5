"""Standing searches: an armed session tells when a new sighting probably shows the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cmps.gallery.cases import Event, Watch
from cmps.gallery.records import Sighting
from cmps.search.desk import Desk
from cmps.search.fusion import same_odds
from cmps.search.people import Person
from cmps.search.query import QueryError
from cmps.search.ranking import Probe
from cmps.search.reconstruction import Rebuilt
from cmps.settings import Variant

LOOKED_AT = 200
"""How many people of the present ranking may raise an event."""


def arm(desk: Desk, session: str, threshold: float, by: str = "") -> Watch:
    """Arm a session: what is written to the gallery from now on is looked at.

    Raises:
        QueryError: If nothing was said of the person yet.
        GalleryError: If the session is unknown or its case closed, or the threshold is none.
    """
    if desk.session(session).state().is_empty:
        raise QueryError(f"session {session} knows nothing of the person yet; say something first")
    seen, _ = desk.store.news(0)
    watch = Watch(session, threshold, by, desk.clock(), seen)
    desk.store.cases.arm(watch)
    return watch


def poll(desk: Desk, variant: Variant = "accurate") -> list[Event]:
    """Look at what came since the last time, for every armed session; return new events.

    A person raises one event, however often they are seen. Events and how far was looked are
    stored together, so a program that is killed in between looks again.
    """
    found: list[Event] = []
    for watch in desk.store.cases.watches():
        version, new = desk.store.news(watch.seen)
        events = _events(desk, watch, set(new), variant) if new else []
        if version != watch.seen:
            found += desk.store.cases.record(replace(watch, seen=version), events)
    return found


def _events(desk: Desk, watch: Watch, new: set[str], variant: Variant) -> list[Event]:
    session = desk.session(watch.session)
    ranking = desk.results(session, variant, LOOKED_AT)
    before = desk.store.cases.events(watch.session)
    told = {id for event in before for id in event.members}
    shown = [event.sighting for event in before]
    events: list[Event] = []
    for person in ranking.people:
        fresh = [
            one
            for one in person.sightings
            if one.sighting.id in new and one.probability >= watch.threshold
        ]
        members = tuple(one.sighting.id for one in person.sightings)
        if not fresh or told & set(members):
            continue
        if _known(desk, fresh[0].sighting, shown):
            continue
        events.append(_event(watch, person, fresh[0].sighting.id, fresh[0].probability, desk))
        told |= set(members)
        shown.append(fresh[0].sighting.id)
    return events


def _event(watch: Watch, person: Person, sighting: str, probability: float, desk: Desk) -> Event:
    return Event(
        session=watch.session,
        sighting=sighting,
        members=tuple(one.sighting.id for one in person.sightings),
        probability=probability,
        reasons=tuple(one.as_dict() for one in person.reasons),
        at=desk.clock(),
    )


def _known(desk: Desk, sighting: Sighting, shown: Sequence[str]) -> bool:
    """Whether an event told of this person already, with a picture that is still there."""
    known = desk.store.known(shown) if shown else set()
    old = desk.store.get([id for id in shown if id in known])
    if not old:
        return False
    one = sighting.encoding
    probe = Probe("image", one.embedding, one.pyramid, one.foreground)
    ready = Rebuilt(np.stack([other.encoding.pyramid for other in old]))
    embeddings = np.stack([other.encoding.embedding for other in old])
    rows = np.arange(len(old))
    odds = same_odds(probe, ready, desk.refiner.curves["image"], rows, embeddings)
    return bool((odds >= 0).any())
