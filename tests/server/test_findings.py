"""Rankings are worked out once for all who ask for the same."""

from __future__ import annotations

import threading
import time

import pytest
from desks import sighting

from cmps.gallery.records import GalleryError
from cmps.server.findings import Findings


class Counting:
    """A program whose desk says how often, and how many at once, it ranked."""

    def __init__(self, program, slow=0.0):
        self.store = program.store
        self.desk = self
        self._desk = program.desk
        self._slow = slow
        self._lock = threading.Lock()
        self.count = self.now = self.most = 0

    def results(self, *args):
        with self._lock:
            self.count += 1
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self._slow)
        try:
            return self._desk.results(*args)
        finally:
            with self._lock:
                self.now -= 1

    def ask(self, *args):
        return self._desk.ask(*args)


@pytest.fixture
def office(served):
    return served.desk


@pytest.fixture
def session(office):
    id = office.new_session(office.open_case("a lost child").id).id
    return office.say(id, "red shirt and blue jeans")


def together(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_is_asked_for_again_is_not_ranked_again(served, office, session):
    program = Counting(served)
    findings = Findings(program)
    ranking, asked = findings.of(session, "fast", 40)
    assert ranking.people[0].best.sighting.id.startswith("red")
    assert asked == office.ask(session, "fast")
    assert findings.of(session, "fast", 2)[0].people == ranking.people[:2]
    ticked = office.click(session.id, "tick", "green")
    assert findings.of(ticked, "fast", 40)[0].people[0].mark == "ticked"
    assert program.count == 2
    undone = office.undo(session.id)
    assert undone.version != session.version
    assert findings.of(undone, "fast", 40)[0].people == ranking.people
    assert program.count == 2


def test_other_rights_networks_and_galleries_are_other_rankings(served, session):
    program = Counting(served)
    findings = Findings(program)
    findings.of(session, "fast", 40)
    only = findings.of(session, "fast", 40, frozenset({"hall"}))[0]
    assert {one.sighting.camera for person in only.people for one in person.sightings} == {"hall"}
    findings.of(session, "accurate", 40)
    served.store.upsert([sighting("red-9", "red", "blue", 9)])
    found = findings.of(session, "fast", 40)[0]
    assert "red-9" in {one.sighting.id for person in found.people for one in person.sightings}
    assert program.count == 4


def test_two_who_ask_at_the_same_moment_wait_for_one_ranking(served, session):
    program = Counting(served, slow=0.2)
    findings = Findings(program)
    found = []
    together(*[lambda: found.append(findings.of(session, "fast", 40)[0].people)] * 5)
    assert program.count == 1
    assert len(found) == 5
    assert all(people == found[0] for people in found)


def test_only_so_many_are_worked_out_at_once(served, office, session):
    program = Counting(served, slow=0.1)
    findings = Findings(program, at_once=2)
    others = [office.new_session(session.case).id for _ in range(6)]
    told = [office.say(id, f"red shirt {n}") for n, id in enumerate(others)]
    together(*[lambda one=one: findings.of(one, "fast", 40) for one in told])
    assert program.count == 6
    assert program.most == 2


def test_a_ranking_that_fails_fails_for_all_who_wait_and_is_tried_again(served, session):
    program = Counting(served, slow=0.1)
    works = program.results
    failing = [True]

    def results(*args):
        if failing[0]:
            time.sleep(0.1)
            raise GalleryError("the disk is full")
        return works(*args)

    program.results = results
    findings = Findings(program)
    said = []

    def ask():
        try:
            findings.of(session, "fast", 40)
        except GalleryError as error:
            said.append(str(error))

    together(*[ask] * 3)
    assert said == ["the disk is full"] * 3
    failing[0] = False
    assert findings.of(session, "fast", 40)[0].people
