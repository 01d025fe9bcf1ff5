"""``cmps simulate`` and ``cmps demo`` with crowds and days that are drawn by the tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from fakes import draw
from PIL import Image

from cmps import demo, program
from cmps.gallery.floorplan import FloorPlan
from cmps.gallery.plan_files import kept_floorplan, write_floorplan
from cmps.gallery.records import Network
from cmps.server.witnesses import witnesses

OUTFITS = [("red", "blue"), ("green", "white"), ("yellow", "purple"), ("red", "black")]


@pytest.fixture
def simulator(monkeypatch):
    """Draws one picture per person and camera; counts the draws."""
    drawn = []

    def draw_gallery(out, people, cameras, seed, progress=None):
        drawn.append((people, cameras, seed))
        lines, pictures, crowd = ["path,camera,time,person"], {}, []
        for person in range(people):
            names = []
            for camera in range(cameras):
                name = f"c{camera}/p{person}.png"
                upper, lower = OUTFITS[person % len(OUTFITS)]
                draw(out / name, upper, lower, seed=10 * person + camera)
                lines.append(f"{name},c{camera},2026-05-01T12:0{camera}:00Z,p{person}")
                names.append(name)
                pictures[name] = {"person": f"p{person}"}
            crowd.append({"id": f"p{person}", "pictures": names})
            if progress:
                progress(person + 1, people)
        truth = {
            "seed": seed,
            "cameras": [f"c{number}" for number in range(cameras)],
            "people": crowd,
            "pictures": pictures,
        }
        (out / "pictures.csv").write_text("\n".join(lines) + "\n")
        (out / "truth.json").write_text(json.dumps(truth))
        return truth

    monkeypatch.setattr(demo, "draw", draw_gallery)
    return drawn


@pytest.fixture
def days(monkeypatch):
    """Draws days of one picture per person and camera, each a passage; counts them."""
    drawn = []

    def draw_day(out, people, hours, cameras, seed, led_away=0, progress=None):
        drawn.append((people, hours, cameras, seed))
        lines, crowd = ["path,camera,time,tracklet"], []
        for person in range(people):
            passages = []
            for camera in range(cameras):
                name, passage = f"c{camera}/p{person}.png", f"t{person}-{camera}"
                upper, lower = OUTFITS[person % len(OUTFITS)]
                draw(out / name, upper, lower, seed=10 * person + camera)
                lines.append(f"{name},c{camera},2026-05-01T12:0{camera}:00Z,{passage}")
                passages.append(passage)
            crowd.append(
                {
                    "id": f"p{person}",
                    "gender": "female",
                    "years": 34,
                    "descriptions": {"short": f"A woman in a {upper} top."},
                    "tracklets": passages,
                }
            )
            progress(person + 1, people)
        (out / "index.csv").write_text("\n".join(lines) + "\n")
        (out / "people.jsonl").write_text("\n".join(map(json.dumps, crowd)) + "\n")
        square = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
        write_floorplan(FloorPlan("hall", square), out / "floorplan.json")

    monkeypatch.setattr(demo, "draw_day", draw_day)
    return drawn


@pytest.fixture
def shipped(monkeypatch, spoken):
    """Three times the same recording; the fake recogniser hears red and blue, which is p0."""
    entries = [
        {
            "id": f"witness-{number}",
            "audio": spoken.name,
            "text": "a woman in a red top and blue trousers",
            "person": person,
        }
        for number, person in enumerate(("p0", "p0", "p1"))
    ]
    day = {"people": 4, "hours": 0.5, "cameras": 2, "seed": 7}
    shipped = {"day": day, "descriptions": entries}
    monkeypatch.setattr(demo, "SHIPPED", spoken.parent)
    monkeypatch.setattr(demo, "shipped", lambda: shipped)
    return shipped


def test_the_check_shows_words_ranks_truth_and_times(cmps, world, days, shipped, tmp_path):
    answer = cmps("demo", "--check")
    assert (answer.code, answer.err) == (0, "")
    for part in (
        "4 people before 2 cameras, 8 pictures in demo/day",
        "8 new in the gallery, 0 known",
        "1. Said:  a woman in a red top and blue trousers",
        "Heard: a person in a red top and blue trousers",
        "Truth: p0, 34 years: A woman in a red top; 2 passages in the gallery, first at rank 1.",
        "Truth: p1, 34 years: A woman in a green top; 2 passages in the gallery, not among them.",
        "contact sheet demo/sheets/3.png",
        "2 of 3 people are in first place.",
    ):
        assert part in answer.out
    assert answer.out.count("✓") == 4  # both pictures of p0, twice
    assert answer.out.count("listen ") == 3
    for number in (1, 2, 3):
        with Image.open(tmp_path / "demo" / "sheets" / f"{number}.png") as sheet:
            assert sheet.width > 1000


def test_the_check_in_json(cmps, world, days, shipped):
    answer = cmps("demo", "--check", "--out", "here", "--json").json
    assert (answer["people"], answer["pictures"], answer["drawn"]) == (4, 8, True)
    first, _, third = answer["searches"]
    assert (first["person"], first["first_right"], third["first_right"]) == ("p0", 1, None)
    assert [one["right"] for one in first["candidates"][:3]] == [True, True, False]
    assert {"listen", "encode", "retrieve", "rank"} <= set(first["milliseconds"])
    assert first["sheet"] == "here/sheets/1.png"


def test_plan_and_witnesses_are_kept_with_the_gallery(cmps, world, days, shipped):
    cmps("demo", "--check")
    assert kept_floorplan(Path("demo/data")).name == "hall"
    assert [one.id for one in witnesses(Path("demo/data"))] == [
        "witness-0",
        "witness-1",
        "witness-2",
    ]


def test_indexing_is_written_down(cmps, world, days, shipped):
    cmps("demo", "--check")
    kinds = [row.as_dict()["kind"] for row in world.store.audit.walk()]
    assert kinds == ["indexed"]


def test_the_second_check_draws_and_encodes_nothing(cmps, world, days, shipped):
    cmps("demo", "--check")
    again = cmps("demo", "--check", "--json").json
    assert (again["drawn"], again["new"], again["known"]) == (False, 0, 8)
    assert len(days) == 1
    assert world.image.seen == 8


def test_a_demo_of_an_older_version_is_encoded_again_by_itself(cmps, world, days, shipped):
    world.store.use(Network("cmps", "1" * 64))
    cmps("demo", "--check")
    world.store.use(Network("cmps", "2" * 64))
    again = cmps("demo", "--check", "--json").json
    assert (again["new"], again["known"]) == (0, 8)
    assert again["searches"][0]["first_right"] == 1
    assert world.image.seen == 16


@pytest.mark.parametrize(
    "damage", ["drawn.json", "index.csv", "people.jsonl", "floorplan.json", "c1/p2.png"]
)
def test_a_draw_that_was_broken_off_is_drawn_again(cmps, world, days, shipped, damage):
    cmps("demo", "--check", "--out", "here")
    Path("here/day", damage).unlink()
    assert cmps("demo", "--check", "--out", "here", "--json").json["drawn"] is True


def test_another_day_is_drawn_again(cmps, world, days, shipped):
    cmps("demo", "--check")
    shipped["day"]["seed"] = 8
    assert cmps("demo", "--check", "--json").json["drawn"] is True
    assert days == [(4, 0.5, 2, 7), (4, 0.5, 2, 8)]


def test_the_gallery_lies_beside_the_pictures_unless_told(
    cmps, world, days, shipped, tmp_path, monkeypatch
):
    folders = []
    opened = program.Program.__init__

    def note(self, settings):
        folders.append(str(settings.data))
        opened(self, settings)

    monkeypatch.setattr(program.Program, "__init__", note)
    cmps("demo", "--check", "--out", "here")
    cmps("demo", "--check", "--out", "here", "--data", tmp_path / "elsewhere")
    assert folders == ["here/data", str(tmp_path / "elsewhere")]


def test_the_demo_opens_the_page_with_a_case(cmps, world, days, shipped, monkeypatch):
    shown = SimpleNamespace()

    def show(program, port, browser, say):
        shown.pictures, shown.port, shown.browser = program.store.count(), port, browser
        say("http://localhost:8765/enter/secret")

    monkeypatch.setattr("cmps.server.showing.show", show)
    answer = cmps("demo", "--no-browser", "--port", 9000)
    assert answer.code == 0
    assert "    http://localhost:8765/enter/secret" in answer.out
    assert (shown.pictures, shown.port, shown.browser) == (8, 9000, False)


def test_simulate_writes_a_gallery(cmps, simulator, tmp_path):
    options = ("--people", 3, "--cameras", 2, "--seed", 5)
    answer = cmps("simulate", "--out", tmp_path / "crowd", *options, "--json").json
    assert simulator == [(3, 2, 5)]
    assert (answer["people"], answer["pictures"], answer["seed"]) == (3, 6, 5)
    assert answer["cameras"] == ["c0", "c1"]
    shown = cmps("simulate", "--out", "crowd", *options)
    assert shown.code == 0
    assert "6 pictures of 3 people by 2 cameras" in shown.out
    assert "cmps index crowd/pictures.csv" in shown.out


def test_what_was_simulated_can_be_indexed(cmps, world, simulator):
    cmps("simulate", "--out", "crowd", "--people", 4, "--cameras", 2)
    assert cmps("index", "crowd/pictures.csv", "--json").json["new"] == 8


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("cmps.simulator.gallery", ("simulate", "--out", "x")),
        ("cmps.simulator.day_files", ("demo", "--check")),
    ],
)
def test_a_missing_simulator_is_named_with_its_extra(cmps, world, monkeypatch, module, command):
    monkeypatch.setitem(sys.modules, module, None)
    if module == "cmps.simulator.day_files":
        monkeypatch.delattr("cmps.simulator.day_files", raising=False)
    answer = cmps(*command)
    assert answer.code == 2
    assert "pip install 'cmps[simulator]'" in answer.err


def test_missing_descriptions_are_named(cmps, world, monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "SHIPPED", tmp_path)
    demo.shipped.cache_clear()
    answer = cmps("demo", "--check")
    assert answer.code == 2
    assert "descriptions.json cannot be read" in answer.err
