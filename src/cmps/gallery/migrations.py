"""The tables of the gallery, and how an older database becomes a present one.

Each migration is SQL that is never changed once it was released. The number of the last one that
ran stands in ``schema_version``.

What is where:

- ``gallery``: one row. Every write locks it first, so writes queue and versions commit in order;
  ``version`` counts writes, ``removed`` is the version of the last deletion. ``network`` and
  ``sha256`` name the image network whose encodings the rows hold, all but those whose version is
  at most ``stale``: they are being encoded again.
- ``sightings``: ``version`` is the write that made the row as it is. Whoever keeps rows in memory
  asks for those with a greater version, and ``segments`` divide the rows by it.
- ``cases``, ``sessions``, ``steps``, ``photos``, ``watches``, ``events``: what is searched for and
  why; see ``cmps.gallery.cases``. Steps from ``sessions.cursor`` on were undone.
- ``confirmations``: what two people say of a sighting; see ``cmps.gallery.confirmations``.
- ``users``, ``logins``, ``tokens``: who may use the server; see ``cmps.gallery.accounts``.
- ``audit``: who did what; see ``cmps.gallery.audit``. Its columns but number, body and hash are
  read from the body, which alone is chained. ``audit_head`` is the end of the chain.
- ``segments``: ranges of versions that have their own HNSW index; see ``cmps.gallery.segments``.

Pictures and pyramids are stored uncompressed beside the rows (TOAST), so reading vectors does not
read them. Identifiers compare byte by byte (collation C), as Python compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors

from cmps.gallery.records import GalleryError

if TYPE_CHECKING:
    from psycopg import Connection

# any number that no other program is likely to take
LOCK = 2020_0615_01
OLDEST_PGVECTOR = (0, 8)

MIGRATIONS = (
    """
    CREATE TABLE gallery (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        version bigint NOT NULL DEFAULT 0,
        removed bigint NOT NULL DEFAULT 0,
        sightings bigint NOT NULL DEFAULT 0
    );
    INSERT INTO gallery DEFAULT VALUES;
    CREATE TABLE cameras (
        id text COLLATE "C" PRIMARY KEY,
        name text NOT NULL DEFAULT '',
        site text NOT NULL DEFAULT ''
    );
    CREATE TABLE tracklets (
        id text COLLATE "C" PRIMARY KEY,
        camera text COLLATE "C" NOT NULL REFERENCES cameras,
        started timestamptz,
        ended timestamptz
    );
    CREATE TABLE sightings (
        id text COLLATE "C" PRIMARY KEY,
        version bigint NOT NULL,
        camera text COLLATE "C" NOT NULL REFERENCES cameras,
        time timestamptz,
        tracklet text COLLATE "C" REFERENCES tracklets,
        person text,
        source text NOT NULL,
        box int4[] CHECK (cardinality(box) = 4),
        embedding halfvec(256) NOT NULL,
        width int4 NOT NULL,
        pyramid bytea NOT NULL,
        foreground bytea NOT NULL,
        picture bytea NOT NULL
    );
    ALTER TABLE sightings
        ALTER embedding SET STORAGE PLAIN,
        ALTER pyramid SET STORAGE EXTERNAL,
        ALTER picture SET STORAGE EXTERNAL;
    CREATE INDEX sightings_by_version ON sightings (version);
    CREATE INDEX sightings_by_camera ON sightings (camera, time);
    CREATE INDEX sightings_by_time ON sightings (time);
    CREATE INDEX sightings_by_tracklet ON sightings (tracklet);
    CREATE TABLE segments (
        low bigint PRIMARY KEY,
        high bigint NOT NULL,
        rows bigint NOT NULL,
        CHECK (low < high)
    );
    """,
    # Only one image network was ever shipped with the first schema.
    """
    ALTER TABLE gallery
        ADD network text,
        ADD sha256 text,
        ADD stale bigint NOT NULL DEFAULT 0;
    UPDATE gallery SET
        network = 'cmps',
        sha256 = '76d51cdd79b468dbc454aaf35898dbb2818fdf46deed2871da1c7373e26095c0'
    WHERE sightings > 0;
    """,
    """
    CREATE TABLE cases (
        id text COLLATE "C" PRIMARY KEY,
        purpose text NOT NULL CHECK (btrim(purpose) <> ''),
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL,
        closed_at timestamptz
    );
    CREATE TABLE sessions (
        id text COLLATE "C" PRIMARY KEY,
        number bigint GENERATED ALWAYS AS IDENTITY,
        "case" text COLLATE "C" NOT NULL REFERENCES cases,
        cursor int4 NOT NULL,
        version int4 NOT NULL
    );
    CREATE INDEX sessions_by_case ON sessions ("case", number);
    CREATE TABLE steps (
        session text COLLATE "C" NOT NULL REFERENCES sessions ON DELETE CASCADE,
        number int4 NOT NULL,
        part jsonb NOT NULL,
        by text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (session, number)
    );
    CREATE TABLE photos (
        "case" text COLLATE "C" NOT NULL REFERENCES cases,
        id text COLLATE "C" NOT NULL,
        name text NOT NULL,
        embedding bytea NOT NULL,
        width int4 NOT NULL,
        pyramid bytea NOT NULL,
        foreground bytea NOT NULL,
        PRIMARY KEY ("case", id)
    );
    CREATE TABLE watches (
        session text COLLATE "C" PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
        threshold float8 NOT NULL CHECK (threshold > 0 AND threshold <= 1),
        by text NOT NULL,
        at timestamptz NOT NULL,
        seen bigint NOT NULL
    );
    CREATE TABLE events (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session text COLLATE "C" NOT NULL REFERENCES sessions ON DELETE CASCADE,
        sighting text COLLATE "C" NOT NULL,
        members text[] NOT NULL,
        probability float8 NOT NULL,
        reasons jsonb NOT NULL,
        at timestamptz NOT NULL
    );
    CREATE INDEX events_by_session ON events (session, id);
    """,
    """
    CREATE TABLE confirmations (
        id text COLLATE "C" PRIMARY KEY,
        number bigint GENERATED ALWAYS AS IDENTITY,
        "case" text COLLATE "C" NOT NULL REFERENCES cases,
        sighting text COLLATE "C" NOT NULL,
        note text NOT NULL,
        proposed_by text NOT NULL CHECK (btrim(proposed_by) <> ''),
        proposed_at timestamptz NOT NULL,
        agreed boolean,
        decided_by text NOT NULL DEFAULT '',
        decided_at timestamptz,
        answer text NOT NULL DEFAULT '',
        CHECK (agreed IS NULL OR lower(btrim(decided_by)) <> lower(btrim(proposed_by)))
    );
    CREATE INDEX confirmations_by_case ON confirmations ("case", number);
    """,
    """
    ALTER TABLE cameras ADD keep_days int4 CHECK (keep_days > 0);
    ALTER TABLE cases ADD keep_days int4 CHECK (keep_days > 0);
    CREATE TABLE users (
        name text COLLATE "C" PRIMARY KEY,
        role text NOT NULL,
        password text NOT NULL,
        cameras text[],
        made_at timestamptz NOT NULL
    );
    CREATE TABLE logins (
        key text COLLATE "C" PRIMARY KEY,
        "user" text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
        began timestamptz NOT NULL,
        expires timestamptz NOT NULL,
        seen timestamptz NOT NULL
    );
    CREATE TABLE tokens (
        id text COLLATE "C" PRIMARY KEY,
        key text COLLATE "C" NOT NULL UNIQUE,
        "user" text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
        label text NOT NULL,
        made_at timestamptz NOT NULL,
        expires timestamptz NOT NULL
    );
    CREATE INDEX logins_by_user ON logins ("user");
    CREATE INDEX tokens_by_user ON tokens ("user");
    CREATE TABLE audit_head (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        number bigint NOT NULL,
        hash bytea NOT NULL
    );
    INSERT INTO audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
    CREATE TABLE audit (
        number bigint PRIMARY KEY,
        body text NOT NULL,
        hash bytea NOT NULL,
        at text COLLATE "C" GENERATED ALWAYS AS (body::jsonb ->> 'at') STORED,
        kind text COLLATE "C" GENERATED ALWAYS AS (body::jsonb ->> 'kind') STORED,
        by text COLLATE "C" GENERATED ALWAYS AS (body::jsonb ->> 'by') STORED,
        "case" text COLLATE "C" GENERATED ALWAYS AS (body::jsonb ->> 'case') STORED
    );
    CREATE INDEX audit_by_case ON audit ("case", number);
    CREATE INDEX audit_by_user ON audit (by, number);
    CREATE INDEX audit_by_time ON audit (at);
    CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of the audit are never changed or removed';
    END
    $$;
    CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
    """,
    # What calibrated cameras know of a sighting's tracklet: first x, y, last x, y.
    """
    ALTER TABLE sightings
        ADD enter timestamptz,
        ADD leave timestamptz,
        ADD walk float8[] CHECK (cardinality(walk) = 4);
    """,
    # How tall they find the person, metres.
    """
    ALTER TABLE sightings ADD height float8;
    """,
)


def migrate(connection: Connection[Any]) -> None:
    """Bring the database to the present schema; processes that come together take turns.

    Args:
        connection: In autocommit mode.

    Raises:
        GalleryError: If a newer program wrote it, or pgvector is missing or too old.
    """
    if _applied(connection) == len(MIGRATIONS):
        return
    # Locked before the transaction begins: one that waited would not see the tables that came
    # into being meanwhile.
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        _catch_up(connection)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _catch_up(connection: Connection[Any]) -> None:
    with connection.transaction():
        done = _applied(connection)
        if done > len(MIGRATIONS):
            raise GalleryError(
                f"the gallery was written by a newer CMPS (schema {done}, this one knows "
                f"{len(MIGRATIONS)}); upgrade with: pip install --upgrade cmps"
            )
        if not done:
            _require_pgvector(connection)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version"
                " (number int PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
            )
        for number, statements in enumerate(MIGRATIONS[done:], done + 1):
            connection.execute(statements)
            connection.execute("INSERT INTO schema_version (number) VALUES (%s)", [number])


def _applied(connection: Connection[Any]) -> int:
    found = connection.execute("SELECT to_regclass('schema_version') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        return 0
    row = connection.execute("SELECT coalesce(max(number), 0) FROM schema_version").fetchone()
    return int(row[0]) if row else 0


def _require_pgvector(connection: Connection[Any]) -> None:
    wanted = ".".join(map(str, OLDEST_PGVECTOR))
    find = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    row = connection.execute(find).fetchone()
    if row is None:
        try:
            with connection.transaction():
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except (errors.InsufficientPrivilege, errors.FeatureNotSupported) as error:
            raise GalleryError(
                "the database has no pgvector and it cannot be added "
                f"({error.diag.message_primary}); install pgvector {wanted} and let its "
                "administrator run: CREATE EXTENSION vector"
            ) from error
        row = connection.execute(find).fetchone()
    version = str(row[0]) if row else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_PGVECTOR:
        raise GalleryError(
            f"the database has pgvector {version}, CMPS needs {wanted}; upgrade it and run: "
            "ALTER EXTENSION vector UPDATE"
        )
