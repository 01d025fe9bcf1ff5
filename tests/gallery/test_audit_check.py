"""Whatever is done to the rows is found; what cannot be found is shown too."""

from __future__ import annotations

import json

import psycopg
import pytest
from people import NOON

from cmps.gallery.audit import Head, chained
from cmps.gallery.audit_check import Seals, parse_head, verify
from cmps.gallery.audit_events import LoggedIn, LoggedOut, SawPicture
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError


def fill(log, count=6):
    for number in range(count):
        log.append(SawPicture("ana", case="c1", sightings=(f"s{number}",)))


@pytest.fixture
def kept(tmp_path, postgres_url):
    """A gallery with six rows, and a way to do to them what a database's owner can."""
    gallery = open_gallery(tmp_path, postgres_url)
    fill(gallery.audit)

    def bend(*statements):
        with psycopg.connect(postgres_url) as connection:
            connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_stays")
            for statement in statements:
                connection.execute(statement)

    yield gallery.audit, bend
    gallery.close()


def test_a_chain_that_nobody_touched_is_sound(gallery):
    assert verify(gallery.audit).sound
    fill(gallery.audit)
    verdict = verify(gallery.audit)
    assert verdict.sound
    assert (verdict.rows, verdict.head) == (6, gallery.audit.head())


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE audit SET body = replace(body, 'ana', 'eve') WHERE number = 3",
            "row 3 was changed",
        ),
        ("UPDATE audit SET body = body || ' ' WHERE number = 1", "row 1 was changed"),
        ("UPDATE audit SET body = replace(body, 's5', 's9') WHERE number = 6", "row 6 was"),
        ("UPDATE audit SET hash = sha256('x') WHERE number = 2", "row 2 was changed"),
        ("DELETE FROM audit WHERE number = 1", "rows 1 to 1 are missing"),
        ("DELETE FROM audit WHERE number IN (3, 4)", "rows 3 to 4 are missing"),
        ("DELETE FROM audit WHERE number >= 5", "rows after 4 are missing: there were 6"),
        ("DELETE FROM audit", "rows after 0 are missing: there were 6"),
        (
            "UPDATE audit SET number = 100 WHERE number = 4; "
            "UPDATE audit SET number = 4 WHERE number = 5; "
            "UPDATE audit SET number = 5 WHERE number = 100",
            "row 4 is not where",
        ),
        ("UPDATE audit SET number = number + 10", "rows 1 to 10 are missing"),
        ("UPDATE audit SET number = -1 WHERE number = 2", "row -1"),
        (
            "INSERT INTO audit (number, body, hash) SELECT 7, body, hash FROM audit "
            "WHERE number = 6",
            "row 7",
        ),
        ("UPDATE audit_head SET hash = sha256('x')", "row 6 is not the one that was sealed"),
    ],
)
def test_every_change_is_found(kept, statement, found):
    log, bend = kept
    bend(statement)
    assert found in "; ".join(verify(log).problems)


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET body = replace(body, 'ana', 'eve') WHERE number >= 3", 3),
        ("DELETE FROM audit WHERE number IN (3, 4)", 3),
        ("DELETE FROM audit WHERE number >= 5", 5),
        ("DELETE FROM audit", 1),
    ],
)
def test_the_first_row_that_is_not_as_it_was_written_is_named(kept, statement, first):
    log, bend = kept
    assert verify(log).broken_at is None
    bend(statement)
    assert verify(log).broken_at == first


def test_a_tail_that_was_cut_with_its_end_put_back_is_found_by_a_seal(kept, tmp_path):
    log, bend = kept
    seals = Seals(tmp_path)
    seals.seal(log)
    bend(
        "DELETE FROM audit WHERE number >= 5",
        "UPDATE audit_head SET (number, hash) = "
        "(SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1)",
    )
    assert verify(log).sound  # the chain alone cannot know
    assert "rows after 4 are missing" in verify(log, seals.read()).problems[0]
    fill(log, 4)  # nor can writing on hide it
    assert "row 6 is not the one that was sealed" in verify(log, seals.read()).problems[0]


def test_a_chain_made_anew_is_found_by_a_head_written_down_elsewhere(kept):
    log, bend = kept
    printed = f"{log.head().number}:{log.head().hash.hex()}"
    rows, head = [], Head()
    for _ in range(6):
        row = chained(head, LoggedIn("eve"), NOON)
        head = Head(row.number, row.hash)
        rows.append(row)
    for row in rows:
        bend(
            f"UPDATE audit SET body = $${row.body}$$, hash = '\\x{row.hash.hex()}' "
            f"WHERE number = {row.number}"
        )
    bend(f"UPDATE audit_head SET hash = '\\x{head.hash.hex()}'")
    assert verify(log).sound
    assert not verify(log, [parse_head(printed)]).sound


def test_seals_are_written_once_an_end_and_only_for_their_owner(gallery, tmp_path):
    seals = Seals(tmp_path / "new")
    seals.seal(gallery.audit)
    assert seals.read() == []
    fill(gallery.audit, 2)
    for _ in range(3):
        seals.seal(gallery.audit)
    fill(gallery.audit, 1)
    seals.seal(gallery.audit)
    assert [seal.number for seal in seals.read()] == [2, 3]
    assert verify(gallery.audit, seals.read()).seals == 3
    assert seals.path.stat().st_mode & 0o777 == 0o600


def test_a_file_of_seals_that_was_edited_is_named(tmp_path):
    seals = Seals(tmp_path)
    seals.path.write_text(json.dumps({"number": 1, "hash": "00"}) + "\nodd\n")
    with pytest.raises(GalleryError, match="line 2 is no seal"):
        seals.read()


def test_writers_may_go_on_while_the_chain_is_checked(gallery):
    class Busy:
        def __init__(self, log):
            self.log = log

        def __getattr__(self, name):
            return getattr(self.log, name)

        def walk(self):
            for row in self.log.walk():
                yield row
                if row.number < 8:
                    self.log.append(LoggedOut("ana"))

    fill(gallery.audit, 3)
    assert verify(Busy(gallery.audit)).sound


@pytest.mark.parametrize("text", ["", "3", "3:xy", "x:" + "00" * 32, "3:00"])
def test_a_head_that_is_none_is_refused(text):
    with pytest.raises(GalleryError, match="is no head"):
        parse_head(text)
