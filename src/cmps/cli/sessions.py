"""How sessions and events are written, for ``cmps session`` and ``cmps watch``."""

from __future__ import annotations

from typing import Any

from cmps.gallery.cases import Event
from cmps.search.people import Ranking
from cmps.search.session import SearchSession, chip_words
from cmps.search.wording import HUMAN_DECIDES, iso, moment, percent


def as_dict(made: SearchSession, ranking: Ranking) -> dict[str, Any]:
    """Return a session and what it finds in plain values."""
    state = made.state()
    return {
        "session": made.id,
        "case": made.case,
        "step": made.cursor,
        "steps": made.explain(),
        "chips": [
            {"chip": one.code(), "words": chip_words(one), "said": one.said}
            for one in state.description.chips
        ],
        "rest": state.description.rest,
        "where": state.where.to_dict(),
        **ranking.as_dict(),
        "note": HUMAN_DECIDES,
    }


def show_session(made: SearchSession, ranking: Ranking, steps: bool) -> None:
    """Print a session and what it finds."""
    from cmps.cli.terminal import counted, results, shown, table

    console = results()
    if steps:
        for one in made.explain():
            undone = " (undone)" if one["undone"] else ""
            changes = "; ".join(one["changed"])
            console.print(f"{one['step']:>3}. {shown(one['did'])}{undone}  {shown(changes)}")
    state = made.state()
    for chip in state.description.chips:
        console.print(f"  {chip.code()}")
    if not state.where.is_open:
        console.print(f"Looking at {state.where}")
    if ranking.people:
        rows = table("rank", "score", "camera", "time", "pictures", "reasons", "sighting",
                     right=("rank", "score", "pictures"), folding="reasons")  # fmt: skip
        for person in ranking.people:
            best = person.best.sighting
            reasons = ", ".join(f"{chip_words(one.chip)} {one.seen}" for one in person.reasons)
            score = person.mark or percent(person.probability)
            rows.add_row(
                str(person.rank),
                score,
                shown(best.camera),
                moment(best.time),
                str(len(person.sightings)),
                reasons,
                best.id,
            )
        console.print(rows)
        console.print(HUMAN_DECIDES)
    if ranking.thin:
        console.print(f"{ranking.thin[:1].upper()}{ranking.thin[1:]}.")
    console.print(f"{counted(ranking.passing, 'sighting')} looked at.")


def event_dict(event: Event) -> dict[str, Any]:
    """Return an event in plain values."""
    return {
        "event": event.id,
        "session": event.session,
        "sighting": event.sighting,
        "probability": round(event.probability, 6),
        "reasons": list(event.reasons),
        "at": iso(event.at),
    }
