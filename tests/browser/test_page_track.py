"""The track on the page: plan, timeline, stops that are confirmed and rejected, the sequence."""

from __future__ import annotations

import pytest
from mall import DESCRIPTION, DOUBLE, WAY
from playwright.sync_api import expect


@pytest.fixture
def following(searching):
    def make(**options):
        page = searching(DESCRIPTION, **options)
        page.locator("article.person").first.focus()
        page.keyboard.press("t")
        page.wait_for_selector(".stop")
        return page

    return make


def cameras(page):
    return [one.lower() for one in page.locator(".stop .stop-head strong").all_inner_texts()]


def test_the_track_is_on_the_plan_the_timeline_and_in_the_list(following):
    page = following()
    way = [camera for camera, _ in (*WAY, DOUBLE)]
    assert cameras(page) == way
    expect(page.locator(".plan-stop")).to_have_count(len(way))
    expect(page.locator(".timeline .bar-of")).to_have_count(len(way))
    expect(page.locator(".plan-view.passed")).to_have_count(3)
    # where a camera knows the floor, the way runs there
    expect(page.locator(".plan-leg.walked")).to_have_count(1)
    # twenty minutes in which nobody saw them are said and dashed
    assert page.locator(".plan-leg.unseen").count() >= 1
    expect(page.locator(".gap").last).to_contain_text("Not seen for")
    pictures = page.locator(".stop img")
    assert all(pictures.nth(n).evaluate("one => one.naturalWidth > 0") for n in range(len(way)))


def test_rejecting_a_stop_solves_the_track_anew_and_can_be_taken_back(following):
    page = following()
    count = page.locator(".stop").count()
    with page.expect_response(lambda one: "/tracks" in one.url):
        page.locator(".stop").last.locator(".say-no").click()
    expect(page.locator(".stop")).to_have_count(count - 1)
    expect(page.locator(".plan-stop")).to_have_count(count - 1)
    assert "no=" in page.url
    # the address holds it: a reload shows the same track
    page.reload()
    expect(page.locator(".stop")).to_have_count(count - 1)
    page.click(".way-of .rejected summary")
    page.click(".way-of .rejected .link")
    expect(page.locator(".stop")).to_have_count(count)


def test_confirming_a_stop_is_seen_everywhere(following):
    page = following()
    with page.expect_response(lambda one: "/tracks" in one.url):
        page.locator(".stop").last.locator(".say-yes").click()
    expect(page.locator(".stop").last).to_contain_text("confirmed")
    expect(page.locator(".plan-stop.confirmed")).to_have_count(2)  # and the one asked for


def test_the_pictures_are_played_and_who_was_near_is_told(following):
    page = following()
    page.click(".way-of .block-head button")
    player = page.locator("cmps-player")
    expect(player.locator("img")).to_be_visible()
    where = player.locator(".where").inner_text()
    player.locator("input[type=range]").focus()
    page.keyboard.press("End")
    assert player.locator(".where").inner_text() != where
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    with page.expect_response(lambda one: "/tracks" in one.url) as answer:
        page.check(".near-switch input")
    assert answer.value.json()["near"] is not None
    expect(page.locator(".company, .way-of .hint").first).to_be_visible()


def test_the_report_prints_purpose_map_pictures_and_what_was_asked(following, tmp_path):
    page = following()
    with page.expect_response(lambda one: "/click?" in one.url):
        page.locator("article.person").first.press("y")
    with page.expect_response(lambda one: "/tracks" in one.url):
        page.locator(".stop").last.locator(".say-no").click()
    page.wait_for_selector(".way-of .rejected")
    address = page.url
    page.click(".case-acts a")
    page.wait_for_selector(".report-way")
    report = page.locator(".report")
    # the track is printed as it was corrected
    expect(report.locator(".report-way .evidence li")).to_have_count(len(WAY))
    expect(report.locator(".purpose")).to_have_text("a child who is lost")
    expect(report.locator(".plan-drawing")).to_be_visible()
    expect(report.locator(".timeline")).to_be_visible()
    expect(report).to_contain_text(DESCRIPTION)
    assert report.locator(".evidence img").count() >= 3
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(report.locator(".plan-drawing")).to_be_visible()
    paper = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert paper.startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.click(".report .button")
    page.wait_for_selector(".stop")
    assert page.url == address
