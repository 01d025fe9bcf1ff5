from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from cmps.evaluation.drawn_days import corridor
from cmps.gallery.floorplan import FloorPlan, PlacedCamera
from cmps.gallery.records import GalleryError, Passage
from cmps.search.tracks.learned import LearnedTravel, Seen, TravelTimes, learned
from cmps.search.tracks.passes import Pass, legs
from cmps.search.tracks.travel import AnyTravel, Habits, PlanTravel, arrival, fits

HOUR = 3600.0


def ask(travel, here, there, *seconds):
    count = len(seconds)
    return travel.log_density(np.full(count, here), np.full(count, there), np.array(seconds, float))


@pytest.fixture(scope="module")
def plan():
    """Four cameras 25 m apart; each sees 8 m."""
    return corridor(4, 25.0)


@pytest.fixture(scope="module")
def travel(plan):
    return PlanTravel(plan, [camera.id for camera in plan.cameras], 2 * HOUR)


def test_a_runner_is_faster_than_nobody():
    assert fits(17, 5)
    assert not fits(40, 5)
    assert not fits(1, -1)
    assert fits(0, 0)


def test_waiting_in_a_shop_fits_any_way():
    assert fits(40, 1800)
    assert fits(0, 1800)


def test_arrival_is_a_density_and_most_arrive_at_walking_speed():
    seconds = np.arange(0, 400, 0.5)
    density = arrival(46.0, seconds, 12)
    assert density.sum() * 0.5 == pytest.approx(1, abs=0.01)
    assert 40 < seconds[density.argmax()] < 60
    assert (density[seconds < 46 / 4] == 0).all()


def test_arrival_of_slow_people_comes_later():
    seconds = np.arange(0, 400, 0.5)
    late = arrival(46.0, seconds, 12, Habits(speed=0.7))
    assert seconds[late.argmax()] > seconds[arrival(46.0, seconds, 12).argmax()] + 10


def test_impossible_speeds_are_rejected(travel):
    metres = travel.metres[0, 3]
    assert metres > 60
    assert ask(travel, 0, 3, metres / 8)[0] == -np.inf
    assert np.isfinite(ask(travel, 0, 3, metres / 1.2)[0])


def test_the_usual_time_beats_the_possible_one(travel):
    metres = travel.metres[0, 1]
    usual, rushed, stayed = ask(travel, 0, 1, metres / 1.2 + 8, metres / 3.5, 900)
    assert usual > stayed
    assert usual > rushed + 2


def test_waiting_in_a_shop_is_plausible_but_a_day_is_not(travel):
    stayed, next_day = ask(travel, 1, 1, 900, 7000)
    assert stayed > next_day + 2
    assert np.isfinite(next_day)


def test_the_next_view_is_likelier_than_the_last(travel):
    near = ask(travel, 0, 1, travel.metres[0, 1] / 1.2 + 8)[0]
    assert near > ask(travel, 0, 3, travel.metres[0, 3] / 1.2 + 8)[0] + 2


def test_nobody_is_at_two_places_at_once(travel):
    assert ask(travel, 0, 1, -1)[0] == -np.inf
    assert ask(travel, 0, 0, -1)[0] == -np.inf
    assert not travel.together(0, 1)


def test_overlapping_views_may_see_somebody_at_once():
    floor = ((0.0, 0.0), (20.0, 0.0), (20.0, 9.0), (0.0, 9.0))
    eyes = tuple(
        PlacedCamera(f"c{turn}", (x, 4), 3, turn, 20, 60, (1280, 720), 12.0)
        for x, turn in ((1, 0), (19, 180))
    )
    travel = PlanTravel(FloorPlan("hall", floor, cameras=eyes), ["c0", "c180"], HOUR)
    assert travel.together(0, 1)
    assert np.isfinite(ask(travel, 0, 1, -3)[0])
    assert ask(travel, 0, 0, -3)[0] == -np.inf
    assert not travel.apart(np.array([0]), np.array([1]), np.array([0.0]))[0]


def test_who_would_have_had_to_fly_is_two_people(travel):
    here, there = np.array([0, 0, 0]), np.array([3, 3, 0])
    assert travel.apart(here, there, np.array([2.0, 60.0, 0.0])).tolist() == [True, False, False]


def test_densities_of_all_ways_add_up_to_one(travel):
    grid = np.concatenate([np.arange(0.5, 1200, 1.0), np.arange(1200, 7200, 60.0)])
    widths = np.gradient(grid)
    total = sum((np.exp(ask(travel, 1, there, *grid)) * widths).sum() for there in range(4))
    assert total == pytest.approx(1, abs=0.07)


def test_a_camera_that_the_plan_lacks_may_be_anywhere(plan):
    travel = PlanTravel(plan, ["c1", "somewhere"], HOUR)
    assert np.isfinite(ask(travel, 0, 1, 1)[0])
    assert ask(travel, 0, 1, -1)[0] == -np.inf


def test_without_any_knowledge_all_times_are_alike():
    travel = AnyTravel(["a", "b"], HOUR)
    soon, late = ask(travel, 0, 1, 1, 3000)
    assert soon == late
    assert ask(travel, 0, 1, -1)[0] == -np.inf


@pytest.fixture
def times():
    """Thirty people from gate to hall in some 20 s, and at once in hall and stairs."""
    rng = np.random.default_rng(0)
    tracks = []
    for start in range(0, 3000, 100):
        leave = start + 5.0
        hall = leave + rng.normal(20, 2)
        tracks.append(
            [
                Seen("gate", start, leave),
                Seen("hall", hall, hall + 9),
                Seen("stairs", hall + 6, hall + 20),
            ]
        )
    return learned(tracks)


def test_learned_times_know_the_usual_from_the_odd(times):
    travel = LearnedTravel(times, ["gate", "hall", "stairs"], HOUR)
    usual, early, late = ask(travel, 0, 1, 20, 2, 400)
    assert usual > early + 2
    assert usual > late + 4


def test_learned_overlap_is_an_exception(times):
    travel = LearnedTravel(times, ["gate", "hall", "stairs"], HOUR)
    assert travel.together(1, 2)
    assert not travel.together(0, 1)
    assert np.isfinite(ask(travel, 1, 2, -3)[0])
    assert ask(travel, 0, 1, -3)[0] == -np.inf


def test_learned_densities_add_up_to_one(times):
    travel = LearnedTravel(times, ["gate", "hall", "stairs"], HOUR)
    grid = np.concatenate([np.arange(-60, 600, 0.5), np.arange(600, 3600, 10.0)])
    widths = np.gradient(grid)
    total = sum((np.exp(ask(travel, 1, there, *grid)) * widths).sum() for there in range(3))
    assert total == pytest.approx(1, abs=0.1)


def test_a_pair_that_nobody_walked_leans_on_the_others(times):
    travel = LearnedTravel(times, ["gate", "hall", "stairs"], HOUR)
    soon, late = ask(travel, 2, 0, 20, 3000)
    assert soon > late


def test_learned_times_survive_a_file(times, tmp_path):
    path = tmp_path / "travel-times.json"
    times.write(path)
    again = TravelTimes.read(path)
    assert again.pairs.keys() == times.pairs.keys()
    assert again.pairs["gate", "hall"] == pytest.approx(times.pairs["gate", "hall"], abs=0.01)


@pytest.mark.parametrize("text", ["", "{}", '{"format": "cmps-travel-times", "version": 2}'])
def test_a_broken_file_is_named(tmp_path, text):
    path = tmp_path / "travel-times.json"
    path.write_text(text)
    with pytest.raises(GalleryError, match=r"travel-times\.json"):
        TravelTimes.read(path)


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def walk(camera, begin, seconds, first, last):
    """Return somebody's pass, as a calibrated camera knows it."""
    enter = NOON + timedelta(seconds=begin)
    leave = enter + timedelta(seconds=seconds)
    known = Passage(f"t{begin}", camera, enter, leave, first, last)
    return Pass(camera, enter, leave, (), (f"{begin}",), known.tracklet, known)


def placed(travel, one, others):
    """Return the log density of going from a pass to each of some others."""
    passes = [one, *others]
    place = {f"c{number + 1}": number for number in range(4)}
    here = np.full(len(others), place[one.camera])
    there = np.array([place[other.camera] for other in others])
    seconds = np.array([(other.enter - one.leave).total_seconds() for other in others])
    known = legs(passes, np.zeros(len(others), int), np.arange(1, len(passes)))
    return travel.log_density(here, there, seconds, known)


def test_who_was_seen_walking_comes_at_their_own_pace(travel):
    # five metres in ten seconds, and twenty to go: half a metre a second
    slow = walk("c1", 0, 10, (2.0, 3.0), (7.0, 3.0))
    soon, late = (walk("c2", 10 + wait, 5, (27.0, 3.0), (27.0, 3.0)) for wait in (17, 40))
    found = placed(travel, slow, [soon, late])
    assert found[1] > found[0] + 3
    # of somebody who stood, or of whom no place is known, nobody can tell
    stood = walk("c1", 0, 10, (7.0, 3.0), (7.0, 3.0))
    found = placed(travel, stood, [soon, late])
    assert found[0] > found[1]
    assert legs([Pass("c1", NOON, NOON, (), ("a",))] * 2, np.array([0]), np.array([1])) is None


def test_who_walks_on_is_sooner_seen_ahead_than_behind(travel):
    ahead = walk("c2", 0, 6, (27.0, 3.0), (33.0, 3.0))
    back = walk("c2", 0, 6, (33.0, 3.0), (27.0, 3.0))
    at_gate = walk("c3", 26, 5, (52.0, 3.0), (55.0, 3.0))
    assert placed(travel, ahead, [at_gate])[0] > placed(travel, back, [at_gate])[0] + 2


def test_nobody_runs_from_the_far_end_of_a_view(travel):
    # from view to view it is 17 m, from where they left it 23 m
    one = walk("c1", 0, 6, (7.0, 3.0), (2.0, 3.0))
    other = walk("c2", 11, 5, (27.0, 3.0), (30.0, 3.0))
    assert placed(travel, one, [other])[0] == -np.inf
    assert ask(travel, 0, 1, 5.0)[0] > -np.inf


def test_places_of_cameras_that_know_none_are_taken_from_the_views(travel):
    known = walk("c1", 0, 6, (2.0, 3.0), (7.0, 3.0))
    blind = Pass("c2", NOON + timedelta(seconds=26), NOON + timedelta(seconds=30), (), ("b",))
    assert placed(travel, known, [blind])[0] == pytest.approx(ask(travel, 0, 1, 20.0)[0])
