// Why: how a description comes in: held space bar or hands-free, typed, a picture, a recording.
// What was heard is searched at once and stays correctable: correcting takes the step back first.
// While an open question is shown, what is spoken is its answer, unless the operator says otherwise.

import { describe, givePhoto, hear, undo } from "../actions.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { Component, prefer, say, set, state } from "../store.js";
import { Sound } from "../sound.js";
import { spoken, tongues } from "../tongues.js";

const PICTURES = "image/jpeg,image/png,image/webp,image/*";
const SOUNDS = "audio/*,.wav,.flac,.ogg,.webm,.mp3,.m4a";

class Ask extends Component {
  static shows = ["session", "results", "witnesses", "prefs", "route"];
  static needs = ["session"];
  sound = new Sound(() => this.redraw(), (...words) => this.heard(...words), () => this.asked());
  correcting = 0;
  answered = ""; // topic of the question that the words to correct answer
  aside = ""; // topic of the question that what is spoken does not answer
  dropping = false;

  view() {
    return [
      this.speaking(),
      this.transcript(),
      this.typing(),
      this.files(),
      state.witnesses.length > 0 && this.witnesses(),
      this.dropping && h("div", { class: "drop", key: "drop" }, icon("photo", 40), t("ask.drop")),
    ];
  }

  speaking() {
    const { on, free, level, speech, playing } = this.sound;
    const held = !free && !playing;
    const [start, hold] = this.asked() ? ["ask.start-answer", "ask.hold-answer"] : ["ask.start", "ask.hold"];
    return h(
      "div",
      { class: "speaking", key: "speaking" },
      h("button",
        {
          class: `talk ${on ? "on" : ""} ${speech ? "speech" : ""}`, "aria-pressed": String(on),
          onpointerdown: (event) => event.button === 0 && held && this.talk(true),
          onpointerup: () => held && this.talk(false),
          onpointerleave: () => held && this.talk(false),
          onkeydown: (event) => heldKey(event) && held && !event.repeat && this.talk(true),
          onkeyup: (event) => heldKey(event) && held && this.talk(false),
          onclick: (event) => !held && (event.preventDefault(), this.talk(!on)),
        },
        icon("mic", 28),
        h("span", { class: "talk-words" },
          h("strong", null, playing ? t("ask.playing") : on ? t("ask.listening") : t(free ? start : hold)),
          h("small", null, playing ? t("ask.stop") : on && !free ? t("ask.release") : free ? t("ask.free-hint") : t("ask.space"))),
        h("span", { class: "level", "aria-hidden": "true", style: { "--level": String(level) } })),
      this.meaning(),
      h("div", { class: "row speak-row" },
        h("label", { class: "switch" },
          h("input", { type: "checkbox", role: "switch", checked: free, onchange: (event) => this.freely(event.target.checked) }),
          t("ask.free")),
        h("label", { class: "inline" }, h("span", { class: "hidden" }, t("ask.spoken")),
          h("select", { value: spoken(), title: t("ask.spoken"), onchange: (event) => prefer({ spoken: event.target.value }) },
            ...tongues().map(([code, name]) => h("option", { value: code, lang: code }, name))))),
    );
  }

  /** While an open question is shown: whether what is spoken answers it. */
  meaning() {
    const one = openQuestion();
    if (!one) return null;
    const choice = (value, aside, ...words) =>
      h("label", { class: "check" },
        h("input", {
          type: "radio", name: "meaning", value, checked: (this.aside === one.about) === (aside === one.about),
          onchange: () => ((this.aside = aside), this.redraw()),
        }),
        h("span", null, ...words));
    return h(
      "fieldset",
      { class: "meaning", key: "meaning" },
      h("legend", null, t("ask.meaning")),
      choice("answer", "", t("ask.answers"), " ", h("q", { lang: state.session.language }, one.words)),
      choice("aside", one.about, t("ask.aside")),
    );
  }

  /** The topic of the open question that whoever speaks now answers; empty where they describe. */
  asked() {
    const about = openQuestion()?.about ?? "";
    return about === this.aside ? "" : about;
  }

  transcript() {
    const { text, live, waiting } = this.sound;
    return h(
      "div",
      { class: `transcript ${text || waiting ? "filled" : ""}`, key: "transcript" },
      h("p", { role: "status", "aria-live": "polite", class: live ? "live" : "", lang: spoken() },
        text ? `“${text}”` : waiting ? t("ask.waiting") : null),
      text && !live && h("button", { class: "link", onclick: () => this.correct(text) }, t("ask.correct")),
    );
  }

  typing() {
    return h(
      "form",
      { class: "typing", key: "typing", onsubmit: (event) => this.send(event) },
      h("label", { for: "describe", class: "hidden" }, t("ask.type")),
      h("textarea", {
        id: "describe", rows: 2, placeholder: state.session.steps.length ? t("ask.more") : t("ask.first"),
        onkeydown: (event) => this.enter(event), oninput: (event) => sessionStorage.setItem(this.place(), event.target.value),
        ref: (node) => (node.value = sessionStorage.getItem(this.place()) ?? ""), maxlength: 1000, lang: spoken(),
      }),
      h("button", { class: "primary", "aria-label": t("ask.send"), title: `${t("ask.send")} (Enter)` }, icon("send")),
    );
  }

  files() {
    const button = (name, key, accept, take) =>
      h("label", { class: "button file", title: t(`${key}-hint`) }, icon(name, 18), t(key),
        h("input", { type: "file", accept, class: "hidden", onchange: (event) => chosen(event, take) }));
    return h(
      "div",
      { class: "row files", key: "files" },
      button("photo", "ask.photo", PICTURES, givePhoto),
      button("sound", "ask.recording", SOUNDS, (file) => this.listen(file)),
    );
  }

  witnesses() {
    return h(
      "details",
      { class: "witnesses", key: "witnesses", open: !state.session.steps.length },
      h("summary", null, icon("play", 16), t("ask.witness")),
      h("ul", null, ...state.witnesses.map((one) =>
        h("li", { key: one.id },
          h("button", { onclick: () => this.play(one), lang: one.language }, icon("play", 16), h("span", null, one.words))))),
    );
  }

  /** Start or stop to listen; the space bar comes here too. */
  talk(on) {
    if (on) this.sound.start(state.route.case, spoken());
    else this.sound.stop();
  }

  freely(free) {
    this.sound.free = free;
    this.sound.stop();
    this.redraw();
    if (free) this.talk(true);
  }

  async heard(text, about, readings) {
    if (!(await describe(text, true, about, readings))) return;
    this.correcting = state.session.version;
    this.answered = about;
  }

  correct(text) {
    const box = this.querySelector("#describe");
    box.value = text;
    box.focus();
    this.undoes = this.correcting === state.session.version;
    this.sound.clear();
  }

  enter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  }

  async send(event) {
    event.preventDefault();
    const box = this.querySelector("#describe");
    const text = box.value;
    if (!text.trim()) return;
    const corrects = this.undoes && this.correcting === state.session.version;
    if (corrects) await undo();
    this.undoes = false;
    if (await describe(text, false, corrects ? this.answered : "")) {
      if (box.value === text) box.value = "";
      sessionStorage.removeItem(this.place());
      if (matchMedia("(max-width: 60em)").matches) set({ tab: "people" });
    }
  }

  async listen(file) {
    this.sound.wait();
    const found = await hear(file);
    this.sound.end(found?.text ?? "");
    if (found?.text) await this.heard(found.text, "", found.readings);
    else if (found) say(t("ask.nothing"), "error");
  }

  play(one) {
    return this.sound.play(state.route.case, one);
  }

  place() {
    return `draft:${state.route.session}`;
  }

  started() {
    this.pasted = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
      if (file) givePhoto(file);
    };
    this.dragged = (event) => this.drag(event);
    document.addEventListener("paste", this.pasted);
    for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, this.dragged);
  }

  stopped() {
    this.sound.stop();
    document.removeEventListener("paste", this.pasted);
    for (const name of ["dragover", "dragleave", "drop"]) document.removeEventListener(name, this.dragged);
  }

  drag(event) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    const before = this.dropping;
    this.dropping = event.type === "dragover";
    if (before !== this.dropping) this.redraw();
    if (event.type !== "drop") return;
    for (const file of event.dataTransfer.files) {
      if (file.type.startsWith("audio/")) this.listen(file);
      else givePhoto(file);
    }
  }
}

/** The question that is answered in words, where one is shown. */
function openQuestion() {
  const one = state.results?.question;
  return one?.about ? one : null;
}

const heldKey = (event) => event.code === "Space" || event.key === "Enter";

function chosen(event, take) {
  for (const file of event.target.files) take(file);
  event.target.value = "";
}

customElements.define("cmps-ask", Ask);
