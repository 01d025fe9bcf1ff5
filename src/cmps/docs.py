"""Writes ``docs/cli.md`` and ``docs/api.md`` from what they describe: ``python -m cmps.docs``.

Tests compare the files with what this module writes, so the pages cannot drift.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path("docs/cli.md")
API_PAGE = Path("docs/api.md")

OPENING = """# The command line

This page is written by `python -m cmps.docs` from the commands themselves.

Results go to standard output, progress and warnings to standard error; `--json` prints one JSON
object. Every failure is one line `cmps: …` and exit code 2; Ctrl-C ends with 130. `CMPS_DEBUG=1`
shows the traceback of a failure. `cmps --version` prints the version."""

SETTINGS = """## Settings

Each setting is an environment variable. An option of a command comes before it.

| variable | default | meaning |
|---|---|---|"""


API_OPENING = """# The API

This page is written by `python -m cmps.docs` from the routes themselves. The whole of it, with what
is sent and answered, is at `/docs` of a running server and, for generators of clients, at
`/api/v1/openapi.json`. How a program uses it, with examples, stands in
[programs.md](programs.md); how to run and guard the server in [server.md](server.md).

A role may what those before it may: viewer, operator, reviewer, admin. The last column says what
kind of row a request leaves in the audit; where it leaves none, the reason stands there."""


def page() -> str:
    """Return the page as Markdown."""
    from typer.main import get_command

    from cmps.cli import app

    parts = [OPENING]
    for path, command in commands(get_command(app)):
        parts.append(_section(path, command))
    parts.append("\n".join([SETTINGS, *_settings()]))
    return "\n\n".join(parts) + "\n"


def api_page() -> str:
    """Return the page of the API as Markdown."""
    from cmps.program import Program
    from cmps.server.app import create_app
    from cmps.server.rules import rules
    from cmps.settings import Settings

    parts: dict[str, list[str]] = {}
    for rule in rules(create_app(Program(Settings()))):
        role = ", ".join("anybody" if one is None else str(one) for one in rule.roles)
        leaves = [one.kind for one in rule.events] + [f"– ({why})" for why in rule.why]
        cells = [f"`{rule.method}`", f"`{rule.path}`", role, _cell(rule.does), ", ".join(leaves)]
        part = "page" if rule.path in ("/", "/docs") else rule.path.split("/")[3]
        parts.setdefault(part, []).append(f"| {' | '.join(cells)} |")
    head = ["| | path | role | does | audit |", "|---|---|---|---|---|"]
    sections = ["\n".join([f"## {name}", "", *head, *rows]) for name, rows in parts.items()]
    return "\n\n".join([API_OPENING, *sections]) + "\n"


def commands(root: Any, path: str = "cmps") -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that call it, groups of commands left out."""
    for name, command in root.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(path: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([path, "[options]", *(_usage(one) for one in arguments)])
    rows = ["| argument or option | default | meaning |", "|---|---|---|"]
    for one in arguments:
        rows.append(f"| `{_cell(one.metavar)}` | | {_cell(one.help)} |")
    for one in options:
        if "--help" not in one.opts:
            rows.append(f"| `{_option(one)}` | {_default(one)} | {_cell(one.help)} |")
    return "\n".join([f"## {path}", "", f"`{usage}`", "", _prose(command.help), "", *rows])


def _usage(argument: Any) -> str:
    return str(argument.metavar)


def _option(option: Any) -> str:
    name = "/".join(option.opts)
    if option.is_flag:
        return name
    return f"{name} {option.metavar}".replace("|", "\\|")


def _default(option: Any) -> str:
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return option.show_default
    return "" if option.default in (None, False) or option.is_flag else f"`{option.default}`"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def _prose(text: str | None) -> str:
    """Join the lines of each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _settings() -> Iterator[str]:
    from cmps.settings import Settings

    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else "none"
        yield f"| `CMPS_{name.upper()}` | {default} | {_cell(field.description)} |"


def main() -> int:
    """Write the pages into the repository that is the working folder."""
    if not PAGE.parent.is_dir():
        print("cmps.docs: run it in the repository's root", file=sys.stderr)
        return 2
    PAGE.write_text(page(), encoding="utf-8")
    API_PAGE.write_text(api_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
