"""What a person does on the page, for the tests."""

from __future__ import annotations

import re

PATIENCE = 60_000
"""Milliseconds to wait for anything; a machine that also trains is slow."""


def open_case(page, purpose: str = "a child who is lost") -> None:
    page.fill("textarea[name=purpose]", purpose)
    page.click("form.new-case button.primary")
    page.wait_for_selector("#describe")


def describe(page, text: str) -> None:
    page.fill("#describe", text)
    with page.expect_response(lambda one: "/say" in one.url):
        page.press("#describe", "Enter")
    page.wait_for_selector("article.person", state="attached")
    settled(page)


def settled(page) -> None:
    """Wait until the page shows what the server answered."""
    page.wait_for_selector(".spin:not(.on)", state="attached")


def ranked(page) -> list[str]:
    """Return the sightings on the cards, best first."""
    return page.eval_on_selector_all("article.person", "all => all.map(e => e.dataset.sighting)")


def ask_openly(page) -> str:
    """Let the next answers of the server put an open question, about the upper body; returns it."""
    asked = "What is the person wearing on top?"

    def put(route):
        found = (answer := route.fetch()).json()
        found["results"]["question"] = {
            "about": "upper", "chip": "", "words": asked, "gain": 1.5, "likely": None,
        }  # fmt: skip
        route.fulfill(response=answer, json=found)

    page.route(re.compile(r"/sessions/[^/?]+(/answer)?\?"), put)
    with page.expect_response(lambda one: "/answer" in one.url):
        page.locator(".answers button").first.click()
    settled(page)
    page.get_by_text(asked).first.wait_for()
    return asked
