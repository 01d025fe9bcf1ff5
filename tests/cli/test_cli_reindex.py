"""``cmps reindex`` and the refusals that lead to it."""

from __future__ import annotations

import pytest
from command_line import id_of

from cmps.gallery.records import Network

OLD, NEW = Network("cmps", "1" * 64), Network("cmps", "2" * 64)
REFUSED = (
    "cmps: image network cmps 111111111111 filled the gallery, and this program has "
    "cmps 222222222222: encode its stored crops again with: cmps reindex, or index into an empty "
    "folder with: cmps index PATH --data DIR\n"
)


@pytest.fixture
def old(cmps, world, crops):
    """The gallery of ``crops`` as an older version filled it."""
    world.store.use(OLD)
    assert cmps("index", crops).code == 0
    world.store.use(NEW)
    return world


def test_an_older_gallery_is_refused_until_it_is_encoded_again(cmps, old, crops):
    sighting = id_of(old, "1.bmp")
    asks = [
        ("search", "--text", "red top"),
        ("search", "--image", f"sighting:{sighting}"),
        ("track", sighting),
        ("index", crops),
    ]
    for ask in asks:
        answer = cmps(*ask)
        assert (answer.code, answer.out, answer.err) == (2, "", REFUSED)
    answer = cmps("reindex")
    assert (answer.code, answer.err) == (0, "")
    first = "6 sightings of 6 encoded again with image network cmps 222222222222, 0 refused\n"
    assert answer.out.startswith(first)
    for ask in asks:
        assert cmps(*ask).code == 0


def test_encoding_again_in_json(cmps, old):
    answer = cmps("reindex", "--json").json
    assert set(answer["milliseconds"]) == {"decode", "encode", "store"}
    assert (answer["encoded"], answer["gallery"], answer["refused"]) == (6, 6, [])
    assert answer["network"] == "cmps 222222222222"
    again = cmps("reindex", "--json").json
    assert (again["encoded"], again["gallery"], again["milliseconds"]) == (0, 6, {})


def test_a_crop_that_cannot_be_used_is_named(cmps, old, monkeypatch):
    first = id_of(old, "1.bmp")
    get = old.store.get

    def damaged(ids, pictures=False):
        return get(ids, pictures=pictures and first not in ids)

    monkeypatch.setattr(old.store, "get", damaged)
    answer = cmps("reindex")
    assert answer.code == 2
    assert answer.err.count("\n") == 6
    assert f"take it out with: cmps delete {first}" in answer.err
    assert "0 sightings of 6 encoded again" in answer.out
