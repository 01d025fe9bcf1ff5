"""A voice in a real browser: a fake microphone, a recorded witness, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import wave
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hands import PATIENCE, ask_openly, describe, open_case
from playwright.sync_api import expect
from serving_fakes import API

from cmps.speech.decoding import SAMPLE_RATE, decode

AUDIO = Path(__file__).parents[1] / "data" / "audio"
UI = Path(__file__).parents[2] / "src/cmps/server/ui"
SAID = AUDIO / "man-red-hoodie.ogg"
LAST_WORD = "sneakers"
LONG = 45_000
"""Milliseconds for words to appear while a key is held; after a minute an utterance is cut."""


def first(page):
    return page.locator("article.person").first


def words(page):
    return page.locator(".transcript p")


@pytest.fixture(scope="module")
def real_recogniser(mall, site):
    """The mall hears with Whisper tiny.en: what is said must be understood.

    It is open before anybody speaks: on a busy machine that takes many seconds, and of what was
    said meanwhile the server refuses more than ten, as faster than anybody speaks.
    """
    from cmps.speech.recogniser import open_recogniser

    before = mall.__dict__["recogniser"]
    mall.__dict__["recogniser"] = open_recogniser("tiny.en", threads=2)
    speaker = site.services.speech.join(lambda events: None)
    speaker.feed(np.zeros(SAMPLE_RATE, np.int16))
    speaker.leave()
    yield
    mall.__dict__["recogniser"] = before


@pytest.fixture(scope="module")
def listening(chromium, tmp_path_factory):
    """Lend a browser whose microphone plays a recording, after a second of quiet.

    It begins with every page that opens the microphone, so one browser does for all tests.
    """
    folder = tmp_path_factory.mktemp("voices")
    lent = {}

    @contextmanager
    def opened(rate):
        file = folder / f"voice-{rate}.wav"
        sound = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), decode(SAID)])
        at = np.arange(0, len(sound), SAMPLE_RATE / rate)
        played = np.interp(at, np.arange(len(sound)), sound)
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, rate, 0, "NONE", ""))
            out.writeframes((played * 32767).astype("<i2").tobytes())
        options = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={file}%noloop",
            "--no-sandbox",
        ]
        path = os.environ.get("CMPS_CHROMIUM") or shutil.which("chromium")
        made = chromium.browser_type.launch(executable_path=path, args=options)
        try:
            yield made
        finally:
            made.close()

    with ExitStack() as stack:

        def lend(rate=48000):
            if rate not in lent:
                lent[rate] = stack.enter_context(opened(rate))
            return lent[rate]

        yield lend


@pytest.fixture
def searching_with(site):
    """Open a page in a browser and begin a case."""
    contexts = []

    def make(browser, name="operator-one", **options):
        site.add(name, "operator")
        context = browser.new_context(base_url=site.url, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        from serving_fakes import PASSWORD

        answer = context.request.post(
            f"{site.url[:-1]}{API}/login", data={"name": name, "password": PASSWORD}
        )
        assert answer.ok
        page = context.new_page()
        page.on(
            "request",
            lambda one: (
                one.url.startswith((site.url, "data:", "blob:")) or site.foreign.append(one.url)
            ),
        )
        page.goto("/")
        page.wait_for_selector("html[data-ready]", state="attached")
        open_case(page)
        return page

    yield make
    for context in contexts:
        context.close()


def speak(page):
    """Hold the space bar until the page shows the last word; returns what was sent then.

    Neither when the microphone begins nor how soon words come depends on this clock: whoever lets
    go at a time of their own may halve a word.
    """
    talk = page.locator("button.talk")
    talk.focus()
    page.keyboard.down("Space")
    expect(words(page)).to_contain_text(LAST_WORD, timeout=LONG)
    expect(talk).to_have_class(re.compile(r"\bspeech\b"))
    with page.expect_response(lambda one: "/say" in one.url) as said:
        page.keyboard.up("Space")
    return said.value.request.post_data_json


@pytest.mark.usefixtures("real_recogniser")
@pytest.mark.parametrize("rate", [48000, 44100])
def test_a_voice_finds_the_person_and_the_words_appear_while_it_speaks(
    listening, searching_with, site, rate
):
    page = searching_with(listening(rate))
    page.evaluate(
        """() => {
          window.seen = [];
          const look = () => {
            const text = document.querySelector(".transcript p.live")?.textContent;
            if (text && text !== seen.at(-1)) seen.push(text);
          };
          new MutationObserver(look).observe(document.body, {
            subtree: true, childList: true, characterData: true });
        }"""
    )
    heard = speak(page)
    seen = page.evaluate("window.seen")
    assert heard["spoken"] is True
    assert "red hoodie" in heard["text"].lower()
    assert "blue jeans" in heard["text"].lower()
    # words were there before the last ones
    assert len(seen) >= 2
    assert LAST_WORD not in seen[0]
    expect(first(page)).to_have_attribute("data-sighting", re.compile("^red-blue"))
    expect(words(page)).to_contain_text("jeans")
    assert site.foreign == []


@pytest.mark.usefixtures("real_recogniser")
def test_hands_free_the_search_runs_by_itself_after_a_pause(listening, searching_with):
    page = searching_with(listening())
    with page.expect_response(lambda one: "/say" in one.url) as said:
        page.locator(".speak-row [role=switch]").check()
    assert "blue jeans" in said.value.request.post_data_json["text"].lower()
    expect(page.locator(".chip", has_text="blue jeans")).to_be_visible()
    page.locator(".speak-row [role=switch]").uncheck()


@pytest.mark.usefixtures("real_recogniser")
def test_a_voice_answers_the_open_question_that_is_shown(listening, searching_with):
    page = searching_with(listening())
    describe(page, "somebody")
    asked = ask_openly(page)
    expect(page.locator("button.talk")).to_contain_text("Hold to answer")
    sent = speak(page)
    assert (sent["about"], sent["spoken"]) == ("upper", True)
    expect(page.locator(".steps li").first).to_contain_text(f"{asked} – “{sent['text']}”")
    # corrected, the words are still the answer
    page.locator(".transcript .link").click()
    with page.expect_response(lambda one: "/say" in one.url) as said:
        page.press("#describe", "Enter")
    assert said.value.request.post_data_json["about"] == "upper"
    page.unroute_all(behavior="wait")


@pytest.mark.usefixtures("real_recogniser")
def test_beside_an_open_question_something_else_can_be_described(listening, searching_with):
    page = searching_with(listening())
    describe(page, "somebody")
    ask_openly(page)
    page.locator(".meaning input[value=aside]").check()
    expect(page.locator("button.talk")).to_contain_text("Hold to talk")
    sent = speak(page)
    assert "hoodie" in sent["text"].lower()
    assert (sent["about"], sent["spoken"]) == ("", True)
    page.unroute_all(behavior="wait")


@pytest.mark.usefixtures("real_recogniser")
def test_hands_free_only_what_begins_under_a_question_answers_it(listening, searching_with):
    page = searching_with(listening())
    describe(page, "somebody")
    ask_openly(page)
    with page.expect_response(lambda one: "/say" in one.url) as said:
        page.locator(".speak-row [role=switch]").check()
    assert said.value.request.post_data_json["about"] == "upper"
    expect(page.locator(".meaning")).to_have_count(0)
    page.locator(".speak-row [role=switch]").uncheck()
    page.unroute_all(behavior="wait")


def test_a_witness_is_played_through_the_same_line(page_as, mall):
    from cmps.server.witnesses import write_witnesses

    said = "A young man in a red hoodie and blue jeans."
    entry = {"id": "hoodie", "words": said, "language": "en", "audio": SAID.name}
    write_witnesses(mall.settings.data, [entry], AUDIO)
    page = page_as()
    open_case(page)
    with page.expect_response(lambda one: "/say" in one.url, timeout=60_000):
        page.locator(".witnesses button").first.click()
    expect(first(page)).to_have_attribute("data-sighting", re.compile("^red-blue"))
    shutil.rmtree(mall.settings.data / "witnesses")


DENIES = "Object.defineProperty(window, 'isSecureContext', {value: false})"


def refuses(name):
    return f"""navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException("", "{name}"))"""


def test_every_failure_of_the_device_names_the_way_out(searching):
    page = searching(locale="de-DE")
    for spoil, key in (
        (refuses("NotAllowedError"), "ask.denied"),
        (refuses("NotFoundError"), "ask.no-microphone"),
        (refuses("NotReadableError"), "ask.taken"),
        (DENIES, "ask.insecure"),
    ):
        page.evaluate(f"() => {{ {spoil} }}")
        page.locator("button.talk").focus()
        page.keyboard.press("Space")
        expect(page.locator(".notice.error")).to_contain_text(texts("de")[key])


def texts(language):
    return json.loads((UI / "i18n" / f"{language}.json").read_text())


LINE = """class extends EventTarget {
  static OPEN = 1;
  constructor() { super(); this.readyState = 1; setTimeout(() => this.onopen?.()); }
  send(what) { if (typeof what === "string") setTimeout(() => this.answer()); }
  answer() { %s }
  close() {}
}"""


KINDS = ("silence", "nobody", "failed", "quiet", "busy", "login")


def test_what_the_server_could_not_hear_is_told_in_the_readers_language(listening, searching_with):
    page = searching_with(listening())
    for language in ("en", "de", "es", "fr", "zh"):
        page.select_option(".language select", language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for kind in KINDS:
            sent = {"type": "error", "kind": kind, "error": "in English", "heard": "Thank you."}
            answers = f"this.onmessage({{ data: {json.dumps(json.dumps(sent))} }})"
            page.evaluate(f"() => {{ window.WebSocket = {LINE % answers} }}")
            page.locator("button.talk").focus()
            page.keyboard.press("Space")
            expected = texts(language)[f"ask.{kind}"].replace("{heard}", "Thank you.")
            expect(page.locator(".notice.error")).to_contain_text(expected)


def test_a_line_that_breaks_and_words_that_the_page_lacks_are_told(listening, searching_with):
    page = searching_with(listening(), locale="fr")
    unknown = """this.onmessage({ data: '{"type": "error", "error": "case x was closed"}' })"""
    for answers, told in (
        ("this.onclose()", texts("fr")["ask.broken"]),
        (unknown, "case x was closed"),
    ):
        page.evaluate(f"() => {{ window.WebSocket = {LINE % answers} }}")
        page.locator("button.talk").focus()
        page.keyboard.press("Space")
        expect(page.locator(".notice.error")).to_contain_text(told)


def test_any_rate_becomes_sixteen_thousand(page_as):
    """Tones keep their pitch and loudness, and what 16 kHz cannot hold is gone."""
    page = page_as(None)
    for rate in (48000, 44100, 96000, 22050, 16000, 8000):
        sound = page.evaluate(
            """async ([rate, hertz]) => {
              const { Resampler } = await import("/ui/worklet/resampler.js");
              return hertz.map((pitch) => {
                const one = new Resampler(rate), out = [];
                for (let at = 0; at < rate; at += 128) {
                  const block = Float32Array.from({ length: Math.min(128, rate - at) },
                    (_, n) => 0.5 * Math.sin(2 * Math.PI * pitch * (at + n) / rate));
                  out.push(...one.push(block));
                }
                return out;
              });
            }""",
            [rate, [440, 3000, 10000]],
        )
        for pitch, samples in zip((440, 3000), sound, strict=False):
            assert abs(len(samples) - 16000) < 60, rate
            spectrum = np.abs(np.fft.rfft(np.array(samples[:15000]) * np.hanning(15000)))
            loudest = np.argmax(spectrum) * 16000 / 15000
            assert loudest == pytest.approx(pitch, abs=2), rate
            assert np.abs(samples[2000:14000]).max() == pytest.approx(0.5, abs=0.02), rate
        if rate > 20000:
            assert np.abs(sound[2][2000:14000]).max() < 0.01, rate
