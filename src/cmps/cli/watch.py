"""``cmps watch``: sessions that stay armed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cmps.cli.options import ByOption, DataOption, JsonOption, VariantOption

if TYPE_CHECKING:
    from cmps.gallery.cases import Event

watch = typer.Typer(help="Let a session stay armed: tell when the person is seen.")

SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="Id of a session, from cmps session list.")
]


@watch.command()
def arm(
    id: SessionArgument,
    threshold: Annotated[
        float, typer.Option("--threshold", metavar="P", help="Least probability of an event.")
    ] = 0.5,
    by: ByOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Arm a session: sightings that come from now on are looked at."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json
    from cmps.search.watch import arm as begin

    with opened(data, "watch armed", detail={"threshold": threshold}) as program:
        program.require_gallery()
        made = begin(program.desk, id, threshold, by)
    if as_json:
        print_json({"session": made.session, "threshold": made.threshold, "seen": made.seen})
    else:
        print(f"Session {id} is armed; look with: cmps watch run")


@watch.command()
def disarm(id: SessionArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Disarm a session; its events stay."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json

    with opened(data, "watch disarmed") as program:
        program.require_gallery()
        was = program.store.cases.disarm(id)
    if as_json:
        print_json({"session": id, "was_armed": was})
    else:
        print(f"Session {id} {'is disarmed' if was else 'was not armed'}.")


@watch.command()
def run(
    every: Annotated[
        float | None,
        typer.Option(
            "--every", metavar="SECONDS", help="Go on, so often.", show_default="look once"
        ),
    ] = None,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at what came since the last time, for every armed session.

    With --every it goes on until Ctrl-C, and --json prints one object a look.
    """
    import time

    from cmps.cli.running import opened
    from cmps.cli.sessions import event_dict
    from cmps.cli.terminal import print_json
    from cmps.search.query import QueryError
    from cmps.search.watch import poll

    if every is not None and every <= 0:
        raise QueryError(f"--every must be above 0 seconds, not {every:g}")
    with opened(data, "watch run", variant=variant) as program:
        program.require_gallery()
        while True:
            events = poll(program.desk, program.settings.variant)
            if as_json:
                print_json({"events": [event_dict(one) for one in events]})
            else:
                _print(events)
            if every is None:
                return
            time.sleep(every)


@watch.command(name="list")
def listing(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the sessions that are armed."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, shown, table
    from cmps.search.wording import iso, moment, percent

    with opened(data, "case read", detail={"what": "watches"}) as program:
        program.require_gallery()
        found = program.store.cases.watches()
    if as_json:
        rows = [
            {"session": one.session, "threshold": one.threshold, "by": one.by, "at": iso(one.at)}
            for one in found
        ]
        print_json({"watches": rows})
        return
    listed = table("session", "from", "armed", "by", right=("from",))
    for one in found:
        listed.add_row(one.session, percent(one.threshold), moment(one.at), shown(one.by))
    results().print(listed)


@watch.command()
def events(
    id: Annotated[
        str | None, typer.Argument(metavar="SESSION", help="Only this session's.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List events, oldest first."""
    from cmps.cli.running import opened
    from cmps.cli.sessions import event_dict
    from cmps.cli.terminal import print_json

    with opened(data, "case read", detail={"what": "watch events"}) as program:
        program.require_gallery()
        found = program.store.cases.events(id)
    if as_json:
        print_json({"events": [event_dict(one) for one in found]})
    else:
        _print(found)


def _print(found: Sequence[Event]) -> None:
    from cmps.cli.terminal import results, table
    from cmps.search.wording import moment, percent

    if not found:
        print("No event.")
        return
    rows = table("event", "session", "noticed", "score", "sighting", right=("event", "score"))
    for one in found:
        score = percent(one.probability)
        rows.add_row(str(one.id), one.session, moment(one.at), score, one.sighting)
    results().print(rows)
