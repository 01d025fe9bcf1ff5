from __future__ import annotations

import pytest
from fakes import FakeImageEncoder, drawn

from cmps.gallery.records import Encoding, GalleryError, Network
from cmps.ingest import reindex as room
from cmps.ingest.index import index
from cmps.ingest.reindex import reindex

OLD, NEW = Network("fake", "1" * 64), Network("fake", "2" * 64)


class TurnedEncoder(FakeImageEncoder):
    """Another network: the same picture, other numbers."""

    def _encode(self, picture):
        one = super()._encode(picture)
        return Encoding(-one.embedding, one.pyramid[::-1].copy(), one.foreground)


@pytest.fixture
def old(store, tmp_path):
    """A gallery of five pictures by the network OLD; the program has NEW."""
    store.use(OLD)
    pictures = [
        drawn(tmp_path / f"{n}.jpg", "red", "blue", seed=n, camera="gate", tracklet="t")
        for n in range(5)
    ]
    index(pictures, store, FakeImageEncoder())
    store.use(NEW)
    for picture in pictures:
        picture.path.unlink()  # only the stored crops are needed
    return store


def test_every_sighting_is_encoded_again_and_stays_itself(old):
    before = old.get(old.listing(), pictures=True)
    done = []
    report = reindex(old.stale(), old, TurnedEncoder(), done.append)
    assert (report.done, report.failures, done) == (5, [], [5])
    assert set(report.timings.stages) == {"decode", "encode", "store"}
    assert report.per_second > 0
    after = old.get(old.listing(), pictures=True)
    for was, now in zip(before, after, strict=True):
        assert (now.id, now.camera, now.tracklet) == (was.id, was.camera, was.tracklet)
        assert (now.source, now.picture) == (was.source, was.picture)
        # a jpeg that was stored as it came gives the very same pixels
        assert (now.encoding.embedding == -was.encoding.embedding).all()
    assert old.network() == NEW
    old.require_network()


def test_a_run_that_breaks_off_is_resumed(old, monkeypatch):
    monkeypatch.setattr(room, "BATCH", 2)
    reencode, batches = old.reencode, []

    def filling(encodings):
        batches.append(len(encodings))
        if len(batches) == 2:
            raise GalleryError("disk full; make room, then run the command again")
        return reencode(encodings)

    monkeypatch.setattr(old, "reencode", filling)
    with pytest.raises(GalleryError, match="disk full"):
        reindex(old.stale(), old, TurnedEncoder())
    assert len(old.stale()) == 3
    encoder = TurnedEncoder()
    assert reindex(old.stale(), old, encoder).done == 3
    assert encoder.seen == 3
    assert old.stale() == []


def test_what_was_deleted_meanwhile_is_passed_over(old):
    waiting = old.stale()
    old.delete(waiting[:2])
    report = reindex(waiting, old, TurnedEncoder())
    assert (report.done, report.failures) == (3, [])


def test_a_damaged_crop_is_named_and_waits(old, monkeypatch):
    first = old.listing()[0]
    get = old.get

    def damaged(ids, pictures=False):
        found = get(ids, pictures=pictures)
        return [
            room.Sighting(one.id, one.camera, one.encoding) if one.id == first else one
            for one in found
        ]

    monkeypatch.setattr(old, "get", damaged)
    report = reindex(old.stale(), old, TurnedEncoder())
    assert report.done == 4
    assert report.failures == [
        f"the stored crop of {first}: not a picture (jpeg, png, bmp, webp); "
        f"take it out with: cmps delete {first}"
    ]
    assert old.stale() == [first]
    old.delete([first])
    old.require_network()


def test_nothing_stale_is_no_work(store):
    report = reindex(store.stale(), store, FakeImageEncoder())
    assert (report.done, report.per_second) == (0, 0.0)


def test_indexing_with_another_network_is_refused_before_any_work(old, tmp_path):
    encoder = TurnedEncoder()
    with pytest.raises(GalleryError, match="cmps reindex"):
        index([drawn(tmp_path / "new.jpg", "red", "blue", seed=9)], old, encoder)
    assert encoder.seen == 0
