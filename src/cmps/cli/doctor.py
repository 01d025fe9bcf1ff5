"""``cmps doctor``: is the installation sound, and if not, what mends it."""

from __future__ import annotations

import typer

from cmps.cli.options import DataOption, JsonOption


def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Check the installation and say how to mend it.

    The exit code is 2 if something is wrong.
    """
    from dataclasses import asdict

    from cmps.cli.errors import FAILED
    from cmps.cli.running import settings_of
    from cmps.cli.terminal import print_json, results, shown
    from cmps.doctor import examine

    console = results()
    findings = []
    for finding in examine(settings_of(data)):
        findings.append(finding)
        if as_json:
            continue
        mark, style = ("ok     ", "green") if finding.ok else ("problem", "red")
        console.print(mark, style=style, end=" ")
        console.print(f"{finding.name}: {shown(finding.found)}", soft_wrap=True)
        if not finding.ok:
            console.print(f"        {shown(finding.mend)}", soft_wrap=True)
    sound = all(finding.ok for finding in findings)
    if as_json:
        print_json({"ok": sound, "checks": [asdict(finding) for finding in findings]})
    if not sound:
        raise typer.Exit(FAILED)
