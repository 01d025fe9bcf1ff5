"""What the server does by itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cmps.gallery.audit_check import Seals, verify
from cmps.gallery.audit_events import LoggedOut
from cmps.gallery.cases import Case
from cmps.server.keeping import Keeping


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_server_seals_and_retains_while_it_runs_and_seals_when_it_ends(served, tmp_path):
    store = served.store
    store.cases.open(Case("c1", "a lost child", "ana", datetime(2020, 1, 1, tzinfo=UTC)))
    store.cases.keep("c1", 3)
    store.cases.close("c1", datetime(2020, 1, 2, tzinfo=UTC))
    keeping = Keeping(served, seal_every=0.01, retain_every=0.01)
    keeping.start()
    wait_until(lambda: not store.cases.listing())
    wait_until(lambda: Seals(tmp_path).read())
    keeping.stop()
    store.audit.append(LoggedOut("ana"))
    later = Keeping(served)
    later.start()
    later.stop()
    seals = Seals(tmp_path).read()
    assert seals[-1] == store.audit.head()
    assert verify(store.audit, seals).sound
    rows = [row.as_dict() for row in store.audit.walk()]
    assert (rows[0]["by"], rows[0]["kind"], rows[0]["case"]) == ("cmps serve", "retention", "c1")


def test_a_gallery_that_is_away_is_tried_again(served, monkeypatch, caplog):
    calls = []

    def listing():
        calls.append(1)
        raise RuntimeError("away")

    monkeypatch.setattr(served.store, "cameras", listing)
    keeping = Keeping(served, seal_every=0.01, retain_every=0.01)
    keeping.start()
    wait_until(lambda: len(calls) > 2)
    keeping.stop()
    assert "retain: away" in caplog.text
