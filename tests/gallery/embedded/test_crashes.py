"""The private server after any death of a program or of its own, and on a full disk."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import psutil
import pytest
from people import sighting, unit
from servers import lives, running, say

from cmps.gallery import embedded
from cmps.gallery.postgres import open_gallery
from cmps.gallery.records import GalleryError


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
