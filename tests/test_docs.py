"""docs/cli.md says what the program does: it is written by the program."""

from __future__ import annotations

from pathlib import Path

from cmps import docs
from cmps.settings import Settings

ROOT = Path(__file__).parent.parent


def test_the_page_of_the_command_line_has_not_drifted():
    assert (ROOT / docs.PAGE).read_text(encoding="utf-8") == docs.page(), (
        "docs/cli.md is old; write it again with: python -m cmps.docs"
    )


def test_the_page_of_the_api_has_not_drifted():
    assert (ROOT / docs.API_PAGE).read_text(encoding="utf-8") == docs.api_page(), (
        "docs/api.md is old; write it again with: python -m cmps.docs"
    )


def test_every_route_is_on_the_page_of_the_api_with_its_role():
    from cmps.program import Program
    from cmps.server.app import create_app
    from cmps.server.rules import rules

    page = docs.api_page()
    for rule in rules(create_app(Program(Settings()))):
        role = rule.roles[0] or "anybody"
        assert f"| `{rule.method}` | `{rule.path}` | {role} | " in page


def test_every_setting_is_on_the_page_with_its_default():
    page = docs.page()
    for name, field in Settings.model_fields.items():
        assert field.description
        default = "none" if field.default == "" else f"`{field.default}`"
        assert f"| `CMPS_{name.upper()}` | {default} | " in page


def test_every_option_is_on_the_page():
    from typer.main import get_command

    from cmps.cli import app

    page = docs.page()
    for name, command in docs.commands(get_command(app)):
        section = page.split(f"## {name}\n")[1].split("\n## ")[0]
        for param in command.params:
            if param.name != "help":
                assert param.help.replace("|", "\\|") in section


def test_the_page_is_written_where_docs_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert docs.main() == 2
    (tmp_path / "docs").mkdir()
    assert docs.main() == 0
    assert (tmp_path / "docs" / "cli.md").read_text(encoding="utf-8") == docs.page()
    assert (tmp_path / "docs" / "api.md").read_text(encoding="utf-8") == docs.api_page()


def test_tables_have_one_line_a_row():
    for line in docs.page().splitlines():
        if line.startswith("| "):
            assert line.endswith("|")
            assert line.replace("\\|", "").count("|") == 4
