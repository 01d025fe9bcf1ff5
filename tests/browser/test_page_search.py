"""Finding somebody on the page: describe, tick, reject, like, undo, reload."""

from __future__ import annotations

import re

from hands import ask_openly, open_case, ranked
from mall import DESCRIPTION
from playwright.sync_api import expect


def first(page):
    return page.locator("article.person").first


def percent_of(card) -> float:
    text = card.locator(".score strong").inner_text()
    return 0.0 if text.startswith("<") else float(re.sub(r"\D", "", text))


def steps(page, kind="click"):
    return page.expect_response(lambda one: f"/{kind}?" in one.url)


def test_a_description_shows_the_right_person_first_with_reasons(searching):
    page = searching(DESCRIPTION)
    expect(first(page)).to_have_attribute("data-sighting", re.compile("^red-blue"))
    expect(first(page).locator(".reasons li")).to_have_count(2)
    expect(page.locator(".chip")).to_have_count(2)
    assert percent_of(first(page)) > percent_of(page.locator("article.person").nth(1))


def test_a_tick_improves_the_ranking(searching):
    """Nobody spoke of trousers: those of the ticked picture bring their like to the top."""

    def in_blue_jeans():
        return sum(one.split("-")[1] == "blue" for one in ranked(page)[:14])

    page = searching("red shirt")
    before = in_blue_jeans()
    sought = page.locator("article.person[data-sighting^=red-blue]").first
    sought.focus()
    with steps(page):
        page.keyboard.press("y")
    expect(first(page)).to_have_class(re.compile("ticked"))
    expect(first(page)).to_have_attribute("data-sighting", re.compile("^red-blue"))
    expect(page.locator(".ticked-list > li")).to_have_count(1)
    assert before < in_blue_jeans() == 7


def test_a_rejected_person_goes_and_comes_back(searching):
    page = searching(DESCRIPTION)
    sought = first(page).get_attribute("data-sighting")
    first(page).focus()
    with steps(page):
        page.keyboard.press("n")
    expect(page.locator(f"article.person[data-sighting='{sought}']")).to_have_count(0)
    # the focus stays in the grid, on whoever stands there now
    assert page.evaluate("document.activeElement.matches('article.person')")
    expect(page.locator(".shortlist .rejected summary")).to_be_visible()
    with steps(page, "undo"):
        page.keyboard.press("u")
    expect(first(page)).to_have_attribute("data-sighting", sought)


def test_none_of_those_shown_makes_room_for_others_and_is_one_step(searching):
    page = searching(DESCRIPTION)
    before = page.locator("article.person").evaluate_all(
        "all => all.map((one) => one.dataset.sighting)"
    )
    expect(page.locator(".none-of")).to_contain_text(str(min(20, len(before))))
    first(page).focus()
    with steps(page, "none"):
        page.keyboard.press("x")
    after = page.locator("article.person").evaluate_all(
        "all => all.map((one) => one.dataset.sighting)"
    )
    assert not set(before[:20]) & set(after)
    with steps(page, "undo"):
        page.keyboard.press("u")
    expect(first(page)).to_have_attribute("data-sighting", before[0])
    with steps(page, "none"):
        page.click(".none-of")
    expect(page.locator(".shortlist .rejected summary")).to_be_visible()


def test_similar_makes_a_picture_the_query(searching):
    page = searching("red shirt")
    card = page.locator("article.person[data-sighting^=red-green]").first
    card.focus()
    with steps(page):
        page.keyboard.press("s")
    expect(page.locator(".query-pictures img")).to_have_count(1)
    expect(first(page)).to_have_attribute("data-sighting", re.compile("^red-green"))
    expect(first(page)).to_have_class(re.compile("liked"))


def test_a_chip_is_cycled_and_removed(searching):
    page = searching(DESCRIPTION)
    chip = page.locator(".chip", has_text="blue jeans")
    for place in ("maybe", "not", "must"):
        with steps(page, "mark"):
            chip.locator(".chip-words").click()
        expect(chip).to_have_class(re.compile(rf"\b{place}\b"))
    with steps(page, "mark"):
        chip.locator(".chip-gone").click()
    expect(page.locator(".chip")).to_have_count(1)


def test_the_question_is_answered(searching):
    page = searching("somebody")
    asked = page.locator(".question .asked").inner_text()
    assert asked
    with steps(page, "answer"):
        page.locator(".answers button").first.click()
    expect(page.locator(".steps li").first).to_contain_text("Yes")
    assert page.locator(".question .asked").all_inner_texts() != [asked]


def test_an_open_question_is_answered_in_words(searching):
    page = searching("somebody")
    asked = ask_openly(page)
    page.fill(".answers input", "red shirt")
    with steps(page, "say"):
        page.keyboard.press("Enter")
    expect(page.locator(".steps li").first).to_contain_text(f"{asked} – “red shirt”")
    expect(page.locator(".chip", has_text="red shirt")).to_be_visible()
    page.unroute_all(behavior="wait")


def test_filters_apply_are_said_and_taken_back(searching):
    page = searching(DESCRIPTION)
    page.click(".filters summary")
    page.check(".filters input[name=camera][value=hall]")
    with steps(page, "look"):
        page.click(".filters form button.primary")
    expect(page.locator(".applied li")).to_have_text(["Hall"])
    cameras = page.locator("article.person .where span:first-child").all_inner_texts()
    assert set(cameras) == {"Hall"}
    page.check(".filters input[name=camera][value=hall]")
    with steps(page, "look"):
        page.locator(".filters .link").click()
    expect(page.locator(".applied")).to_have_count(0)


def test_where_nobody_is_left_the_page_says_the_way_out(searching):
    page = searching(DESCRIPTION)
    page.click(".filters summary")
    page.fill(".filters input[name=before]", "2001-01-01T00:00:00")
    with steps(page, "look"):
        page.click(".filters form button.primary")
    expect(page.locator(".welcome h2")).to_have_text("Nobody is left")
    with steps(page, "look"):
        page.click(".welcome button")
    expect(first(page)).to_be_visible()


def test_thin_evidence_is_called_so(searching):
    page = searching("somebody")
    expect(page.locator(".thin")).to_contain_text("Don’t know")


def test_a_photo_is_a_query(searching, tmp_path):
    from mall import figure

    file = tmp_path / "somebody.jpg"
    file.write_bytes(figure("green", "black"))
    page = searching()
    with page.expect_response(lambda one: "/photo" in one.url) as answer:
        page.set_input_files(".files label:first-child input", file)
    assert answer.value.ok
    expect(page.locator(".photo-name")).to_have_text("somebody.jpg")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff not a picture")
    page.set_input_files(".files label:first-child input", broken)
    expect(page.locator(".notice.error")).to_be_visible()
    expect(page.locator(".photo-name")).to_have_count(1)


def test_more_people_come_as_one_scrolls(searching):
    page = searching("red shirt")
    before = page.locator("article.person").count()
    assert before == 40
    page.locator(".column.found").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    expect(page.locator("article.person").nth(before)).to_be_attached()


def test_a_reload_in_the_middle_loses_nothing(searching):
    page = searching(DESCRIPTION)
    first(page).focus()
    with steps(page):
        page.keyboard.press("y")
    page.keyboard.press("t")
    page.wait_for_selector(".stop")
    page.fill("#describe", "half a sen")
    before = everything(page)
    page.reload()
    page.wait_for_selector(".stop")
    assert everything(page) == before
    assert page.input_value("#describe") == "half a sen"


def everything(page):
    return {
        name: page.locator(selector).all_inner_texts()
        for name, selector in {
            "chips": ".chip", "steps": ".steps .did", "people": "article.person .score",
            "shortlist": ".ticked-list li", "stops": ".stop .stop-head",
        }.items()
    }  # fmt: skip


def test_nothing_is_searched_without_a_purpose(page_as):
    page = page_as()
    page.click("form.new-case button.primary")
    assert page.locator("#describe").count() == 0
    assert page.evaluate("document.querySelector('[name=purpose]').matches(':invalid')")
    open_case(page)
