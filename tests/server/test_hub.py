"""Who has a case open is told what happens, from any thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from cmps.gallery.accounts import Role
from cmps.server.access import Caller
from cmps.server.hub import MOST_WAITING, CutOffError, Hub, Listener

ANA = Caller("ana", Role.OPERATOR)
BEN = Caller("ben", Role.VIEWER, frozenset({"hall"}))


async def drained(listener):
    """Return the messages that wait."""
    found = []
    while True:
        try:
            found.append(await asyncio.wait_for(listener.next(), 0.2))
        except TimeoutError:
            return found


def test_everybody_is_told_who_is_here_and_nobody_of_another_case():
    async def story():
        hub = Hub()
        ana, ben, other = Listener("c1", ANA), Listener("c1", BEN), Listener("c2", ANA)
        for one in (ana, ben, other):
            hub.enter(one)
        assert hub.here("c1") == ["ana", "ben"]
        hub.leave(ben)
        hub.leave(ben)
        assert hub.here("c1") == ["ana"]
        assert [one["names"] for one in await drained(ana)][:3] == [
            ["ana"],
            ["ana", "ben"],
            ["ana"],
        ]
        assert [one["names"] for one in await drained(other)] == [["ana"]]
        hub.leave(ana)
        hub.leave(other)
        assert list(hub.cases()) == []

    asyncio.run(story())


def test_what_a_camera_saw_is_for_who_may_see_it():
    async def story():
        hub = Hub()
        ana, ben = Listener("c1", ANA), Listener("c1", BEN)
        hub.enter(ana)
        hub.enter(ben)
        hub.tell("c1", {"type": "watch", "n": 1}, "gate")
        hub.tell("c1", {"type": "watch", "n": 2}, "hall")
        assert [one["n"] for one in await drained(ana) if one["type"] == "watch"] == [1, 2]
        assert [one["n"] for one in await drained(ben) if one["type"] == "watch"] == [2]

    asyncio.run(story())


def test_messages_come_from_many_threads_and_none_is_lost():
    async def story():
        hub = Hub()
        ana = Listener("c1", ANA)
        hub.enter(ana)
        threads = [
            threading.Thread(
                target=lambda n=n: [hub.tell("c1", {"type": "x", "n": n}) for _ in range(10)]
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        found = [one for one in await drained(ana) if one["type"] == "x"]
        for thread in threads:
            thread.join()
        found += await drained(ana)
        assert len(found) == 80

    asyncio.run(story())


def test_who_is_too_slow_is_cut_off_and_so_is_everybody_at_the_end():
    async def story():
        hub = Hub()
        slow, quick = Listener("c1", ANA), Listener("c1", BEN)
        hub.enter(slow)
        hub.enter(quick)
        await drained(quick)
        for n in range(MOST_WAITING + 1):
            hub.tell("c1", {"type": "x", "n": n}, "gate")
        with pytest.raises(CutOffError):
            await drained(slow)
        hub.close()
        with pytest.raises(CutOffError):
            await drained(quick)

    asyncio.run(story())


def test_a_page_whose_loop_has_ended_disturbs_nobody():
    hub = Hub()

    async def come():
        hub.enter(Listener("c1", ANA))

    asyncio.run(come())
    hub.tell("c1", {"type": "x"})
    hub.close()
