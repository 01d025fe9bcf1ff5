"""Accounts in the gallery's database; each call is one transaction."""

from __future__ import annotations

from datetime import datetime

from psycopg import Connection

from cmps.gallery.accounts import (
    Login,
    Role,
    Token,
    User,
    last_admin,
    not_first,
    taken,
    unknown_token,
    unknown_user,
)
from cmps.gallery.audit import storable
from cmps.gallery.connect import Database, Row

USER = "users.name, users.role, users.password, users.cameras, users.made_at"
LOGIN = "logins.key, logins.user, logins.began, logins.expires, logins.seen"
TOKEN = "tokens.id, tokens.key, tokens.user, tokens.label, tokens.made_at, tokens.expires"


class PostgresAccounts:
    """Keeps accounts in a database; see :class:`~cmps.gallery.accounts.AccountStore`.

    Args:
        database: The gallery's open pool.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: User, *, first: bool = False) -> None:
        """Store a new user."""

        def work(connection: Connection[Row]) -> None:
            connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            if first and connection.execute("SELECT FROM users LIMIT 1").fetchone() is not None:
                raise not_first()
            made = connection.execute(
                "INSERT INTO users VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [user.name, *_values(user), user.made_at],
            )
            if not made.rowcount:
                raise taken(user.name)

        self._database.write(work)

    def get(self, name: str) -> User:
        """Return a user."""
        found = self.find(name)
        if found is None:
            raise unknown_user(name)
        return found

    def find(self, name: str) -> User | None:
        """Return a user, or ``None``."""
        row = self._one(f"SELECT {USER} FROM users WHERE name = %s", storable(name))
        return None if row is None else _user(row)

    def listing(self) -> list[User]:
        """Return all users by name."""
        query = f"SELECT {USER} FROM users ORDER BY name"
        rows = self._database.call(lambda connection: connection.execute(query).fetchall())
        return [_user(row) for row in rows]

    def write(self, user: User, *, end_logins: bool = False) -> None:
        """Store a changed user."""

        def work(connection: Connection[Row]) -> None:
            _lock(connection, user.name, stays=user.role is Role.ADMIN)
            connection.execute(
                "UPDATE users SET role = %s, password = %s, cameras = %s WHERE name = %s",
                [*_values(user), user.name],
            )
            if end_logins:
                connection.execute('DELETE FROM logins WHERE "user" = %s', [user.name])

        self._database.write(work)

    def remove(self, name: str) -> None:
        """Remove a user with logins and tokens."""

        def work(connection: Connection[Row]) -> None:
            _lock(connection, name, stays=False)
            connection.execute("DELETE FROM users WHERE name = %s", [name])

        self._database.write(work)

    def begin(self, login: Login) -> None:
        """Store a login, and forget those that have ended."""

        def work(connection: Connection[Row]) -> None:
            connection.execute("DELETE FROM logins WHERE expires <= %s", [login.began])
            _share(connection, login.user)
            connection.execute(
                "INSERT INTO logins VALUES (%s, %s, %s, %s, %s)",
                [login.key, login.user, login.began, login.expires, login.seen],
            )

        self._database.write(work)

    def login(self, key: str) -> tuple[Login, User] | None:
        """Return a login and whose it is."""
        query = (
            f'SELECT {LOGIN}, {USER} FROM logins JOIN users ON users.name = logins."user" '
            "WHERE logins.key = %s"
        )
        row = self._one(query, key)
        return None if row is None else (Login(*row[:5]), _user(row[5:]))

    def touch(self, key: str, at: datetime) -> None:
        """Note that a login was used."""
        query = "UPDATE logins SET seen = greatest(seen, %s) WHERE key = %s"
        self._database.call(lambda connection: connection.execute(query, [at, key]))

    def end(self, key: str) -> None:
        """End a login."""
        query = "DELETE FROM logins WHERE key = %s"
        self._database.write(lambda connection: connection.execute(query, [key]))

    def add_token(self, token: Token) -> None:
        """Store a token of a known user."""

        def work(connection: Connection[Row]) -> None:
            _share(connection, token.user)
            connection.execute(
                "INSERT INTO tokens VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    token.id,
                    token.key,
                    token.user,
                    storable(token.label),
                    token.made_at,
                    token.expires,
                ],
            )

        self._database.write(work)

    def token(self, key: str) -> tuple[Token, User] | None:
        """Return a token and whose it is."""
        query = (
            f'SELECT {TOKEN}, {USER} FROM tokens JOIN users ON users.name = tokens."user" '
            "WHERE tokens.key = %s"
        )
        row = self._one(query, key)
        return None if row is None else (Token(*row[:6]), _user(row[6:]))

    def tokens(self, user: str | None = None) -> list[Token]:
        """Return the tokens of a user or of all, oldest first."""
        query = (
            f"SELECT {TOKEN} FROM tokens WHERE %(user)s::text IS NULL OR tokens.user = %(user)s "
            "ORDER BY made_at, id"
        )
        rows = self._database.call(
            lambda connection: connection.execute(query, {"user": user}).fetchall()
        )
        return [Token(*row) for row in rows]

    def revoke(self, id: str, user: str | None = None) -> None:
        """Remove a token."""
        query = (
            "DELETE FROM tokens WHERE id = %(id)s "
            "AND (%(user)s::text IS NULL OR tokens.user = %(user)s)"
        )

        def work(connection: Connection[Row]) -> None:
            values = {"id": storable(id), "user": user}
            if not connection.execute(query, values).rowcount:
                raise unknown_token(id)

        self._database.write(work)

    def _one(self, query: str, value: str) -> Row | None:
        return self._database.call(
            lambda connection: connection.execute(query, [value], prepare=True).fetchone()
        )


def _values(user: User) -> list[object]:
    cameras = None if user.cameras is None else sorted(user.cameras)
    return [str(user.role), user.password, cameras]


def _user(row: Row) -> User:
    name, role, password, cameras, made_at = row
    seen = None if cameras is None else frozenset(cameras)
    return User(name, Role(role), password, seen, made_at)


def _share(connection: Connection[Row], name: str) -> None:
    """Keep a user from being removed before the transaction ends."""
    query = "SELECT FROM users WHERE name = %s FOR KEY SHARE"
    if connection.execute(query, [name]).fetchone() is None:
        raise unknown_user(name)


def _lock(connection: Connection[Row], name: str, *, stays: bool) -> None:
    """Lock the users; raise where one is unknown, or the last admin who would not stay one."""
    connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
    row = connection.execute("SELECT role FROM users WHERE name = %s", [name]).fetchone()
    if row is None:
        raise unknown_user(name)
    if stays or row[0] != str(Role.ADMIN):
        return
    others = "SELECT FROM users WHERE role = %s AND name <> %s LIMIT 1"
    if connection.execute(others, [str(Role.ADMIN), name]).fetchone() is None:
        raise last_admin(name)
