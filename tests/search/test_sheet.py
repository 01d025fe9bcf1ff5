from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from fakes import FakeImageEncoder, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from cmps.gallery.records import Filter
from cmps.ingest.index import index
from cmps.search import sheet
from cmps.search.query import Query
from cmps.search.sheet import Asked, SheetError, check_sheet, draw_sheet, query_sheet

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white")


@pytest.fixture
def answer(store, engine, tmp_path):
    """Seven candidates: two rows of cards."""
    pictures = [
        drawn(tmp_path / f"{name}.png", name, "black", seed=number, camera="gate", time=NOON)
        for number, name in enumerate(COLOURS)
    ]
    index(pictures, store, FakeImageEncoder())
    return engine.search(Query(texts=("a red top and black trousers",)))


def crops_of(store, answer):
    ids = [candidate.sighting.id for candidate in answer.candidates]
    return {one.id: one.picture for one in store.get(ids, pictures=True)}


@pytest.fixture
def texts(monkeypatch):
    """Every text that is drawn."""
    seen = []
    write = ImageDraw.ImageDraw.text

    def note(self, place, text, *arguments, **options):
        seen.append(str(text))
        return write(self, place, text, *arguments, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", note)
    return seen


def test_a_sheet_shows_query_rank_score_camera_and_time(store, answer, texts):
    made = draw_sheet(Asked(["a red top and black trousers"]), answer.candidates, {})
    assert made.mode == "RGB"
    assert made.width == sheet.WIDTH
    assert "“a red top and black trousers”" in texts
    assert [str(rank) for rank in range(1, 8)] == [text for text in texts if text.isdigit()]
    assert texts.count("gate") == 7
    assert texts.count("2026-05-01 12:00:00Z") == 7
    assert sum(text.endswith(" %") for text in texts) == 7
    assert sheet.HUMAN_DECIDES in texts


def test_the_crops_stand_in_their_places(store, answer):
    made = draw_sheet(Asked(["x"]), answer.candidates, crops_of(store, answer))
    first = answer.candidates[0].sighting.source
    assert first.endswith("red.png")
    header = made.height - 2 * (sheet.CARD[1] + sheet.CAPTION + sheet.GAP) - 36
    middle = sheet.MARGIN + sheet.CARD[0] // 2
    red, green, blue = made.getpixel((middle, header + sheet.CARD[1] // 4))
    assert red > 180 > max(green, blue)
    assert max(made.getpixel((middle, header + sheet.CARD[1] * 3 // 4))) < 60


def test_more_candidates_take_more_rows(answer):
    heights = [draw_sheet(Asked(["x"]), answer.candidates[:n], {}).height for n in (0, 1, 5, 6)]
    row = sheet.CARD[1] + sheet.CAPTION + sheet.GAP
    assert heights == [heights[0], heights[0] + row, heights[0] + row, heights[0] + 2 * row]


def test_a_long_query_is_wrapped_beside_the_pictures(answer, texts):
    words = " ".join(["a woman in a white top with a black bag"] * 8)
    thumbnail = np.zeros((200, 100, 3), np.uint8)
    draw_sheet(Asked([words], [thumbnail, thumbnail]), answer.candidates, {})
    lines = [text for text in texts if "bag" in text]
    assert len(lines) == 5
    assert " ".join(lines) == f"“{words}”"
    width = sheet.WIDTH - 2 * sheet.MARGIN - 2 * (110 + sheet.GAP)
    assert all(sheet._font(26).getlength(line) <= width for line in lines)


def test_the_queries_pictures_are_shown(answer):
    red = np.full((100, 50, 3), (255, 0, 0), np.uint8)
    made = draw_sheet(Asked([], [red]), [], {})
    assert made.getpixel((sheet.WIDTH - sheet.MARGIN - 20, 60)) == (255, 0, 0)


def test_known_truth_gets_a_green_frame(answer):
    def green(right):
        made = np.asarray(draw_sheet(Asked(["x"]), answer.candidates, {}, right))
        return int((made == (0x1A, 0x8F, 0x4C)).all(2).sum())

    assert green(()) == 0
    assert green([answer.candidates[2].sighting.id]) > 1000


def test_a_damaged_or_missing_crop_leaves_its_frame_empty(answer, texts):
    broken = {answer.candidates[0].sighting.id: b"\xff\xd8broken"}
    draw_sheet(Asked(["x"]), answer.candidates[:2], broken)
    assert texts.count("no picture") == 2


def test_an_unknown_time_is_left_out(store, engine, tmp_path, texts):
    index([drawn(tmp_path / "a.png", "red", "black")], store, FakeImageEncoder())
    found = engine.search(Query(texts=("red top",)))
    draw_sheet(Asked(["x"]), found.candidates, {})
    assert not any("Z" in text for text in texts)


def test_the_sheet_of_an_answer_names_filter_network_and_gallery(store, engine, answer, texts):
    id = answer.candidates[0].sighting.id
    where = Filter.of(["gate"], after=NOON)
    query = Query(texts=("a red top",), sightings=(id,), where=where)
    made = query_sheet(query, engine.search(query), store, "fast")
    note = next(text for text in texts if "searched" in text)
    assert note == (
        "7 sightings searched · fast text network · cameras gate · after 2026-05-01 12:00:00Z"
    )
    assert "no picture" not in texts
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    assert Image.open(io.BytesIO(buffer.getvalue())).size == made.size


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
    st.integers(40, 600),
)
def test_wrapping_keeps_every_character_and_the_width(text, width):
    lines = sheet._wrap(text, 26, width)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    for line in lines:
        assert len(line) <= 1 or sheet._font(26).getlength(line) <= width


def test_a_cut_line_ends_in_an_ellipsis_and_fits():
    [line] = sheet._wrap("entrance-north-upper-level-two", 15, 100, one_line=True)
    assert line.startswith("entrance")
    assert line.endswith("…")
    assert sheet._font(15).getlength(line) <= 112


@pytest.mark.parametrize("name", ["a.png", "a.JPG", "a.webp"])
def test_pictures_may_be_written(tmp_path, name):
    assert check_sheet(tmp_path / name) == tmp_path / name


@pytest.mark.parametrize(("name", "part"), [("a.pdf", "name it .png"), ("no/a.png", "no does not")])
def test_what_cannot_be_written_is_refused(tmp_path, name, part):
    with pytest.raises(SheetError, match=part):
        check_sheet(tmp_path / name)
