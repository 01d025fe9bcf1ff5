"""``cmps user``, ``cmps audit``, and that commands which search or change are recorded."""

from __future__ import annotations

import io
import json
from hashlib import sha256

import pytest

from cmps.cli.running import doer

PASSWORD = "correct horse battery\n"


@pytest.fixture
def typed(monkeypatch):
    """Pipe a password in."""

    def pipe(text=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    pipe()
    return pipe


def kinds(world):
    return [row.as_dict()["kind"] for row in world.store.audit.walk()]


def test_accounts_are_made_listed_changed_and_removed(cmps, filled, typed):
    assert cmps("user", "add", "Root", "--role", "admin").out == "root may log in as admin.\n"
    typed()
    made = json.loads(cmps("user", "add", "ana", "--camera", "gate", "--json").out)
    assert made.items() >= {"user": "ana", "role": "operator", "cameras": ["gate"]}.items()
    assert "gate" in cmps("user", "list").out
    assert cmps("user", "role", "ana", "reviewer").out == "ana is reviewer now.\n"
    assert filled.store.accounts.get("ana").cameras == {"gate"}
    cmps("user", "role", "ana", "viewer", "--all-cameras")
    assert filled.store.accounts.get("ana").cameras is None
    before = filled.store.accounts.get("ana").password
    typed("another horse\n")
    assert "logged out everywhere" in cmps("user", "password", "ana").out
    assert filled.store.accounts.get("ana").password != before
    assert cmps("user", "remove", "ana").code == 0
    assert [one["user"] for one in json.loads(cmps("user", "list", "--json").out)["users"]] == [
        "root"
    ]
    assert kinds(filled)[1:3] == ["user added"] * 2
    assert all(
        "$argon2" not in row.body and "horse" not in row.body for row in filled.store.audit.walk()
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "ana", "--role", "king"), "'king' is no role; choose one of viewer, operator"),
        (("add", "a b"), "cannot be a user's name"),
        (("add", "ana", "--camera", "moon"), "camera moon is unknown"),
        (("role", "nobody", "admin"), "user nobody is unknown"),
        (("remove", "root"), "root is the last admin"),
    ],
)
def test_what_will_not_do_is_refused_and_not_recorded(cmps, filled, typed, arguments, words):
    cmps("user", "add", "root", "--role", "admin")
    typed()
    count = len(kinds(filled))
    answer = cmps("user", *arguments)
    assert answer.code == 2
    assert words in answer.err
    assert len(kinds(filled)) == count


def test_a_short_password_is_refused(cmps, filled, typed):
    typed("short\n")
    assert "10 to 200 characters" in cmps("user", "add", "ana").err


def test_commands_that_search_or_change_are_recorded(cmps, filled):
    case = json.loads(cmps("case", "new", "--purpose", "lost child", "--json").out)["case"]
    session = json.loads(cmps("session", "new", case, "--json").out)["session"]
    cmps("session", "say", session, "a red top")
    cmps("session", "show", session)
    cmps("search", "--text", "red top", "--case", case)
    seen = filled.store.listing()[0]
    cmps("track", seen, "--case", case)
    cmps("watch", "arm", session)
    cmps("watch", "disarm", session)
    cmps("case", "list")
    cmps("delete", seen)
    cmps("case", "close", case)
    rows = [row.as_dict() for row in filled.store.audit.walk()]
    assert [row["kind"] for row in rows] == [
        "indexed", "case opened", "session begun", "stepped", "searched", "searched", "tracked",
        "watch armed", "watch disarmed", "case read", "deleted", "case closed",
    ]  # fmt: skip
    assert {row["by"] for row in rows} == {doer()}
    about = [case if row["kind"] not in ("indexed", "case read", "deleted") else None
             for row in rows]  # fmt: skip
    assert [row["case"] for row in rows] == about
    assert rows[3]["session"] == session
    assert rows[10]["sightings"] == [seen]
    assert "red top" not in "".join(row.body for row in filled.store.audit.walk())


def test_pictures_on_a_contact_sheet_are_recorded(cmps, filled, tmp_path):
    sheet = tmp_path / "sheet.png"
    answer = json.loads(cmps("search", "--text", "red top", "--sheet", sheet, "--json").out)
    row = list(filled.store.audit.walk())[-1].as_dict()
    assert row["detail"]["sheet"] is True
    assert row["sightings"] == [one["sighting"] for one in answer["candidates"]]


def test_a_command_that_fails_leaves_no_row(cmps, filled):
    assert cmps("delete", "nothing").code == 2
    assert cmps("session", "show", "nothing").code == 2
    assert kinds(filled) == ["indexed"]


def test_with_accounts_no_search_goes_without_a_case(cmps, filled, typed):
    assert cmps("search", "--text", "red top").code == 0
    cmps("user", "add", "root", "--role", "admin")
    for arguments in (("search", "--text", "red top"), ("track", filled.store.listing()[0])):
        answer = cmps(*arguments)
        assert answer.code == 2
        assert "need a case with its purpose; give --case ID" in answer.err
    case = json.loads(cmps("case", "new", "--purpose", "lost child", "--json").out)["case"]
    assert cmps("search", "--text", "red top", "--case", case).code == 0
    cmps("case", "close", case)
    assert "was closed" in cmps("search", "--text", "red top", "--case", case).err
    assert "case none is unknown" in cmps("search", "--text", "red", "--case", "none").err


def test_the_audit_is_listed_newest_first(cmps, filled):
    cmps("search", "--text", "red top")
    assert "searched" in cmps("audit", "list", "--kind", "searched").out
    rows = json.loads(cmps("audit", "list", "--json").out)["rows"]
    assert [row["kind"] for row in rows] == ["audit read", "searched", "indexed"]
    assert json.loads(cmps("audit", "list", "--user", "eve", "--json").out)["rows"] == []


def test_the_audit_is_verified_against_seals_and_a_head_kept_elsewhere(cmps, filled, tmp_path):
    cmps("search", "--text", "red top")
    found = cmps("audit", "verify")
    assert found.code == 0
    assert "the chain is sound" in found.out
    head = found.out.split()[-1]
    assert json.loads(cmps("audit", "verify", "--head", head, "--json").out)["sound"] is True
    assert found.err == ""
    del filled.store.audit._rows[1:]
    bent = cmps("audit", "verify")
    assert bent.code == 2
    assert "rows after 1 are missing" in bent.err
    assert "NOT as it was written" in bent.out
    assert cmps("audit", "verify", "--head", "x").code == 2
    (tmp_path / "cmps-data" / "audit-seals.jsonl").unlink()
    assert "no seal is there" in cmps("audit", "verify").err


def test_an_export_can_be_checked_by_others(cmps, filled, tmp_path):
    cmps("search", "--text", "red top")
    assert cmps("audit", "export", "--out", tmp_path / "out.jsonl").code == 0
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    before = bytes(32)
    for number, line in enumerate(map(json.loads, lines), 1):
        before = sha256(before + line["body"].encode()).digest()
        assert line["hash"] == before.hex()
        assert json.loads(line["body"])["number"] == number
    assert number == 2
    assert len(cmps("audit", "export").out.splitlines()) == 3
