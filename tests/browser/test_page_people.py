"""Who uses the page: log-in, roles, two operators, a second person, the audit."""

from __future__ import annotations

import re

import pytest
from hands import describe, open_case
from mall import DESCRIPTION
from playwright.sync_api import expect
from serving_fakes import PASSWORD


def test_logging_in_wrongly_and_rightly(page_as, site):
    site.add("wanda", "operator")
    page = page_as(None)
    page.fill("[name=name]", "wanda")
    page.fill("[name=password]", "something else entirely")
    page.press("[name=password]", "Enter")
    expect(page.locator(".wrong")).to_contain_text("do not fit")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.locator(".me")).to_contain_text("wanda")
    page.click("text=Log out")
    expect(page.locator(".door form")).to_be_visible()
    page.reload()
    expect(page.locator(".door form")).to_be_visible()


def test_the_first_start_makes_an_admin_through_the_link(page_as, site, monkeypatch):
    from cmps.server.security.secrets import key_of

    listing = type(site.program.store.accounts).listing
    monkeypatch.setattr(type(site.program.store.accounts), "listing", lambda self: [])
    monkeypatch.setattr(site.gate, "first_link", key_of("a-secret-link"))
    page = page_as(None)
    page.goto("/#setup=a-secret-link")
    expect(page.locator("h1")).to_have_text("First start")
    page.fill("[name=name]", "root")
    page.fill("[name=password]", PASSWORD)
    with page.expect_response(lambda one: "/setup" in one.url) as answer:
        page.press("[name=password]", "Enter")
    monkeypatch.setattr(type(site.program.store.accounts), "listing", listing)
    # the store itself minds that there are accounts already; the page says what it says
    if answer.value.ok:
        expect(page.locator(".me")).to_contain_text("root")
    else:
        expect(page.locator(".wrong")).not_to_be_empty()


def test_a_viewer_looks_on_and_cannot_search(page_as, searching):
    page = searching(DESCRIPTION)
    viewer = page_as("viewer")
    expect(viewer.locator("form.new-case")).to_have_count(0)
    expect(viewer.locator("nav >> text=Audit")).to_have_count(0)
    viewer.goto(page.url)
    viewer.wait_for_selector("article.person")
    expect(viewer.locator("#describe")).to_have_count(0)
    expect(viewer.locator("button.talk")).to_have_count(0)
    expect(viewer.locator("article.person .act.tick")).to_have_count(0)
    expect(viewer.locator("article.person .act.follow").first).to_be_visible()
    viewer.locator("article.person").first.focus()
    viewer.keyboard.press("y")
    viewer.keyboard.press("t")
    viewer.wait_for_selector(".stop")
    expect(viewer.locator(".ticked-list")).to_have_count(0)


@pytest.mark.parametrize(
    ("role", "links"),
    [
        ("viewer", ["Cases"]),
        ("reviewer", ["Cases", "Audit"]),
        ("admin", ["Cases", "Audit", "Users"]),
    ],
)
def test_each_role_sees_its_pages(page_as, role, links):
    page = page_as(role)
    assert page.locator("header nav a").all_inner_texts() == links
    page.goto("/#/users")
    expect(page.locator("cmps-users")).to_have_count(int(role == "admin"))


def test_two_operators_see_each_others_ticks(searching, page_as):
    ana = searching(DESCRIPTION, name="ana")
    ben = page_as("operator", name="ben")
    ben.goto(ana.url)
    ben.wait_for_selector("article.person")
    expect(ana.locator(".here li")).to_have_text(["ana", "ben"])
    ana.locator("article.person").first.focus()
    ana.keyboard.press("y")
    expect(ben.locator(".ticked-list > li")).to_have_count(1)
    expect(ben.locator(".notice")).to_contain_text("ana changed the search")
    with ben.expect_response(lambda one: "/undo" in one.url):
        ben.keyboard.press("u")
    expect(ana.locator(".ticked-list > li")).to_have_count(0)
    ben.context.close()
    expect(ana.locator(".here li")).to_have_text(["ana"])


def test_whoever_was_slower_sees_the_new_state_and_is_told(searching):
    page = searching(DESCRIPTION)
    path = re.search(r"#/case/\w+/(\w+)", page.url)[1]
    # a step that this page has not heard of, while its line is cut
    page.evaluate("""async (id) => {
      const { set } = await import("/ui/store.js");
      const me = await (await fetch("/api/v1/me")).json();
      await fetch(`/api/v1/sessions/${id}/say?top=0`, {method: "POST", headers:
        {"Content-Type": "application/json", "X-CSRF-Token": me.csrf},
        body: JSON.stringify({text: "green coat"})});
    }""", path)  # fmt: skip
    page.route("**/api/v1/sessions/*/click*", lambda route: _older(route))
    page.locator("article.person").first.focus()
    page.keyboard.press("y")
    expect(page.locator(".notice.error")).to_contain_text("quicker")
    expect(page.locator(".ticked-list > li")).to_have_count(0)
    expect(page.locator(".steps li")).to_have_count(2)


def _older(route):
    body = route.request.post_data_json | {"version": 1}
    import json

    route.continue_(post_data=json.dumps(body))


def test_a_second_person_agrees(searching, page_as):
    page = searching(DESCRIPTION, name="ana")
    page.locator("article.person").first.focus()
    with page.expect_response(lambda one: "/click?" in one.url):
        page.keyboard.press("y")
    page.click("text=Ask a second person")
    page.fill("dialog textarea", "shirt and jeans fit")
    page.click("dialog button.primary")
    expect(page.locator(".case-acts .count")).to_contain_text("1")
    page.click(".case-acts button >> nth=0")
    expect(page.locator("dialog")).to_contain_text("You proposed this")
    expect(page.locator("dialog .say-yes")).to_have_count(0)
    page.keyboard.press("Escape")
    rita = page_as("reviewer", name="rita")
    rita.goto(page.url)
    rita.wait_for_selector("article.person")
    rita.click(".case-acts button >> nth=0")
    expect(rita.locator("dialog")).to_contain_text("shirt and jeans fit")
    rita.click("dialog .say-yes")
    expect(rita.locator("dialog")).to_contain_text("rita agrees")
    # whoever asked is told without doing anything
    expect(page.locator(".verdict")).to_contain_text("rita agrees")


def test_the_audit_shows_what_was_done_and_that_it_is_whole(searching, page_as):
    searching(DESCRIPTION, name="ana")
    page = page_as("admin")
    page.goto("/#/audit")
    page.wait_for_selector("table.list tbody tr")
    page.fill("[name=user]", "ana")
    page.click("form button.primary")
    expect(page.locator("table.list tbody tr").first).to_contain_text("ana")
    page.click("text=Check the chain")
    expect(page.locator("main")).to_contain_text("The chain is whole")


def test_an_admin_lets_somebody_in_who_then_logs_in(page_as):
    page = page_as("admin")
    page.goto("/#/users")
    page.fill("form [name=name]", "newcomer")
    page.fill("form [name=password]", PASSWORD)
    page.select_option("form [name=role]", "operator")
    page.click("form button.primary")
    expect(page.locator("tbody th", has_text="newcomer")).to_be_visible()
    other = page_as(None)
    other.fill("[name=name]", "newcomer")
    other.fill("[name=password]", PASSWORD)
    other.press("[name=password]", "Enter")
    open_case(other)
    describe(other, DESCRIPTION)


def test_a_token_is_shown_once(page_as):
    page = page_as("operator", name="tom")
    page.goto("/#/account")
    page.fill("[name=label]", "loader")
    page.click("text=Make a token")
    expect(page.locator(".fresh code")).to_have_text(re.compile(r".{20,}"))
    page.reload()
    page.wait_for_selector("tbody th")
    expect(page.locator(".fresh")).to_have_count(0)
    page.click("tbody button")
    expect(page.locator("tbody th")).to_have_count(0)
