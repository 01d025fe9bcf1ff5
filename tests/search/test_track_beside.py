"""Who walks beside whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from cmps.gallery.records import Encoding, Sighting
from cmps.gallery.resident import Resident
from cmps.search.calibration import Curve
from cmps.search.tracks.beside import CHANCE, KEPT, Beside
from cmps.search.tracks.looks import Metric
from cmps.search.tracks.meaning import Shipped
from cmps.search.tracks.passes import Pass

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SAYS = Shipped(Curve(0.0, 20.0, -10.0, 2))
MOTHER, CHILD, STRANGER, OTHER = np.eye(4, 256, dtype=np.float32)


def seen(id, look, camera, seconds):
    encoding = Encoding(look, np.ones((1, 2), np.float16), np.ones(1, np.float32))
    return Sighting(id, camera, encoding, time=NOON + timedelta(seconds=seconds))


def passed(*pictures, tracklet="t"):
    name = None if tracklet is None else f"{tracklet}{pictures[0].id}"
    ids = tuple(one.id for one in pictures)
    return Pass(pictures[0].camera, pictures[0].time, pictures[-1].time, tuple(pictures), ids, name)


def beside(*pictures):
    columns = zip(*((s.id, s.encoding.embedding, s.camera, s.time) for s in pictures), strict=True)
    ids, vectors, cameras, times = columns
    micros = [int(time.timestamp() * 1e6) for time in times]
    return Beside(Resident.of(ids, np.stack(vectors), cameras, micros), Metric(), SAYS)


@pytest.fixture
def hall():
    """A child beside its mother by two cameras, then beside a stranger, then alone."""
    return [
        seen("c1", CHILD, "gate", 0), seen("m1", MOTHER, "gate", 2),
        seen("c2", CHILD, "hall", 60), seen("m2", MOTHER, "hall", 59),
        seen("c3", CHILD, "door", 120), seen("s3", STRANGER, "door", 121),
        seen("c4", CHILD, "yard", 180), seen("s4", STRANGER, "yard", 184),
    ]  # fmt: skip


def test_the_same_company_speaks_for_one_person_and_another_one_a_little_against(hall):
    ratios = beside(*hall).ratios([passed(one) for one in hall[::2]])
    assert ratios[0, 1] == ratios[1, 0] == pytest.approx(np.log(KEPT / CHANCE), abs=0.1)
    assert ratios[0, 2] == pytest.approx(np.log((1 - KEPT) / (1 - CHANCE)), abs=0.1)


def test_of_who_walks_alone_nothing_is_said(hall):
    ratios = beside(*hall).ratios([passed(one) for one in hall[::2]])
    assert np.isnan(ratios[3]).all()
    assert np.isnan(ratios[:, 3]).all()
    assert np.isnan(beside(*hall).ratios([passed(hall[6])])).all()


def test_a_pass_is_not_its_own_company():
    pictures = [seen("a", CHILD, "gate", 0), seen("b", CHILD, "gate", 1)]
    assert np.isnan(beside(*pictures).ratios([passed(*pictures)])).all()


def test_without_tracklets_who_looks_the_same_is_the_same():
    pictures = [seen("a", CHILD, "gate", 0), seen("b", CHILD, "gate", 1),
                seen("c", CHILD, "hall", 60), seen("d", CHILD, "hall", 61)]  # fmt: skip
    alone = [passed(one, tracklet=None) for one in pictures]
    assert np.isnan(beside(*pictures).ratios(alone)).all()
    together = beside(*pictures).ratios([passed(one) for one in pictures])
    assert together[0, 2] > 3


def test_one_right_face_among_many_says_less():
    def day(crowd):
        looks = np.eye(256, dtype=np.float32)[9 : 9 + crowd]
        others = [
            seen(f"{camera}{n}", look, camera, at)
            for camera, at in (("gate", 1), ("hall", 61))
            for n, look in enumerate(looks)
        ]
        own = [seen("c1", CHILD, "gate", 0), seen("c2", CHILD, "hall", 60)]
        return beside(*own, *others).ratios([passed(one) for one in own])[0, 1]

    assert day(1) > day(8) > 0


def test_a_pass_without_times_or_at_an_unknown_camera_has_no_company(hall):
    elsewhere = seen("x", CHILD, "roof", 0)
    timeless = Sighting("y", "gate", elsewhere.encoding)
    ratios = beside(*hall).ratios([passed(elsewhere), passed(timeless), passed(hall[0])])
    assert np.isnan(ratios).sum() == 8
