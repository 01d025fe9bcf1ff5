"""The shipped recordings describe people of the demo's day; three of a crowd are told apart."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from PIL import Image

from cmps.simulator.day import plan_day
from cmps.simulator.describe import describe
from cmps.simulator.people import SimulatorError, sample_crowd
from cmps.simulator.showcase import (
    DEMO_FOLDER,
    DEMO_GROUPS,
    DEMO_SEED,
    demo_people,
    distance,
    people_sheet,
    shipped_demo,
)


def truth_of(seed, count):
    crowd = sample_crowd(seed, count)
    people = [{**p.as_dict(), "descriptions": describe(p), "pictures": []} for p in crowd]
    return {"seed": seed, "people": people, "pictures": {}}


def test_shipped_descriptions_agree_with_the_day():
    listed = json.loads((DEMO_FOLDER / "descriptions.json").read_text())
    day = plan_day(**listed["day"])
    people = {person.id: person for person in day.company.people}
    passes = Counter(day.company.people[one.person].id for one in day.cast.passes)
    for entry, person in zip(listed["descriptions"], shipped_demo(), strict=True):
        # whoever searches may be one or several: "I am", "We are looking for …"
        spoken, said = describe(people[person.id])["spoken"], person.sentence
        assert spoken.partition(" looking for ")[2] == said.partition(" looking for ")[2] != ""
        assert people[person.id].age_group == person.age_group == entry["id"]
        # somebody whose way can be shown
        assert passes[person.id] >= 4


def test_shipped_recordings_are_small_and_can_be_played():
    import av

    for person in shipped_demo():
        assert person.audio.stat().st_size < 40_000
        with av.open(person.audio) as container:
            stream = container.streams.audio[0]
            assert stream.codec_context.name in ("opus", "libopus")
            samples = sum(frame.samples for frame in container.decode(audio=0))
        words = len(person.sentence.split())
        assert 1.5 < words / (samples / 48_000) < 4


def test_a_child_an_adult_and_an_elderly_person_are_chosen():
    for seed in (1, 2, 3):
        truth = truth_of(seed, 40)
        chosen = demo_people(truth)
        ages = {p["id"]: p["age_group"] for p in truth["people"]}
        assert [ages[p.id] for p in chosen] == list(DEMO_GROUPS)


def test_the_chosen_differ_from_everybody_in_what_is_worn():
    crowd = {p.id: p for p in sample_crowd(DEMO_SEED, 64)}
    for chosen in demo_people(truth_of(DEMO_SEED, 64)):
        person = crowd[chosen.id]
        assert min(distance(person, o) for o in crowd.values() if o.id != person.id) > 1.5


def test_twins_in_the_same_clothes_are_not_told_apart():
    person = sample_crowd(1, 1)[0]
    assert distance(person, person) == 0


def test_a_draw_without_children_is_refused():
    truth = truth_of(1, 30)
    truth["people"] = [p for p in truth["people"] if p["age_group"] != "child"]
    with pytest.raises(SimulatorError, match="nobody of the group child"):
        demo_people(truth)


def test_the_sheet_shows_everybody_once(drawn, tmp_path):
    sheet = people_sheet(drawn.folder, drawn.truth, columns=6, rows=2, height=120)
    assert sheet.size == (6 * 54, 240)
    cells = [
        sheet.crop((c * 54, r * 120, c * 54 + 54, r * 120 + 120)).tobytes()
        for r in range(2)
        for c in range(6)
    ]
    assert len(set(cells)) == 12
    sheet.save(tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as saved:
        saved.verify()


def test_specifications_and_sentences_need_no_compiler():
    code = (
        "import sys, cmps, cmps.simulator.describe, cmps.simulator.people;"
        "print('numba' in sys.modules, 'scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
