"""Every command and every option explains itself, and answers in JSON."""

from __future__ import annotations

import pytest
from typer.main import get_command

from cmps.cli import app
from cmps.docs import commands

COMMANDS = dict(commands(get_command(app)))
ids = list(COMMANDS)
each_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=ids)


def test_the_commands_are_those_that_were_asked_for():
    assert set(COMMANDS) == {
        f"cmps {name}"
        for name in (
            *("index", "reindex", "search", "track", "delete", "transcribe", "models", "doctor"),
            *("simulate", "demo", "data speak", "understand"),
            *("case new", "case list", "case show", "case close"),
            *("session new", "session list", "session say", "session tick", "session reject"),
            *("session like", "session clear", "session mark", "session look", "session ask"),
            *("session answer", "session undo", "session redo", "session show"),
            *("serve", "erase person", "erase case", "erase before"),
            *("user add", "user list", "user role", "user password", "user remove"),
            *("audit list", "audit verify", "audit export"),
            *("retain run", "retain camera", "retain case"),
            *("watch arm", "watch disarm", "watch run", "watch list", "watch events"),
            *("evaluate progressive", "evaluate calibration", "evaluate track"),
            *("evaluate pedes", "evaluate table1", "evaluate market1501"),
            *("train corpus", "train language", "train reid", "train crossmodal", "train text"),
            *("train drawn", "train head", "session none"),
            *("train all", "train restore", "train validate", "train export"),
            *("train baselines", "train ablation"),
        )
    }


@each_command
def test_a_command_says_what_it_does_in_a_sentence(command):
    first = command.help.split("\n\n")[0].strip()
    assert first.endswith(".")
    assert len(first) > 20


@each_command
def test_every_option_and_argument_has_a_help_text(command):
    assert command.params
    for param in command.params:
        if param.name != "help":
            assert param.help, f"{param.name} has no help text"
            assert param.help[0].isupper(), param.help
            assert param.help.endswith("."), param.help


@pytest.mark.parametrize("name", ids)
def test_every_command_answers_in_json_and_takes_the_data_folder(name):
    if name.startswith("cmps train "):
        return  # training knows no gallery, and prints where its files are
    if name in ("cmps serve", "cmps audit export"):
        return  # one speaks HTTP, the other writes nothing but lines of JSON
    command = COMMANDS[name]
    options = {option for param in command.params for option in param.opts}
    assert {"--json", "--data"} <= options


@pytest.mark.parametrize("name", ids)
def test_the_help_of_every_command_prints(cmps, name):
    answer = cmps(*name.split()[1:], "--help")
    assert answer.code == 0
    assert f"Usage: {name}" in answer.out
    assert answer.err == ""


def test_the_short_help_of_every_command_fits_its_line(cmps):
    assert "..." not in "".join(cmps("--help").out.split("Commands:")[1:])


def options_of(name):
    return {
        option for param in COMMANDS[name].params for option in param.opts if option[:2] == "--"
    } - {"--help", "--json", "--data"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cmps index", "--camera --dataset"),
        (
            "cmps search",
            "--text --audio --image --camera --after --before --top --case --variant --sheet",
        ),
        ("cmps track", "--confirm --reject --near --plan --learn --case"),
        (
            "cmps evaluate pedes",
            "--root --split --variant --probe --gallery-extra --audios --noise --limit --occlude",
        ),
        ("cmps evaluate market1501", "--root --queries --limit --occlude"),
        ("cmps simulate", "--out --people --hours --cameras --seed --led-away"),
        ("cmps demo", "--out --check --port --no-browser"),
    ],
)
def test_options_have_the_agreed_names(name, options):
    assert options_of(name) == set(options.split())
