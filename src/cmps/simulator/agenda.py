"""What people do in a day: come, shop, stand, meet, lose each other, and go.

Groups arrive as a Poisson process (its times are uniform once their number is given) and stay 10
to 90 minutes. Everything is decided group by group with chance of its own, so that one group's
day does not hang on another's, except where they meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cmps.gallery.floorplan import Entrance, Shop
from cmps.gallery.geometry import Point

from .people import Person, SimulatorError
from .trails import Floor, Party, Trail, pace_of
from .visitors import Company, Group

_RETURN, _MEET, _SAME_DOOR = 0.06, 0.10, 0.6


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that a day's walks depend on.

    Attributes:
        floor: Where.
        company: Who.
        spots: Where people stand.
        desk: Where lost children are asked after; one of the spots.
        seconds: How long the day is.
        seed: Which day.
        lost: How many children lose their family.
        led_away: How many of these are led away by somebody.
    """

    floor: Floor
    company: Company
    spots: tuple[Point, ...]
    desk: Point
    seconds: float
    seed: int
    lost: int = 1
    led_away: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: everybody's trails, and what was out of the ordinary."""

    trails: list[Trail]
    events: list[dict[str, Any]]


class _Day:
    """Plays one group or two that meet."""

    def __init__(self, setting: Setting, group: Group) -> None:
        self.setting, self.plan = setting, setting.floor.plan
        self.rng = np.random.default_rng([setting.seed, 11, int(group.id[1:])])
        self.group = group
        self.people = [setting.company.people[member] for member in group.members]
        self.pace = min(pace_of(person, self.rng) for person in self.people)

    def arrive(self, clock: float) -> tuple[Party, Entrance]:
        """Let the group in by one of the entrances."""
        door = self.plan.entrances[int(self.rng.integers(len(self.plan.entrances)))]
        members = self.group.members
        return Party(self.setting.floor, members, self.pace, door.place, clock, self.rng), door

    def leave(self, party: Party, door: Entrance) -> Entrance:
        """Walk out, mostly by the door that one came in by."""
        if self.rng.random() > _SAME_DOOR:
            door = self.plan.entrances[int(self.rng.integers(len(self.plan.entrances)))]
        party.walk(door.place)
        return door

    def spot(self, without: Point | None = None) -> Point:
        """Return somewhere to stand."""
        spots = [spot for spot in self.setting.spots if spot != without]
        return spots[int(self.rng.integers(len(spots)))]

    def shop(self) -> Shop:
        """Return a shop to go to."""
        return self.plan.shops[int(self.rng.integers(len(self.plan.shops)))]

    def stop(self, party: Party, left: float) -> None:
        """Make one stop: a shop mostly, or somewhere to stand."""
        if self.plan.shops and self.rng.random() < 0.68:
            party.walk(self.shop().door)
            party.hide(min(left, float(np.clip(self.rng.lognormal(5.9, 0.6), 90, 1500))))
        else:
            party.walk(self.spot(party.anchor))
            party.stand(min(left, float(np.clip(self.rng.lognormal(4.3, 0.7), 15, 400))))

    def stroll(self, party: Party, until: float) -> None:
        """Go from stop to stop until a time."""
        while party.clock < until:
            self.stop(party, until - party.clock)

    def stay(self, clock: float) -> float:
        """Return until when a group that comes at a time stays: 10-90 minutes, or to the end."""
        minutes = float(np.clip(self.rng.lognormal(math.log(30), 0.55), 10, 90))
        return min(clock + 60 * minutes, self.setting.seconds)


def tell(setting: Setting) -> Story:
    """Play a day.

    Raises:
        SimulatorError: If nobody can lose a child, or no place to stand is left.
    """
    if not setting.spots or not setting.floor.plan.entrances:
        raise SimulatorError("a day needs entrances and places to stand; the floor plan has none")
    rng = np.random.default_rng([setting.seed, 12])
    visitors = [group for group in setting.company.groups if group.kind != "staff"]
    arrivals = np.sort(rng.uniform(0, 0.92 * setting.seconds, len(visitors)))
    order = [visitors[i] for i in rng.permutation(len(visitors))]
    trails: list[Trail] = []
    events: list[dict[str, Any]] = []
    for group in setting.company.groups:
        if group.kind == "staff":
            trails += _work(setting, group)
    losing = _who_loses(setting, order)
    strangers = {leader for _, leader in losing.values()}
    waiting: tuple[Group, float] | None = None
    for clock, group in zip(arrivals, order, strict=True):
        if group.members[0] in strangers:
            continue  # comes to the child, not by their own day
        if group.id in losing:
            # early enough that there is time to search
            early = min(float(clock), float(rng.uniform(0.05, 0.3)) * setting.seconds)
            found, event = _lose(setting, group, early, losing[group.id])
            trails += found
            events.append(event)
        elif waiting is not None:
            trails += _meet(setting, waiting, (group, float(clock)))
            waiting = None
        elif rng.random() < _MEET and clock < 0.7 * setting.seconds:
            waiting = group, float(clock)
        else:
            trails += _visit(setting, group, float(clock))
    if waiting is not None:
        trails += _visit(setting, *waiting)
    trails.sort(key=lambda trail: (trail.times[0], trail.person))
    return Story(trails, events)


def _visit(setting: Setting, group: Group, clock: float) -> list[Trail]:
    day = _Day(setting, group)
    found: list[Trail] = []
    for _ in range(2):
        party, door = day.arrive(clock)
        day.stroll(party, day.stay(clock))
        day.leave(party, door)
        found += party.trails(setting.seconds)
        clock = party.clock + float(day.rng.uniform(1200, 3000))
        if day.rng.random() > _RETURN or clock > 0.85 * setting.seconds:
            break
    return found


def _work(setting: Setting, group: Group) -> list[Trail]:
    """Let staff begin in their shop and go out for some breaks."""
    day = _Day(setting, group)
    shop = next(shop for shop in day.plan.shops if shop.name == group.shop)
    party = Party(setting.floor, group.members, day.pace, shop.door, 0.0, day.rng)
    while party.clock < setting.seconds:
        party.hide(float(day.rng.uniform(600, 3600)))
        if party.clock >= setting.seconds:
            break
        party.walk(day.spot())
        party.stand(float(day.rng.uniform(60, 400)))
        party.walk(shop.door)
    return party.trails(setting.seconds)


def _meet(setting: Setting, one: tuple[Group, float], other: tuple[Group, float]) -> list[Trail]:
    """Let two groups come by themselves, meet, talk, and go on: together, or each its way."""
    first, second = _Day(setting, one[0]), _Day(setting, other[0])
    early, door = first.arrive(one[1])
    late, other_door = second.arrive(other[1])
    place = first.spot()
    first.stroll(early, other[1] - 120)
    if early.clock < other[1] + 900:
        for party in (early, late):
            party.walk(place)
        until = max(early.clock, late.clock) + float(first.rng.uniform(60, 300))
        early.stand_until(until)
        late.stand_until(until)
    if first.rng.random() < 0.5 and early.anchor == late.anchor:
        early.join(late)
        first.stroll(early, first.stay(other[1]))
        first.leave(early, door)
        return early.trails(setting.seconds)
    for day, party, back in ((first, early, door), (second, late, other_door)):
        day.stroll(party, day.stay(other[1]))
        day.leave(party, back)
    return early.trails(setting.seconds) + late.trails(setting.seconds)


def _small(person: Person) -> bool:
    return person.age_group == "child" and person.years <= 9


def _who_loses(setting: Setting, order: list[Group]) -> dict[str, tuple[int, int | None]]:
    """Choose families that lose a child, and who leads it away: by group's id."""
    people = setting.company.people
    families = [
        group for group in order
        if group.kind == "family"
        and any(_small(people[m]) for m in group.members)
        and any(people[m].age_group == "adult" for m in group.members)
    ]  # fmt: skip
    if not families:
        if setting.led_away:
            raise SimulatorError("the day has no family whose child could be led away; add people")
        return {}
    strangers = [g.members[0] for g in order
                 if g.kind == "alone" and people[g.members[0]].age_group == "adult"]  # fmt: skip
    if setting.led_away > len(strangers):
        raise SimulatorError("the day has too few grown-ups who come alone; add people")
    chosen = families[: setting.lost + setting.led_away]
    found: dict[str, tuple[int, int | None]] = {}
    for number, group in enumerate(chosen):
        child = next(m for m in group.members if _small(people[m]))
        found[group.id] = child, strangers[number] if number < setting.led_away else None
    return found


def _lose(
    setting: Setting, group: Group, clock: float, who: tuple[int, int | None]
) -> tuple[list[Trail], dict[str, Any]]:
    """Let a child walk off at a known time; its family misses it, asks, and finds it or not."""
    day = _Day(setting, group)
    child, leader = who
    people = setting.company.people
    party, door = day.arrive(clock)
    for _ in range(int(day.rng.integers(1, 4))):
        day.stop(party, 600)
    party.walk(day.spot(party.anchor))
    party.stand(float(day.rng.uniform(30, 90)))
    gone = party.clock
    lost = party.split((child,), pace_of(people[child], day.rng) * 0.85)
    grown = [pace_of(people[member], day.rng) for member in party.members]
    party.pace = min(grown)
    event: dict[str, Any] = {
        "kind": "led-away" if leader is not None else "lost-child",
        "child": people[child].id,
        "group": group.id,
        "time": round(gone, 2),
        "place": [round(value, 2) for value in lost.place_of(child)],
    }
    party.stand(float(day.rng.uniform(60, 180)))  # nobody has noticed yet
    event["missed"] = round(party.clock, 2)
    for _ in range(int(day.rng.integers(4, 9))):
        lost.walk(day.spot(lost.anchor))
        lost.stand(float(day.rng.uniform(8, 70)))
    for _ in range(2):  # the family looks nearby before it asks at the desk
        party.walk(day.spot(party.anchor))
        party.stand(15)
    if party.anchor != setting.desk:
        party.walk(setting.desk)
    if leader is None:
        _find(day, party, lost, event, door)
        return party.trails(setting.seconds), event
    event["exit"] = _lead(day, lost, leader, event).name
    event["left"] = round(lost.clock, 2)
    party.stand_until(min(lost.clock + 600, setting.seconds))
    day.leave(party, door)
    return party.trails(setting.seconds) + lost.trails(setting.seconds), event


def _find(day: _Day, party: Party, lost: Party, event: dict[str, Any], door: Entrance) -> None:
    """Let the child wait until its family comes, and all go home together."""
    place = lost.anchor
    party.stand_until(max(lost.clock - 30, party.clock + 60))
    party.walk(place, pace=1.2 * party.pace)
    party.join(lost)
    event["found"] = round(party.clock, 2)
    event["found_place"] = [round(value, 2) for value in place]
    party.stand(60)
    day.leave(party, door)


def _lead(day: _Day, lost: Party, leader: int, event: dict[str, Any]) -> Entrance:
    """Let somebody come to the child, talk to it, and walk out with it."""
    setting, rng = day.setting, day.rng
    person = setting.company.people[leader]
    entrances = day.plan.entrances
    start = entrances[int(rng.integers(len(entrances)))]
    begin = max(0.0, lost.clock - float(rng.uniform(200, 500)))
    stranger = Party(setting.floor, (leader,), pace_of(person, rng), start.place, begin, rng)
    stranger.walk(day.spot())
    stranger.stand(30)
    stranger.walk(lost.anchor)
    lost.stand_until(stranger.clock)
    stranger.stand_until(lost.clock)
    event["by"] = person.id
    event["met"] = round(lost.clock, 2)
    lost.join(stranger)
    lost.stand(float(rng.uniform(25, 60)))
    exit_ = entrances[int(rng.integers(len(entrances)))]
    lost.walk(exit_.place)
    return exit_
