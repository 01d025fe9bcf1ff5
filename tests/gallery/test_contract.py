"""What every gallery does."""

from __future__ import annotations

import dataclasses
from datetime import timedelta, timezone

import numpy as np
import pytest
from people import NOON, assert_same, encoding, sighting, unit

from cmps.gallery.records import Camera, Filter, GalleryError, Passage, Tracklet


def test_gives_back_what_it_was_given(gallery):
    full = sighting(
        1,
        "gate",
        minute=3,
        tracklet="t1",
        person="p1",
        source="/videos/ä b.jpg",
        box=(3, -4, 50, 120),
        passage=Passage(
            "t1", "gate", NOON, NOON + timedelta(seconds=9.5), (1.5, -2), (4, 0.25), 1.12
        ),
    )
    bare = sighting(2, "hall", encoding=encoding(2, cells=1, width=128), picture=b"")
    assert gallery.upsert([full, bare]) == 2
    found = gallery.get([bare.id, full.id], pictures=True)
    assert_same(found[0], bare)
    assert_same(found[1], full)


def test_leaves_pictures_out_unless_asked(gallery):
    gallery.upsert([sighting(1)])
    assert gallery.get([sighting(1).id])[0].picture == b""


def test_rounds_to_half_precision(gallery):
    vector = np.full(256, 1 / 16, np.float32) * np.float32(1.0003)
    given = encoding(1)
    given = dataclasses.replace(given, embedding=vector, foreground=np.float32([0.1, 0.2, 0.3, 1]))
    gallery.upsert([sighting(1, encoding=given)])
    found = gallery.get([sighting(1).id])[0].encoding
    np.testing.assert_array_equal(found.embedding, vector.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(
        found.foreground, given.foreground.astype(np.float16).astype(np.float32)
    )


def test_an_empty_gallery_answers_with_nothing(gallery):
    assert gallery.search(unit(1), 10) == []
    assert gallery.listing() == []
    assert gallery.count() == 0
    assert gallery.cameras() == []
    assert gallery.tracklets() == []
    assert gallery.known(["a"]) == set()
    assert gallery.get([]) == []
    assert gallery.delete(["a"]) == 0
    assert gallery.upsert([]) == 0


def test_the_same_id_is_one_sighting(gallery):
    assert gallery.upsert([sighting(1), sighting(2), sighting(1, source="again")]) == 2
    assert gallery.upsert([sighting(2, source="later"), sighting(3)]) == 1
    assert gallery.count() == 3
    assert [one.source for one in gallery.get([sighting(n).id for n in (1, 2, 3)])] == [
        "again",
        "later",
        "",
    ]


def test_a_new_vector_takes_the_place_of_the_old(gallery):
    gallery.upsert([sighting(1), sighting(2)])
    assert gallery.search(unit(1), 1)[0].sighting == sighting(1).id
    gallery.upsert([sighting(1, encoding=encoding(9))])
    hits = {hit.sighting: hit.similarity for hit in gallery.search(unit(9), 5)}
    assert hits[sighting(1).id] == pytest.approx(1, abs=1e-3)
    assert len(hits) == 2


def test_search_is_exact_and_ordered(gallery):
    sightings = [sighting(seed) for seed in range(300)]
    gallery.upsert(sightings)
    matrix = np.stack([one.encoding.embedding for one in sightings]).astype(np.float64)
    for seed in (1000, 1001, 5):
        query = unit(seed)
        similarities = matrix @ query.astype(np.float64)
        best = np.argsort(-similarities)[:40]
        hits = gallery.search(query, 40)
        assert [hit.sighting for hit in hits] == [sightings[row].id for row in best]
        np.testing.assert_allclose([hit.similarity for hit in hits], similarities[best], atol=1e-9)


def test_equals_go_by_id(gallery):
    twins = [sighting(seed, encoding=encoding(7)) for seed in (5, 3, 9, 1)]
    gallery.upsert([sighting(50), *twins])
    ids = sorted(twin.id for twin in twins)
    assert [hit.sighting for hit in gallery.search(unit(7), 2)] == ids[:2]
    assert [hit.sighting for hit in gallery.search(unit(7), 5)] == [*ids, sighting(50).id]


@pytest.mark.parametrize("k", [0, -1])
def test_asking_for_none_gives_none(gallery, k):
    gallery.upsert([sighting(1)])
    assert gallery.search(unit(1), k) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter(), [1, 2, 3, 4, 5]),
        (Filter.of(["gate"]), [1, 2, 5]),
        (Filter.of(["gate", "hall"]), [1, 2, 3, 4, 5]),
        (Filter.of(["empty"]), []),
        (Filter(after=NOON), [1, 2, 3, 4]),
        (Filter(after=NOON + timedelta(minutes=2)), [2, 3, 4]),
        (Filter(before=NOON + timedelta(minutes=2)), [1]),
        (Filter(after=NOON, before=NOON + timedelta(minutes=3)), [1, 2]),
        (Filter.of(["hall"], after=NOON + timedelta(minutes=3, microseconds=1)), [4]),
        (
            Filter(after=(NOON + timedelta(minutes=3)).astimezone(timezone(-timedelta(hours=7)))),
            [3, 4],
        ),
    ],
)
def test_filters_hold_everywhere(gallery, where, expected):
    gallery.upsert_cameras([Camera("empty")])
    gallery.upsert(
        [
            sighting(1, "gate", 1),
            sighting(2, "gate", 2),
            sighting(3, "hall", 3),
            sighting(4, "hall", 4),
            sighting(5, "gate"),
        ]
    )
    ids = [sighting(seed).id for seed in expected]
    assert gallery.listing(where) == ids
    assert gallery.count(where) == len(ids)
    assert sorted(hit.sighting for hit in gallery.search(unit(1), 9, where)) == ids
    assert len(gallery.search(unit(1), 1, where)) == min(1, len(ids))


def test_listing_goes_by_time_then_camera_then_id(gallery):
    gallery.upsert(
        [
            sighting(1, "b"),
            sighting(2, "a"),
            sighting(3, "z", 5),
            sighting(4, "B", 5),
            sighting(6, "a", 4),
            sighting(5, "a", 4),
        ]
    )
    assert gallery.listing() == [sighting(seed).id for seed in (5, 6, 4, 3, 2, 1)]


@pytest.mark.parametrize("ask", ["search", "listing", "count"])
def test_an_unknown_camera_is_named_with_the_known_ones(gallery, ask):
    where = Filter.of(["gate", "roof"])
    arguments = (unit(1), 5, where) if ask == "search" else (where,)
    with pytest.raises(GalleryError, match="none; index pictures first"):
        getattr(gallery, ask)(*arguments)
    gallery.upsert([sighting(1, "hall"), sighting(2, "gate")])
    with pytest.raises(GalleryError, match=r"camera roof is unknown.*gate, hall"):
        getattr(gallery, ask)(*arguments)


def test_a_camera_is_known_once_it_was_added(gallery):
    gallery.upsert([sighting(1, "gate")])
    assert gallery.search(unit(1), 1)
    gallery.upsert_cameras([Camera("roof")])
    assert gallery.search(unit(1), 1, Filter.of(["roof"])) == []


def test_an_unknown_sighting_is_named(gallery):
    gallery.upsert([sighting(1)])
    with pytest.raises(GalleryError, match="nobody"):
        gallery.get([sighting(1).id, "nobody"])


def test_ids_may_repeat(gallery):
    gallery.upsert([sighting(1), sighting(2)])
    asked = [sighting(seed).id for seed in (2, 1, 2)]
    assert [one.id for one in gallery.get(asked)] == asked


@pytest.mark.parametrize("vector", [np.zeros(3, np.float32), np.full(256, np.nan, np.float32)])
def test_a_vector_that_cannot_be_searched_is_refused(gallery, vector):
    with pytest.raises(GalleryError, match="vector"):
        gallery.search(vector, 1)


def test_known_tells_those_that_are_there(gallery):
    gallery.upsert([sighting(1), sighting(2)])
    assert gallery.known([sighting(1).id, "x", sighting(3).id]) == {sighting(1).id}


def test_cameras_come_into_being_and_are_renamed(gallery):
    gallery.upsert([sighting(1, "gate")])
    gallery.upsert_cameras([Camera("gate", "Main gate", "mall"), Camera("attic")])
    gallery.upsert([sighting(2, "gate")])
    assert gallery.cameras() == [Camera("attic"), Camera("gate", "Main gate", "mall")]


def test_a_tracklet_spans_its_sightings(gallery):
    gallery.upsert([sighting(1, minute=5, tracklet="t"), sighting(2, tracklet="t")])
    gallery.upsert([sighting(3, minute=2, tracklet="t"), sighting(4, "hall", tracklet="u")])
    span = (NOON + timedelta(minutes=2), NOON + timedelta(minutes=5))
    assert gallery.tracklets() == [Tracklet("t", "gate", *span), Tracklet("u", "hall")]
    assert gallery.tracklets(["u", "nobody"]) == [Tracklet("u", "hall")]
    assert gallery.tracklets([]) == []
    ids = [sighting(number).id for number in (3, 1, 2)]
    assert gallery.members(["t", "nobody"]) == {"t": ids}


def test_a_sighting_may_change_its_tracklet(gallery):
    gallery.upsert([sighting(1, minute=1, tracklet="t"), sighting(2, minute=2, tracklet="t")])
    gallery.upsert([sighting(2, minute=2, tracklet="u")])
    moment = [NOON + timedelta(minutes=minute) for minute in (1, 2)]
    assert gallery.tracklets() == [
        Tracklet("t", "gate", moment[0], moment[0]),
        Tracklet("u", "gate", moment[1], moment[1]),
    ]
    gallery.upsert([sighting(1, minute=1)])
    assert [tracklet.id for tracklet in gallery.tracklets()] == ["u"]


def test_a_tracklet_has_one_camera(gallery):
    gallery.upsert([sighting(1, "gate", tracklet="t")])
    with pytest.raises(GalleryError, match="tracklet t belongs to camera gate, not hall"):
        gallery.upsert([sighting(3, "attic"), sighting(2, "hall", tracklet="t")])
    with pytest.raises(GalleryError, match="tracklet u"):
        gallery.upsert([sighting(4, "gate", tracklet="u"), sighting(5, "hall", tracklet="u")])
    assert gallery.listing() == [sighting(1).id]
    assert gallery.cameras() == [Camera("gate")]


def test_delete_leaves_nothing_behind(gallery):
    gallery.upsert(
        [
            sighting(1, minute=1, tracklet="t"),
            sighting(2, minute=2, tracklet="t"),
            sighting(3, "hall", 3, tracklet="u"),
        ]
    )
    assert gallery.search(unit(1), 3)
    assert gallery.delete([sighting(1).id, sighting(3).id, "nobody"]) == 2
    assert gallery.listing() == [sighting(2).id]
    assert gallery.count() == 1
    assert [hit.sighting for hit in gallery.search(unit(1), 3)] == [sighting(2).id]
    moment = NOON + timedelta(minutes=2)
    assert gallery.tracklets() == [Tracklet("t", "gate", moment, moment)]
    assert gallery.cameras() == [Camera("gate"), Camera("hall")]
    with pytest.raises(GalleryError, match=sighting(1).id):
        gallery.get([sighting(1).id])
    assert gallery.upsert([sighting(1)]) == 1


def test_a_refused_batch_leaves_no_trace(gallery):
    gallery.upsert([sighting(1, tracklet="t")])
    with pytest.raises(GalleryError):
        gallery.upsert([sighting(1, source="changed"), sighting(2, "hall", tracklet="t")])
    assert gallery.get([sighting(1).id])[0].source == ""
    assert gallery.count() == 1


def test_a_file_name_that_is_no_text_is_stored(gallery):
    gallery.upsert([sighting(1, source="caf\udce9.jpg")])
    assert gallery.get([sighting(1).id])[0].source == "caf\\udce9.jpg"


def test_a_filter_by_spans_of_time(gallery):
    gallery.upsert([sighting(n, minute=n) for n in range(6)] + [sighting(9)])

    def at(minute):
        return NOON + timedelta(minutes=minute)

    where = Filter(spans=((at(0), at(2)), (at(4), at(5))))
    expected = [sighting(n).id for n in (0, 1, 4)]
    assert gallery.listing(where) == expected
    assert gallery.count(where) == 3
    for _ in range(2):
        assert sorted(hit.sighting for hit in gallery.search(unit(1), 9, where)) == expected
    assert gallery.listing(Filter(spans=())) == []
    both = Filter(after=at(1), spans=((at(0), at(3)),))
    assert gallery.listing(both) == [sighting(1).id, sighting(2).id]


def test_a_snapshot_holds_all_vectors_or_a_part_by_chance(gallery):
    empty = gallery.snapshot()
    assert empty.count == 0
    assert empty.whole
    gallery.upsert([sighting(n) for n in range(200)])
    snapshot = gallery.snapshot(100)
    assert snapshot.count == 200
    ids = list(snapshot.resident.ids)
    assert len(set(ids)) == len(ids) == len(snapshot.resident.vectors)
    assert set(ids) <= {sighting(n).id for n in range(200)}
    assert snapshot.whole == (len(ids) == 200)
    assert len(ids) > 40
    places = snapshot.resident.places([ids[3], "unknown", ids[0]])
    assert places.tolist() == [3, 0]
    np.testing.assert_array_equal(
        snapshot.resident.vectors[3], gallery.get([ids[3]])[0].encoding.embedding
    )


def test_news_are_what_was_written_since(gallery):
    start, nothing = gallery.news(0)
    assert nothing == []
    gallery.upsert([sighting(1), sighting(2)])
    middle, first = gallery.news(start)
    assert first == [sighting(1).id, sighting(2).id]
    assert gallery.news(middle) == (middle, [])
    gallery.upsert([sighting(3), sighting(2, source="again")])
    gallery.delete([sighting(3).id])
    later, second = gallery.news(middle)
    assert second == [sighting(2).id]
    assert later > middle


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"tracklet": "t2"}, "cannot lie on the passage"),
        ({"camera": "hall"}, "cannot lie on the passage"),
        ({"leave": NOON - timedelta(seconds=1)}, "leaves before it enters"),
        ({"enter": NOON.replace(tzinfo=None)}, "no zone"),
        ({"first": (float("nan"), 0.0)}, "not a number"),
        ({"height": 172.0}, "nobody is 172.0 m tall"),
    ],
)
def test_a_passage_that_cannot_be_is_refused(changed, wrong):
    fields = {"tracklet": "t1", "camera": "gate", "enter": NOON, "leave": NOON, "first": (0, 0)}
    with pytest.raises(GalleryError, match=wrong):
        sighting(1, "gate", tracklet="t1", passage=Passage(**(fields | changed), last=(0, 0)))
