"""``cmps session``: a search that narrows down step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

import typer

from cmps.cli.options import ByOption, DataOption, JsonOption, VariantOption, choices

if TYPE_CHECKING:
    from cmps.program import Program
    from cmps.search.session import SearchSession

Reply = Literal["yes", "no", "unknown"]
Place = Literal["must", "maybe", "not", "gone"]

session = typer.Typer(help="Search step by step: say, tick, reject, ask, answer, undo.")

SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="Id of a session, from cmps session list.")
]
SightingsArgument = Annotated[
    list[str], typer.Argument(metavar="SIGHTING…", help="Ids of sightings.")
]
TopOption = Annotated[int, typer.Option("--top", metavar="K", help="How many people to show.")]


@session.command()
def new(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of an open case.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a session of a case."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json

    with opened(data, "session begun") as program:
        program.require_gallery()
        made = program.desk.new_session(case)
    if as_json:
        print_json({"session": made.id, "case": made.case})
    else:
        print(f"Session {made.id}. Say something: cmps session say {made.id} TEXT")


@session.command(name="list")
def listing(
    case: Annotated[
        str | None, typer.Option("--case", metavar="CASE", help="Only this case's.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List sessions in the order in which they began."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, table

    with opened(data, "case read", detail={"what": "sessions"}) as program:
        program.require_gallery()
        if case is not None:
            program.store.cases.get(case)
        found = program.store.cases.sessions(case)
    if as_json:
        rows = [{"session": one.id, "case": one.case, "steps": one.cursor} for one in found]
        print_json({"sessions": rows})
        return
    listed = table("session", "case", "steps", right=("steps",))
    for one in found:
        listed.add_row(one.id, one.case, str(one.cursor))
    results().print(listed)


@session.command()
def say(
    id: SessionArgument,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What was said.")] = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", metavar="FILE", help="A recording of it instead.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="A photo of the person.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Language of the words.")
    ] = "en",
    about: Annotated[
        str,
        typer.Option("--about", metavar="TOPIC", help="Topic of the open question it answers."),
    ] = "",
    by: ByOption = "",
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Describe the person, or correct what was said before.

    Words, a recording, a photo, or several of these; then the people who fit best are shown.
    """
    from cmps.cli.search import _open
    from cmps.search.query import QueryError

    def step(program: Program) -> SearchSession:
        made = program.desk.session(id)
        if text is None and audio is None and image is None:
            raise QueryError("nothing was said; give a text, --audio or --image")
        if image is not None:
            made = program.desk.show_photo(id, _open(image), name=image.name, by=by)
        if text is not None:
            made = program.desk.say(id, text, language=language, about=about, by=by)
        if audio is not None:
            heard = program.hear(audio)
            made = program.desk.say(
                id,
                heard.text,
                readings=heard.readings,
                language=language,
                spoken=True,
                about=about,
                by=by,
            )
        return made

    _take(step, data, variant, top, as_json)


def _clicks(kind: str, purpose: str) -> Callable[..., None]:
    def click(
        id: SessionArgument,
        sightings: SightingsArgument,
        by: ByOption = "",
        top: TopOption = 10,
        variant: VariantOption = None,
        data: DataOption = None,
        as_json: JsonOption = False,
    ) -> None:
        def step(program: Program) -> SearchSession:
            made = program.desk.session(id)
            for one in sightings:
                made = program.desk.click(id, kind, one.removeprefix("sighting:"), by=by)
            return made

        _take(step, data, variant, top, as_json)

    click.__doc__ = purpose
    return click


for _kind, _purpose in (
    ("tick", "Mark sightings that show the person."),
    ("reject", "Mark sightings that show somebody else."),
    ("like", "Look for people like these sightings."),
    ("clear", "Take back what was said of sightings."),
):
    session.command(name=_kind)(_clicks(_kind, _purpose))


@session.command()
def none(
    id: SessionArgument,
    by: ByOption = "",
    top: Annotated[
        int, typer.Option("--top", metavar="K", min=1, help="How many people are ruled out.")
    ] = 20,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rule out everybody who is shown first: none of them is the person."""

    def step(program: Program) -> SearchSession:
        made = program.desk.session(id)
        people = program.desk.results(made, program.settings.variant, top).people
        shown = [one.best.sighting.id for one in people if not one.mark]
        return program.desk.none_of(id, shown, by=by)

    _take(step, data, variant, top, as_json)


@session.command()
def mark(
    id: SessionArgument,
    chip: Annotated[
        str, typer.Argument(metavar="CHIP", help="As cmps session show writes it: hat:cap red.")
    ],
    to: Annotated[
        Place, typer.Option("--to", metavar=choices(Place), help="What it shall be.")
    ] = "must",
    by: ByOption = "",
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set something known of the person to must, maybe, not, or gone."""
    from cmps.understanding.chips import Chip

    def step(program: Program) -> SearchSession:
        return program.desk.mark(id, Chip.read(chip), to, by=by)

    _take(step, data, variant, top, as_json)


@session.command()
def look(
    id: SessionArgument,
    cameras: Annotated[
        list[str] | None,
        typer.Option("--camera", metavar="ID", help="Only this camera; repeatable."),
    ] = None,
    sites: Annotated[
        list[str] | None,
        typer.Option("--site", metavar="NAME", help="Only cameras of this site; repeatable."),
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="TIME", help="Not before this time, with zone.")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="TIME", help="Before this time, with zone.")
    ] = None,
    hours: Annotated[
        list[str] | None,
        typer.Option("--hours", metavar="H", help="Daily hours such as 22:00-06:00; repeatable."),
    ] = None,
    first: Annotated[
        str, typer.Option("--from-day", metavar="DAY", help="First day of the daily hours.")
    ] = "",
    last: Annotated[
        str, typer.Option("--to-day", metavar="DAY", help="Last day on which the hours begin.")
    ] = "",
    zone: Annotated[
        str, typer.Option("--zone", metavar="NAME", help="Time zone of the daily hours.")
    ] = "UTC",
    by: ByOption = "",
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose cameras, sites and times; without options, everything again."""
    from cmps.search.places import Where, Window
    from cmps.search.query import parse_time

    where = Where(
        tuple(cameras or ()),
        tuple(sites or ()),
        None if after is None else parse_time(after),
        None if before is None else parse_time(before),
        tuple(Window.read(one, first, last, zone) for one in hours or ()),
    )
    _take(lambda program: program.desk.look(id, where, by=by), data, variant, top, as_json)


@session.command()
def ask(
    id: SessionArgument,
    count: Annotated[
        int, typer.Option("--count", metavar="N", help="How many questions to propose.")
    ] = 1,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose the question whose answer narrows down most."""
    from cmps.cli.running import opened
    from cmps.cli.terminal import print_json, results, waiting

    with opened(data, "searched", variant=variant) as program, waiting("thinking"):
        program.require_gallery()
        made = program.desk.session(id)
        asked = program.desk.ask(made, program.settings.variant, count)
    if as_json:
        rows = [
            {
                "chip": "" if one.chip is None else one.chip.code(),
                "about": one.about,
                "question": one.text,
                "gain_bits": round(one.gain, 4),
                "likely": None if one.likely is None else round(one.likely, 4),
            }
            for one in asked
        ]
        print_json({"session": id, "questions": rows})
        return
    console = results()
    for one in asked:
        way = f"--about {one.about}" if one.chip is None else one.chip.code()
        console.print(f"{one.text}  ({one.gain:.2f} bits; {way})")
    if not asked:
        console.print("No question would help.")


@session.command()
def answer(
    id: SessionArgument,
    reply: Annotated[
        str, typer.Argument(metavar="REPLY", help="Yes, no or unknown; or words, where it is open.")
    ],
    chip: Annotated[
        str | None,
        typer.Option(
            "--chip",
            metavar="CHIP",
            help="What was asked for.",
            show_default="that of the best question",
        ),
    ] = None,
    by: ByOption = "",
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer the proposed question: by yes, no or unknown, or in words where it is open."""
    from cmps.search.query import QueryError
    from cmps.understanding.chips import Chip

    def step(program: Program) -> SearchSession:
        asked = None if chip is None else Chip.read(chip)
        if asked is None:
            made = program.desk.session(id)
            best = program.desk.ask(made, program.settings.variant)
            if not best:
                raise QueryError("no question is open; say which with --chip")
            if best[0].chip is None:
                words = "I don't know" if reply == "unknown" else reply
                language = "en" if reply == "unknown" else made.state().language
                return program.desk.say(id, words, language=language, about=best[0].about, by=by)
            asked = best[0].chip
        if reply not in get_args(Reply):
            raise QueryError(f"the answer is {', '.join(get_args(Reply))}, not {reply!r}")
        return program.desk.answer(id, asked, cast(Reply, reply), by=by)

    _take(step, data, variant, top, as_json)


@session.command()
def undo(
    id: SessionArgument,
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo the last step and rank again."""
    _take(lambda program: program.desk.undo(id), data, variant, top, as_json)


@session.command()
def redo(
    id: SessionArgument,
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the undone step again and rank."""
    _take(lambda program: program.desk.redo(id), data, variant, top, as_json)


@session.command()
def show(
    id: SessionArgument,
    step: Annotated[
        int | None,
        typer.Option("--step", metavar="N", help="As it was after N steps.", show_default="all"),
    ] = None,
    top: TopOption = 10,
    variant: VariantOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the steps of a session, what is known, and the people who fit best."""

    def found(program: Program) -> SearchSession:
        made = program.desk.session(id)
        return made if step is None else made.at(step)

    _take(found, data, variant, top, as_json, steps=True, does="searched")


def _take(
    step: Callable[[Program], SearchSession],
    data: Path | None,
    variant: str | None,
    top: int,
    as_json: bool,
    steps: bool = False,
    does: str = "stepped",
) -> None:
    """Take a step, rank, and print what is known and who fits."""
    from cmps.cli.running import opened
    from cmps.cli.sessions import as_dict, show_session
    from cmps.cli.terminal import print_json, waiting

    with opened(data, does, variant=variant) as program, waiting("searching"):
        program.require_gallery()
        made = step(program)
        ranking = program.desk.results(made, program.settings.variant, top)
    if as_json:
        print_json(as_dict(made, ranking))
    else:
        show_session(made, ranking, steps)
