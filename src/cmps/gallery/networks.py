"""Which image network filled a database, and how another one takes its place.

Encodings of two networks cannot be compared. The gallery's one row says which network the rows
belong to; while they are encoded again, those whose version is at most ``stale`` still wait. Each
batch gets a new version, so what was done stays done when the work breaks off, and a row that
somebody else wrote meanwhile is not done twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import Connection

from cmps.gallery import rows
from cmps.gallery.connect import Row
from cmps.gallery.records import Encoding, Network, Sighting
from cmps.gallery.refusals import half_encoded, other_network


def stored(connection: Connection[Row]) -> Network | None:
    """Return the network that filled the gallery, or ``None`` if none was ever named."""
    return _named(*connection.execute("SELECT network, sha256 FROM gallery").fetchall()[0])


def require(connection: Connection[Row], own: Network | None) -> None:
    """Make sure that one network filled the gallery, all of it.

    Raises:
        GalleryError: If another one did, or some sightings still wait for it.
    """
    count, stale, *names = connection.execute(
        "SELECT sightings, stale, network, sha256 FROM gallery", prepare=True
    ).fetchall()[0]
    refuse(connection, own, count, stale, *names)


def refuse(
    connection: Connection[Row],
    own: Network | None,
    count: int,
    stale: int,
    name: str | None,
    sha256: str | None,
) -> None:
    """Do what :func:`require` does, for who has read the gallery's row already."""
    if count and _named(name, sha256) != own:
        raise other_network(_named(name, sha256), own)
    if stale:
        query = "SELECT count(*) FROM sightings WHERE version <= %s"
        left = connection.execute(query, [stale]).fetchall()[0][0]
        if left:
            raise half_encoded(left, own)


def claim(connection: Connection[Row], own: Network | None) -> None:
    """Make sure that sightings of a network may come in; the first give an empty gallery its name.

    Args:
        connection: In a transaction, which from now on is the only one that writes.
        own: The network of the sightings.

    Raises:
        GalleryError: If another network filled the gallery.
    """
    count, *names = connection.execute(
        "SELECT sightings, network, sha256 FROM gallery FOR UPDATE"
    ).fetchall()[0]
    if _named(*names) == own:
        return
    if count:
        raise other_network(_named(*names), own)
    _name(connection, own, stale=0)


def stale(connection: Connection[Row], own: Network | None) -> list[str]:
    """Return the ids of sightings that a network did not encode, oldest write first."""
    query = (
        "SELECT id FROM sightings, gallery WHERE sightings.version <= gallery.stale "
        "OR (gallery.network, gallery.sha256) IS DISTINCT FROM (%s::text, %s::text) "
        "ORDER BY sightings.version, id"
    )
    return [id for (id,) in connection.execute(query, _names(own))]


def reencode(
    connection: Connection[Row], own: Network | None, encodings: Mapping[str, Encoding]
) -> int:
    """Replace encodings inside a transaction; return how many there were to replace."""
    version = rows.next_version(connection)
    if stored(connection) != own:
        _name(connection, own, stale=version - 1)
    # of these only the numbers are used
    blanks = [Sighting(id=id, camera="-", encoding=one) for id, one in encodings.items()]
    rows.copy_in(connection, blanks, version)
    done = connection.execute(
        "UPDATE sightings SET version = new.version, embedding = new.embedding, "
        "width = new.width, pyramid = new.pyramid, foreground = new.foreground "
        "FROM pg_temp.incoming AS new WHERE sightings.id = new.id"
    ).rowcount
    connection.execute(
        "UPDATE gallery SET stale = 0 WHERE stale > 0 "
        "AND NOT EXISTS (SELECT FROM sightings WHERE version <= stale)"
    )
    return done


def _name(connection: Connection[Row], own: Network | None, stale: int) -> None:
    connection.execute(
        "UPDATE gallery SET network = %s, sha256 = %s, stale = %s", [*_names(own), stale]
    )


def _names(network: Network | None) -> list[str | None]:
    return [None, None] if network is None else [network.name, network.sha256]


def _named(name: str | None, sha256: str | None) -> Network | None:
    return None if name is None or sha256 is None else Network(name, sha256)
