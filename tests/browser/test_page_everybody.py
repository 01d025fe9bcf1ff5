"""For everybody: keyboard alone, a phone, axe, five languages, no foreign request, soon there."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path

import pytest
from mall import DESCRIPTION
from playwright.sync_api import expect
from serving_fakes import PASSWORD

UI = Path(__file__).parents[2] / "src/cmps/server/ui"


def test_with_the_keyboard_alone_from_the_door_to_the_track(page_as, site):
    site.add("keith", "operator")
    page = page_as(None)
    keys = page.keyboard
    page.wait_for_selector(".door input:focus")
    keys.type("keith")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_selector("form.new-case")
    keys.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    keys.press("Enter")
    tab_to(page, "[name=purpose]")
    keys.type("a child who is lost")
    tab_to(page, "form.new-case button.primary")
    keys.press("Enter")
    page.wait_for_selector("#describe")
    keys.press("/")
    expect(page.locator("#describe")).to_be_focused()
    keys.type(DESCRIPTION)
    keys.press("Enter")
    page.wait_for_selector("article.person")
    keys.press("Escape")
    tab_to(page, "article.person")
    keys.press("ArrowRight")
    expect(page.locator("article.person").nth(1)).to_be_focused()
    keys.press("ArrowLeft")
    keys.press("y")
    expect(page.locator(".ticked-list > li")).to_have_count(1)
    expect(page.locator("article.person.ticked")).to_be_focused()
    keys.press("t")
    page.wait_for_selector(".stop")
    keys.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("article.person.ticked")).to_be_focused()


def tab_to(page, selector, most=60):
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{most} times Tab did not reach {selector}")


def test_letters_can_be_switched_off_as_keys(searching):
    page = searching(DESCRIPTION)
    page.locator("article.person").first.focus()
    page.keyboard.press("?")
    page.locator("dialog .switch input").uncheck()
    page.keyboard.press("Escape")
    page.locator("article.person").first.focus()
    page.keyboard.press("y")
    page.wait_for_timeout(300)
    expect(page.locator(".ticked-list > li")).to_have_count(0)
    page.reload()
    page.wait_for_selector("article.person")
    page.locator("article.person").first.press("y")
    expect(page.locator(".ticked-list > li")).to_have_count(0)


PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def test_on_a_phone_nothing_scrolls_sideways_and_fingers_hit(searching):
    page = searching(**PHONE)
    page.fill("#describe", DESCRIPTION)
    page.press("#describe", "Enter")
    # what was asked for is shown by itself
    page.wait_for_selector("article.person", state="visible")
    page.locator("article.person .act.follow").first.tap()
    page.wait_for_selector(".stop", state="visible")
    for tab in ("ask", "people", "track"):
        page.locator(f".tabs .tab-{tab}").tap()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{tab} is {wide} pixels wide"
        assert small_targets(page, 24) == []
    page.locator(".menu").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".tabs .tab-people").tap()
    sizes = (
        page.locator("article.person")
        .first.locator(".act")
        .evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    )
    assert min(sizes) >= 44


def small_targets(page, least):
    return page.evaluate(
        """least => [...document.querySelectorAll("button, a, input, select, summary")]
        .filter(one => one.checkVisibility() && !one.closest(".hidden, .leaflet-container")
            && !one.matches(".hidden, p a, [type=checkbox], [type=range], [tabindex='-1']"))
        .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([, box]) => box.width && Math.min(box.width, box.height) < least - 0.5)
        .map(([html, box]) => `${html} ${box.width}x${box.height}`)""",
        least,
    )


def test_text_twice_as_large_still_fits(searching):
    page = searching(DESCRIPTION, viewport={"width": 1280, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    expect(page.locator("#describe")).to_be_visible()
    cut = page.evaluate(
        """() => [...document.querySelectorAll("button, .chip, .where")]
        .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 2
            && getComputedStyle(one).overflowX === "hidden" && !one.matches(".picture, .talk"))
        .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert cut == []


EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES = {
    "light": {"runOnly": EVERYTHING},
    # the same elements in other colours
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
}


def test_axe_finds_nothing_on_any_view(searching, page_as):
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    found = {}

    def check(page, view):
        page.wait_for_timeout(150)
        for scheme, wanted in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            assert paper == PAPER[scheme]
            violations = axe.run(page, options=wanted).response["violations"]
            for one in violations:
                nodes = [node["html"][:120] for node in one["nodes"][:3]]
                found.setdefault((view, scheme), []).append((one["id"], nodes))

    door = page_as(None)
    check(door, "door")
    page = searching("")
    check(page, "start")
    page.fill("#describe", DESCRIPTION)
    page.press("#describe", "Enter")
    page.wait_for_selector("article.person")
    page.click(".filters summary")
    check(page, "found")
    page.locator("article.person").first.press("n")
    page.locator("article.person").nth(1).press("y")
    page.wait_for_selector(".ticked-list li")
    page.locator("article.person").first.press("t")
    page.wait_for_selector(".stop")
    page.click(".shortlist .rejected summary")
    check(page, "track")
    page.locator("article.person").first.press("Enter")
    check(page, "person")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check(page, "help")
    page.keyboard.press("Escape")
    page.click(".way-of .block-head button")
    check(page, "player")
    page.keyboard.press("Escape")
    page.click("text=Ask a second person")
    check(page, "propose")
    page.click("dialog button.primary")
    page.wait_for_selector(".case-acts .count")
    page.click(".case-acts button >> nth=0")
    check(page, "confirmations")
    page.keyboard.press("Escape")
    address = page.url
    page.click(".case-acts a")
    page.wait_for_selector(".report-way")
    check(page, "report")
    admin = page_as("admin")
    for view, wait in (("cases", "ul.cases li"), ("users", "cmps-cameras tbody tr"),
                       ("account", "cmps-account form"), ("audit", "tbody tr")):  # fmt: skip
        admin.goto(f"/#/{view}")
        admin.wait_for_selector(wait)
        check(admin, view)
    phone = page_as("operator", **PHONE)
    phone.goto(address)
    phone.wait_for_selector(".stop", state="visible")
    phone.locator(".menu").tap()
    check(phone, "phone")
    assert found == {}


def test_no_request_goes_to_another_host(searching, site):
    page = searching(DESCRIPTION)
    page.locator("article.person").first.press("t")
    page.wait_for_selector(".stop")
    page.click("text=Report")
    page.wait_for_selector(".report h1")
    assert site.foreign == []


def test_the_policy_forbids_inline_scripts_and_styles(page_as):
    page = page_as()
    policy = page.request.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    for path in ("/", "/ui/main.js", "/ui/i18n/de.json"):
        assert page.request.get(path).headers["cache-control"] == "no-cache"
    html = (UI / "index.html").read_text()
    assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son\w+=", html)


def test_the_page_is_soon_there(page_as):
    """Under a second on an idle machine; here, where others work too, what it costs is counted."""
    page = page_as(None)
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').map(one => one.decodedBodySize)"
    )
    assert len(asked) < 90
    assert sum(sizes) < 900_000
    page.goto("/")
    milliseconds = []
    for _ in range(8):  # the best of several: the machine may be busy with something else
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        milliseconds.append(int(page.evaluate("document.documentElement.dataset.ready")))
        if milliseconds[-1] < 5000:
            break
    print(f"page ready after {min(milliseconds)} ms")
    assert min(milliseconds) < 5000


def test_every_module_is_announced_to_the_browser():
    """Modules that are found one after another cost a round each."""
    html = (UI / "index.html").read_text()
    announced = set(re.findall(r'modulepreload" href="/ui/([^"]+)"', html))
    late = {"microphone.js", "witness.js", "line.js", "main.js", "reference.js", "first-paint.js"}
    there = {str(one.relative_to(UI)) for one in [*UI.glob("*.js"), *UI.glob("components/*.js")]}
    assert announced == there - late


def test_every_colour_is_said_once():
    """Two lists of dark colours, the machine's and the chosen ones, would drift apart."""
    text = (UI / "css" / "tokens.css").read_text()
    named = re.findall(r"^ *(--[\w-]+):", text, re.MULTILINE)
    assert [one for one in set(named) if named.count(one) > 1] == ["--target"]  # of narrow screens
    assert "prefers-color-scheme" not in text


PAPER = {"light": "rgb(238, 240, 243)", "dark": "rgb(12, 15, 19)"}


def test_the_first_paint_has_the_chosen_theme_or_the_machines(page_as):
    page = page_as(None)
    page.route("**/ui/main.js", lambda route: route.abort())  # what is seen before modules run
    for machine, chosen in product(("light", "dark"), ("", "light", "dark")):
        page.emulate_media(color_scheme=machine)
        page.evaluate("theme => localStorage.setItem('cmps', JSON.stringify({ theme }))", chosen)
        page.reload()
        paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert paper == PAPER[chosen or machine], (machine, chosen)


def test_the_theme_is_switched_and_what_is_remembered_may_be_illegible(page_as):
    page = page_as(color_scheme="light")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    seen = []
    button = page.locator("button[aria-label^='Light or dark']")
    for _ in range(3):
        before = button.get_attribute("aria-label")
        button.click()
        expect(button).not_to_have_attribute("aria-label", before)
        seen.append(page.evaluate(paper))
    assert sorted(seen) == sorted([PAPER["light"], PAPER["light"], PAPER["dark"]])
    page.evaluate("localStorage.setItem('cmps', '{')")
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate(paper) == PAPER["light"]


def languages(folder):
    return {one.stem: json.loads(one.read_text()) for one in folder.glob("*.json")}


@pytest.mark.parametrize("folder", [UI / "i18n", UI / "i18n" / "terms"], ids=["texts", "terms"])
def test_all_languages_have_the_same_texts_and_placeholders(folder):
    texts = languages(folder)
    assert set(texts) == {"en", "de", "es", "fr", "zh"}
    for code, words in texts.items():
        assert list(words) == list(texts["en"]), code
        for key, text in words.items():
            assert text.strip() or key == ",", f"{code} {key}"
            holes = sorted(re.findall(r"\{\w+\}", text))
            assert holes == sorted(re.findall(r"\{\w+\}", texts["en"][key])), f"{code} {key}"


def test_every_text_that_the_page_asks_for_is_there_and_none_is_left_over():
    texts = languages(UI / "i18n")["en"]
    code = "\n".join(one.read_text() for one in UI.rglob("*.js"))
    plain = set(re.findall(r'"([a-z]+(?:[.][a-z0-9-]+)+)"', code)) | set(
        re.findall(r'\bt\("(\w+)"', code)
    )
    made = [re.escape(one).replace(r"\$\{", "").split("{")[0]
            for one in re.findall(r"`([a-z]+\.[^`]*?)\$\{", code)]  # fmt: skip
    asked = set(re.findall(r'\btn?\("([a-z.0-9-]+)"', code))
    for key in asked:
        assert key in texts or f"{key}.other" in texts, key
    for key in texts:
        base = re.sub(r"\.(one|other)$", "", key)
        known = base in plain | asked or any(re.match(one, base) for one in made)
        assert known or base.removesuffix("-hint") in plain, f"{key} is never shown"


def test_every_code_of_a_chip_has_its_term():
    from cmps.understanding import codes

    terms = languages(UI / "i18n" / "terms")["en"]
    wanted = [f"{slot}:{value}" for slot in codes.VALUES for value in codes.VALUES[slot]]
    wanted += [*codes.PLAIN_COLOURS, "dark", "light", "colourful", "blond", "dark-of", "light-of"]
    for name, values in (("pattern", codes.PATTERNS), ("sleeve", codes.SLEEVES),
                         ("length", codes.LENGTHS), ("is", codes.DETAILS)):  # fmt: skip
        wanted += [f"{name}={one}" for one in values]
    assert [one for one in wanted if one not in terms] == []


def test_the_page_speaks_every_language(searching):
    page = searching(DESCRIPTION)
    for code in ("de", "es", "fr", "zh"):
        page.select_option(".language select", code)
        texts = languages(UI / "i18n")[code]
        expect(page.locator("#chips-title")).to_have_text(texts["chips.title"])
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator(".chip").first).to_be_visible()
        chips = " ".join(page.locator(".chip").all_inner_texts())
        assert languages(UI / "i18n" / "terms")[code]["lower:jeans"] in chips
        page.reload()
        expect(page.locator("#chips-title")).to_have_text(texts["chips.title"])


def test_the_bars_stay_where_they_are_while_the_keys_walk(searching):
    """Something hidden that hangs out below would let the whole page scroll under the keys."""
    page = searching(DESCRIPTION, viewport={"width": 1280, "height": 720})
    page.locator("article.person").first.focus()
    for key in ("ArrowDown", "ArrowDown", "End", "Home"):
        page.keyboard.press(key)
    assert page.locator("header.top").bounding_box()["y"] == 0
    page.locator("cmps-history button").first.focus()
    assert page.evaluate(
        "[scrollY, document.body.scrollTop, document.querySelector('main').scrollTop]"
    ) == [0, 0, 0]
