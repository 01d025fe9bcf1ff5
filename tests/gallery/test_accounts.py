"""What every store of accounts does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from people import NOON

from cmps.gallery.accounts import Login, Role, Token, User
from cmps.gallery.records import ConflictError, GalleryError, UnknownError

ROOT = User("root", Role.ADMIN, "hash of root", None, NOON)
ANA = User("ana", Role.OPERATOR, "hash of ana", frozenset({"gate", "hall"}), NOON)
LOGIN = Login("k1", "ana", NOON, NOON + timedelta(hours=12), NOON)
TOKEN = Token("t1", "k2", "ana", "nightly report", NOON, NOON + timedelta(days=30))


@pytest.fixture
def accounts(gallery):
    gallery.accounts.add(ROOT)
    gallery.accounts.add(ANA)
    return gallery.accounts


def test_users_come_back_as_they_were_stored(accounts):
    assert accounts.listing() == [ANA, ROOT]
    assert accounts.get("ana") == accounts.find("ana") == ANA
    assert accounts.find("nobody") is None
    changed = replace(ANA, role=Role.REVIEWER, cameras=None, password="another")
    accounts.write(changed)
    assert accounts.get("ana") == changed


def test_who_may_see_no_camera_is_not_who_may_see_all(accounts):
    accounts.write(replace(ANA, cameras=frozenset()))
    assert accounts.get("ana").cameras == frozenset()


def test_a_name_is_taken_once(accounts):
    with pytest.raises(ConflictError, match="ana is there already"):
        accounts.add(replace(ANA, role=Role.ADMIN))
    assert accounts.get("ana") == ANA


@pytest.mark.parametrize("name", ["", "Ana", "a b", "a\n", "x" * 65, "ana/root"])
def test_odd_names_are_refused(name):
    with pytest.raises(GalleryError, match="cannot be a user's name"):
        replace(ANA, name=name)


def test_the_first_account_is_made_once_by_however_many(gallery):
    def claim(number):
        try:
            gallery.accounts.add(replace(ROOT, name=f"root{number}"), first=True)
        except ConflictError:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(8))) == 1
    assert len(gallery.accounts.listing()) == 1


def test_what_is_unknown_is_named(accounts):
    for work in (
        lambda: accounts.get("x9"),
        lambda: accounts.write(replace(ANA, name="x9")),
        lambda: accounts.remove("x9"),
        lambda: accounts.begin(replace(LOGIN, user="x9")),
        lambda: accounts.add_token(replace(TOKEN, user="x9")),
        lambda: accounts.revoke("x9"),
    ):
        with pytest.raises(UnknownError, match="x9"):
            work()


def test_the_last_admin_stays(accounts):
    with pytest.raises(ConflictError, match="last admin"):
        accounts.remove("root")
    with pytest.raises(ConflictError, match="last admin"):
        accounts.write(replace(ROOT, role=Role.VIEWER))
    accounts.write(replace(ROOT, password="new"))
    accounts.write(replace(ANA, role=Role.ADMIN))
    accounts.remove("root")
    assert [one.name for one in accounts.listing()] == ["ana"]


def test_a_login_is_found_by_its_key_until_it_ends(accounts):
    accounts.begin(LOGIN)
    assert accounts.login("k1") == (LOGIN, ANA)
    assert accounts.login("k") is None
    later = NOON + timedelta(minutes=5)
    accounts.touch("k1", later)
    assert accounts.login("k1") == (replace(LOGIN, seen=later), ANA)
    accounts.end("k1")
    assert accounts.login("k1") is None


def test_logins_that_have_ended_are_forgotten_when_somebody_logs_in(accounts):
    accounts.begin(LOGIN)
    end = LOGIN.expires
    accounts.begin(replace(LOGIN, key="k9", began=end, expires=end + timedelta(hours=1)))
    assert accounts.login("k1") is None
    assert accounts.login("k9") is not None


def test_a_new_password_may_end_every_login(accounts):
    accounts.begin(LOGIN)
    accounts.write(ANA)
    assert accounts.login("k1") is not None
    accounts.write(ANA, end_logins=True)
    assert accounts.login("k1") is None


def test_tokens_are_found_listed_and_revoked(accounts):
    accounts.add_token(TOKEN)
    other = replace(TOKEN, id="t2", key="k3", user="root", made_at=NOON + timedelta(days=1))
    accounts.add_token(other)
    assert accounts.token("k2") == (TOKEN, ANA)
    assert accounts.token("k") is None
    assert accounts.tokens() == [TOKEN, other]
    assert accounts.tokens("ana") == [TOKEN]
    with pytest.raises(UnknownError, match="t1"):
        accounts.revoke("t1", "root")
    accounts.revoke("t1", "ana")
    assert accounts.token("k2") is None


def test_who_is_removed_is_locked_out(accounts):
    accounts.begin(LOGIN)
    accounts.add_token(TOKEN)
    accounts.remove("ana")
    assert accounts.login("k1") is None
    assert accounts.token("k2") is None
    assert accounts.tokens() == []
