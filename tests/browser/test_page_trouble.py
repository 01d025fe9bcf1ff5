"""When something goes wrong the page says so, keeps what there is and shows the way out."""

from __future__ import annotations

import pytest
from mall import DESCRIPTION
from playwright.sync_api import expect
from serving_fakes import PASSWORD

# minutes of waiting: CI's time is short, and make test-all runs them
pytestmark = pytest.mark.slow


def test_who_was_logged_out_comes_back_to_the_same_search(searching):
    page = searching(DESCRIPTION, name="olga")
    address = page.url
    page.context.clear_cookies()
    page.locator("article.person").first.press("y")
    expect(page.locator(".door form")).to_be_visible()
    page.fill("[name=name]", "olga")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("article.person")
    assert page.url == address
    page.locator("article.person").first.press("y")
    expect(page.locator(".ticked-list > li")).to_have_count(1)


def test_without_the_server_nothing_is_lost_and_it_goes_on_by_itself(searching):
    page = searching(DESCRIPTION)
    page.route("**/api/v1/**", lambda route: route.abort())
    page.locator("article.person").first.press("y")
    expect(page.locator(".notice.error")).to_contain_text("does not answer")
    assert page.locator("article.person").count() > 0
    page.unroute("**/api/v1/**")
    page.locator("article.person").first.press("y")
    expect(page.locator(".ticked-list > li")).to_have_count(1)


def test_an_unknown_case_is_said_with_the_way_out(page_as):
    page = page_as()
    page.goto("/#/case/ffffffffff")
    expect(page.locator(".failed")).to_contain_text("ffffffffff")
    page.click(".failed a")
    expect(page.locator("form.new-case")).to_be_visible()


def test_a_closed_case_can_be_read_and_not_changed(searching):
    page = searching(DESCRIPTION)
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("text=Close case")
    expect(page.locator(".case-bar .state")).to_have_text("closed")
    expect(page.locator("#describe")).to_have_count(0)
    expect(page.locator("article.person .act")).to_have_count(0)
    refused = []
    page.on("response", lambda one: one.status >= 400 and refused.append(one.url))
    page.reload()
    page.wait_for_selector(".steps li")
    expect(page.locator("article.person .no-picture").first).to_be_visible()
    expect(page.locator(".column.ask .hint").first).to_contain_text("closed")
    page.click(".case-acts a")
    expect(page.locator(".report .purpose")).to_be_visible()
    expect(page.locator(".report")).to_contain_text(DESCRIPTION)
    assert refused == []  # nothing is asked for that is no longer given out


def test_a_new_search_in_the_same_case_begins_empty(searching):
    page = searching(DESCRIPTION)
    before = page.url
    page.select_option(".searches select", "")
    page.wait_for_selector(".welcome h2")
    expect(page.locator(".chip")).to_have_count(0)
    assert page.url != before
    page.go_back()
    page.wait_for_selector("article.person")
    expect(page.locator(".chip")).to_have_count(2)
