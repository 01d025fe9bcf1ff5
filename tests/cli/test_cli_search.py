from __future__ import annotations

import pytest
from command_line import id_of
from PIL import Image

DESCRIPTION = "a person in a red top and blue trousers"


def test_words_find_the_person(cmps, filled):
    answer = cmps("search", "--text", DESCRIPTION, "--top", 3, "--json")
    assert answer.code == 0
    assert answer.err == ""
    found = answer.json
    assert found["texts"] == [DESCRIPTION]
    assert found["transcripts"] == []
    assert found["gallery"] == 6
    assert [one["rank"] for one in found["candidates"]] == [1, 2, 3]
    assert {one["picture"][-5:] for one in found["candidates"]} == {"1.bmp", "2.bmp", "3.bmp"}
    assert {"open", "encode", "retrieve", "rank"} <= set(found["milliseconds"])
    assert "human decides" in found["note"]


def test_a_recording_finds_the_person_and_prints_what_was_heard(cmps, filled, spoken):
    answer = cmps("search", "--audio", spoken, "--json").json
    assert answer["transcripts"][0]["text"] == DESCRIPTION
    assert answer["transcripts"][0]["audio"] == str(spoken)
    assert answer["texts"] == [DESCRIPTION]
    assert "listen" in answer["milliseconds"]
    shown = cmps("search", "--audio", spoken).out
    assert shown.startswith("Heard in ")
    assert DESCRIPTION in shown.splitlines()[0]


def test_a_picture_finds_the_person(cmps, filled, crops):
    answer = cmps("search", "--image", crops.parent / "4.bmp", "--json").json
    assert answer["candidates"][0]["picture"].endswith("/4.bmp")
    assert answer["candidates"][0]["similarities"] == [pytest.approx(1.0, abs=1e-3)]


def test_a_sighting_finds_the_person(cmps, filled):
    id = id_of(filled, "4.bmp")
    answer = cmps("search", "--image", f"sighting:{id}", "--json").json
    assert answer["candidates"][0]["sighting"] == id


def test_all_parts_count_together(cmps, filled, crops, spoken):
    answer = cmps(
        *("search", "--text", "red top", "--text", "blue trousers", "--audio", spoken),
        *("--image", crops.parent / "1.bmp", "--image", f"sighting:{id_of(filled, '2.bmp')}"),
        "--json",
    ).json
    assert answer["texts"] == ["red top", "blue trousers", DESCRIPTION]
    assert len(answer["candidates"][0]["similarities"]) == 5
    assert answer["candidates"][0]["probability"] > 0.99


def test_cameras_and_times_filter(cmps, filled):
    def seen(*options):
        answer = cmps("search", "--text", DESCRIPTION, "--json", *options).json
        return sorted(one["picture"][-5] for one in answer["candidates"])

    assert seen("--camera", "hall") == ["3", "4", "6"]
    assert seen("--camera", "hall", "--camera", "gate") == ["1", "2", "3", "4", "5", "6"]
    assert seen("--after", "2026-05-01T12:05:00Z") == ["3", "4", "5"]
    assert seen("--before", "2026-05-01T14:05+02:00") == ["1", "2"]
    assert seen("--after", "2026-05-01T12:05Z", "--before", "2026-05-01T12:06Z") == ["3"]


def test_nothing_that_passes_the_filter_is_an_answer_too(cmps, filled):
    answer = cmps("search", "--text", DESCRIPTION, "--after", "2027-01-01T00:00Z")
    assert answer.code == 0
    assert "No sighting passes" in answer.out


def test_the_variant_is_passed_on(cmps, filled, monkeypatch):
    assert cmps("search", "--text", "red top", "--json").json["variant"] == "accurate"
    arguments = ("search", "--text", "red top", "--variant", "fast", "--json")
    assert cmps(*arguments).json["variant"] == "fast"
    monkeypatch.setenv("CMPS_VARIANT", "fast")
    assert cmps("search", "--text", "red top", "--json").json["variant"] == "fast"


def test_a_sheet_is_written(cmps, filled, tmp_path):
    answer = cmps("search", "--text", DESCRIPTION, "--sheet", "out.png")
    assert answer.code == 0
    assert "Contact sheet: out.png" in answer.out
    with Image.open(tmp_path / "out.png") as sheet:
        assert sheet.width > 1000
        assert sheet.height > 1000  # six candidates are two rows


@pytest.mark.parametrize("name", ["out.txt", "out"])
def test_a_sheet_that_is_no_picture_is_refused_before_the_search(cmps, filled, name):
    answer = cmps("search", "--text", "red top", "--sheet", name)
    assert answer.code == 2
    assert "name it .png" in answer.err
    assert answer.out == ""


def test_the_ground_truth_is_not_shown(cmps, world, tmp_path, crops):
    listing = crops.parent / "truth.csv"
    listing.write_text("path,camera,time,person\n1.bmp,gate,,SECRET-PERSON\n")
    assert cmps("index", listing).code == 0
    for option in ([], ["--json"]):
        assert "SECRET" not in cmps("search", "--text", "red top", *option).out


def test_brackets_and_control_characters_in_a_name_are_harmless(cmps, world, tmp_path):
    from fakes import draw

    draw(tmp_path / "odd" / "[bold]\x1b[31m.png", "red", "blue")
    assert cmps("index", "odd").code == 0
    shown = cmps("search", "--text", "red top").out
    assert "[bold]" in shown
    assert "\x1b" not in shown
