"""Connections to PostgreSQL, and its errors in the gallery's words."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from cmps.gallery.audit import pending
from cmps.gallery.postgres_audit import append
from cmps.gallery.records import GalleryError, UnavailableError
from cmps.gallery.refusals import disk_full

Row = tuple[Any, ...]
Result = TypeVar("Result")

MOST_CONNECTIONS = 8
CONNECT_SECONDS = 30
WAIT_SECONDS = 10
# The pool warns of each connection that was lost; here that is tried again or raised.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())

# Compiling a query that takes milliseconds costs more than it saves.
SESSION = """
SET client_min_messages = error;
SET timezone = 'UTC';
SET jit = off;
SET work_mem = '64MB';
SET hnsw.ef_search = 400;
SET hnsw.iterative_scan = strict_order;
SET hnsw.max_scan_tuples = 200000;
"""


def libpq_form(database_url: str) -> str:
    """Return a connection string for psycopg; SQLAlchemy's ``postgresql+psycopg://`` is known.

    Raises:
        GalleryError: If it cannot be understood; the password is never shown.

    Example:
        >>> libpq_form("postgresql+psycopg://cmps@db/gallery")
        'postgresql://cmps@db/gallery'
    """
    plain = re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", database_url.strip())
    try:
        conninfo_to_dict(plain)
    except psycopg.ProgrammingError as error:
        raise GalleryError(
            "CMPS_DATABASE_URL is not understood; write postgresql://user:password@host/database"
        ) from error
    return plain


def place(conninfo: str) -> str:
    """Return where a database is, for messages: no user, no password."""
    parts = conninfo_to_dict(conninfo)
    return f"the database {parts.get('dbname') or ''} at {parts.get('host') or 'the local server'}"


class Database:
    """A pool of connections; every call is tried again once where the connection was lost.

    Args:
        conninfo: libpq's connection string.
        revive: Called when the server is gone, before the second try.

    Raises:
        GalleryError: If the server does not answer.
    """

    def __init__(self, conninfo: str, revive: Callable[[], None] = lambda: None) -> None:
        self.conninfo = conninfo
        self._revive = revive
        self._pool = ConnectionPool(
            conninfo,
            kwargs={"autocommit": True, "connect_timeout": CONNECT_SECONDS},
            min_size=0,
            max_size=MOST_CONNECTIONS,
            timeout=WAIT_SECONDS,
            configure=_configure,
            open=False,
        )

    def open(self, prepare: Callable[[Connection[Row]], None]) -> None:
        """Prove that the server answers, prepare the database, and open the pool.

        Args:
            prepare: Told one connection, in autocommit mode.
        """
        with (
            self._translated(),
            psycopg.connect(
                self.conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS
            ) as connection,
        ):
            _configure(connection)
            prepare(connection)
        self._pool.open()

    def call(self, work: Callable[[Connection[Row]], Result]) -> Result:
        """Run work on a connection, in autocommit mode.

        Raises:
            GalleryError: If the server refuses or is gone.
        """
        with self._translated():
            try:
                with self._pool.connection() as connection:
                    return work(connection)
            except psycopg.OperationalError as error:
                if not _lost(error):
                    raise
            self._revive()
            self._pool.check()
            with self._pool.connection() as connection:
                return work(connection)

    def write(self, work: Callable[[Connection[Row]], Result]) -> Result:
        """Run work in one transaction, which carries the pending entry of the audit."""
        entry = pending()

        def whole(connection: Connection[Row]) -> Result:
            done = work(connection)
            if entry is not None:
                # last, since the lock on the head of the chain is everybody's
                append(connection, [entry.event])
            return done

        done = self.transact(whole)
        if entry is not None:
            entry.written = True
        return done

    def transact(self, work: Callable[[Connection[Row]], Result]) -> Result:
        """Run work in one transaction that is no deed: it carries no entry of the audit."""

        def whole(connection: Connection[Row]) -> Result:
            with connection.transaction():
                return work(connection)

        return self.call(whole)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except GalleryError:
            raise
        except psycopg.errors.DiskFull as error:
            raise UnavailableError(disk_full(str(error))) from error
        except (PoolTimeout, psycopg.OperationalError) as error:
            if "No space left on device" in str(error):
                raise UnavailableError(disk_full(str(error))) from error
            raise UnavailableError(
                f"{place(self.conninfo)} does not answer ({_line(error)}); run: cmps doctor"
            ) from error
        except (psycopg.Error, UnicodeEncodeError) as error:
            # what cannot be stored, such as the character NUL, is the asker's fault
            given = isinstance(error, psycopg.DataError | UnicodeEncodeError)
            kind = GalleryError if given else UnavailableError
            raise kind(
                f"{place(self.conninfo)} refuses ({_line(error)}); run: cmps doctor"
            ) from error


def _configure(connection: Connection[Row]) -> None:
    connection.execute(SESSION)


def _lost(error: psycopg.OperationalError) -> bool:
    """Whether the connection or the server is gone, rather than the request refused."""
    state = error.sqlstate or ""
    return not state or state.startswith(("08", "57P"))


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
