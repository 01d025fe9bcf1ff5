"""``cmps understand``: what a description is taken to say."""

from __future__ import annotations

from typing import Annotated

import typer

from cmps.cli.options import DataOption, JsonOption


def understand(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="A description, or a change of what is known.")
    ],
    now: Annotated[
        list[str] | None,
        typer.Option("--now", metavar="TEXT", help="What was said before; may be repeated."),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Language of the texts, e.g. en.")
    ] = "en",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a description says of the person, as chips.

    Nothing is searched and no data folder is needed.
    """
    from cmps.cli.terminal import notes, print_json, shown
    from cmps.understanding.chips import Description
    from cmps.understanding.language import label
    from cmps.understanding.reading import understand as read

    known, focus = Description(), None
    for earlier in now or ():
        before = read(earlier, language, known, focus)
        known, focus = before.description, before.focus
    found = read(text, language, known, focus)
    if as_json:
        print_json(found.to_dict())
        return
    for chip in found.description.chips:
        print(shown(f"{chip.code()}  ({label(chip, language)})"))
    if found.description.rest:
        print(shown(f"also said: {found.description.rest}"))
    for edit in found.edits:
        old = f"- {edit.old.code()} " if edit.old else ""
        new = f"+ {edit.new.code()}" if edit.new else edit.note
        notes().print(shown(f"{edit.name}: {old}{new}"))
    for repair in found.repairs:
        notes().print(shown(f'heard "{repair.heard}", read as "{repair.meant}"'))
